using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of an order.</summary>
internal static class OrderText
{
    public static RowText Of(OrderRow row)
    {
        var name = CleanText.Of(row.CatalogueName);
        return new RowText(
            Numbered(row)
                .Then(": ")
                .Quote("товар ", name)
                .Quote("товар категории ", name is null ? row.Name : null)
                .Number("артикул ", row.NmId)
                .Fact("артикул продавца ", row.Article)
                .Fact("бренд ", row.Brand)
                .Fact("категория ", row.Category)
                .Fact("размер ", row.Size)
                .Number("", row.Quantity, " шт.")
                .Then("; ")
                .Roubles("оплачено покупателем ", Paid(row))
                .Roubles("цена до скидок ", row.TotalPrice)
                .Share("скидка продавца ", row.DiscountPercent, "%")
                .Share("скидка WB (СПП) ", row.SppPercent, "%")
                .Then("; ")
                .Fact("склад отгрузки ", row.WarehouseFrom)
                .Fact("регион доставки ", row.WarehouseTo)
                .Then("; ")
                .Fact("статус заказа: ", Status(row.Status))
                .ToString(),
            () => RowText.Article(Numbered(row).Then(": "), name, row.NmId).ToString());
    }

    private static LineWriter Numbered(OrderRow row) => new LineWriter()
        .Words("Заказ").Then(" ")
        .Fact("№ ", CleanText.Clip(CleanText.Of(row.OrderNumber), RowText.ClippedName))
        .Then(" ")
        .Fact("от ", MoscowDate.Default.Of(row.OrderDate));

    // The two columns mean the same; the one that is known wins.
    private static decimal? Paid(OrderRow row) => row.Price is null or 0 ? row.CustomerPrice : row.Price;

    private static string? Status(string? status) => status switch
    {
        "active" => "активный",
        "canceled" or "cancelled" => "отменён",
        _ => status,
    };
}
