using System.Text;

namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>Kinds of goods and the texts of their cards.</summary>
internal static class ProductWords
{
    private static readonly string[] Letters = ["XS", "S", "M", "L", "XL", "XXL"];
    private static readonly string[] Feet = ["36", "37", "38", "39", "40", "41", "42", "43", "44"];
    private static readonly string[] Beds = ["1.5 спальное", "2 спальное", "евро"];

    public static readonly IReadOnlyList<ProductKind> Kinds =
    [
        new(192, "Одежда", "Футболки", "Футболка", ["базовая", "оверсайз", "из плотного хлопка", "с принтом", "удлинённая"], Letters, 1_400),
        new(69, "Одежда", "Платья", "Платье", ["вечернее", "летнее миди", "из вискозы", "с поясом", "в цветочек"], Letters, 3_200),
        new(11, "Одежда", "Брюки", "Брюки", ["классические", "палаццо", "утеплённые", "с защипами"], Letters, 2_700),
        new(1_724, "Одежда", "Худи", "Худи", ["с начёсом", "на молнии", "оверсайз", "унисекс"], Letters, 2_900),
        new(105, "Обувь", "Кроссовки", "Кроссовки", ["беговые", "на высокой подошве", "сетчатые", "для зала"], Feet, 4_800),
        new(98, "Обувь", "Ботинки", "Ботинки", ["зимние", "из натуральной кожи", "на шнуровке"], Feet, 6_300),
        new(3_756, "Дом", "Термокружки", "Термокружка", ["500 мл", "с ситечком", "автомобильная", "из нержавеющей стали"], [], 1_150),
        new(5_067, "Дом", "Постельное белье", "Комплект постельного белья", ["из сатина", "с кружевом", "из варёного хлопка"], Beds, 4_100),
        new(1_429, "Аксессуары", "Рюкзаки", "Рюкзак", ["городской", "школьный", "с отделением для ноутбука", "непромокаемый"], [], 3_600),
        new(515, "Электроника", "Смарт-часы", "Умные часы", ["с пульсометром", "детские с GPS", "для плавания"], [], 5_400),
        new(593, "Электроника", "Наушники", "Наушники беспроводные", ["с шумоподавлением", "спортивные", "вкладыши"], [], 2_990),
        new(2_270, "Игрушки", "Конструкторы", "Конструктор", ["«Пожарная часть»", "магнитный", "на 1000 деталей"], [], 2_250),
    ];

    private static readonly string[] Colors =
        ["черный", "белый", "бежевый", "молочный", "графит", "хаки", "бордовый", "голубой", "пыльная роза", "горчичный"];

    private static readonly string[] Brands = ["Норд", "Лесная лавка", "Tihiy Dom", "Вектор+", "Мария & Ко", "Север-Юг"];

    private static readonly string[] Sentences =
    [
        "Мягкая ткань приятна к телу и не вытягивается после стирки.",
        "Подойдёт для дома, прогулок и путешествий.",
        "Перед заказом сверьтесь с таблицей размеров: модель соответствует российской сетке.",
        "Упаковано в плотный пакет, можно дарить.",
        "Швы обработаны, нитки не торчат.",
        "Гарантия 12 месяцев; чек и талон лежат в коробке.",
        "Состав: 95 % хлопок, 5 % эластан; плотность 220 г/м².",
        "Стирать при 30 °C, не отбеливать, сушить в тени.",
        "Цвет на экране может отличаться от настоящего на полтона.",
        "В комплекте: изделие — 1 шт., инструкция — 1 шт., хорошее настроение — без ограничений.",
    ];

    public static string Color(Random random) => Pick(random, Colors);

    public static string Brand(Random random) => Pick(random, Brands);

    public static string Title(Random random, ProductKind kind, string color)
    {
        var first = Pick(random, kind.Features);
        var second = Pick(random, kind.Features);
        var title = first == second ? $"{kind.Noun} {first}" : $"{kind.Noun} {first} {second}";
        return random.Next(3) == 0 ? $"{title}, {color}" : title;
    }

    /// <summary>From nothing to about 2,500 characters.</summary>
    public static string? Description(Random random)
    {
        var count = random.Next(10) switch { 0 => 0, < 7 => random.Next(1, 6), < 9 => random.Next(6, 15), _ => random.Next(15, 40) };
        if (count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : i % 5 == 0 ? "\n" : " ").Append(Pick(random, Sentences));
        }

        return text.ToString();
    }

    private static string Pick(Random random, IReadOnlyList<string> words) => words[random.Next(words.Count)];
}
