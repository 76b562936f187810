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
        var command = new Command("migrations", "Lists the steps of both sets, applied or pending.");
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
            return ExitCode.Done;
        });
        return command;
    }
}
