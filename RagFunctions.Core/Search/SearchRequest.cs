namespace RagFunctions.Core.Search;

/// <summary>By what a search goes.</summary>
public enum SearchMode
{
    /// <summary>By meaning and by word, joined by reciprocal rank.</summary>
    Hybrid,

    /// <summary>By the nearness of vectors.</summary>
    Vector,

    /// <summary>By words, the rarer in the cabinet the weightier. Needs no embedder.</summary>
    Text,
}

/// <summary>The names of <see cref="SearchMode"/> on the wire and in the database.</summary>
public static class SearchModeNames
{
    /// <summary>All modes, the usual one first.</summary>
    public static IReadOnlyList<SearchMode> All { get; } = [SearchMode.Hybrid, SearchMode.Vector, SearchMode.Text];

    /// <summary><c>hybrid</c>, <c>vector</c> or <c>text</c>.</summary>
    public static string WireName(this SearchMode mode) => mode switch
    {
        SearchMode.Hybrid => "hybrid",
        SearchMode.Vector => "vector",
        SearchMode.Text => "text",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "not a search mode"),
    };

    /// <summary>Reads a wire name; exact, case-sensitive.</summary>
    public static bool TryParse(string? name, out SearchMode mode)
    {
        foreach (var candidate in All.Where(candidate => candidate.WireName() == name))
        {
            mode = candidate;
            return true;
        }

        mode = default;
        return false;
    }
}

/// <summary>A question and what the answer is limited to.</summary>
/// <param name="Question">In words; not empty, at most <see cref="LongestQuestion"/> characters.</param>
public sealed record SearchRequest(string Question)
{
    /// <summary>The most hits of one search.</summary>
    public const int MaxLimit = 200;

    /// <summary>The hits of a search that names no number.</summary>
    public const int UsualLimit = 5;

    /// <summary>The longest question, in characters.</summary>
    public const int LongestQuestion = 2_000;

    /// <summary>The most articles of one search.</summary>
    public const int MaxArticles = 100;

    /// <summary>By what to search.</summary>
    public SearchMode Mode { get; init; } = SearchMode.Hybrid;

    /// <summary>Hits at most, 1…200.</summary>
    public int Limit { get; init; } = UsualLimit;

    /// <summary>Only these kinds of rows; null: all.</summary>
    public IReadOnlyList<Entity>? Kinds { get; init; }

    /// <summary>Only these articles; null: all.</summary>
    public IReadOnlyList<long>? Articles { get; init; }

    /// <summary>Only rows of this Moscow day or later; products and stocks have no day and are left out. Null: all.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Only rows of this Moscow day or earlier. Null: all.</summary>
    public DateOnly? To { get; init; }

    /// <summary>What each way leaves out below: similarity by meaning, share of the question's weight by word. Null: nothing.</summary>
    public double? MinScore { get; init; }

    /// <summary>Compares every vector, however large the cabinet: to measure what the usual way misses.</summary>
    public bool ComparesAll { get; init; }

    /// <exception cref="ArgumentException">Something is out of its bounds.</exception>
    internal void Check()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Question);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Question.Length, LongestQuestion, nameof(Question));
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Articles?.Count ?? 0, MaxArticles, nameof(Articles));
    }
}

/// <summary>A chunk that was found.</summary>
/// <param name="Entity">What kind of row it is about.</param>
/// <param name="SourceId">The source row.</param>
/// <param name="ChunkIndex">0, or the number of a part of a long text.</param>
/// <param name="NmId">The article.</param>
/// <param name="BusinessDate">Date of the order, review or sale.</param>
/// <param name="Text">The text.</param>
/// <param name="Score">What hits are ordered by: the similarity, the share of words, or the joined reciprocal ranks, of which 1 is the first of both ways.</param>
/// <param name="Similarity">1 − cosine distance to the question: 1 is the same direction, 0 unrelated. Null where nothing was compared.</param>
/// <param name="VectorRank">Its place by meaning; null: not among the best of that way.</param>
/// <param name="TextRank">Its place by word; equally good ones share a place. Null: not among the best of that way.</param>
/// <param name="TextShare">The share of the weight of the question's words that it has, 0…1. Null: as the place.</param>
public sealed record SearchHit(
    Entity Entity, long SourceId, int ChunkIndex, long? NmId, DateTimeOffset? BusinessDate, string Text,
    double Score, double? Similarity, long? VectorRank, long? TextRank, double? TextShare);

/// <summary>What was found, and how.</summary>
/// <param name="Hits">The best first.</param>
/// <param name="Mode">By what was searched.</param>
/// <param name="Model">The model of the vectors compared; null where none were.</param>
/// <param name="QuestionMilliseconds">What the question's vector took; 0 from the cache or without one.</param>
/// <param name="SearchMilliseconds">What the database took.</param>
public sealed record SearchAnswer(
    IReadOnlyList<SearchHit> Hits, SearchMode Mode, string? Model, double QuestionMilliseconds, double SearchMilliseconds);

/// <summary>The search cannot be done now, and may be later.</summary>
/// <param name="message">For the caller, without secrets.</param>
/// <param name="retryAfter">How long to wait.</param>
/// <param name="inner">The cause.</param>
public sealed class SearchUnavailableException(string message, TimeSpan retryAfter, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long to wait, more than 0.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
