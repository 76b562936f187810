using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Products;

/// <summary>Cards and the trash, both in ascending order of change, so that a cursor kept is a cursor to go on from.</summary>
public sealed class ContentClient
{
    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;
    private readonly int _pageRows;

    internal ContentClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.ContentUrl);
        _pageRows = options.Value.CardPageRows;
    }

    /// <summary>A page of cards, with and without photo, changed after the cursor.</summary>
    public Task<CallResult<CardPage>> CardsAsync(MarketplaceAccess access, CardCursor from, CancellationToken cancellationToken) => PageAsync(
        access, MarketplaceMethod.Cards, "list", new(_pageRows, from.At, null, from.NmId), new CardsRequest.FilterPart(-1), cancellationToken);

    /// <summary>A page of the trash, thrown away after the cursor.</summary>
    public Task<CallResult<CardPage>> TrashAsync(MarketplaceAccess access, CardCursor from, CancellationToken cancellationToken) => PageAsync(
        access, MarketplaceMethod.CardTrash, "trash", new(_pageRows, null, from.At, from.NmId), filter: null, cancellationToken);

    private async Task<CallResult<CardPage>> PageAsync(
        MarketplaceAccess access, MarketplaceMethod method, string name, CardsRequest.CursorPart cursor, CardsRequest.FilterPart? filter, CancellationToken cancellationToken)
    {
        var request = new CardsRequest(new(cursor, filter, new CardsRequest.SortPart(true)));
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ContentJsonContext.Default.CardsRequest);
        var call = new MarketplaceCall(access, method, new Uri(_host, $"/content/v2/get/cards/{name}?locale=ru"), body);
        var nothing = new CardsAnswer { Cards = [], Cursor = new() { Total = 0 } };
        return (await _transport.SendAsync(call, ContentJsonContext.Default.CardsAnswer, nothing, cancellationToken)).Map(Page);
    }

    private CardPage Page(CardsAnswer answer)
    {
        var page = AnswerPage<CardAnswer>.Of(answer.Cards, "cards");
        var total = Field.Required(answer.Cursor?.Total, "cursor.total");
        if (total > 0 && page.Count == 0)
        {
            // Its cursor would lead past cards that were never read.
            throw new MarketplaceFormatException("cards", $"is empty, and cursor.total is {total}");
        }

        var next = new CardCursor(answer.Cursor?.UpdatedAt ?? answer.Cursor?.TrashedAt, answer.Cursor?.NmId);
        return new CardPage(page, next, total < _pageRows);
    }
}

/// <summary>A page of cards.</summary>
/// <remarks>
/// <c>Next</c>: The cursor of the answer.
/// <c>IsLast</c>: True when the marketplace counted fewer than asked for.
/// </remarks>
public sealed record CardPage(AnswerPage<CardAnswer> Cards, CardCursor Next, bool IsLast);

/// <summary>Where the next page of cards (or of the trash) begins; given back exactly as it came.</summary>
public sealed record CardCursor(string? At, long? NmId);

/// <summary>A card of the catalogue, or of the trash, which carries neither title nor brand. Null = the answer does not say.</summary>
public sealed record CardAnswer(
    long NmId, string? Title, string? VendorCode, string? Brand, string? Category, string? ImageUrl, IReadOnlyList<CardSize>? Sizes) : IMarketplaceRow
{
    /// <inheritdoc />
    public string Key => NmId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row.</summary>
    internal static CardAnswer Of(CardsAnswer.CardRow row)
    {
        var sizes = new List<CardSize>();
        foreach (var size in row.Sizes ?? [])
        {
            if (size?.ChrtId is { } id)
            {
                sizes.Add(new CardSize(id, size.TechSize, size.WbSize, [.. (size.Skus ?? []).OfType<string>()]));
            }
        }

        return new CardAnswer(
            Field.Required(row.NmId, "nmID"), row.Title, row.VendorCode, row.Brand, row.SubjectName, Image(row.Photos), row.Sizes is null ? null : sizes);
    }

    private static string? Image(List<CardsAnswer.PhotoRow>? photos) => photos is [{ } first, ..]
        ? new[] { first.C516x688, first.C246x328, first.Big, first.Square, first.Tm }.FirstOrDefault(address => !string.IsNullOrEmpty(address))
        : null;
}

/// <summary>A size of a card; one without an id cannot be joined to stock and is left out.</summary>
public sealed record CardSize(ulong ChrtId, string? TechSize, string? WbSize, IReadOnlyList<string> Barcodes);

internal sealed record CardsRequest(CardsRequest.SettingsPart Settings)
{
    internal sealed record SettingsPart(CursorPart Cursor, FilterPart? Filter, SortPart Sort);

    internal sealed record CursorPart(
        int Limit,
        string? UpdatedAt,
        string? TrashedAt,
        [property: JsonPropertyName("nmID")] long? NmId);

    /// <summary>-1 = with and without photo.</summary>
    internal sealed record FilterPart(int WithPhoto);

    internal sealed record SortPart(bool Ascending);
}

internal sealed class CardsAnswer
{
    [JsonRequired]
    public List<AnswerRow<CardAnswer>>? Cards { get; set; }
    public CursorRow? Cursor { get; set; }

    internal sealed class CardRow
    {
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public string? SubjectName { get; set; }
        public string? VendorCode { get; set; }
        public string? Brand { get; set; }
        public string? Title { get; set; }
        public List<PhotoRow>? Photos { get; set; }
        public List<SizeRow>? Sizes { get; set; }
        public string? UpdatedAt { get; set; }
        public string? TrashedAt { get; set; }
    }

    internal sealed class PhotoRow
    {
        public string? Big { get; set; }
        public string? C246x328 { get; set; }
        public string? C516x688 { get; set; }
        public string? Square { get; set; }
        public string? Tm { get; set; }
    }

    internal sealed class SizeRow
    {
        [JsonPropertyName("chrtID")]
        public ulong? ChrtId { get; set; }
        public string? TechSize { get; set; }
        public string? WbSize { get; set; }
        public List<string?>? Skus { get; set; }
    }

    internal sealed class CursorRow
    {
        public string? UpdatedAt { get; set; }
        public string? TrashedAt { get; set; }
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public int? Total { get; set; }
    }
}

/// <summary>Reads a card by itself.</summary>
internal sealed class CardRowConverter() : AnswerRowConverter<CardsAnswer.CardRow, CardAnswer>(["nmID"], row => [CardAnswer.Of(row)]);

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(CardRowConverter)])]
[JsonSerializable(typeof(CardsAnswer))]
[JsonSerializable(typeof(CardsAnswer.CardRow))]
[JsonSerializable(typeof(CardsRequest))]
internal sealed partial class ContentJsonContext : JsonSerializerContext;
