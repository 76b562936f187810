using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of a buyout or a return.</summary>
internal static class SaleText
{
    public static RowText Of(SaleRow row)
    {
        var name = CleanText.Of(row.CatalogueName) ?? CleanText.Of(row.ProductName);
        return new RowText(
            Dated(row)
                .Then(": ")
                .Quote("товар ", name)
                .Number("артикул ", row.NmId)
                .Fact("бренд ", row.Brand)
                .Fact("размер ", row.Size)
                .Then("; ")
                .Roubles("оплачено покупателем ", row.CustomerPrice)
                .Roubles("цена до скидок ", row.Amount)
                .Share("скидка продавца ", row.DiscountPercent, "%")
                .Share("скидка WB (СПП) ", row.SppPercent, "%")
                .Then("; ")
                .Fact("статус: ", row.IsCancel == true ? "отменено" : Status(row.Status))
                .Then("; ")
                .Fact("номер ", row.SaleNumber)
                .Fact("номер заказа ", row.OrderNumber)
                .Fact("корзина ", row.BasketNumber)
                .ToString(),
            () => RowText.Article(Dated(row).Then(": "), name, row.NmId).ToString());
    }

    private static LineWriter Dated(SaleRow row) => new LineWriter()
        .Words(Kind(row.Kind)).Then(" ")
        .Fact("от ", MoscowDate.Default.Of(row.SaleDate));

    private static string Kind(string? kind) => CleanText.Of(kind) switch
    {
        "buyout" => "Выкуп (продажа)",
        "return" => "Возврат товара",
        { } other => $"Продажа ({CleanText.Clip(other, RowText.ClippedName)})",
        null => "Продажа",
    };

    private static string? Status(string? status) => status switch
    {
        "completed" => null,
        "pending" => "рассматривается",
        _ => status,
    };
}
