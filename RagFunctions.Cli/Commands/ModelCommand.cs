using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Embeddings;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag model</c>: which embedder the index is made with.</summary>
internal static class ModelCommand
{
    public static Command Create(CommandRunner runner) => new("model", "The embedding model of the index.") { Status(runner), Switch(runner) };

    private static Command Status(CommandRunner runner)
    {
        var command = new Command("status", "Says which model the index is made with, and whether the settings name the same.");
        runner.Run(command, async scope =>
        {
            var embedder = scope.Services.GetRequiredService<IndexEmbedder>();
            scope.Output.WriteLine(await embedder.CheckAsync(scope.CancellationToken)
                ? $"index and settings: {embedder.Configured}"
                : $"settings: {embedder.Configured}; the index holds no vector yet and takes this model");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Switch(CommandRunner runner)
    {
        var model = new Option<string>("--model") { Description = "The model that the settings name.", Required = true };
        var dimensions = new Option<int>("--dimensions") { Description = "Length of its vectors.", Required = true };
        var command = new Command("switch", "Gives the index another model. An index without vectors takes it at once.") { model, dimensions };
        runner.Run(command, async scope =>
        {
            var configured = scope.Services.GetRequiredService<IndexEmbedder>().Configured;
            var (name, length) = (scope.Parsed.GetValue(model)!, scope.Parsed.GetValue(dimensions));
            if (name != configured.Model || length != configured.Dimensions)
            {
                throw new CliException($"The settings name {configured}: set Embeddings:Model and Embeddings:Dimensions to the new model first.");
            }

            if (!await scope.Services.GetRequiredService<EmptyIndex>().TrySwitchAsync(length, scope.CancellationToken))
            {
                throw new CliException(
                    "The index holds vectors; only an empty one takes another model at once. Nothing was changed. "
                    + "Set Embeddings:Model and Embeddings:Dimensions back to go on with it.");
            }

            scope.Output.WriteLine($"the index takes vectors of {configured}");
            return ExitCode.Done;
        });
        return command;
    }
}
