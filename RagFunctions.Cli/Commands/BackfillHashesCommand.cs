using System.CommandLine;
using System.Globalization;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag backfill-hashes</c>: gives every chunk of an upgraded index its hash.</summary>
internal static class BackfillHashesCommand
{
    public static Command Create(CommandRunner runner)
    {
        var batch = NumberOption.Create(
            "--batch", "Ids that one statement covers.", smallest: 1, largest: 1_000_000, defaultValue: HashBackfill.DefaultBatch);
        var command = new Command("backfill-hashes", "Fills chunk_hash where it is missing. May be interrupted, and run beside live writers.") { batch };
        runner.Run(command, scope => FillAsync(scope, (int)scope.Parsed.GetValue(batch)!.Value));
        return command;
    }

    private static async Task<int> FillAsync(CommandScope scope, int batch)
    {
        var result = await scope.Output.Progress().StartAsync(progress =>
        {
            var task = progress.AddTask("chunk_hash", autoStart: true, maxValue: 1);
            return HashBackfill.RunAsync(
                scope.Rag.Source,
                batch,
                state =>
                {
                    task.MaxValue = Math.Max(1, state.Found);
                    task.Value = state.Found == 0 ? 1 : state.Done;
                },
                scope.CancellationToken);
        });
        scope.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"found {result.Found:N0} chunks without a hash, filled {result.Done:N0}, remaining {result.Remaining:N0}"));
        if (result.Remaining == 0)
        {
            return ExitCode.Done;
        }

        throw new CliException("Some chunks were being written meanwhile. Run it again.");
    }
}
