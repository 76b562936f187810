using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>GET and POST <c>/api/v2/list/goods/filter</c>: prices of the articles on sale.</summary>
internal static class PriceAnswers
{
    private const int MaxGoods = 1_000;
    private const int ClubDiscount = 3;

    public static Answer Page(Call call)
    {
        var limit = call.RequiredNumber("limit", 1, MaxGoods);
        var offset = (int)(call.Number("offset", 0, int.MaxValue) ?? 0);
        var article = call.Number("filterNmID", 1, long.MaxValue);
        return Goods(OnSale(call).Where(product => article is null || product.NmId == article).Skip(offset).Take(limit));
    }

    public static Answer Named(Call call)
    {
        var articles = call.Body.Numbers("nmList", MaxGoods);
        return articles is { Count: > 0 }
            ? Goods(OnSale(call).Where(product => articles.Contains(product.NmId)))
            : throw Refusal.BadRequest($"nmList: 1 to {MaxGoods} articles");
    }

    private static IOrderedEnumerable<ShopProduct> OnSale(Call call) =>
        call.Shop.Products.Where(product => product.TrashedAt is null).OrderBy(product => product.NmId);

    private static Answer Goods(IEnumerable<ShopProduct> products) => Answer.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("data");
        writer.WriteStartArray("listGoods");
        foreach (var product in products)
        {
            WriteGood(writer, product);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteBoolean("error", false);
        writer.WriteString("errorText", "");
        writer.WriteEndObject();
    });

    private static void WriteGood(Utf8JsonWriter writer, ShopProduct product)
    {
        writer.WriteStartObject();
        writer.WriteNumber("nmID", product.NmId);
        writer.WriteString("vendorCode", product.VendorCode);
        writer.WriteStartArray("sizes");
        foreach (var size in product.Sizes)
        {
            var price = product.DiscountedPriceOf(size);
            writer.WriteStartObject();
            writer.WriteNumber("sizeID", size.ChrtId);
            writer.WriteNumber("price", product.PriceOf(size));
            writer.WriteNumber("discountedPrice", price);
            writer.WriteNumber("clubDiscountedPrice", Math.Round(price * (100 - ClubDiscount) / 100, 2));
            writer.WriteString("techSizeName", size.TechSize);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("currencyIsoCode4217", "RUB");
        writer.WriteNumber("discount", product.Discount);
        writer.WriteNumber("clubDiscount", ClubDiscount);
        writer.WriteBoolean("editableSizePrice", product.HasSizePrices);
        if (product.NmId % 3 == 0)
        {
            writer.WriteStartArray("wholesaleDiscountThreshold");
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
