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

    // The trash has no filter: what is sent as one is not looked at.
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

/// <summary>A card. What a seller may leave out (text, photos, video, tags) is missing on some.</summary>
internal static class CardJson
{
    private static readonly string[] PhotoSizes = ["big", "c246x328", "c516x688", "square", "tm"];

    public static void Write(Utf8JsonWriter writer, ShopProduct card)
    {
        writer.WriteStartObject();
        writer.WriteNumber("nmID", card.NmId);
        writer.WriteNumber("imtID", card.ImtId);
        writer.WriteString("nmUUID", new Guid((int)card.NmId, 0x7c11, 0x7b22, 0x9d, 0x33, 0x5e, 0x44, 0xaa, 0x55, 0xbb, 0x66));
        writer.WriteNumber("subjectID", card.Kind.SubjectId);
        writer.WriteString("subjectName", card.Kind.Subject);
        writer.WriteString("vendorCode", card.VendorCode);
        // In the trash a card has neither title nor brand nor description.
        if (card.TrashedAt is null)
        {
            writer.WriteString("brand", card.Brand);
            writer.WriteString("title", card.Title);
        }

        if (card.Description is not null && card.TrashedAt is null)
        {
            writer.WriteString("description", card.Description);
        }

        writer.WriteBoolean("needKiz", card.Kind.Category is "Одежда" or "Обувь");
        writer.WriteBoolean("kizMarked", card.Kind.Category is "Одежда" or "Обувь");
        WritePhotos(writer, card);
        if (card.NmId % 5 == 0)
        {
            writer.WriteString("video", $"https://example.invalid/{card.NmId}/video.m3u8");
        }

        WriteWholesale(writer, card);
        writer.WriteStartObject("dimensions");
        writer.WriteNumber("length", 30);
        writer.WriteNumber("width", 22);
        writer.WriteNumber("height", 3);
        writer.WriteNumber("weightBrutto", 0.21);
        writer.WriteBoolean("isValid", true);
        writer.WriteEndObject();
        WriteCharacteristics(writer, card);
        WriteSizes(writer, card);
        WriteTags(writer, card);
        writer.WriteString("createdAt", WireTime.Utc(card.CreatedAt));
        writer.WriteString("updatedAt", WireTime.Utc(card.UpdatedAt));
        if (card.TrashedAt is { } at)
        {
            writer.WriteString("trashedAt", WireTime.Utc(at));
        }

        writer.WriteEndObject();
    }

    private static void WritePhotos(Utf8JsonWriter writer, ShopProduct card)
    {
        if (card.Photos == 0)
        {
            return;
        }

        writer.WriteStartArray("photos");
        for (var i = 1; i <= card.Photos; i++)
        {
            writer.WriteStartObject();
            foreach (var size in PhotoSizes)
            {
                writer.WriteString(size, $"https://example.invalid/{card.NmId}/images/{size}/{i}.webp");
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteWholesale(Utf8JsonWriter writer, ShopProduct card)
    {
        if (card.NmId % 3 == 0)
        {
            writer.WriteStartObject("wholesale");
            writer.WriteBoolean("enabled", true);
            writer.WriteNumber("quantum", 2);
            writer.WriteEndObject();
        }
    }

    // The value's type varies: a list of texts, a number.
    private static void WriteCharacteristics(Utf8JsonWriter writer, ShopProduct card)
    {
        writer.WriteStartArray("characteristics");
        writer.WriteStartObject();
        writer.WriteNumber("id", 50_123);
        writer.WriteString("name", "Цвет");
        writer.WriteStartArray("value");
        writer.WriteStringValue(card.Color);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject();
        writer.WriteNumber("id", 88_952);
        writer.WriteString("name", "Вес товара без упаковки (г)");
        writer.WriteNumber("value", 210);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteSizes(Utf8JsonWriter writer, ShopProduct card)
    {
        writer.WriteStartArray("sizes");
        foreach (var size in card.Sizes)
        {
            writer.WriteStartObject();
            writer.WriteNumber("chrtID", size.ChrtId);
            writer.WriteString("techSize", size.TechSize);
            writer.WriteString("wbSize", size.WbSize);
            writer.WriteStartArray("skus");
            writer.WriteStringValue(size.Barcode);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTags(Utf8JsonWriter writer, ShopProduct card)
    {
        if (card.NmId % 4 == 0)
        {
            return;
        }

        writer.WriteStartArray("tags");
        if (card.NmId % 4 == 1)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", 592_569);
            writer.WriteString("name", "Хит");
            writer.WriteString("color", "D1CFD7");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
