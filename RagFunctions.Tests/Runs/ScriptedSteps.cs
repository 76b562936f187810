using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Runs;

/// <summary>Steps without a database: they do what the script says and keep what was asked of them.</summary>
internal sealed class ScriptedSteps : IRunSteps
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Rounds { get; init; } = 1;

    public int Ranges { get; init; } = 1;

    public int Intervals { get; init; } = 1;

    /// <summary>No range is done before so many are under way at once.</summary>
    public int Meet { get; init; } = 1;

    public Action? OnMeet { get; init; }

    /// <summary>Ranges never end by themselves.</summary>
    public bool Hang { get; init; }

    public int WaitInRound { get; init; }

    public DateTimeOffset Wait { get; init; }

    public Exception? FailApply { get; init; }

    public List<BeginRoundInput> Begun { get; } = [];

    public List<ApplyChangesInput> Applied { get; } = [];

    public List<EmbedBatchInput> Embedded { get; } = [];

    public List<FinishRoundInput> Finished { get; } = [];

    public int AtOnce { get; private set; }

    public int MostAtOnce { get; private set; }

    public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken)
    {
        Begun.Add(input);
        ChangeRange[] ranges = [.. Enumerable.Range(0, Ranges).Select(i => new ChangeRange(Entity.Orders, i, i + 1))];
        return Task.FromResult(new BeginRoundResult(BeginStatus.Started, input.Round, RunMode.Incremental, default, ranges));
    }

    public async Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken)
    {
        if (FailApply is not null)
        {
            throw FailApply;
        }

        Enter(() => Applied.Add(input));
        try
        {
            await _met.Task.WaitAsync(cancellationToken);
            if (Hang)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return new ApplyChangesResult(RowsRead: 1);
        }
        finally
        {
            Leave();
        }
    }

    public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) => Task.FromResult(new PlanEmbeddingResult(
        false, Intervals, [.. Enumerable.Range(0, Intervals).Select(i => new HashInterval($"{i:x2}", $"{i + 1:x2}"))]));

    public async Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        Enter(() => Embedded.Add(input));
        await Task.Yield();
        Leave();
        return new EmbedBatchResult(Embedded: 1, RetryAt: input.Token == WaitInRound ? Wait : null);
    }

    public Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken)
    {
        Finished.Add(input);
        return Task.FromResult(
            input.RetryAt is { } at ? new FinishRoundResult(false, RunOutcome.Waiting, at, TimeSpan.FromSeconds(90))
            : input.Round < Rounds && !input.LastRound ? new FinishRoundResult(true, RunOutcome.Completed)
            : new FinishRoundResult(false, RunOutcome.Completed));
    }

    private void Enter(Action note)
    {
        lock (_lock)
        {
            note();
            AtOnce++;
            MostAtOnce = Math.Max(MostAtOnce, AtOnce);
            if (AtOnce >= Meet && _met.TrySetResult())
            {
                OnMeet?.Invoke();
            }
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            AtOnce--;
        }
    }
}
