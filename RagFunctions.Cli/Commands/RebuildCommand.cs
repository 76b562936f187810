using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Store;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag rebuild</c>: full runs, or with <c>--dry-run</c> what they would do and cost.</summary>
internal static class RebuildCommand
{
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
            if (scope.Parsed.GetValue(dryRun))
            {
                return await EstimateAsync(scope, cabinets, scope.Parsed.GetValue(all));
            }

            var code = ExitCode.Done;
            foreach (var id in cabinets)
            {
                code = Math.Max(code, await RebuildAsync(scope, id));
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

    private static async Task<int> EstimateAsync(CommandScope scope, IReadOnlyList<long> cabinets, bool isAll)
    {
        var verifier = scope.Services.GetRequiredService<IndexVerifier>();
        var options = scope.Services.GetRequiredService<IOptions<EmbeddingsOptions>>().Value;
        List<VerifyReport> reports = [];
        foreach (var id in cabinets)
        {
            var now = scope.Services.GetRequiredService<TimeProvider>().GetUtcNow();
            var report = await verifier.VerifyAsync(id, now, 0, scope.CancellationToken);
            Tell(scope, $"cabinet {id}, nothing is changed", report, options);
            reports.Add(report);
        }

        if (isAll)
        {
            Tell(scope, string.Create(CultureInfo.InvariantCulture, $"all {cabinets.Count:N0} active cabinets"), VerifyReport.Sum(reports), options);
        }

        return ExitCode.Done;
    }

    private static void Tell(CommandScope scope, string what, VerifyReport report, EmbeddingsOptions options)
    {
        var older = report.Older == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{Environment.NewLine}  older texts    {report.Older:N0} of the changed were made before version {ChunkRenderer.Version} of the texts");
        scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {what}:
              source         {report.Rows:N0} rows, {report.Chunks:N0} chunks
              would write    {report.Missing:N0} new, {report.Stale:N0} changed; would delete {report.Surplus:N0}{older}
              would embed    at most {Cost(report.ToEmbed, options)}
              from scratch   {Cost(report.Whole, options)}
            """));
    }

    private static string Cost(TextVolume volume, EmbeddingsOptions options)
    {
        var tokens = TokenEstimate.OfTexts(volume.Texts, volume.Bytes, options.PassagePrefix);
        return string.Create(CultureInfo.InvariantCulture, $"{volume.Texts:N0} texts, about {tokens:N0} tokens, ${options.PriceOf(tokens):0.000000}");
    }
}
