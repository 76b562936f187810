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
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("The text to look for is empty.");
            }
        });
        var type = new Option<string?>("--type") { Description = "Only one kind: order, product, stock, review or sale." };
        type.AcceptOnlyFromAmong([.. EntityNames.All.Select(entity => entity.ChunkType())]);
        var article = NumberOption.Create("--article", "Only one article (nm_id).", 1, long.MaxValue);
        var since = new Option<DateOnly?>("--since")
        {
            Description = "Only orders, reviews and sales from this Moscow day on, such as 2026-11-01.",
            CustomParser = result =>
            {
                if (result.Tokens is [var token]
                    && DateOnly.TryParseExact(token.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                {
                    return day;
                }

                result.AddError("--since is a day such as 2026-11-01.");
                return null;
            },
        };
        var limit = NumberOption.Create("--limit", "Hits at most.", 1, SearchFilter.MaxLimit, defaultValue: 5);
        var command = new Command("search", "Finds the chunks of one cabinet nearest to a text. Exact.") { cabinet, text, type, article, since, limit };
        runner.Run(command, scope =>
        {
            var filter = new SearchFilter(
                EntityNames.TryParseChunkType(scope.Parsed.GetValue(type), out var entity) ? entity : null,
                scope.Parsed.GetValue(article),
                scope.Parsed.GetValue(since) is { } day ? new DateTimeOffset(day, TimeOnly.MinValue, Moscow) : null,
                (int)scope.Parsed.GetValue(limit)!.Value);
            return SearchAsync(scope, scope.Parsed.GetValue(cabinet), scope.Parsed.GetValue(text)!, filter);
        });
        return command;
    }

    private static async Task<int> SearchAsync(CommandScope scope, long cabinetId, string text, SearchFilter filter)
    {
        var hits = await scope.Services.GetRequiredService<VectorSearch>().SearchAsync(cabinetId, text, filter, scope.CancellationToken);
        if (scope.Services.GetRequiredService<EmbeddingsOptions>().Provider == EmbeddingsProvider.Offline)
        {
            scope.Output.WriteLine("offline embedder: finds shared words and word forms, not meanings");
        }

        if (hits.Count == 0)
        {
            scope.Output.WriteLine("nothing found");
            return ExitCode.Done;
        }

        var table = new Table().AddColumns("similarity", "kind", "row", "article", "date", "text");
        foreach (var hit in hits)
        {
            table.AddRow(
                hit.Similarity.ToString("0.000", CultureInfo.InvariantCulture),
                hit.Entity.ChunkType(),
                hit.ChunkIndex == 0 ? $"{hit.SourceId}" : $"{hit.SourceId}#{hit.ChunkIndex}",
                $"{hit.NmId}",
                hit.BusinessDate?.ToOffset(Moscow).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture) ?? "",
                hit.Text.EscapeMarkup());
        }

        scope.Output.Write(table);
        return ExitCode.Done;
    }
}
