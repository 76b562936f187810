using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>The steps done by the services of this process.</summary>
public sealed class RunSteps(
    RoundOpener opener, ChangeApplier applier, EmbeddingPlanner planner, BatchEmbedder embedder, RoundCloser closer) : IRunSteps
{
    /// <inheritdoc />
    public Task<RoundStart> OpenAsync(BeginRoundInput input, CancellationToken cancellationToken) => opener.OpenAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<ApplyResult> ApplyAsync(ApplyRangeInput input, CancellationToken cancellationToken) => applier.ApplyAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<EmbeddingPlan> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) => planner.PlanAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken) => embedder.EmbedAsync(input, cancellationToken);

    /// <inheritdoc />
    public Task<RoundEnd> CloseAsync(FinishRoundInput input, CancellationToken cancellationToken) => closer.CloseAsync(input, cancellationToken);
}

/// <summary>The five steps of a round, as the in-process driver calls them; the orchestrator calls the same services as activities.</summary>
public interface IRunSteps
{
    /// <summary><see cref="RoundOpener.OpenAsync"/>.</summary>
    Task<RoundStart> OpenAsync(BeginRoundInput input, CancellationToken cancellationToken);

    /// <summary>Applies one range of changes.</summary>
    Task<ApplyResult> ApplyAsync(ApplyRangeInput input, CancellationToken cancellationToken);

    /// <summary>Plans the embedding of what is pending.</summary>
    Task<EmbeddingPlan> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken);

    /// <summary>Embeds one interval.</summary>
    Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken);

    /// <summary><see cref="RoundCloser.CloseAsync"/>.</summary>
    Task<RoundEnd> CloseAsync(FinishRoundInput input, CancellationToken cancellationToken);
}
