using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of an order.</summary>
internal static class OrderText
{
    public static RowText Of(OrderRow row)
    {
        var name = CleanText.Of(row.CatalogueName);
        return new RowText(
            Dated(row)
                .Then(": ")
                .Quote("товар ", name)
                .Quote("товар категории ", name is null ? row.Subject ?? row.Name : null)
                .Number("артикул ", row.NmId)
                .Fact("артикул продавца ", row.Article)
                .Fact("бренд ", row.Brand)
                .Fact("категория ", name is null ? null : row.Subject ?? row.Category)
                .Fact("размер ", KnownWords.Size(row.Size))
                .Number("количество ", row.Quantity is 1 ? null : row.Quantity, " шт.")
                .Then("; ")
                .Money("цена для покупателя ", PriceForBuyer(row), row.Currency)
                .Money("цена до скидок ", row.TotalPrice, row.Currency)
                .Share("скидка продавца ", row.DiscountPercent, " %")
                .Share("скидка WB (СПП) ", row.SppPercent, " %")
                .Then("; ")
                .Fact("склад отгрузки ", row.WarehouseFrom)
                .Fact("регион доставки ", row.WarehouseTo)
                .Then("; ")
                .Fact("статус заказа: ", Status(row))
                .Then("; ")
                .Fact("номер заказа ", CleanText.Clip(CleanText.Of(row.Srid), RowText.ClippedName))
                .Fact("номер корзины ", CleanText.Clip(CleanText.Of(row.OrderNumber), RowText.ClippedName))
                .ToString(),
            () => RowText.Article(Dated(row).Then(": "), name, row.NmId).ToString());
    }

    private static LineWriter Dated(OrderRow row) => new LineWriter()
        .Words("Заказ").Then(" ")
        .Fact("от ", MoscowDate.Default.Of(row.OrderDate));

    // The two columns mean the same; the one that is known wins.
    private static decimal? PriceForBuyer(OrderRow row) => row.Price is null or 0 ? row.CustomerPrice : row.Price;

    // What happened last.
    private static string? Status(OrderRow row) => row switch
    {
        { ReturnedOn: not null } when !(row.BoughtOn > row.ReturnedOn) => $"возвращён покупателем {MoscowDate.Default.Of(row.ReturnedOn)}",
        { BoughtOn: not null } => $"выкуплен {MoscowDate.Default.Of(row.BoughtOn)}",
        { Status: "canceled" or "cancelled" } => row.CancelledOn is null ? "отменён" : $"отменён {MoscowDate.Default.Of(row.CancelledOn)}",
        { Status: "active" } => "активный",
        _ => row.Status,
    };
}

/// <summary>Words of the marketplace that say nothing to a reader.</summary>
internal static class KnownWords
{
    /// <summary>The size, unless it stands for goods without sizes.</summary>
    public static string? Size(string? size) => CleanText.Of(size) is { } name and not "0" ? name : null;

    /// <summary>The colour, unless it stands for none.</summary>
    public static string? Color(string? color) =>
        CleanText.Of(color) is { } name && !name.Equals("colorless", StringComparison.OrdinalIgnoreCase) && name != "0" ? name : null;
}
