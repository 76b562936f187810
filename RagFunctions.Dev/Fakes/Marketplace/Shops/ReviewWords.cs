using System.Text;

namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>What buyers write and sellers answer.</summary>
internal static class ReviewWords
{
    private static readonly string[] Good =
    [
        "Всё отлично, беру второй раз.", "Качество на высоте!", "Ткань плотная, не просвечивает.", "Размер подошёл идеально.",
        "Доставили на два дня раньше срока.", "Муж доволен 😊", "Цвет как на фото.", "За эти деньги — супер.",
        "После пяти стирок как новая.", "Упаковано аккуратно, спасибо продавцу.",
    ];

    private static readonly string[] Bad =
    [
        "Маломерит на два размера.", "Пришло с дыркой на шве, вернула.", "Цвет совсем не тот, что на фото(((", "Запах химии не выветрился за неделю.",
        "Нитки торчат, строчка кривая.", "Через месяц сломалось.", "Коробка мятая, внутри царапины.", "Не рекомендую.",
    ];

    private static readonly string[] Mixed =
    [
        "Рост 168, вес 60, взяла M.", "Сравнивала с «обычным» магазином: там дороже.", "Заказывала маме на юбилей.", "Ношу неделю.",
        "Было бы лучше с карманами.", "Сначала сомневалась, но решила попробовать.", "Фото позже добавлю.",
    ];

    private static readonly string[] ProsWords = ["Ткань", "Цвет и посадка", "Цена", "Быстрая доставка", "Лёгкие, удобные"];
    private static readonly string[] ConsWords = ["Размер", "Нет карманов", "Маркая", "Инструкция на китайском", "Не обнаружены"];
    private static readonly string[] TagWords = ["размер", "качество", "цвет", "доставка", "упаковка"];
    private static readonly string[] Names = ["Анна", "Марина К.", "Сергей", "Пользователь предпочёл скрыть свои данные", "Ольга", "Айгуль", "Виктор Петрович"];
    private static readonly string[] Fits = ["ok", "smaller", "bigger"];

    private static readonly string[] Answers =
    [
        "Благодарим за отзыв! Будем рады видеть вас снова.",
        "Здравствуйте! Нам очень жаль. Оформите, пожалуйста, возврат — мы одобрим его в течение суток.",
        "Спасибо, передали замечание технологам.",
    ];

    /// <summary>From a single sentence to a story of several thousand characters.</summary>
    public static string Text(Random random, int rating)
    {
        var count = random.Next(20) switch { < 12 => random.Next(1, 4), < 18 => random.Next(4, 10), 18 => random.Next(10, 30), _ => random.Next(30, 120) };
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var words = random.Next(4) == 0 ? Mixed : rating >= 4 ? Good : rating <= 2 ? Bad : random.Next(2) == 0 ? Good : Bad;
            text.Append(i == 0 ? "" : i % 7 == 0 ? "\n" : " ").Append(Pick(random, words));
        }

        return text.ToString();
    }

    public static string Pros(Random random) => random.Next(3) == 0 ? Pick(random, ProsWords) : "";

    public static string Cons(Random random) => random.Next(4) == 0 ? Pick(random, ConsWords) : "";

    public static string Name(Random random) => Pick(random, Names);

    public static string Fit(Random random) => Pick(random, Fits);

    public static string Answer(Random random) => Pick(random, Answers);

    public static IReadOnlyList<string> Tags(Random random) =>
        random.Next(2) == 0 ? [] : [.. TagWords.Skip(random.Next(TagWords.Length)).Take(random.Next(1, 3))];

    private static string Pick(Random random, string[] words) => words[random.Next(words.Length)];
}
