using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Index;

/// <summary>The steps of a round as activities. Each is idempotent: it may run twice, also side by side.</summary>
public sealed class IndexActivities(IRunSteps steps, InProcessDriver driver)
{
    [Function(nameof(BeginRound))]
    public Task<RoundStart> BeginRound([ActivityTrigger] BeginRoundInput input, CancellationToken cancellationToken) =>
        steps.OpenAsync(input, cancellationToken);

    /// <summary>All of a small round but its beginning.</summary>
    [Function(nameof(RunRound))]
    public Task<RunRoundResult> RunRound([ActivityTrigger] RunRoundInput input, CancellationToken cancellationToken) =>
        driver.RunRoundAsync(input, cancellationToken);

    [Function(nameof(ApplyChanges))]
    public Task<ApplyResult> ApplyChanges([ActivityTrigger] ApplyRangeInput input, CancellationToken cancellationToken) =>
        steps.ApplyAsync(input, cancellationToken);

    [Function(nameof(PlanEmbedding))]
    public Task<EmbeddingPlan> PlanEmbedding([ActivityTrigger] PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        steps.PlanAsync(input, cancellationToken);

    [Function(nameof(EmbedBatch))]
    public Task<EmbedBatchResult> EmbedBatch([ActivityTrigger] EmbedBatchInput input, CancellationToken cancellationToken) =>
        steps.EmbedAsync(input, cancellationToken);

    [Function(nameof(FinishRound))]
    public Task<RoundEnd> FinishRound([ActivityTrigger] FinishRoundInput input, CancellationToken cancellationToken) =>
        steps.CloseAsync(input, cancellationToken);
}
