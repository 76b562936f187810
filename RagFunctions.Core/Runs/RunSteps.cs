using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>The steps done by the services of this process.</summary>
public sealed class RunSteps(
    RoundBeginner beginner, ChangeApplier applier, EmbeddingPlanner planner, BatchEmbedder embedder, RoundFinisher finisher) : IRunSteps
{
    /// <inheritdoc />
    public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken) => beginner.BeginAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken) => applier.ApplyAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) => planner.PlanAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken) => embedder.EmbedAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken) => finisher.FinishAsync(input, cancellationToken);
}

/// <summary>
/// Does the steps of a round: in an orchestration by its activities, in the in-process driver by this process' services, in tests by a script.
/// </summary>
public interface IRunSteps
{
    /// <summary>Takes the lease, decides the mode, cuts the ranges.</summary>
    Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken);

    /// <summary>Does the whole of a small round. Only in an orchestration, where each step costs a trip through Durable's store.</summary>
    Task<RunRoundResult> RunRoundAsync(RunRoundInput input, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Applies one range of changes.</summary>
    Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken);

    /// <summary>Plans the embedding of what is pending.</summary>
    Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken);

    /// <summary>Embeds one interval.</summary>
    Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken);

    /// <summary>Books the round; gives the lease back unless another round follows.</summary>
    Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken);
}
