using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Index;

/// <summary>The steps of a round as activities. Each is idempotent: it may run twice, also side by side.</summary>
public sealed class IndexActivities(
    RoundOpener opener, ChangeApplier applier, EmbeddingPlanner planner, BatchEmbedder embedder, RoundCloser closer, InProcessDriver driver)
{
    [Function(nameof(BeginRound))]
    public Task<RoundStart> BeginRound([ActivityTrigger] BeginRoundInput input, CancellationToken cancellationToken) =>
        opener.OpenAsync(input, cancellationToken);

    /// <summary>All of a small round but its beginning.</summary>
    [Function(nameof(RunRound))]
    public Task<RunRoundResult> RunRound([ActivityTrigger] RunRoundInput input, CancellationToken cancellationToken) =>
        driver.RunRoundAsync(input, cancellationToken);

    [Function(nameof(ApplyChanges))]
    public Task<ApplyResult> ApplyChanges([ActivityTrigger] ApplyRangeInput input, CancellationToken cancellationToken) =>
        applier.ApplyAsync(input, cancellationToken);

    [Function(nameof(PlanEmbedding))]
    public Task<EmbeddingPlan> PlanEmbedding([ActivityTrigger] PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        planner.PlanAsync(input, cancellationToken);

    [Function(nameof(EmbedBatch))]
    public Task<EmbedBatchResult> EmbedBatch([ActivityTrigger] EmbedBatchInput input, CancellationToken cancellationToken) =>
        embedder.EmbedAsync(input, cancellationToken);

    [Function(nameof(FinishRound))]
    public Task<RoundEnd> FinishRound([ActivityTrigger] FinishRoundInput input, CancellationToken cancellationToken) =>
        closer.CloseAsync(input, cancellationToken);
}
