using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;

namespace RagFunctions.Core.Mcp;

/// <summary>The index as tools of an assistant (Model Context Protocol). They read, and only what their caller may see.</summary>
/// <param name="search">The search.</param>
/// <param name="statuses">How indexes stand.</param>
/// <param name="caller">Who asks.</param>
public sealed class IndexTools(IndexSearch search, IndexStatusReader statuses, IToolCaller caller)
{
    /// <summary>A server that has these tools and nothing else.</summary>
    /// <param name="services">Where search and status come from.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="options">What is told of the server, and where the tools are put.</param>
    public static void Offer(IServiceProvider services, IToolCaller caller, McpServerOptions options)
    {
        var tools = new IndexTools(services.GetRequiredService<IndexSearch>(), services.GetRequiredService<IndexStatusReader>(), caller);
        options.ServerInfo = new Implementation { Name = "rag-functions", Version = typeof(IndexTools).Assembly.GetName().Version!.ToString(3) };
        options.ServerInstructions =
            "The search index of a Wildberries seller: orders, products, stocks, reviews and sales as Russian texts. Ask in Russian; the tool search finds rows by meaning and by word.";
        options.ToolCollection =
        [
            McpServerTool.Create(tools.SearchAsync, Reading("search", "Search the seller's data")),
            McpServerTool.Create(tools.StatusAsync, Reading("index_status", "How fresh the index is")),
        ];
    }

    /// <summary>The rows that answer a question best.</summary>
    /// <exception cref="McpException">Says to the caller what is wrong.</exception>
    [Description("Finds the seller's rows (orders, products, stocks, reviews, sales) that answer a question best, as texts with their article, date and scores.")]
    public async Task<SearchReply> SearchAsync(
        [Description("The question in words, 1 to 2000 characters; Russian finds most.")] string query,
        [Description("hybrid (by meaning and by word), vector (by meaning) or text (by word).")] string mode = "hybrid",
        [Description("Hits at most, 1 to 200.")] int limit = SearchRequest.UsualLimit,
        [Description("Only these kinds of rows: orders, products, stocks, reviews, sales.")] IReadOnlyList<string>? kinds = null,
        [Description("Only these articles (nm_id), at most 100.")] IReadOnlyList<long>? articles = null,
        [Description("Only orders, reviews and sales of this Moscow day or later, such as 2026-11-01.")] string? from = null,
        [Description("Only orders, reviews and sales of this Moscow day or earlier.")] string? to = null,
        [Description("What each way must reach, 0 to 1.")] double? minScore = null,
        [Description("The cabinet; only needed where the key opens several.")] long? cabinet = null,
        CancellationToken cancellationToken = default)
    {
        var id = caller.CabinetOf(cabinet);
        var request = new SearchRequest(Checked(query, !string.IsNullOrWhiteSpace(query) && query.Length <= SearchRequest.LongestQuestion && !query.Contains('\0', StringComparison.Ordinal), $"query must be a text of 1 to {SearchRequest.LongestQuestion} characters."))
        {
            Mode = SearchModeNames.TryParse(mode, out var by) ? by : throw new McpException("mode must be hybrid, vector or text."),
            Limit = Checked(limit, limit is >= 1 and <= SearchRequest.MaxLimit, $"limit must be from 1 to {SearchRequest.MaxLimit}."),
            Kinds = kinds is { Count: > 0 } ? [.. kinds.Select(Kind)] : null,
            Articles = articles is { Count: > 0 } ? Checked(articles, articles.Count <= SearchRequest.MaxArticles, $"articles must be at most {SearchRequest.MaxArticles}.") : null,
            From = Day(from, nameof(from)),
            To = Day(to, nameof(to)),
            MinScore = Checked(minScore, minScore is null or (>= 0 and <= 1), "minScore must be from 0 to 1."),
        };
        try
        {
            return SearchReply.Of(id, await search.FindAsync(id, request, cancellationToken));
        }
        catch (Exception told) when (told is SearchUnavailableException or EmbedderMismatchException)
        {
            throw new McpException(told.Message, told);
        }
    }

    /// <summary>How the index of a cabinet stands.</summary>
    /// <exception cref="McpException">The caller may not ask for the cabinet.</exception>
    [Description("Tells how fresh the seller's index is: when it was last made, what still waits, how many seconds it is behind.")]
    public Task<IndexStatus> StatusAsync(
        [Description("The cabinet; only needed where the key opens several.")] long? cabinet = null, CancellationToken cancellationToken = default) =>
        statuses.ReadAsync(caller.CabinetOf(cabinet), cancellationToken);

    private static McpServerToolCreateOptions Reading(string name, string title) => new()
    {
        Name = name,
        Title = title,
        ReadOnly = true,
        Idempotent = true,
        Destructive = false,
        OpenWorld = false,
        UseStructuredContent = true,
        SerializerOptions = WireJson.Options,
    };

    private static Entity Kind(string name) => EntityNames.TryParseWireName(name, out var entity)
        ? entity
        : throw new McpException("kinds must be of orders, products, stocks, reviews, sales.");

    private static DateOnly? Day(string? text, string name) => string.IsNullOrEmpty(text) ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1999 and < 3000 ? day
        : throw new McpException($"{name} must be a day such as 2026-11-01.");

    private static T Checked<T>(T value, bool isRight, string otherwise) => isRight ? value : throw new McpException(otherwise);
}

/// <summary>Who uses the tools.</summary>
public interface IToolCaller
{
    /// <summary>The cabinet that a call is about.</summary>
    /// <param name="asked">What the call names; null: the only one that there is.</param>
    /// <exception cref="McpException">Not the caller's, or not named although there are several.</exception>
    long CabinetOf(long? asked);
}

/// <summary>A caller who may see some cabinets.</summary>
/// <param name="cabinets">Which; null: all.</param>
public sealed class ToolCaller(IReadOnlySet<long>? cabinets) : IToolCaller
{
    /// <inheritdoc />
    public long CabinetOf(long? asked) => asked switch
    {
        null when cabinets is { Count: 1 } => cabinets.Single(),
        null => throw new McpException("The key opens several cabinets: name one (cabinet)."),
        { } id when id > 0 && cabinets?.Contains(id) != false => id,
        { } id => throw new McpException($"The key does not open cabinet {id}."),
    };
}
