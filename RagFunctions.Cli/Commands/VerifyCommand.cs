using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
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
        var command = new Command("verify", "Renders every row again and compares with the index. The exit code is 1 if anything differs.") { cabinet };
        runner.Run(command, async scope =>
        {
            var id = scope.Parsed.GetValue(cabinet);
            var now = scope.Services.GetRequiredService<TimeProvider>().GetUtcNow();
            var report = await scope.Services.GetRequiredService<IndexVerifier>().VerifyAsync(id, now, Examples, scope.CancellationToken);
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

            return report.IsClean ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
