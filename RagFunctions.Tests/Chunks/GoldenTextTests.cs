using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;

namespace RagFunctions.Tests.Chunks;

public sealed class GoldenTextTests
{
    /// <summary>Hashes of all texts below, per version. A line is added with a version; a line that is there is never changed.</summary>
    private static readonly Dictionary<int, string> TextsOfVersion = new()
    {
        [1] = "bed216aa530a80fadb66fe5624f48d4b47c94209a11f5ffb1e8ff081e73818ab",
        [2] = "5438fdc9dcc00f408c50ac346fd195e2e6d4a78eb9d8124ee6cfbacb4039196b",
    };

    private static readonly (SourceRow Row, string Text)[] Goldens =
    [
        (SampleRows.Product,
            "Товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки; цена до скидок 2400 ₽, цена со скидкой 1560 ₽; рейтинг за 90 дней 4,7 из 5, оценок за 90 дней 812"),
        (SampleRows.Product with { DiscountPrice = 35m, ReviewsCount = 0, Rating = null, Currency = "KZT" },
            "Товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки; цена до скидок 2400 ₸; оценок за 90 дней 0"),
        (SampleRows.Order,
            "Заказ от 22 ноября 2026 (22.11.2026): товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; цена для покупателя 1271 ₽, цена до скидок 2400 ₽, скидка продавца 35 %, скидка WB (СПП) 18,5 %; склад отгрузки Коледино, регион доставки Самарская; статус заказа: активный; номер заказа dAa.i0b1c2d3.0.0, номер корзины 70155512345678901234"),
        (SampleRows.Order with { CatalogueName = null, Status = "canceled", Price = 0m, CustomerPrice = null, CancelledOn = SampleRows.Noon.AddDays(1), Size = "0" },
            "Заказ от 22 ноября 2026 (22.11.2026): товар категории «Футболки», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд; цена до скидок 2400 ₽, скидка продавца 35 %, скидка WB (СПП) 18,5 %; склад отгрузки Коледино, регион доставки Самарская; статус заказа: отменён 23 ноября 2026 (23.11.2026); номер заказа dAa.i0b1c2d3.0.0, номер корзины 70155512345678901234"),
        (SampleRows.Order with { BoughtOn = SampleRows.Noon.AddDays(3), Quantity = 2, SppPercent = null, DiscountPercent = null, TotalPrice = null, Srid = null },
            "Заказ от 22 ноября 2026 (22.11.2026): товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M, количество 2 шт.; цена для покупателя 1271 ₽; склад отгрузки Коледино, регион доставки Самарская; статус заказа: выкуплен 25 ноября 2026 (25.11.2026); номер корзины 70155512345678901234"),
        (SampleRows.Order with { BoughtOn = SampleRows.Noon.AddDays(3), ReturnedOn = SampleRows.Noon.AddDays(9), Currency = "BYN", Price = 45.5m },
            "Заказ от 22 ноября 2026 (22.11.2026): товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; цена для покупателя 45,50 Br, цена до скидок 2400 Br, скидка продавца 35 %, скидка WB (СПП) 18,5 %; склад отгрузки Коледино, регион доставки Самарская; статус заказа: возвращён покупателем 1 декабря 2026 (01.12.2026); номер заказа dAa.i0b1c2d3.0.0, номер корзины 70155512345678901234"),
        (SampleRows.Stock,
            "Остаток на складе «Коледино»: товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; в наличии 3 шт., критический остаток: очень мало, почти закончился, срочно пополнить; в пути к покупателям 2 шт., возвращается от покупателей 1 шт."),
        (SampleRows.Stock with { CatalogueName = null, Quantity = 6, InWayToClient = 0, InWayFromClient = null },
            "Остаток на складе «Коледино»: товар «Футболка», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; в наличии 6 шт., низкий остаток: мало, скоро закончится, нужно пополнить"),
        (SampleRows.Stock with { Quantity = 0 },
            "Остаток на складе «Коледино»: товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; в наличии 0 шт., нулевой остаток: товар закончился, нет в наличии, срочно пополнить; в пути к покупателям 2 шт., возвращается от покупателей 1 шт."),
        (SampleRows.Stock with { Quantity = 21 },
            "Остаток на складе «Коледино»: товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; в наличии 21 шт., достаточный остаток: много, пополнение не требуется; в пути к покупателям 2 шт., возвращается от покупателей 1 шт."),
        (SampleRows.Review,
            "Негативный отзыв от 22 ноября 2026 (22.11.2026), оценка 2 из 5: товар «Футболка базовая хлопок», артикул 301122334, категория Футболки, цвет чёрный, маломерит; без ответа продавца. Текст: «Ткань приятная, но маломерит.». Достоинства: «Ткань». Недостатки: «Размер»"),
        (SampleRows.Review with { Rating = 5, Text = null, Cons = " ", IsAnswered = true, MatchingSize = "ок", Color = "colorless", OrderStatus = "returned" },
            "Положительный отзыв от 22 ноября 2026 (22.11.2026), оценка 5 из 5: товар «Футболка базовая хлопок», артикул 301122334, категория Футболки, размер подошёл; покупатель вернул товар, продавец ответил. Достоинства: «Ткань»"),
        (SampleRows.Review with { Rating = 3, Text = "Не&nbsp;то:<br/>&quot;чё\u00adрный&quot;\u200b &lt;M", Pros = null, Cons = null, CatalogueName = null, NmId = null, Category = null },
            "Нейтральный отзыв от 22 ноября 2026 (22.11.2026), оценка 3 из 5: цвет чёрный, маломерит; без ответа продавца. Текст: «Не то: \"чёрный\" <M»"),
        (SampleRows.Sale,
            "Выкуп (продажа) от 22 ноября 2026 (22.11.2026): товар «Футболка базовая хлопок», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, категория Футболки, размер M; оплачено покупателем 1231 ₽, цена до скидок 2400 ₽, скидка продавца 35 %, скидка WB (СПП) 18,5 %, к выплате продавцу 1187,60 ₽; регион покупателя Самарская; номер заказа dAa.i0b1c2d3.0.0, номер продажи S20011223344, номер корзины 70155512345678901234"),
        (SampleRows.Sale with { Kind = "return", IsCancel = true, CatalogueName = null, CustomerPrice = -1231.5m, ForPay = -1187.6m, Amount = -2400m },
            "Возврат товара от 22 ноября 2026 (22.11.2026): товар категории «Футболки», артикул 301122334, артикул продавца TS-01-BLK, бренд Норд, размер M; возвращено покупателю 1231,50 ₽, цена до скидок 2400 ₽, скидка продавца 35 %, скидка WB (СПП) 18,5 %, удержано из выплаты продавцу 1187,60 ₽; регион покупателя Самарская; статус: отменено; номер заказа dAa.i0b1c2d3.0.0, номер продажи S20011223344, номер корзины 70155512345678901234"),
    ];

    [Fact]
    [Trait("Defect", "15")]
    [Trait("Defect", "16")]
    [Trait("Defect", "20")]
    public void Each_text_reads_as_written_here()
    {
        foreach (var (row, text) in Goldens)
        {
            Assert.Equal(text, Assert.Single(ChunkRenderer.Render(row).Chunks).Text);
        }
    }

    [Fact]
    public void A_changed_text_needs_a_new_renderer_version()
    {
        var all = ChunkHash.Of(string.Join('\n', Goldens.Select(golden => ChunkRenderer.Render(golden.Row).Chunks[0].Text)));
        Assert.True(TextsOfVersion.TryGetValue(ChunkRenderer.Version, out var pinned), "add a line for the new version");
        Assert.True(pinned == all, $"Texts changed: raise ChunkRenderer.Version and add its line with {all}; leave the lines of older versions alone.");
        Assert.Equal(TextsOfVersion.Count, TextsOfVersion.Values.Distinct().Count());
        Assert.Equal(ChunkRenderer.Version, TextsOfVersion.Keys.Max());
    }

    [Fact]
    [Trait("Defect", "3")]
    [Trait("Defect", "23")]
    public void What_stands_beside_the_text_is_what_the_row_says()
    {
        var order = ChunkRenderer.Render(SampleRows.Order);
        Assert.Equal(
            (11L, 301122334L, SampleRows.Noon, SampleRows.Noon.AddDays(90), (string?)null),
            (order.SourceId, order.NmId!.Value, order.BusinessDate!.Value, order.ExpiresAt!.Value, order.SourceName));
        var product = ChunkRenderer.Render(SampleRows.Product with { Name = " Имя  как есть " });
        Assert.Equal((" Имя  как есть \u001fФутболки\u001f", (DateTimeOffset?)null, (DateTimeOffset?)null), (product.SourceName, product.BusinessDate, product.ExpiresAt));
        Assert.Null(ChunkRenderer.Render(SampleRows.Stock).ExpiresAt);
        Assert.All(SampleRows.All, row => Assert.Equal(row.Entity, ChunkRenderer.Render(row).Entity));
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(100.5, true)]
    [InlineData(2400, true)]
    [InlineData(2400.01, false)]
    public void A_discounted_price_that_cannot_be_right_is_not_printed(decimal value, bool printed) =>
        Assert.Equal(printed, ChunkRenderer.Render(SampleRows.Product with { DiscountPrice = value }).Chunks[0].Text.Contains("цена со скидкой", StringComparison.Ordinal));

    [Theory]
    [InlineData(1, "критический")]
    [InlineData(5, "критический")]
    [InlineData(6, "низкий")]
    [InlineData(10, "низкий")]
    [InlineData(11, "невысокий")]
    [InlineData(20, "невысокий")]
    [InlineData(21, "достаточный")]
    [InlineData(long.MaxValue, "достаточный")]
    public void A_stock_level_has_the_words_of_its_band(long quantity, string word) =>
        Assert.Contains(word, ChunkRenderer.Render(SampleRows.Stock with { Quantity = quantity }).Chunks[0].Text, StringComparison.Ordinal);

    [Fact]
    [Trait("Defect", "20")]
    public void An_amount_not_known_yet_is_not_printed_as_zero()
    {
        var sale = ChunkRenderer.Render(SampleRows.Sale with { CustomerPrice = 0m, SppPercent = 0m }).Chunks[0].Text;
        Assert.Contains("; цена до скидок 2400 ₽, скидка продавца 35 %, к выплате", sale, StringComparison.Ordinal);
        var order = ChunkRenderer.Render(SampleRows.Order with { Price = 0m, CustomerPrice = 1250m }).Chunks[0].Text;
        Assert.Contains("цена для покупателя 1250 ₽", order, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_rating_outside_of_one_to_five_is_not_printed(long rating) =>
        Assert.StartsWith("Отзыв от 22 ноября 2026 (22.11.2026): товар", ChunkRenderer.Render(SampleRows.Review with { Rating = rating }).Chunks[0].Text, StringComparison.Ordinal);
}
