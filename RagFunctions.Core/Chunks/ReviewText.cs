using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>The text of a review; the buyer's name is never part of it.</summary>
internal static class ReviewText
{
    public static RowText Of(ReviewRow row) => new(
        Rated(row)
            .Then(": ")
            .Quote("товар ", row.CatalogueName)
            .Number("артикул ", row.NmId)
            .Fact("категория ", row.Category)
            .Fact("цвет ", KnownWords.Color(row.Color))
            .Fact("", Fit(row.MatchingSize))
            .Then("; ")
            .Fact("", Purchase(row.OrderStatus))
            .Fact("", Answer(row.IsAnswered))
            .Then(". ")
            .Quote("Текст: ", row.Text)
            .Then(". ")
            .Quote("Достоинства: ", row.Pros)
            .Then(". ")
            .Quote("Недостатки: ", row.Cons)
            .ToString(),
        () => RowText.Article(Rated(row).Then(": "), row.CatalogueName, row.NmId).ToString());

    private static LineWriter Rated(ReviewRow row) => new LineWriter()
        .Words(Tone(row.Rating)).Then(" ")
        .Fact("от ", MoscowDate.Default.Of(row.CreatedDate))
        .Number("оценка ", row.Rating is >= 1 and <= 5 ? row.Rating : null, " из 5");

    private static string Tone(long? rating) => rating switch
    {
        1 or 2 => "Негативный отзыв",
        3 => "Нейтральный отзыв",
        4 or 5 => "Положительный отзыв",
        _ => "Отзыв",
    };

    private static string? Purchase(string? orderStatus) => orderStatus switch
    {
        "rejected" => "покупатель отказался от товара",
        "returned" => "покупатель вернул товар",
        _ => null,
    };

    // The second word is Cyrillic.
    private static string? Fit(string? matchingSize) => matchingSize switch
    {
        "ok" or "ок" => "размер подошёл",
        "smaller" => "маломерит",
        "bigger" => "большемерит",
        _ => null,
    };

    private static string? Answer(bool? isAnswered) => isAnswered switch
    {
        true => "продавец ответил",
        false => "без ответа продавца",
        null => null,
    };
}
