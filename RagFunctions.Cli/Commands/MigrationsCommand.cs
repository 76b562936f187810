using System.CommandLine;
using System.Globalization;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Main;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag migrations</c>: what has run on both databases and what has not.</summary>
internal static class MigrationsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var check = new Option<bool>("--check")
        {
            Description = "End with 3 when a pending step deletes something, so that a pipeline can ask before it goes on.",
        };
        var command = new Command("migrations", "Lists the steps of both sets, applied or pending.") { check };
        runner.Run(command, async scope =>
        {
            var table = new Table().AddColumns("set", "step", "what it does", "applied (UTC)");
            foreach (var set in MigrationSetNames.All)
            {
                foreach (var step in await SchemaMigrator.ListAsync(set, scope.DatabaseOf(set), scope.CancellationToken))
                {
                    var applied = step.AppliedAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "pending";
                    table.AddRow(set.Name(), step.Number.ToString(CultureInfo.InvariantCulture), step.Description.EscapeMarkup(), applied);
                }
            }

            scope.Output.Write(table);
            var isCaptured = await ChangeCapture.IsInstalledAsync(scope.Main.Source, scope.CancellationToken);
            scope.Output.WriteLine($"change capture in main: {(isCaptured ? "installed" : "not installed")}");
            var destructive = await TellDestructiveAsync(scope);
            return destructive && scope.Parsed.GetValue(check) ? ExitCode.Destructive : ExitCode.Done;
        });
        return command;
    }

    private static async Task<bool> TellDestructiveAsync(CommandScope scope)
    {
        var any = false;
        foreach (var set in MigrationSetNames.All)
        {
            foreach (var step in await DestructiveSteps.FindAsync(set, scope.DatabaseOf(set), scope.CancellationToken))
            {
                scope.Output.WriteLine($"pending step {step.Number} of {set.Name()} deletes {step.Deletes}");
                any = true;
            }
        }

        return any;
    }
}
