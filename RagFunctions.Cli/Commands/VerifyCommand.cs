using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag verify</c>: compares index and source, changes nothing; 1 when anything differs.</summary>
internal static class VerifyCommand
{
    private const int Examples = 20;

    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var repair = new Option<bool>("--repair-search") { Description = "Make words and quantised vectors anew where they differ from texts and vectors." };
        var json = JsonOutput.Option();
        var command = new Command("verify", "Renders every row again and compares with the index. The exit code is 1 if anything differs.") { cabinet, repair, json };
        runner.Run(command, async scope =>
        {
            var id = scope.Parsed.GetValue(cabinet);
            var now = scope.Services.GetRequiredService<TimeProvider>().GetUtcNow();
            var report = await scope.Services.GetRequiredService<IndexVerifier>().VerifyAsync(id, now, Examples, scope.CancellationToken);
            var tables = scope.Services.GetRequiredService<SearchTables>();
            if (scope.Parsed.GetValue(repair))
            {
                await tables.RepairAsync(id, scope.CancellationToken);
            }

            var search = await tables.VerifyAsync(id, scope.CancellationToken);
            var code = report.IsClean && search.IsClean ? ExitCode.Done : ExitCode.Failed;
            if (scope.Parsed.GetValue(json))
            {
                JsonOutput.Write(scope, new
                {
                    CabinetId = id,
                    IsClean = code == ExitCode.Done,
                    report.Rows,
                    report.Chunks,
                    report.Missing,
                    report.Stale,
                    report.Surplus,
                    report.Pending,
                    report.Unreadable,
                    WordsWrong = search.Words,
                    BitsWrong = search.Bits,
                    Examples = report.Examples.Select(example => new { example.Kind, Table = example.Entity.TableName(), RowId = example.SourceId, example.ChunkIndex }),
                });
                return code;
            }

            scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                cabinet {id}: {(report.IsClean ? "index and source agree" : "index and source differ")}
                  source         {report.Rows:N0} rows, {report.Chunks:N0} chunks
                  differences    {report.Missing:N0} missing, {report.Stale:N0} stale, {report.Surplus:N0} surplus, {report.Pending:N0} pending, {report.Unreadable:N0} unreadable rows
                """));
            foreach (var example in report.Examples)
            {
                scope.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {example.Kind,-14} {example.Entity.TableName()} {example.SourceId}{(example.ChunkIndex > 0 ? $", part {example.ChunkIndex}" : "")}"));
            }

            if (!search.IsClean)
            {
                scope.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  search         {search.Words:N0} chunks without their words, {search.Bits:N0} vectors without their quantised form: --repair-search makes them anew"));
            }

            return code;
        });
        return command;
    }
}
