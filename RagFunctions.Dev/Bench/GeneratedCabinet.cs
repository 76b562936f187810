using Npgsql;
using NpgsqlTypes;
using RagFunctions.Core;

namespace RagFunctions.Dev.Bench;

/// <summary>
/// A seller's cabinet with rows like real ones, the same for the same seed: 1/15 products, 1/3 orders, 1/5 stocks, 2/15 reviews, the
/// rest sales, the proportions of the original system's own estimate of a cabinet.
/// </summary>
/// <param name="rows">Rows in all five tables.</param>
/// <param name="seed">Decides every value.</param>
internal sealed class GeneratedCabinet(int rows, int seed)
{
    /// <summary>Dates lie in the 80 days before this, so that nothing expires while a measurement runs.</summary>
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    private readonly Random _random = new(seed);
    private (long NmId, string Name, string Brand, string Category)[] _products = [];

    /// <summary>Rows per entity.</summary>
    public int Count(Entity entity) => entity switch
    {
        Entity.Products => Math.Max(1, rows / 15),
        Entity.Orders => rows / 3,
        Entity.Stocks => rows / 5,
        Entity.Reviews => rows * 2 / 15,
        _ => rows - rows / 3 - rows / 5 - rows * 2 / 15 - Math.Max(1, rows / 15),
    };

    /// <summary>Makes the cabinet and its rows by binary COPY, one per table.</summary>
    /// <returns>The id of the new cabinet.</returns>
    public async Task<long> WriteAsync(NpgsqlDataSource main, string name, CancellationToken cancellationToken)
    {
        await using var connection = await main.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "INSERT INTO wb_cabinets (api_key, name, is_active) VALUES ('generated-' || gen_random_uuid(), $1, true) RETURNING id",
            connection)
        {
            Parameters = { new() { Value = name } },
        };
        var cabinetId = Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);

        await WriteProductsAsync(connection, cabinetId, cancellationToken);
        await WriteOrdersAsync(connection, cabinetId, cancellationToken);
        await WriteStocksAsync(connection, cabinetId, cancellationToken);
        await WriteReviewsAsync(connection, cabinetId, cancellationToken);
        await WriteSalesAsync(connection, cabinetId, cancellationToken);
        await using var analyze = new NpgsqlCommand("ANALYZE wb_products, wb_orders, wb_stocks, wb_reviews, wb_sales", connection);
        await analyze.ExecuteNonQueryAsync(cancellationToken);
        return cabinetId;
    }

    private async Task WriteProductsAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY wb_products (cabinet_id, nm_id, name, vendor_code, brand, category, price, "
            + "discount_price, rating, reviews_count) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        _products = new (long, string, string, string)[Count(Entity.Products)];
        for (var i = 0; i < _products.Length; i++)
        {
            var kind = Pick(ShopWords.Kinds);
            var name = $"{kind} {Pick(ShopWords.Styles)} {Pick(ShopWords.Colours)}";
            var product = (NmId: 301_000_000L + cabinetId * 1_000_000 + i, Name: name, Brand: Pick(ShopWords.Brands), Category: kind);
            _products[i] = product;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(cabinetId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(product.NmId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(product.Name, cancellationToken);
            await copy.WriteAsync($"ART-{i:D6}", cancellationToken);
            await copy.WriteAsync(product.Brand, cancellationToken);
            await copy.WriteAsync(product.Category, cancellationToken);
            await copy.WriteAsync(Money(500, 9_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(Money(300, 5_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(_random.Next(30, 51) / 10m, NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(_random.Next(0, 400), NpgsqlDbType.Integer, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task WriteOrdersAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY wb_orders (cabinet_id, order_id, nm_id, article, name, brand, size, "
            + "price, total_price, warehouse_from, warehouse_to, order_date, status) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        for (var i = 0; i < Count(Entity.Orders); i++)
        {
            var product = Pick(_products);
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(cabinetId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync($"70{cabinetId:D6}{i:D12}", cancellationToken);
            await copy.WriteAsync(product.NmId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync($"ART-{product.NmId % 1_000_000:D6}", cancellationToken);
            await copy.WriteAsync(product.Category, cancellationToken);
            await copy.WriteAsync(product.Brand, cancellationToken);
            await copy.WriteAsync(Pick(ShopWords.Sizes), cancellationToken);
            await copy.WriteAsync(Money(300, 5_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(Money(500, 9_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(Pick(ShopWords.Warehouses), cancellationToken);
            await copy.WriteAsync(Pick(ShopWords.Regions), cancellationToken);
            await copy.WriteAsync(Date(), NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(_random.Next(10) == 0 ? "canceled" : "active", cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task WriteStocksAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY wb_stocks (cabinet_id, nm_id, article, size, quantity, in_way_to_client, in_way_from_client, "
            + "warehouse_name, last_updated) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        for (var i = 0; i < Count(Entity.Stocks); i++)
        {
            // Article, size and warehouse together are unique: the counter walks through all combinations.
            var product = _products[i % _products.Length];
            var combination = i / _products.Length;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(cabinetId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(product.NmId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync($"ART-{product.NmId % 1_000_000:D6}", cancellationToken);
            await copy.WriteAsync(ShopWords.Sizes[combination % ShopWords.Sizes.Length], cancellationToken);
            await copy.WriteAsync(_random.Next(1, 60), NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(_random.Next(0, 9), NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(_random.Next(0, 4), NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(ShopWords.Warehouses[combination / ShopWords.Sizes.Length % ShopWords.Warehouses.Length], cancellationToken);
            await copy.WriteAsync(Date(), NpgsqlDbType.TimestampTz, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task WriteReviewsAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY wb_reviews (cabinet_id, nm_id, review_id, text, rating, is_answered, created_date, pros, cons) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        for (var i = 0; i < Count(Entity.Reviews); i++)
        {
            var rating = _random.Next(1, 6);
            var words = rating > 3 ? ShopWords.Praises : ShopWords.Complaints;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(cabinetId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(Pick(_products).NmId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync($"r{cabinetId:D6}{i:D12}", cancellationToken);
            await copy.WriteAsync(Sentences(words, _random.Next(0, 9)), cancellationToken);
            await copy.WriteAsync(rating, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(_random.Next(2) == 0, NpgsqlDbType.Boolean, cancellationToken);
            await copy.WriteAsync(Date(), NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(Sentences(ShopWords.Praises, _random.Next(0, 2)), cancellationToken);
            await copy.WriteAsync(Sentences(ShopWords.Complaints, _random.Next(0, 2)), cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task WriteSalesAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY wb_sales (cabinet_id, sale_id, order_id, nm_id, product_name, brand, size, "
            + "amount, customer_price, sale_date, type, status) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        for (var i = 0; i < Count(Entity.Sales); i++)
        {
            var product = Pick(_products);
            var isReturn = _random.Next(8) == 0;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(cabinetId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync($"{(isReturn ? 'R' : 'S')}{cabinetId:D4}{i:D9}", cancellationToken);
            await copy.WriteAsync($"70{cabinetId:D6}{i:D12}", cancellationToken);
            await copy.WriteAsync(product.NmId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(product.Category, cancellationToken);
            await copy.WriteAsync(product.Brand, cancellationToken);
            await copy.WriteAsync(Pick(ShopWords.Sizes), cancellationToken);
            await copy.WriteAsync(Money(500, 9_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(Money(300, 5_000), NpgsqlDbType.Numeric, cancellationToken);
            await copy.WriteAsync(Date(), NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(isReturn ? "return" : "buyout", cancellationToken);
            await copy.WriteAsync("completed", cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private decimal Money(int from, int to) => _random.Next(from * 100, to * 100) / 100m;

    private DateTime Date() => _now.UtcDateTime.AddSeconds(-_random.Next(80 * 86_400));

    private string Sentences(string[] from, int count) =>
        string.Join(' ', Enumerable.Range(0, count).Select(_ => Pick(from)));
}

/// <summary>The vocabulary of the generated shop: what the rows of a clothing seller look like, in Russian.</summary>
internal static class ShopWords
{
    public static readonly string[] Kinds =
    [
        "Футболка", "Худи", "Платье", "Джинсы", "Куртка", "Рубашка", "Свитер", "Брюки", "Юбка", "Пальто",
        "Кроссовки", "Шапка", "Шарф", "Перчатки", "Рюкзак", "Пижама", "Халат", "Носки", "Майка", "Жилет",
    ];

    public static readonly string[] Styles =
    [
        "базовая", "оверсайз", "утеплённая", "спортивная", "классическая", "с принтом", "приталенная", "удлинённая",
        "укороченная", "с капюшоном", "на молнии", "в рубчик", "из льна", "хлопковая", "трикотажная", "шерстяная",
    ];

    public static readonly string[] Colours =
    [
        "чёрный", "белый", "серый", "синий", "красный", "зелёный", "бежевый", "хаки", "розовый", "голубой", "бордовый", "молочный",
    ];

    public static readonly string[] Brands = ["Норд", "Лён и К", "Сибирь", "Volga Wear", "Тёплый дом", "Атлас", "Mira", "Полюс"];

    public static readonly string[] Sizes = ["XS", "S", "M", "L", "XL", "XXL", "42", "44", "46", "48"];

    public static readonly string[] Warehouses = ["Коледино", "Электросталь", "Казань", "Краснодар", "Тула", "Склад WB РФ"];

    public static readonly string[] Regions =
        ["Московская", "Самарская", "Свердловская", "Краснодарский край", "Татарстан", "Новосибирская", "Ленинградская"];

    public static readonly string[] Praises =
    [
        "Ткань приятная к телу и не просвечивает.", "Швы ровные, нитки нигде не торчат.", "Село идеально, размер соответствует сетке.",
        "После стирки не потеряла форму и цвет.", "Доставили быстро, упаковка целая.", "Брала второй раз, качество прежнее.",
        "За эти деньги отличная вещь.", "Муж доволен, носит каждый день.",
    ];

    public static readonly string[] Complaints =
    [
        "Маломерит, берите на размер больше.", "Цвет темнее, чем на фото.", "Пришло с запахом, пришлось стирать.",
        "Молния заедает.", "Рукава коротковаты.", "Катышки появились через неделю.", "Одна нитка торчала у воротника.",
    ];
}
