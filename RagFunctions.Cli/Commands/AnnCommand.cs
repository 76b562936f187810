using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag ann create|drop|status</c>: the optional approximate index.</summary>
internal static partial class AnnCommand
{
    public static Command Create(CommandRunner runner) =>
        new("ann", "The optional HNSW index over the vectors. Search inside a cabinet is exact and fast without it; each write costs more with it.")
        {
            CreateIndex(runner),
            DropIndex(runner),
            ShowStatus(runner),
        };

    private static Command CreateIndex(CommandRunner runner)
    {
        var memory = new Option<string>("--memory")
        {
            Description = "Working memory of the build, such as 1GB: the graph and its vectors, about 7 kB each, should fit.",
            DefaultValueFactory = _ => "512MB",
        };
        memory.Validators.Add(result =>
        {
            if (!MemorySize().IsMatch(result.GetValueOrDefault<string>() ?? ""))
            {
                result.AddError("--memory is a size such as 512MB or 2GB.");
            }
        });
        var workers = NumberOption.Create("--workers", "Parallel workers beside the building process.", smallest: 0, largest: 64, defaultValue: 1);
        var command = new Command("create", "Builds the index while the table is read and written; goes on after an interruption.") { memory, workers };
        runner.Run(command, scope => CreateIndexAsync(scope, scope.Parsed.GetValue(memory)!, (int)scope.Parsed.GetValue(workers)!.Value));
        return command;
    }

    private static async Task<int> CreateIndexAsync(CommandScope scope, string memory, int workers)
    {
        var isBuilt = await scope.Output.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask("HNSW index", autoStart: true, maxValue: 1);
            task.IsIndeterminate = true;
            var isBuilt = await ApproximateIndex.CreateAsync(
                scope.Rag.Source,
                memory,
                workers,
                state =>
                {
                    task.Description = $"{state.BuildPhase ?? "waiting"}, {state.VectorsDone.ToString("N0", CultureInfo.InvariantCulture)} vectors".EscapeMarkup();
                    task.IsIndeterminate = state.BlocksTotal == 0;
                    task.MaxValue = Math.Max(1, state.BlocksTotal);
                    task.Value = state.BlocksDone;
                },
                scope.CancellationToken);
            task.Value = task.MaxValue;
            return isBuilt;
        });
        scope.Output.WriteLine(isBuilt ? $"{ApproximateIndex.Name}: built" : $"{ApproximateIndex.Name}: there already");
        return ExitCode.Done;
    }

    private static Command DropIndex(CommandRunner runner)
    {
        var command = new Command("drop", "Drops the index while the table is read and written.");
        runner.Run(command, async scope =>
        {
            await ApproximateIndex.DropAsync(scope.Rag.Source, scope.CancellationToken);
            scope.Output.WriteLine($"{ApproximateIndex.Name}: none");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command ShowStatus(CommandRunner runner)
    {
        var command = new Command("status", "Says whether the index is there, whole, or being built.");
        runner.Run(command, async scope =>
        {
            var state = await ApproximateIndex.ReadStateAsync(scope.Rag.Source, scope.CancellationToken);
            scope.Output.WriteLine($"{ApproximateIndex.Name}: {Describe(state)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static string Describe(ApproximateIndexState state) => state switch
    {
        { BuildPhase: { } phase } => string.Create(CultureInfo.InvariantCulture, $"being built, {phase}, {state.VectorsDone:N0} vectors done"),
        { IsValid: true } => string.Create(CultureInfo.InvariantCulture, $"valid, {state.SizeBytes / 1_048_576.0:N1} MiB"),
        { Exists: true } => "INVALID, left by an interrupted build and used by no query; rag ann create builds it again",
        _ => "none; search is exact",
    };

    [GeneratedRegex("^[1-9][0-9]{0,6}(kB|MB|GB)$")]
    private static partial Regex MemorySize();
}
