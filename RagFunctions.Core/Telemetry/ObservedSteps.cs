using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Telemetry;

/// <summary>A span and its length for every step of a run, and what the step came to; whoever drives the run.</summary>
internal sealed class ObservedSteps(IRunSteps inner, EmbeddingsOptions embeddings) : IRunSteps
{
    /// <inheritdoc />
    public Task<RoundStart> OpenAsync(BeginRoundInput input, CancellationToken cancellationToken) =>
        ObserveAsync("begin_round", input.CabinetId, input.RunId, () => inner.OpenAsync(input, cancellationToken));

    /// <inheritdoc />
    public async Task<ApplyResult> ApplyAsync(ApplyRangeInput input, CancellationToken cancellationToken)
    {
        var result = await ObserveAsync("apply_changes", input.CabinetId, input.RunId, () => inner.ApplyAsync(input, cancellationToken));
        RagTelemetry.Skipped.Add(result.Unchanged, Cabinet(input.CabinetId));
        return result;
    }

    /// <inheritdoc />
    public Task<EmbeddingPlan> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        ObserveAsync("plan_embedding", input.CabinetId, input.RunId, () => inner.PlanAsync(input, cancellationToken));

    /// <inheritdoc />
    public async Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        var result = await ObserveAsync("embed_batch", input.CabinetId, input.RunId, () => inner.EmbedAsync(input, cancellationToken));
        var cabinet = Cabinet(input.CabinetId);
        RagTelemetry.Inputs.Add(result.Inputs, cabinet);
        RagTelemetry.Skipped.Add(result.Reused, cabinet);
        RagTelemetry.Cost.Add((double)(result.Tokens * embeddings.PricePerMillionTokens / 1_000_000m), cabinet);
        return result;
    }

    /// <inheritdoc />
    public async Task<RoundEnd> CloseAsync(FinishRoundInput input, CancellationToken cancellationToken)
    {
        var end = await ObserveAsync("finish_round", input.CabinetId, input.RunId, () => inner.CloseAsync(input, cancellationToken));
        if (!end.Again)
        {
            RagTelemetry.Runs.Add(1, Cabinet(input.CabinetId), KeyValuePair.Create<string, object?>(RagTelemetry.RunOutcome, end.Outcome));
        }

        return end;
    }

    private static KeyValuePair<string, object?> Cabinet(long id) => new(RagTelemetry.CabinetId, id);

    private static Task<T> ObserveAsync<T>(string step, long cabinetId, Guid runId, Func<Task<T>> run) =>
        ObservedStep.RunAsync(step, cabinetId, span =>
        {
            span?.SetTag(RagTelemetry.RunId, runId.ToString());
            return run();
        });
}
