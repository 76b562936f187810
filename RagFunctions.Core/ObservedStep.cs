using System.Diagnostics;

namespace RagFunctions.Core;

/// <summary>A span and its length for each step of a run or a sync. The services that do the steps call it, so that it is there whoever calls them.</summary>
internal static class ObservedStep
{
    /// <summary>Runs a step of a run inside its span.</summary>
    public static Task<T> RunAsync<T>(string step, long cabinetId, Guid runId, Func<Task<T>> run) =>
        RunAsync(step, cabinetId, span =>
        {
            span?.SetTag(RagTelemetry.RunId, runId.ToString());
            return run();
        });

    /// <summary>Runs the step inside its span.</summary>
    /// <param name="step">Its name.</param>
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
