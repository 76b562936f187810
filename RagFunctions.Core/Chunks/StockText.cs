using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of a stock row.</summary>
internal static class StockText
{
    public static RowText Of(StockRow row)
    {
        var name = CleanText.Of(row.CatalogueName) ?? CleanText.Of(row.Name);
        return new RowText(
            new LineWriter()
                .Words("Остаток на складе").Then(" ")
                .Quote("", row.WarehouseName)
                .Then(": ")
                .Quote("товар ", name)
                .Number("артикул ", row.NmId)
                .Fact("артикул продавца ", row.Article)
                .Fact("бренд ", row.Brand)
                .Fact("категория ", row.Category)
                .Fact("размер ", KnownWords.Size(row.Size))
                .Then("; ")
                .Number("в наличии ", row.Quantity, " шт.")
                .Fact("", Level(row.Quantity))
                .Then("; ")
                .Number("в пути к покупателям ", AboveZero(row.InWayToClient), " шт.")
                .Number("возвращается от покупателей ", AboveZero(row.InWayFromClient), " шт.")
                .ToString(),
            () => RowText.Article(new LineWriter().Words("Остаток на складе").Then(": "), name, row.NmId).ToString());
    }

    private static long? AboveZero(long? pieces) => pieces > 0 ? pieces : null;

    // The bounds of the original system; the words are those that sellers search by.
    private static string? Level(long? quantity) => quantity switch
    {
        null => null,
        <= 0 => "нулевой остаток: товар закончился, нет в наличии, срочно пополнить",
        <= 5 => "критический остаток: очень мало, почти закончился, срочно пополнить",
        <= 10 => "низкий остаток: мало, скоро закончится, нужно пополнить",
        <= 20 => "невысокий остаток: заканчивается, стоит запланировать поставку",
        _ => "достаточный остаток: много, пополнение не требуется",
    };
}
