using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Status;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag status</c>: the index of a cabinet at a glance.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var command = new Command("status", "Says how far a cabinet's index is, what waits and what failed.") { cabinet };
        runner.Run(command, async scope =>
        {
            var status = await scope.Services.GetRequiredService<IndexStatusReader>()
                .ReadAsync(scope.Parsed.GetValue(cabinet), scope.CancellationToken);
            scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                cabinet {status.CabinetId}: {status.IndexingStatus ?? status.Status}{(status.IsActive ? "" : ", inactive")}. {status.Message}
                  indexed        full {Time(status.LastIndexedAt)}, incremental {Time(status.LastIncrementalAt)}
                  chunks         {status.TotalChunks:N0} stored, {status.Pending:N0} pending
                  queue          {status.Queued:N0} changes, {status.Failed:N0} failed; {status.LagSeconds:0} s behind
                  changes come   {status.ChangeSource}{(status.ChangeSource == "catch_up" ? " (deletions are found by full runs only)" : "")}
                """));
            if (status.RequestedMode is { } requested)
            {
                scope.Output.WriteLine($"  requested      {requested}");
            }

            if (status.NotBefore is { } notBefore)
            {
                scope.Output.WriteLine($"  waits until    {Time(notBefore)}");
            }

            if (status.LastError is { } error)
            {
                scope.Output.WriteLine($"  last error     {error}");
            }

            if (status.LastRun is { } run)
            {
                RunReport.Write(scope.Output, run);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture) ?? "never";
}
