using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of a buyout or a return.</summary>
internal static class SaleText
{
    private const string Return = "return";

    public static RowText Of(SaleRow row)
    {
        var name = CleanText.Of(row.CatalogueName);
        var isReturn = CleanText.Of(row.Kind) == Return;
        return new RowText(
            Dated(row)
                .Then(": ")
                .Quote("товар ", name)
                .Quote("товар категории ", name is null ? row.Category ?? row.ProductName : null)
                .Number("артикул ", row.NmId)
                .Fact("артикул продавца ", row.Article)
                .Fact("бренд ", row.Brand)
                .Fact("категория ", name is null ? null : row.Category)
                .Fact("размер ", KnownWords.Size(row.Size))
                .Then("; ")
                .Money(isReturn ? "возвращено покупателю " : "оплачено покупателем ", Amount(row.CustomerPrice, isReturn), row.Currency)
                .Money("цена до скидок ", Amount(row.Amount, isReturn), row.Currency)
                .Share("скидка продавца ", row.DiscountPercent, " %")
                .Share("скидка WB (СПП) ", row.SppPercent, " %")
                .Money(isReturn ? "удержано из выплаты продавцу " : "к выплате продавцу ", Amount(row.ForPay, isReturn), row.Currency)
                .Then("; ")
                .Fact("регион покупателя ", row.Region)
                .Then("; ")
                .Fact("статус: ", row.IsCancel == true ? "отменено" : Status(row.Status))
                .Then("; ")
                .Fact("номер заказа ", row.OrderNumber)
                .Fact("номер продажи ", row.SaleNumber)
                .Fact("номер корзины ", row.BasketNumber)
                .ToString(),
            () => RowText.Article(Dated(row).Then(": "), name, row.NmId).ToString());
    }

    // Whether returns come with negative amounts is not promised; the words tell the direction.
    private static decimal? Amount(decimal? amount, bool isReturn) => isReturn && amount is { } value ? Math.Abs(value) : amount;

    private static LineWriter Dated(SaleRow row) => new LineWriter()
        .Words(Kind(row.Kind)).Then(" ")
        .Fact("от ", MoscowDate.Default.Of(row.SaleDate));

    private static string Kind(string? kind) => CleanText.Of(kind) switch
    {
        "buyout" => "Выкуп (продажа)",
        Return => "Возврат товара",
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
