using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Sync;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag sync</c>: reads a cabinet from the marketplace, in this process. What changed is queued; <c>rag index</c> takes it from there.</summary>
internal static class SyncCommand
{
    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var only = new Option<string[]>("--only") { Description = "Only these: " + string.Join(", ", SyncEntityNames.All.Select(SyncEntityNames.Name)) + "." };
        only.AcceptOnlyFromAmong([.. SyncEntityNames.All.Select(SyncEntityNames.Name)]);
        only.AllowMultipleArgumentsPerToken = true;
        var command = new Command("sync", "Reads a cabinet from the marketplace now. Limits hold; due times do not.") { cabinet, only };
        runner.Run(command, async scope =>
        {
            var chosen = scope.Parsed.GetValue(only) ?? [];
            var sync = scope.Services.GetRequiredService<EntitySync>();
            var table = new Table().AddColumns("entity", "outcome", "read", "new", "changed", "kept aside", "reason");
            var isFailed = false;
            foreach (var entity in SyncEntityNames.All.Where(entity => chosen.Length == 0 || chosen.Contains(entity.Name())))
            {
                var result = await sync.RunAsync(scope.Parsed.GetValue(cabinet), entity, evenIfNotDue: true, scope.CancellationToken);
                if (result.Status == EntitySyncStatus.Inactive)
                {
                    throw new CliException("The cabinet is unknown or not active.");
                }

                isFailed |= result.Status is EntitySyncStatus.Failed or EntitySyncStatus.Rejected or EntitySyncStatus.Forbidden;
                table.AddRow(
                    entity.Name(), result.Status.ToString().ToLowerInvariant(), Number(result.RowsRead), Number(result.RowsInserted),
                    Number(result.RowsUpdated), Number(result.RowsRejected), Markup.Escape(Describe(result)));
            }

            scope.Output.Write(table);
            return isFailed ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static string Describe(EntitySyncResult result) => result.WaitUntil is { } until
        ? $"until {until.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC"
        : result.Reason ?? "";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
