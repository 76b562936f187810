using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Search;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag eval CABINET FILE</c>: how well the search answers questions of which the right rows are known.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var file = new Argument<FileInfo>("file") { Description = "Questions, a JSON object a line: {\"question\":\"…\",\"relevant\":[{\"kind\":\"reviews\",\"row_id\":1}]}." }.AcceptExistingOnly();
        var depth = NumberOption.Create("--depth", "Hits that count for recall and precision.", 1, SearchRequest.MaxLimit, defaultValue: 10);
        var exact = new Option<bool>("--against-exact") { Description = "Compares with a search that looks at every vector." };
        var json = JsonOutput.Option();
        var command = new Command("eval", "Measures the search by questions of which the right rows are known, in every mode.") { cabinet, file, depth, exact, json };
        runner.Run(command, async scope =>
        {
            var questions = Read(scope.Parsed.GetValue(file)!);
            var evaluation = new SearchEvaluation(scope.Services.GetRequiredService<IndexSearch>());
            var figures = await evaluation.MeasureEveryModeAsync(
                scope.Parsed.GetValue(cabinet), questions, (int)scope.Parsed.GetValue(depth)!.Value, scope.Parsed.GetValue(exact), scope.CancellationToken);
            Tell(scope, figures, scope.Parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Prints figures, one of each mode.</summary>
    public static void Tell(CommandScope scope, IReadOnlyList<SearchFigures> figures, bool asJson)
    {
        if (asJson)
        {
            JsonOutput.Write(scope, figures);
        }
        else
        {
            Show(scope, figures);
        }
    }

    private static IReadOnlyList<KnownQuestion> Read(FileInfo file)
    {
        try
        {
            return SearchEvaluation.Read(File.ReadLines(file.FullName));
        }
        catch (FormatException wrong)
        {
            throw new CliException($"{file.Name}: {wrong.Message}");
        }
    }

    private static void Show(CommandScope scope, IReadOnlyList<SearchFigures> figures)
    {
        var depth = figures[0].Depth;
        var table = new Table().AddColumns("mode", $"recall@{depth}", $"precision@{depth}", "nDCG@10", "MRR", "median ms", "p95 ms", "of exact");
        foreach (var mode in figures)
        {
            table.AddRow(
                mode.Mode, Share(mode.Recall), Share(mode.Precision), Share(mode.Ndcg10), Share(mode.ReciprocalRank),
                mode.MedianMs.ToString("0.0", CultureInfo.InvariantCulture), mode.P95Ms.ToString("0.0", CultureInfo.InvariantCulture), mode.RecallOfExact is { } kept ? Share(kept) : "");
        }

        scope.Output.Write(table);
        ShowGroups(scope, figures);
        scope.Output.WriteLine($"{figures[0].Questions} questions");
    }

    private static void ShowGroups(CommandScope scope, IReadOnlyList<SearchFigures> figures)
    {
        if (figures[0].Groups is not { } groups)
        {
            return;
        }

        var table = new Table().AddColumns(["nDCG@10 of", "questions", .. figures.Select(mode => mode.Mode)]);
        for (var group = 0; group < groups.Count; group++)
        {
            table.AddRow([groups[group].Group, $"{groups[group].Questions}", .. figures.Select(mode => Share(mode.Groups![group].Ndcg10))]);
        }

        scope.Output.Write(table);
    }

    private static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
