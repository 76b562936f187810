using System.Text.Json;
using RagFunctions.Core.Status;

namespace RagFunctions.Core.Search;

/// <summary>Measures the search by questions of which the right rows are known.</summary>
public sealed class SearchEvaluation(IndexSearch search)
{
    /// <summary>Asks every question in every mode.</summary>
    /// <returns>The figures of each mode, in the order of <see cref="SearchModeNames.All"/>.</returns>
    public async Task<IReadOnlyList<SearchFigures>> MeasureEveryModeAsync(
        long cabinetId, IReadOnlyList<KnownQuestion> questions, int depth, bool againstExact, CancellationToken cancellationToken)
    {
        List<SearchFigures> figures = [];
        foreach (var mode in SearchModeNames.All)
        {
            figures.Add(await MeasureAsync(cabinetId, questions, mode, depth, againstExact, cancellationToken));
        }

        return figures;
    }

    /// <summary>Asks every question in one mode.</summary>
    /// <param name="cabinetId">Whose index.</param>
    /// <param name="questions">At least one.</param>
    /// <param name="mode">By what to search.</param>
    /// <param name="depth">How many hits count for recall and precision, 1…200.</param>
    /// <param name="againstExact">Asks again comparing every vector, and tells how many of those hits came the usual way.</param>
    public async Task<SearchFigures> MeasureAsync(
        long cabinetId, IReadOnlyList<KnownQuestion> questions, SearchMode mode, int depth, bool againstExact, CancellationToken cancellationToken)
    {
        List<QuestionFigures> all = [];
        List<double> kept = [];
        foreach (var question in questions)
        {
            var request = new SearchRequest(question.Question)
            {
                Mode = mode,
                Limit = Math.Max(depth, QuestionFigures.GainDepth),
                Kinds = question.Kinds is null ? null : [.. question.Kinds.Select(KnownQuestion.EntityOf)],
            };
            var answer = await search.FindAsync(cabinetId, request, cancellationToken);
            var found = Rows(answer);
            all.Add(QuestionFigures.Of(question.Relevant.Select(row => (row.Kind, row.RowId)).ToHashSet(), found, depth, answer.SearchMilliseconds));
            if (againstExact)
            {
                var exact = Rows(await search.FindAsync(cabinetId, request with { ComparesAll = true }, cancellationToken)).Take(depth).ToList();
                kept.Add(exact.Count == 0 ? 1 : exact.Intersect(found.Take(depth)).Count() / (double)exact.Count);
            }
        }

        var times = all.Select(figures => figures.Milliseconds).Order().ToList();
        return new SearchFigures(
            mode.WireName(), all.Count, depth, Mean(all.Select(figures => figures.Recall)), Mean(all.Select(figures => figures.Precision)),
            Mean(all.Select(figures => figures.Gain)), Mean(all.Select(figures => figures.ReciprocalRank)), Math.Round(times[times.Count / 2], 1),
            Math.Round(times[(int)Math.Ceiling(times.Count * 0.95) - 1], 1), againstExact ? Mean(kept) : null, GroupsOf(questions, all));
    }

    /// <summary>Reads a file of questions, a JSON object a line.</summary>
    /// <exception cref="FormatException">Names the line and what is wrong with it.</exception>
    public static IReadOnlyList<KnownQuestion> Read(IEnumerable<string> lines)
    {
        List<KnownQuestion> questions = [];
        foreach (var (line, number) in lines.Select((line, index) => (line, index + 1)).Where(pair => !string.IsNullOrWhiteSpace(pair.line)))
        {
            try
            {
                questions.Add(JsonSerializer.Deserialize<KnownQuestion>(line, WireJson.Options) is { Relevant.Count: > 0 } question && !string.IsNullOrWhiteSpace(question.Question)
                    && question.Relevant.Select(row => row.Kind).Concat(question.Kinds ?? []).All(kind => EntityNames.TryParseWireName(kind, out _))
                    ? question
                    : throw new JsonException());
            }
            catch (JsonException)
            {
                throw new FormatException($$"""Line {{number}} is not like {"question":"…","relevant":[{"kind":"reviews","row_id":1}]}.""");
            }
        }

        return questions.Count > 0 ? questions : throw new FormatException("There is no question in it.");
    }

    private static IReadOnlyList<GroupFigures>? GroupsOf(IReadOnlyList<KnownQuestion> questions, List<QuestionFigures> all) =>
        questions.All(question => question.Group is null) ? null :
        [
            .. questions.Zip(all, (question, figures) => (question.Group, figures)).GroupBy(pair => pair.Group ?? "")
                .Select(group => new GroupFigures(
                    group.Key, group.Count(), Mean(group.Select(pair => pair.figures.Recall)), Mean(group.Select(pair => pair.figures.Gain)))),
        ];

    // A long text gives several chunks: the row counts once, at its best place.
    private static List<(string Kind, long RowId)> Rows(SearchAnswer answer) =>
        [.. answer.Hits.Select(hit => (hit.Entity.WireName(), hit.SourceId)).Distinct()];

    private static double Mean(IEnumerable<double> values) => Math.Round(values.Average(), 4);
}

/// <summary>A question of which the right rows are known.</summary>
/// <param name="Question">In words.</param>
/// <param name="Relevant">The rows that answer it, at least one.</param>
/// <param name="Kinds">Only these kinds are searched; null: all.</param>
/// <param name="Group">What it has in common with others, to see them apart; null: nothing.</param>
public sealed record KnownQuestion(string Question, IReadOnlyList<KnownRow> Relevant, IReadOnlyList<string>? Kinds = null, string? Group = null)
{
    internal static Entity EntityOf(string kind) => EntityNames.TryParseWireName(kind, out var entity) ? entity : throw new ArgumentException($"'{kind}' is no kind of rows.", nameof(kind));
}

/// <summary>A row that answers a question.</summary>
/// <param name="Kind"><c>orders</c>, <c>products</c>, <c>stocks</c>, <c>reviews</c> or <c>sales</c>.</param>
/// <param name="RowId">Primary key of <c>wb_&lt;kind&gt;</c>.</param>
public sealed record KnownRow(string Kind, long RowId);

/// <summary>How well a mode answers: means over the questions, 0…1.</summary>
/// <param name="Mode">By what was searched.</param>
/// <param name="Questions">How many were asked.</param>
/// <param name="Depth">Hits that count for recall and precision.</param>
/// <param name="Recall">Share of the right rows among the hits.</param>
/// <param name="Precision">Share of right rows among as many hits as are looked at.</param>
/// <param name="Ndcg10">Gain of the right rows among the first ten, the higher the earlier, against the best order there could be.</param>
/// <param name="ReciprocalRank">Mean of 1/place of the first right row.</param>
/// <param name="MedianMs">Milliseconds in the database, the median.</param>
/// <param name="P95Ms">Milliseconds in the database, of 95 in 100.</param>
/// <param name="RecallOfExact">Share of the hits of a search that compares every vector; null: not asked.</param>
/// <param name="Groups">Of each group of questions, in their order; null: no question names one.</param>
public sealed record SearchFigures(
    string Mode, int Questions, int Depth, double Recall, double Precision, double Ndcg10, double ReciprocalRank, double MedianMs, double P95Ms, double? RecallOfExact,
    IReadOnlyList<GroupFigures>? Groups);

/// <summary>How well a mode answers the questions of one group.</summary>
/// <param name="Group">Its name; empty: questions without one.</param>
/// <param name="Questions">How many were asked.</param>
/// <param name="Recall">As of <see cref="SearchFigures"/>.</param>
/// <param name="Ndcg10">As of <see cref="SearchFigures"/>.</param>
public sealed record GroupFigures(string Group, int Questions, double Recall, double Ndcg10);

/// <summary>The figures of one question.</summary>
internal sealed record QuestionFigures(double Recall, double Precision, double Gain, double ReciprocalRank, double Milliseconds)
{
    /// <summary>The depth to which nDCG looks, whatever is asked for.</summary>
    public const int GainDepth = 10;

    /// <param name="relevant">The right rows.</param>
    /// <param name="found">The hits, the best first, each row once.</param>
    /// <param name="depth">Hits that count for recall and precision.</param>
    /// <param name="milliseconds">What the database took.</param>
    public static QuestionFigures Of<T>(IReadOnlySet<T> relevant, IReadOnlyList<T> found, int depth, double milliseconds)
    {
        var right = found.Take(depth).Count(relevant.Contains);
        var first = found.Select((row, index) => (row, index)).Where(pair => relevant.Contains(pair.row)).Select(pair => pair.index + 1).FirstOrDefault();
        var gain = found.Take(GainDepth).Select((row, index) => relevant.Contains(row) ? 1 / Math.Log2(index + 2) : 0).Sum();
        var best = Enumerable.Range(0, Math.Min(relevant.Count, GainDepth)).Sum(index => 1 / Math.Log2(index + 2));
        return new QuestionFigures(right / (double)relevant.Count, right / (double)depth, gain / best, first == 0 ? 0 : 1.0 / first, milliseconds);
    }
}
