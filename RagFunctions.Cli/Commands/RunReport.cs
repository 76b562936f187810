using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Status;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary>Drives a run with live progress and says how it ended.</summary>
internal static class RunReport
{
    /// <summary>Runs the cabinet to its end.</summary>
    /// <returns><see cref="ExitCode.Done"/> when everything asked for is done; else <see cref="ExitCode.Failed"/>.</returns>
    public static async Task<int> RunAsync(CommandScope scope, long cabinetId)
    {
        var driver = scope.Services.GetRequiredService<InProcessDriver>();
        var summary = await scope.Output.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask($"cabinet {cabinetId}", maxValue: 1);
            return await driver.RunAsync(cabinetId, new Drawing(task), scope.CancellationToken);
        });
        var run = await scope.Services.GetRequiredService<RunReader>().SingleAsync(cabinetId, summary.RunId, scope.CancellationToken);
        scope.Output.WriteLine(Describe(summary));
        if (run is not null)
        {
            Write(scope.Output, run);
        }

        return summary.Outcome == RunOutcome.Completed ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>The figures of a run.</summary>
    public static void Write(IAnsiConsole output, RunRecord run)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
              run            {run.RunId} {run.Mode}, {run.Outcome ?? "under way"}, {run.Rounds} rounds, {Seconds(run)}
              rows read      {run.RowsRead:N0}
              chunks         {run.TotalChunks:N0} stored; {run.ChunksNew:N0} new, {run.ChunksUpdated:N0} updated, {run.ChunksUnchanged:N0} unchanged, {run.ChunksDeleted:N0} deleted, {run.ChunksExpired:N0} expired
              embedded       {run.EmbeddingInputs:N0} texts in {run.EmbeddingRequests:N0} requests, {run.EmbeddingTokens:N0} tokens, ${run.CostUsd:0.000000}; {run.ReusedVectors:N0} reused
              from scratch   {run.NaiveInputs:N0} texts, about {run.NaiveTokens:N0} tokens, ${run.NaiveCostUsd:0.000000}
              not done       {run.PendingChunks:N0} pending chunks, {run.FailedRows:N0} failed rows, {run.FailedChunks:N0} failed chunks
            """));
        if (run.Verified is { } verified)
        {
            output.WriteLine(verified.IsClean
                ? run.FailedRows == 0 ? "  verified       index and source agree" : "  verified       no difference but for the failed rows"
                : $"  verified       {verified.Missing} missing, {verified.Stale} stale, {verified.Surplus} surplus, {verified.Pending} pending");
        }

        if (run.LastError is { } error)
        {
            output.WriteLine($"  error          {error}");
        }
    }

    private static string Seconds(RunRecord run) => run.FinishedAt is { } end
        ? string.Create(CultureInfo.InvariantCulture, $"{(end - run.StartedAt).TotalSeconds:0.00} s")
        : "not finished";

    private static string Describe(RunSummary summary)
    {
        var until = summary.NotBefore is { } at ? string.Create(CultureInfo.InvariantCulture, $", not before {at:u}") : "";
        return $"cabinet {summary.CabinetId}: {summary.Outcome}{until}{(summary.Message is null ? "" : $": {summary.Message}")}";
    }

    private sealed class Drawing(ProgressTask task) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            task.Description = $"round {value.Round} {value.Mode} {value.Phase}, {value.RowsRead} rows, {value.Embedded} vectors".EscapeMarkup();
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Phase == "ended" ? task.MaxValue : value.Done;
        }
    }
}
