using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Status;
using RagFunctions.Core.Store;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag rebuild</c>: full runs, or with <c>--dry-run</c> what they would do and cost.</summary>
internal static class RebuildCommand
{
    // Tokens of a text where the cabinet has not shown its own mean yet: one line of Russian with names and amounts.
    private const decimal TokensPerChunk = 60;

    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.CreateOptional();
        var all = new Option<bool>("--all") { Description = "All active cabinets, one after another." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be written, deleted and embedded, and what it would cost." };
        var command = new Command("rebuild", "Reads everything again, embeds what changed, deletes what is gone.") { cabinet, all, dryRun };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(cabinet) is null) != result.GetValue(all))
            {
                result.AddError("Name one cabinet, or --all.");
            }
        });
        runner.Run(command, async scope =>
        {
            var cabinets = scope.Parsed.GetValue(cabinet) is { } one
                ? [one]
                : await scope.Services.GetRequiredService<CabinetDirectory>().NextActiveAsync(after: 0, int.MaxValue, since: null, scope.CancellationToken);
            var code = ExitCode.Done;
            foreach (var id in cabinets)
            {
                var answer = scope.Parsed.GetValue(dryRun) ? await EstimateAsync(scope, id) : await RebuildAsync(scope, id);
                code = Math.Max(code, answer);
            }

            return code;
        });
        return command;
    }

    private static async Task<int> RebuildAsync(CommandScope scope, long cabinetId)
    {
        var result = await scope.Services.GetRequiredService<StartIndex>()
            .StartAsync(new StartIndexRequest(cabinetId, FullRebuild: true), scope.CancellationToken);
        return result.Status == StartIndexStatus.Accepted
            ? await RunReport.RunAsync(scope, cabinetId)
            : throw new CliException($"Cabinet {cabinetId} is unknown or not active.");
    }

    private static async Task<int> EstimateAsync(CommandScope scope, long cabinetId)
    {
        var now = scope.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var report = await scope.Services.GetRequiredService<IndexVerifier>().VerifyAsync(cabinetId, now, 0, scope.CancellationToken);
        var last = (await scope.Services.GetRequiredService<RunReader>().LatestAsync(cabinetId, 1, scope.CancellationToken)).SingleOrDefault();
        var perChunk = last is { NaiveInputs: > 0 } ? (decimal)last.NaiveTokens / last.NaiveInputs : TokensPerChunk;
        var price = scope.Services.GetRequiredService<IOptions<EmbeddingsOptions>>().Value.PricePerMillionTokens;
        var embed = Math.Min(report.Chunks, report.Missing + report.Stale + report.Pending);
        scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            cabinet {cabinetId}, nothing is changed:
              source         {report.Rows:N0} rows, {report.Chunks:N0} chunks
              would write    {report.Missing:N0} new, {report.Stale:N0} changed; would delete {report.Surplus:N0}
              would embed    at most {embed:N0} texts, about {embed * perChunk:N0} tokens, ${embed * perChunk * price / 1_000_000m:0.000000}
              from scratch   {report.Chunks:N0} texts, about {report.Chunks * perChunk:N0} tokens, ${report.Chunks * perChunk * price / 1_000_000m:0.000000}
            """));
        return ExitCode.Done;
    }
}
