using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Search;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag search CABINET "text"</c>: what the index answers.</summary>
internal static class SearchCommand
{
    // Moscow's clocks have not moved since 2014, and the index holds dates of the last 90 days.
    private static readonly TimeSpan Moscow = TimeSpan.FromHours(3);

    public static Command Create(CommandRunner runner)
    {
        var cabinet = new Argument<long>("cabinet") { Description = "The cabinet's id; nothing of another one is ever shown." };
        var text = new Argument<string>("text") { Description = "What to look for, in words." };
        text.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is var given && (string.IsNullOrWhiteSpace(given) || given.Length > SearchRequest.LongestQuestion))
            {
                result.AddError($"The text to look for has 1 to {SearchRequest.LongestQuestion} characters.");
            }
        });
        var mode = new Option<string>("--mode") { Description = "By what: hybrid, vector or text.", DefaultValueFactory = _ => SearchMode.Hybrid.WireName() };
        mode.AcceptOnlyFromAmong([.. SearchModeNames.All.Select(SearchModeNames.WireName)]);
        var type = new Option<string[]>("--type") { Description = "Only these kinds: order, product, stock, review, sale.", AllowMultipleArgumentsPerToken = true };
        type.AcceptOnlyFromAmong([.. EntityNames.All.Select(entity => entity.ChunkType())]);
        var article = NumberOption.Create("--article", "Only one article (nm_id).", 1, long.MaxValue);
        var since = Day("--since", "Only orders, reviews and sales from this Moscow day on, such as 2026-11-01.");
        var until = Day("--until", "Only orders, reviews and sales up to this Moscow day.");
        var least = new Option<double?>("--min-score") { Description = "Leave out what each way scores lower, 0 to 1." };
        least.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is < 0 or > 1 or double.NaN)
            {
                result.AddError("--min-score is a number from 0 to 1.");
            }
        });
        var limit = NumberOption.Create("--limit", "Hits at most.", 1, SearchRequest.MaxLimit, defaultValue: 5);
        var json = JsonOutput.Option();
        var command = new Command("search", "Finds the chunks of one cabinet that answer a question best.")
        {
            cabinet, text, mode, type, article, since, until, least, limit, json,
        };
        runner.Run(command, async scope =>
        {
            var kinds = EntityNames.All.Where(entity => scope.Parsed.GetValue(type)?.Contains(entity.ChunkType()) == true).ToList();
            var request = new SearchRequest(scope.Parsed.GetValue(text)!)
            {
                Mode = SearchModeNames.All.Single(by => by.WireName() == scope.Parsed.GetValue(mode)),
                Kinds = kinds.Count == 0 ? null : kinds,
                Articles = scope.Parsed.GetValue(article) is { } id ? [id] : null,
                From = scope.Parsed.GetValue(since),
                To = scope.Parsed.GetValue(until),
                MinScore = scope.Parsed.GetValue(least),
                Limit = (int)scope.Parsed.GetValue(limit)!.Value,
            };
            var cabinetId = scope.Parsed.GetValue(cabinet);
            var answer = await scope.Services.GetRequiredService<IndexSearch>().FindAsync(cabinetId, request, scope.CancellationToken);
            if (scope.Parsed.GetValue(json))
            {
                JsonOutput.Write(scope, SearchReply.Of(cabinetId, answer));
            }
            else
            {
                Show(scope, answer);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (result.Tokens is [var token]
                && DateOnly.TryParseExact(token.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return day;
            }

            result.AddError($"{name} is a day such as 2026-11-01.");
            return null;
        },
    };

    private static void Show(CommandScope scope, SearchAnswer answer)
    {
        if (answer.Mode != SearchMode.Text && scope.Services.GetRequiredService<EmbeddingsOptions>().Provider == EmbeddingsProvider.Offline)
        {
            scope.Output.WriteLine("offline embedder: finds shared words and word forms, not meanings");
        }

        if (answer.Hits.Count == 0)
        {
            scope.Output.WriteLine("nothing found");
            return;
        }

        var table = new Table().AddColumns("score", "similarity", "ranks", "kind", "row", "article", "date", "text");
        foreach (var hit in answer.Hits)
        {
            table.AddRow(
                hit.Score.ToString("0.000", CultureInfo.InvariantCulture),
                hit.Similarity?.ToString("0.000", CultureInfo.InvariantCulture) ?? "",
                $"{(hit.VectorRank is { } vector ? $"v{vector}" : "")} {(hit.TextRank is { } word ? $"t{word}" : "")}".Trim(),
                hit.Entity.ChunkType(),
                hit.ChunkIndex == 0 ? $"{hit.SourceId}" : $"{hit.SourceId}#{hit.ChunkIndex}",
                $"{hit.NmId}",
                hit.BusinessDate?.ToOffset(Moscow).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture) ?? "",
                hit.Text.EscapeMarkup());
        }

        scope.Output.Write(table);
        scope.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{answer.Mode.WireName()}{(answer.Model is { } model ? $" with {model}" : "")}: question {answer.QuestionMilliseconds:F0} ms, search {answer.SearchMilliseconds:F0} ms"));
    }
}
