using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Reviews;

/// <summary>Reviews: the two lists (answered or processed, and not) and the archive.</summary>
public sealed class FeedbackClient
{
    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;
    private readonly int _pageRows;

    internal FeedbackClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.FeedbacksUrl);
        _pageRows = options.Value.ReviewPageRows;
    }

    /// <summary>A page of one list from an instant on, oldest first. Fewer than <see cref="MarketplaceOptions.ReviewPageRows"/> = the last.</summary>
    public Task<CallResult<AnswerPage<ReviewAnswer>>> ReviewsAsync(
        MarketplaceAccess access, bool answered, DateTimeOffset from, int skip, CancellationToken cancellationToken) => SendAsync(
        access,
        MarketplaceMethod.Feedbacks,
        string.Create(
            CultureInfo.InvariantCulture,
            $"/api/v1/feedbacks?isAnswered={(answered ? "true" : "false")}&take={_pageRows}&skip={skip}&order=dateAsc&dateFrom={from.ToUnixTimeSeconds()}"),
        cancellationToken);

    /// <summary>A page of the archive, newest first: it takes no dates.</summary>
    public Task<CallResult<AnswerPage<ReviewAnswer>>> ArchiveAsync(MarketplaceAccess access, int skip, CancellationToken cancellationToken) => SendAsync(
        access,
        MarketplaceMethod.FeedbackArchive,
        string.Create(CultureInfo.InvariantCulture, $"/api/v1/feedbacks/archive?take={_pageRows}&skip={skip}&order=dateDesc"),
        cancellationToken);

    private async Task<CallResult<AnswerPage<ReviewAnswer>>> SendAsync(
        MarketplaceAccess access, MarketplaceMethod method, string path, CancellationToken cancellationToken)
    {
        var nothing = new FeedbacksAnswer { Data = new() { Feedbacks = [] } };
        return (await _transport.SendAsync(
            new MarketplaceCall(access, method, new Uri(_host, path)), FeedbackJsonContext.Default.FeedbacksAnswer, nothing, cancellationToken)).Map(Reviews);
    }

    private static AnswerPage<ReviewAnswer> Reviews(FeedbacksAnswer answer) => answer.Error == true
        ? throw new MarketplaceFormatException("error", $"is set: {answer.ErrorText}")
        : AnswerPage<ReviewAnswer>.Of(answer.Data?.Feedbacks, "data.feedbacks");
}

/// <summary>A buyer's review.</summary>
/// <remarks>
/// <c>Rating</c>: 1 to 5.
/// <c>Tags</c>: What the buyer ticked, as a JSON list of texts, or null.
/// <c>IsAnswered</c>: The seller's answer is published or waits to be; one that was rejected is none.
/// <c>OrderStatus</c>: <c>buyout</c>, <c>rejected</c>, <c>returned</c> or <c>notSpecified</c>.
/// <c>RelatedId</c>: The other review of a pair: who supplements a review writes a second one.
/// </remarks>
public sealed record ReviewAnswer(
    string Id, long? NmId, int? Rating, string? Text, string? Pros, string? Cons, DateTimeOffset CreatedAt, bool IsAnswered, string? UserName,
    string? Color, string? Tags, string? MatchingSize, bool? WasViewed, int? SupplierFeedbackValuation, int? SupplierProductValuation,
    string? OrderStatus = null, string? RelatedId = null) : IMarketplaceRow
{
    private const int LongestId = 100;

    /// <inheritdoc />
    public string Key => Id;

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row.</summary>
    internal static ReviewAnswer Of(FeedbacksAnswer.Row row) => new(
        Field.Required(row.Id, "id", LongestId), row.ProductDetails?.NmId, row.ProductValuation, row.Text, row.Pros, row.Cons,
        Field.RequiredTime(row.CreatedDate, "createdDate"), HasAnswer(row.Answer), row.UserName, row.Color, TagsOf(row.Bables), row.MatchingSize,
        row.WasViewed, row.SupplierFeedbackValuation, row.SupplierProductValuation, row.OrderStatus,
        string.IsNullOrEmpty(row.ParentFeedbackId) ? row.ChildFeedbackId : row.ParentFeedbackId);

    private static bool HasAnswer(FeedbacksAnswer.AnswerPart? answer) => answer is { State: null or "wbRu" or "reviewRequired" };

    private static string? TagsOf(List<string?>? tags) =>
        tags is { Count: > 0 } ? JsonSerializer.Serialize([.. tags.OfType<string>()], TagJson.Default.StringArray) : null;
}

internal sealed class FeedbacksAnswer
{
    [JsonRequired]
    public FeedbacksData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class FeedbacksData
    {
        [JsonRequired]
        public List<AnswerRow<ReviewAnswer>>? Feedbacks { get; set; }
    }

    internal sealed class Row
    {
        public string? Id { get; set; }
        public string? Text { get; set; }
        public string? Pros { get; set; }
        public string? Cons { get; set; }
        public int? ProductValuation { get; set; }
        public string? CreatedDate { get; set; }
        public AnswerPart? Answer { get; set; }
        public Details? ProductDetails { get; set; }
        public bool? WasViewed { get; set; }
        public string? UserName { get; set; }
        public string? MatchingSize { get; set; }
        public int? SupplierFeedbackValuation { get; set; }
        public int? SupplierProductValuation { get; set; }
        public List<string?>? Bables { get; set; }
        public string? Color { get; set; }
        public string? OrderStatus { get; set; }
        public string? ParentFeedbackId { get; set; }
        public string? ChildFeedbackId { get; set; }
    }

    internal sealed class AnswerPart
    {
        public string? State { get; set; }
    }

    internal sealed class Details
    {
        public long? NmId { get; set; }
    }
}

/// <summary>The list of a review's tags as it is stored.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class TagJson : JsonSerializerContext;

/// <summary>Reads a review by itself.</summary>
internal sealed class ReviewRowConverter() : AnswerRowConverter<FeedbacksAnswer.Row, ReviewAnswer>(["id"], row => [ReviewAnswer.Of(row)]);

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(ReviewRowConverter)])]
[JsonSerializable(typeof(FeedbacksAnswer))]
[JsonSerializable(typeof(FeedbacksAnswer.Row))]
internal sealed partial class FeedbackJsonContext : JsonSerializerContext;
