using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Cli;
using RagFunctions.Cli.Commands;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;
using RagFunctions.Dev.Demo;

namespace RagFunctions.Dev.Questions;

/// <summary><c>rag-dev questions</c>: measures the search over the generated shop by the questions that the repository keeps.</summary>
internal static class QuestionsCommand
{
    /// <summary>The kept questions, from the repository's root.</summary>
    public const string KeptFile = "RagFunctions.Dev/Questions/questions.jsonl";

    private const string Database = "rag_questions";

    /// <summary>The command.</summary>
    public static Command Create(CommandRunner runner)
    {
        var file = new Option<FileInfo>("--file") { Description = "The questions.", DefaultValueFactory = _ => new FileInfo(KeptFile) };
        var write = new Option<bool>("--write") { Description = "Makes the questions anew from the generator's facts and writes them first." };
        var json = JsonOutput.Option();
        var command = new Command("questions", $"Indexes the generated shop in a database of its own ({Database}) and measures every mode of the search by known questions.") { file, write, json };
        runner.Run(command, async scope =>
        {
            var server = scope.Services.GetRequiredService<IConfiguration>()["ConnectionStrings:Main"]
                ?? throw new CliException("ConnectionStrings:Main is missing: the database is made on the server that it names ('eng/postgres.sh url main').");
            await using var shop = await QuestionShop.IndexAsync(await DemoDatabase.CreateAsync(server, Database, scope.CancellationToken), scope.CancellationToken);
            var kept = scope.Parsed.GetValue(file)!.FullName;
            if (scope.Parsed.GetValue(write))
            {
                var made = ShopQuestions.Of(await ShopFacts.ReadAsync(shop, scope.CancellationToken));
                await File.WriteAllLinesAsync(kept, made.Select(Line), scope.CancellationToken);
            }

            var questions = SearchEvaluation.Read(File.ReadLines(kept));
            EvalCommand.Tell(
                scope,
                await new SearchEvaluation(shop.Search).MeasureEveryModeAsync(shop.CabinetId, questions, depth: 10, againstExact: false, scope.CancellationToken),
                scope.Parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A question as it is kept.</summary>
    public static string Line(KnownQuestion question) => JsonSerializer.Serialize(question, WireJson.Options);
}
