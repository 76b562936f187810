using System.Diagnostics;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

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

/// <summary>Records what the comparison at the end of a full run found. Texts without a vector are not differences: they have a metric of their own.</summary>
internal sealed class ObservedVerifier(IRunVerifier inner) : IRunVerifier
{
    /// <inheritdoc />
    public async Task<VerifiedCounts> VerifyAsync(
        long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken)
    {
        var counts = await inner.VerifyAsync(cabinetId, asOf, figures, cancellationToken);
        Record("missing", counts.Missing);
        Record("stale", counts.Stale);
        Record("surplus", counts.Surplus);
        return counts;

        void Record(string kind, long chunks) => RagTelemetry.Differences.Record(
            chunks,
            new KeyValuePair<string, object?>(RagTelemetry.CabinetId, cabinetId),
            new KeyValuePair<string, object?>(RagTelemetry.DifferenceKind, kind));
    }
}

/// <summary>A span and its length for one step, whoever drives it.</summary>
internal static class ObservedStep
{
    /// <summary>Runs the step inside its span.</summary>
    /// <param name="step">Its name.</param>
    /// <param name="cabinetId">The cabinet.</param>
    /// <param name="run">The step; may tell the span more.</param>
    public static async Task<T> RunAsync<T>(string step, long cabinetId, Func<Activity?, Task<T>> run)
    {
        using var span = RagTelemetry.Source.StartActivity(step);
        span?.SetTag(RagTelemetry.CabinetId, cabinetId);
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            return await run(span);
        }
        catch (Exception exception)
        {
            // The type alone: a message may quote a row.
            error = exception.GetType().FullName;
            span?.SetTag(RagTelemetry.ErrorType, error).SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            var tags = new TagList { { "rag.step", step } };
            if (error is not null)
            {
                tags.Add(RagTelemetry.ErrorType, error);
            }

            RagTelemetry.StepDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }
}
