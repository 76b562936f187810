using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Status;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag runs CABINET</c>: its last runs.</summary>
internal static class RunsCommand
{
    private const int Shown = 20;

    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var json = JsonOutput.Option();
        var command = new Command("runs", "Lists the last runs of a cabinet, newest first.") { cabinet, json };
        runner.Run(command, async scope =>
        {
            var id = scope.Parsed.GetValue(cabinet);
            var runs = await scope.Services.GetRequiredService<RunReader>().LatestAsync(id, Shown, scope.CancellationToken);
            if (scope.Parsed.GetValue(json))
            {
                JsonOutput.Write(scope, new { CabinetId = id, Runs = runs });
                return ExitCode.Done;
            }

            var table = new Table().AddColumns("begun (UTC)", "mode", "outcome", "rows", "new", "updated", "deleted", "embedded", "$");
            foreach (var run in runs)
            {
                table.AddRow([
                    run.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    run.Mode,
                    run.Outcome ?? "under way",
                    .. ((long[])[run.RowsRead, run.ChunksNew, run.ChunksUpdated, run.ChunksDeleted, run.EmbeddingInputs])
                        .Select(figure => figure.ToString("N0", CultureInfo.InvariantCulture)),
                    run.CostUsd.ToString("F6", CultureInfo.InvariantCulture),
                ]);
            }

            scope.Output.Write(table);
            return ExitCode.Done;
        });
        return command;
    }
}
