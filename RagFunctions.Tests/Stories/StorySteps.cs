using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Stories;

/// <summary>Delivers the activities of a run as a durable host may: also twice, also at once, and again long after the run.</summary>
internal sealed class StorySteps(IRunSteps inner) : IRunSteps
{
    private readonly List<Func<Task>> _delivered = [];
    private StoryDelivery _delivery;
    private Func<Task>? _interruption;
    private int _interruptedAt;
    private int _started;

    /// <summary>How the activities of the next run fare.</summary>
    public void Prepare(StoryDelivery delivery, int interruptedAt, Func<Task>? interruption) =>
        (_delivery, _started, _interruptedAt, _interruption) = (delivery, 0, interruptedAt, interruption);

    /// <summary>An activity of a former run or of this one, once more.</summary>
    public Task DeliverLateAsync(int which)
    {
        Func<Task> late;
        lock (_delivered)
        {
            if (_delivered.Count == 0)
            {
                return Task.CompletedTask;
            }

            late = _delivered[which % _delivered.Count];
        }

        return late();
    }

    public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken) =>
        DeliverAsync(inner.BeginAsync, input, cancellationToken);

    public Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken) =>
        DeliverAsync(inner.ApplyAsync, input, cancellationToken);

    public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        DeliverAsync(inner.PlanAsync, input, cancellationToken);

    public Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken) =>
        DeliverAsync(inner.EmbedAsync, input, cancellationToken);

    public Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken) =>
        DeliverAsync(inner.FinishAsync, input, cancellationToken);

    private async Task<TResult> DeliverAsync<TInput, TResult>(
        Func<TInput, CancellationToken, Task<TResult>> activity, TInput input, CancellationToken cancellationToken)
    {
        lock (_delivered)
        {
            _delivered.Add(() => activity(input, cancellationToken));
        }

        if (Interlocked.Increment(ref _started) == _interruptedAt && _interruption is { } interruption)
        {
            await interruption();
        }

        if (_delivery == StoryDelivery.Once)
        {
            return await activity(input, cancellationToken);
        }

        // The result that counts is the second one's; what became of the first nobody learns.
        var first = activity(input, cancellationToken);
        if (_delivery == StoryDelivery.TwiceInARow)
        {
            await first.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        var second = activity(input, cancellationToken);
        await first.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return await second;
    }
}
