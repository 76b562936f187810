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
        var json = JsonOutput.Option();
        var command = new Command("migrations", "Lists the steps of both sets, applied or pending.") { check, json };
        runner.Run(command, async scope =>
        {
            if (scope.Parsed.GetValue(json))
            {
                return await WriteJsonAsync(scope, scope.Parsed.GetValue(check));
            }

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

    private static async Task<int> WriteJsonAsync(CommandScope scope, bool check)
    {
        List<object> steps = [];
        var destructive = false;
        foreach (var set in MigrationSetNames.All)
        {
            var deleting = await DestructiveSteps.FindAsync(set, scope.DatabaseOf(set), scope.CancellationToken);
            destructive |= deleting.Count > 0;
            foreach (var step in await SchemaMigrator.ListAsync(set, scope.DatabaseOf(set), scope.CancellationToken))
            {
                var deletes = deleting.FirstOrDefault(found => found.Number == step.Number)?.Deletes;
                steps.Add(new { Set = set.Name(), step.Number, step.Description, step.AppliedAt, Deletes = deletes });
            }
        }

        JsonOutput.Write(scope, new { Steps = steps, ChangeCapture = await ChangeCapture.IsInstalledAsync(scope.Main.Source, scope.CancellationToken) });
        return destructive && check ? ExitCode.Destructive : ExitCode.Done;
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
