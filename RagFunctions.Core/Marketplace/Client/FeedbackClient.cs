using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client.Wire;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Client;

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
        MarketplaceAccess access, bool answered, DateTimeOffset from, int skip, CancellationToken ct) => SendAsync(
        access,
        MarketplaceMethod.Feedbacks,
        string.Create(
            CultureInfo.InvariantCulture,
            $"/api/v1/feedbacks?isAnswered={(answered ? "true" : "false")}&take={_pageRows}&skip={skip}&order=dateAsc&dateFrom={from.ToUnixTimeSeconds()}"),
        ct);

    /// <summary>A page of the archive, newest first: it takes no dates.</summary>
    public Task<CallResult<IReadOnlyList<ReviewAnswer>>> ArchiveAsync(MarketplaceAccess access, int skip, CancellationToken ct) => SendAsync(
        access,
        MarketplaceMethod.FeedbackArchive,
        string.Create(CultureInfo.InvariantCulture, $"/api/v1/feedbacks/archive?take={_pageRows}&skip={skip}&order=dateDesc"),
        ct);

    private async Task<CallResult<IReadOnlyList<ReviewAnswer>>> SendAsync(
        MarketplaceAccess access, MarketplaceMethod method, string path, CancellationToken ct)
    {
        var nothing = new FeedbacksAnswer { Data = new() { Feedbacks = [] } };
        return (await _transport.SendAsync(
            new MarketplaceCall(access, method, new Uri(_host, path)), MarketplaceJson.Default.FeedbacksAnswer, nothing, ct)).Map(Reviews);
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
