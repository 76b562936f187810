using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>POST <c>/content/v2/get/cards/list</c> and <c>/trash</c>: pages after a cursor of time and article, in the order of time.</summary>
internal static class CardAnswers
{
    private const int MaxCards = 100;
    private const int DefaultCards = 10;

    public static Answer List(Call call)
    {
        var settings = call.Body.Field("settings") ?? default;
        var withPhoto = settings.Field("filter")?.Number("withPhoto", -1, 2) ?? 0;
        var search = settings.Field("filter")?.Text("textSearch");
        var cards = call.Shop.Products.Where(card => card.TrashedAt is null
            && (withPhoto <= 0 || (withPhoto == 1) == card.Photos > 0)
            && (string.IsNullOrEmpty(search) || Matches(card, search)));
        return Page(settings, cards, "updatedAt", card => card.UpdatedAt);
    }

    public static Answer Trash(Call call) => Page(
        call.Body.Field("settings") ?? default, call.Shop.Products.Where(card => card.TrashedAt is not null), "trashedAt", card => card.TrashedAt!.Value);

    private static bool Matches(ShopProduct card, string search) =>
        card.VendorCode == search || card.NmId.ToString(System.Globalization.CultureInfo.InvariantCulture) == search
        || card.Sizes.Any(size => size.Barcode == search);

    private static Answer Page(JsonElement settings, IEnumerable<ShopProduct> cards, string timeName, Func<ShopProduct, DateTimeOffset> time)
    {
        var cursor = settings.Field("cursor") ?? default;
        var limit = (int)(cursor.Number("limit", 1, MaxCards) ?? DefaultCards);
        var ascending = settings.Field("sort")?.Flag("ascending") ?? false;
        var text = cursor.Text(timeName);
        DateTimeOffset? after = string.IsNullOrEmpty(text)
            ? null
            : WireTime.Parse(text) ?? throw Refusal.BadRequest($"settings.cursor.{timeName}: '{text}' is no RFC 3339 time");
        var afterArticle = cursor.Number("nmID", 0, long.MaxValue) ?? 0;
        var direction = ascending ? 1 : -1;
        var page = cards
            .Where(card => after is null || (time(card), card.NmId).CompareTo((after.Value, afterArticle)) * direction > 0)
            .OrderBy(card => (time(card), card.NmId), Comparer<(DateTimeOffset, long)>.Create((a, b) => a.CompareTo(b) * direction))
            .Take(limit)
            .ToList();
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("cards");
            foreach (var card in page)
            {
                CardJson.Write(writer, card);
            }

            writer.WriteEndArray();
            writer.WriteStartObject("cursor");
            if (page.Count > 0)
            {
                writer.WriteString(timeName, WireTime.Utc(time(page[^1])));
                writer.WriteNumber("nmID", page[^1].NmId);
            }

            writer.WriteNumber("total", page.Count);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }
}
