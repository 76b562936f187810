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
    public Task<CallResult<IReadOnlyList<ReviewAnswer>>> ReviewsAsync(
        MarketplaceAccess access, bool answered, DateTimeOffset from, int skip, CancellationToken cancellationToken) => SendAsync(
        access,
        MarketplaceMethod.Feedbacks,
        string.Create(
            CultureInfo.InvariantCulture,
            $"/api/v1/feedbacks?isAnswered={(answered ? "true" : "false")}&take={_pageRows}&skip={skip}&order=dateAsc&dateFrom={from.ToUnixTimeSeconds()}"),
        cancellationToken);

    /// <summary>A page of the archive, newest first: it takes no dates.</summary>
    public Task<CallResult<IReadOnlyList<ReviewAnswer>>> ArchiveAsync(MarketplaceAccess access, int skip, CancellationToken cancellationToken) => SendAsync(
        access,
        MarketplaceMethod.FeedbackArchive,
        string.Create(CultureInfo.InvariantCulture, $"/api/v1/feedbacks/archive?take={_pageRows}&skip={skip}&order=dateDesc"),
        cancellationToken);

    private async Task<CallResult<IReadOnlyList<ReviewAnswer>>> SendAsync(
        MarketplaceAccess access, MarketplaceMethod method, string path, CancellationToken cancellationToken)
    {
        var nothing = new FeedbacksAnswer { Data = new() { Feedbacks = [] } };
        return (await _transport.SendAsync(
            new MarketplaceCall(access, method, new Uri(_host, path)), FeedbackJsonContext.Default.FeedbacksAnswer, nothing, cancellationToken)).Map(Reviews);
    }

    private static IReadOnlyList<ReviewAnswer> Reviews(FeedbacksAnswer answer)
    {
        if (answer.Error == true)
        {
            throw new MarketplaceFormatException("error", $"is set: {answer.ErrorText}");
        }

        var rows = answer.Data?.Feedbacks ?? throw new MarketplaceFormatException("data.feedbacks", "is missing");
        return [.. rows.Select(Review)];
    }

    private static ReviewAnswer Review(FeedbacksAnswer.Row row, int index)
    {
        var field = new Field("data.feedbacks", index);
        field.Present(row);
        return new ReviewAnswer(
            field.Required(row.Id, "id"), row.ProductDetails?.NmId, row.ProductValuation, row.Text, row.Pros, row.Cons,
            field.RequiredTime(row.CreatedDate, "createdDate"), row.Answer is { ValueKind: JsonValueKind.Object }, row.UserName, row.Color,
            Tags(row.Bables), row.MatchingSize, row.WasViewed, row.SupplierFeedbackValuation, row.SupplierProductValuation);
    }

    private static string? Tags(List<string?>? tags) =>
        tags is { Count: > 0 } ? JsonSerializer.Serialize([.. tags.OfType<string>()], TagJson.Default.StringArray) : null;
}

/// <summary>A buyer's review.</summary>
/// <remarks>
/// <c>Rating</c>: 1 to 5.
/// <c>Tags</c>: What the buyer ticked, as a JSON list of texts, or null.
/// </remarks>
public sealed record ReviewAnswer(
    string Id, long? NmId, int? Rating, string? Text, string? Pros, string? Cons, DateTimeOffset CreatedAt, bool IsAnswered, string? UserName,
    string? Color, string? Tags, string? MatchingSize, bool? WasViewed, int? SupplierFeedbackValuation, int? SupplierProductValuation);

internal sealed class FeedbacksAnswer
{
    public FeedbacksData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class FeedbacksData
    {
        public List<Row>? Feedbacks { get; set; }
    }

    internal sealed class Row
    {
        public string? Id { get; set; }
        public string? Text { get; set; }
        public string? Pros { get; set; }
        public string? Cons { get; set; }
        public int? ProductValuation { get; set; }
        public string? CreatedDate { get; set; }
        public JsonElement? Answer { get; set; }
        public Details? ProductDetails { get; set; }
        public bool? WasViewed { get; set; }
        public string? UserName { get; set; }
        public string? MatchingSize { get; set; }
        public int? SupplierFeedbackValuation { get; set; }
        public int? SupplierProductValuation { get; set; }
        public List<string?>? Bables { get; set; }
        public string? Color { get; set; }
    }

    internal sealed class Details
    {
        public long? NmId { get; set; }
    }
}

/// <summary>The list of a review's tags as it is stored.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class TagJson : JsonSerializerContext;

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(FeedbacksAnswer))]
internal sealed partial class FeedbackJsonContext : JsonSerializerContext;
