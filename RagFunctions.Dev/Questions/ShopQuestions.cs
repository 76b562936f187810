using System.Globalization;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Questions;

/// <summary>
/// Russian questions over the generated shop. Which rows answer one follows from what the generator knows (a review's sentences, an order's region),
/// never from a text of the index or from a search.
/// </summary>
internal sealed class ShopQuestions
{
    private const int PerGroup = 11;

    // More rows than this are no answer but a list.
    private const int MostRows = 40;

    private static readonly string[] Months =
        ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];

    private readonly ShopFacts _facts;

    private ShopQuestions(ShopFacts facts) => _facts = facts;

    /// <summary>The questions, group by group.</summary>
    public static IReadOnlyList<KnownQuestion> Of(ShopFacts facts)
    {
        var questions = new ShopQuestions(facts);
        return
        [
            .. Group("lookup", questions.Prices(), questions.Shelves(), questions.Destinations(), questions.Returns()),
            .. Group("rare word", questions.Complaints(), questions.Features()),
            .. Group("negation", questions.Unanswered(), questions.RunOut(), questions.Denials(), questions.BadFits()),
            .. Group("date", questions.OrderDays(), questions.ReviewDays(), questions.ReturnDays()),
            .. Group("article", questions.Articles(), questions.VendorCodes(), questions.Numbers()),
            .. Group("typo", questions.Typos()),
        ];
    }

    // The ways to ask take turns; of each the questions are spread over all that could be asked.
    private static IEnumerable<KnownQuestion> Group(string name, params IEnumerable<KnownQuestion>[] ways)
    {
        var shares = ways.Select((way, index) => Spread([.. way.Where(question => question.Relevant.Count is > 0 and <= MostRows).DistinctBy(question => question.Question)],
            (PerGroup / ways.Length) + (index < PerGroup % ways.Length ? 1 : 0)));
        return shares.SelectMany(share => share).Select(question => question with { Group = name });
    }

    private static IEnumerable<KnownQuestion> Spread(KnownQuestion[] all, int count) =>
        Enumerable.Range(0, Math.Min(count, all.Length)).Select(n => all[n * all.Length / Math.Min(count, all.Length)]);

    private IEnumerable<KnownQuestion> Prices() =>
        from product in _facts.Products
        select About("products", $"сколько стоит {product.Title}", _facts.Products.Where(other => other.Title == product.Title).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Shelves() =>
        from stock in _facts.Stocks
        let product = _facts.Of(stock)
        where stock.Size.TechSize != "0"
        select About(
            "stocks", $"есть ли в наличии {product.Title}, размер {stock.Size.TechSize}",
            _facts.Stocks.Where(other => _facts.Of(other).Title == product.Title && other.Size.TechSize == stock.Size.TechSize).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Destinations() =>
        from order in _facts.Orders
        select About(
            "orders", $"заказы в регион {order.Region}: {Lower(order.Product.Kind.Subject)}",
            _facts.Orders.Where(other => (other.Region, other.Product.Kind.Subject) == (order.Region, order.Product.Kind.Subject)).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Returns() =>
        from sale in _facts.Sales
        where sale.IsReturn
        let title = _facts.Now(sale.Order.Product).Title
        select About(
            "sales", $"какие возвраты были у товара {title}",
            _facts.Sales.Where(other => other.IsReturn && _facts.Now(other.Order.Product).Title == title).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Complaints() =>
        from asked in new (string Question, string Said)[]
        {
            ("дырка на шве, пришлось вернуть", "Пришло с дыркой на шве, вернула."),
            ("сильно пахнет химией", "Запах химии не выветрился за неделю."),
            ("торчат нитки и кривые строчки", "Нитки торчат, строчка кривая."),
            ("быстро сломался, месяца не прошло", "Через месяц сломалось."),
            ("внутри царапины, помятая коробка", "Коробка мятая, внутри царапины."),
            ("подарок на юбилей маме", "Заказывала маме на юбилей."),
            ("в обычном магазине дороже", "Сравнивала с «обычным» магазином: там дороже."),
            ("хотелось бы карманы", "Было бы лучше с карманами."),
        }
        select About("reviews", asked.Question, _facts.Reviews.Where(review => review.Text.Contains(asked.Said, StringComparison.Ordinal)).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Features() =>
        from feature in (string[])["с ситечком", "для плавания", "детские с GPS", "с пульсометром", "на 1000 деталей", "«Пожарная часть»", "из варёного хлопка", "с отделением для ноутбука", "палаццо"]
        select About("products", feature, _facts.Products.Where(product => product.Title.Contains(feature, StringComparison.Ordinal)).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Unanswered() =>
        from rating in (int[])[1, 2, 3]
        select About(
            "reviews", $"отзывы без ответа продавца с оценкой {rating}",
            _facts.Reviews.Where(review => review.AnsweredAt is null && review.Rating == rating).Select(_facts.Row));

    private IEnumerable<KnownQuestion> RunOut() =>
        from stock in _facts.Stocks
        where stock.Quantity == 0
        let title = _facts.Of(stock).Title
        select About(
            "stocks", $"чего нет на складе: {title}", _facts.Stocks.Where(other => other.Quantity == 0 && _facts.Of(other).Title == title).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Denials() =>
        from asked in new (string Question, Func<ShopReview, bool> Is)[]
        {
            ("цвет не такой, как на фото", review => review.Text.Contains("Цвет совсем не тот", StringComparison.Ordinal)),
            ("покупатели не рекомендуют", review => review.Text.Contains("Не рекомендую.", StringComparison.Ordinal)),
            ("недостатков не обнаружено", review => review.Cons == "Не обнаружены"),
            ("нет карманов", review => review.Cons == "Нет карманов"),
        }
        select About("reviews", asked.Question, _facts.Reviews.Where(asked.Is).Select(_facts.Row));

    private IEnumerable<KnownQuestion> BadFits() =>
        from review in _facts.Reviews
        where review.MatchingSize is "smaller" or "bigger"
        select About(
            "reviews", $"размер не подошёл, {(review.MatchingSize == "smaller" ? "маломерят" : "большемерят")}: {Lower(review.Product.Kind.Subject)}",
            _facts.Reviews.Where(other => other.MatchingSize == review.MatchingSize && other.Product.Kind.Subject == review.Product.Kind.Subject).Select(_facts.Row));

    private IEnumerable<KnownQuestion> OrderDays() =>
        from order in _facts.Orders
        let day = ShopFacts.Day(order.At)
        select About(
            "orders", $"заказы за {Words(day)} {day.Year}: {Lower(order.Product.Kind.Subject)}",
            _facts.Orders.Where(other => ShopFacts.Day(other.At) == day && other.Product.Kind.Subject == order.Product.Kind.Subject).Select(_facts.Row));

    private IEnumerable<KnownQuestion> ReviewDays() =>
        from review in _facts.Reviews
        let day = ShopFacts.Day(review.CreatedAt)
        select About(
            "reviews", $"отзывы за {day.ToString("dd.MM.yyyy", CultureInfo.InvariantCulture)}", _facts.Reviews.Where(other => ShopFacts.Day(other.CreatedAt) == day).Select(_facts.Row));

    private IEnumerable<KnownQuestion> ReturnDays() =>
        from sale in _facts.Sales
        where sale.IsReturn
        let day = ShopFacts.Day(sale.At)
        select About(
            "sales", $"что вернули {Words(day)}", _facts.Sales.Where(other => other.IsReturn && ShopFacts.Day(other.At) == day).Select(_facts.Row));

    private IEnumerable<KnownQuestion> Articles() =>
        from product in _facts.Products
        select About("stocks", $"остатки артикула {product.NmId}", _facts.Stocks.Where(stock => stock.NmId == product.NmId).Select(_facts.Row));

    private IEnumerable<KnownQuestion> VendorCodes() =>
        from product in _facts.Products
        select About("products", $"карточка {product.VendorCode}", _facts.Products.Where(other => other.VendorCode == product.VendorCode).Select(_facts.Row));

    // No kind is named: the basket's number stands in its orders and in what became of them.
    private IEnumerable<KnownQuestion> Numbers() =>
        from order in _facts.Orders
        let rows = _facts.Orders.Where(other => other.GNumber == order.GNumber).Select(_facts.Row).Concat(_facts.Sales.Where(sale => sale.Order.GNumber == order.GNumber).Select(_facts.Row))
        select new KnownQuestion($"корзина {order.GNumber}", [.. rows]);

    private IEnumerable<KnownQuestion> Typos() =>
        from asked in new (string Question, string Noun, string Feature)[]
        {
            ("крассовки сетчетые", "Кроссовки", "сетчатые"), ("кросовки бяговые", "Кроссовки", "беговые"), ("рюкзаг непромакаемый", "Рюкзак", "непромокаемый"),
            ("термокрушка с ситичком", "Термокружка", "с ситечком"), ("наушнеки с шумаподавлением", "Наушники", "с шумоподавлением"), ("платие вичернее", "Платье", "вечернее"),
            ("фудболка аверсайз", "Футболка", "оверсайз"), ("батинки на шнурофке", "Ботинки", "на шнуровке"), ("брюки утепленые", "Брюки", "утеплённые"),
            ("канструктор магнитнй", "Конструктор", "магнитный"), ("умные чясы с пульсаметром", "Умные часы", "с пульсометром"), ("пастельное белье из сотина", "Комплект", "из сатина"),
            ("худи на молнеи", "Худи", "на молнии"), ("плате летние миди", "Платье", "летнее миди"), ("ркюзак школный", "Рюкзак", "школьный"),
        }
        select About(
            "products", asked.Question,
            _facts.Products.Where(product => product.Title.StartsWith(asked.Noun, StringComparison.Ordinal) && product.Title.Contains(asked.Feature, StringComparison.Ordinal)).Select(_facts.Row));

    private static KnownQuestion About(string kind, string question, IEnumerable<KnownRow> rows) => new(question, [.. rows], [kind]);

    private static string Words(DateTime day) => $"{day.Day} {Months[day.Month - 1]}";

    private static string Lower(string text) => text.ToLowerInvariant();
}
