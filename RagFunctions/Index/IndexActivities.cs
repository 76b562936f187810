using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Index;

/// <summary>The steps of a round as activities. Each is idempotent: it may run twice, also side by side.</summary>
public sealed class IndexActivities(
    RoundBeginner beginner, ChangeApplier applier, EmbeddingPlanner planner, BatchEmbedder embedder, RoundFinisher finisher, InProcessDriver driver)
{
    [Function(nameof(BeginRound))]
    public Task<BeginRoundResult> BeginRound([ActivityTrigger] BeginRoundInput input, CancellationToken cancellationToken) =>
        beginner.BeginAsync(input, cancellationToken);

    /// <summary>All of a small round but its beginning.</summary>
    [Function(nameof(RunRound))]
    public Task<RunRoundResult> RunRound([ActivityTrigger] RunRoundInput input, CancellationToken cancellationToken) =>
        driver.RunRoundAsync(input, cancellationToken);

    [Function(nameof(ApplyChanges))]
    public Task<ApplyChangesResult> ApplyChanges([ActivityTrigger] ApplyChangesInput input, CancellationToken cancellationToken) =>
        applier.ApplyAsync(input, cancellationToken);

    [Function(nameof(PlanEmbedding))]
    public Task<PlanEmbeddingResult> PlanEmbedding([ActivityTrigger] PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        planner.PlanAsync(input, cancellationToken);

    [Function(nameof(EmbedBatch))]
    public Task<EmbedBatchResult> EmbedBatch([ActivityTrigger] EmbedBatchInput input, CancellationToken cancellationToken) =>
        embedder.EmbedAsync(input, cancellationToken);

    [Function(nameof(FinishRound))]
    public Task<FinishRoundResult> FinishRound([ActivityTrigger] FinishRoundInput input, CancellationToken cancellationToken) =>
        finisher.FinishAsync(input, cancellationToken);
}
