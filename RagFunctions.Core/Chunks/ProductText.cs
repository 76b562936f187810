using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of a catalogue card.</summary>
internal static class ProductText
{
    /// <summary>
    /// Up to this a "discounted price" may be a percentage: the original system stored the marketplace's discount, a whole number of
    /// percent from 0 to 100, in the price column. Goods under 100 roubles are rare; theirs is not printed rather than printed wrong.
    /// </summary>
    private const decimal LargestPercentage = 100;

    public static RowText Of(ProductRow row) => new(
        new LineWriter()
            .Words("Товар").Then(" ")
            .Quote("", row.Name)
            .Number("артикул ", row.NmId)
            .Fact("артикул продавца ", row.VendorCode)
            .Fact("бренд ", row.Brand)
            .Fact("категория ", row.Category)
            .Then("; ")
            .Money("цена до скидок ", row.Price, row.Currency)
            .Money("цена со скидкой ", DiscountedPrice(row), row.Currency)
            .Then("; ")
            .Share("рейтинг за 90 дней ", row.ReviewsCount is 0 ? null : row.Rating, " из 5")
            .Number("оценок за 90 дней ", row.ReviewsCount)
            .ToString(),
        () => RowText.Article(new LineWriter(), row.Name, row.NmId).ToString());

    // A "discount" above the list price is left from another time than the price beside it.
    private static decimal? DiscountedPrice(ProductRow row) =>
        row.DiscountPrice > LargestPercentage && !(row.DiscountPrice > row.Price) ? row.DiscountPrice : null;
}
