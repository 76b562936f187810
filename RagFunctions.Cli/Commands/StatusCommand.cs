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
        var cabinet = CabinetArgument.CreateOptional();
        var json = JsonOutput.Option();
        var command = new Command("status", "Says how far a cabinet's index is, what waits and what failed; of all cabinets without one.") { cabinet, json };
        runner.Run(command, async scope =>
        {
            if (scope.Parsed.GetValue(cabinet) is not { } id)
            {
                return await TellAllAsync(scope, scope.Parsed.GetValue(json));
            }

            var status = await scope.Services.GetRequiredService<IndexStatusReader>().ReadAsync(id, scope.CancellationToken);
            if (scope.Parsed.GetValue(json))
            {
                JsonOutput.Write(scope, status);
                return ExitCode.Done;
            }

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

            WriteKeptAside(scope, status.KeptAside);
            if (status.NextGeneration is { } next)
            {
                scope.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  vectors        {status.Model} ({status.Dimensions}); next {next.Model} ({next.Dimensions}): {next.Done:N0} of {next.Of:N0}, {next.Failed:N0} failed{(next.Serves ? ", serves search" : "")}"));
            }

            if (status.LastRun is { } run)
            {
                RunReport.Write(scope.Output, run);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteKeptAside(CommandScope scope, IReadOnlyList<KeptAsideOfEntity> entities)
    {
        if (entities.Count == 0)
        {
            return;
        }

        var counts = entities.Select(of => string.Create(CultureInfo.InvariantCulture, $"{of.Entity} {of.Total:N0}"));
        scope.Output.WriteLine($"  kept aside     rows of the marketplace that could not be stored: {string.Join(", ", counts)}");
        foreach (var (entity, newest) in entities.SelectMany(of => of.Newest.Select(one => (of.Entity, one))))
        {
            scope.Output.WriteLine($"    {entity,-13}{Time(newest.LastSeenAt)}  {Printable.Of(newest.RowKey)}: {Printable.Of(newest.Reason)}");
        }
    }

    private static async Task<int> TellAllAsync(CommandScope scope, bool json)
    {
        List<CabinetGlance> all = [];
        for (long? after = 0; after is { } last;)
        {
            var page = await scope.Services.GetRequiredService<CabinetOverview>().ReadAsync(last, CabinetOverview.MaxPage, scope.CancellationToken);
            all.AddRange(page.Cabinets);
            after = page.NextAfter;
        }

        if (json)
        {
            JsonOutput.Write(scope, new CabinetPage(all, null));
            return ExitCode.Done;
        }

        var table = new Table().AddColumns("cabinet", "name", "outcome", "chunks", "pending", "queued", "failed", "s behind", "$ today", "next run (UTC)");
        foreach (var glance in all)
        {
            table.AddRow(
                $"{glance.CabinetId}",
                Printable.Of(glance.Name ?? "").EscapeMarkup(),
                !glance.IsActive ? "inactive" : glance.IsIndexing ? "under way" : glance.Outcome ?? "never indexed",
                glance.TotalChunks.ToString("N0", CultureInfo.InvariantCulture),
                glance.Pending.ToString("N0", CultureInfo.InvariantCulture),
                glance.Queued.ToString("N0", CultureInfo.InvariantCulture),
                glance.Failed.ToString("N0", CultureInfo.InvariantCulture),
                glance.LagSeconds.ToString("N0", CultureInfo.InvariantCulture),
                glance.CostTodayUsd.ToString("F6", CultureInfo.InvariantCulture),
                glance.NextRunAt is { } next ? Time(next) : "");
        }

        scope.Output.Write(table);
        return ExitCode.Done;
    }

    private static string Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture) ?? "never";
}
