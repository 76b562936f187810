using System.Collections.Concurrent;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Index;

/// <summary>The steps of a run with answers made up by a scenario; writes down what was asked for.</summary>
internal sealed class ScenarioSteps : IRunSteps
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentQueue<string> _calls = new();

    public Func<BeginRoundInput, BeginRoundResult> Begin { get; init; } = input => Started(input, RunMode.Incremental, Entity.Orders);

    public Func<ApplyChangesInput, ApplyChangesResult> Apply { get; init; } = _ => new ApplyChangesResult(RowsRead: 1);

    public Func<PlanEmbeddingInput, PlanEmbeddingResult> Plan { get; init; } = _ => new PlanEmbeddingResult(false, 2, [new(null, "8"), new("8", null)]);

    public Func<EmbedBatchInput, EmbedBatchResult> Embed { get; init; } = _ => new EmbedBatchResult(Embedded: 1);

    public Func<FinishRoundInput, FinishRoundResult> Finish { get; init; } = _ => new FinishRoundResult(false, RunOutcome.Completed);

    /// <summary>In the order of their names: steps of a window overlap.</summary>
    public IReadOnlyList<string> Calls => [.. _calls.Order(StringComparer.Ordinal)];

    public static BeginRoundResult Started(BeginRoundInput input, RunMode mode, params Entity[] entities) =>
        new(BeginStatus.Started, input.Round, mode, Start, [.. entities.Select(entity => new ChangeRange(entity, null, null))]);

    public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken) =>
        Answer($"{input.Round} begin {input.Owner}", () => Begin(input));

    public Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken) =>
        Answer($"{input.Token} apply {input.Mode} {input.Range.Entity}", () => Apply(input));

    public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        Answer($"{input.Token} plan", () => Plan(input));

    public Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken) =>
        Answer($"{input.Token} embed {input.Interval.From}-{input.Interval.To}", () => Embed(input));

    public Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken) =>
        Answer($"{input.Round} close, rows {input.Totals.RowsRead}, embedded {input.Totals.Embedded}, last {input.LastRound}", () => Finish(input));

    private Task<T> Answer<T>(string call, Func<T> answer)
    {
        _calls.Enqueue(call);
        return Task.FromResult(answer());
    }
}
