using System.CommandLine;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag rollback main|rag [--to N]</c>: takes applied steps back.</summary>
internal static class RollbackCommand
{
    public static Command Create(CommandRunner runner)
    {
        var set = MigrationSetArgument.Create(isOptional: false);
        var target = NumberOption.Create(
            "--to",
            "The step to stop at, which stays applied; 0 takes back all. Without it only the newest step is taken back.",
            smallest: 0,
            largest: int.MaxValue);
        var command = new Command("rollback", "Takes steps of one set back, newest first. Data that only those steps can hold is lost.") { set, target };
        runner.Run(command, async scope =>
        {
            var chosen = MigrationSetArgument.Chosen(scope.Parsed, set)[0];
            var takenBack = await SchemaMigrator.RollbackAsync(
                chosen, scope.DatabaseOf(chosen), scope.Parsed.GetValue(target), new MigrationReport(scope.Output), scope.CancellationToken);
            if (takenBack.Count == 0)
            {
                scope.Output.MarkupLineInterpolated($"{chosen.Name()}: nothing to take back");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
