using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Source;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>What the marketplace answers, through client, writers, database and reader, as the text that a seller's assistant finds.</summary>
public sealed class AnswerToTextTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Order = """
        [{"date":"2026-11-20T09:14:27","lastChangeDate":"2026-11-20T12:40:05","warehouseName":"Коледино","warehouseType":"Склад WB","countryName":"Россия",
        "regionName":"Самарская","supplierArticle":"TS-01","nmId":7,"barcode":"204","category":"Одежда","subject":"Футболки","brand":"Норд","techSize":"M",
        "totalPrice":1887,"discountPercent":30,"spp":18.5,"finishedPrice":1185,"priceWithDisc":1320.9,"gNumber":"7015","srid":"11.rf9a.0.0","isCancel":false,
        "cancelDate":"0001-01-01T00:00:00"}]
        """;

    private const string Sales = """
        [{"date":"2026-11-21T15:02:11","lastChangeDate":"2026-11-21T16:31:48","warehouseName":"Коледино","warehouseType":"Склад WB","countryName":"Россия",
        "regionName":"Самарская","supplierArticle":"TS-01","nmId":7,"barcode":"204","category":"Одежда","subject":"Футболки","brand":"Норд","techSize":"M",
        "totalPrice":1887,"discountPercent":30,"spp":18.5,"paymentSaleAmount":40,"forPay":1001.5,"finishedPrice":1145,"priceWithDisc":1320.9,
        "saleID":"S9993700024","gNumber":"7015","srid":"11.rf9a.0.0"},
        {"date":"2026-11-22T08:00:00","lastChangeDate":"2026-11-22T09:00:00","warehouseName":"Коледино","warehouseType":"Склад WB","countryName":"Россия",
        "regionName":"Самарская","supplierArticle":"TS-01","nmId":7,"barcode":"204","category":"Одежда","subject":"Футболки","brand":"Норд","techSize":"M",
        "totalPrice":1887,"discountPercent":30,"spp":18.5,"paymentSaleAmount":0,"forPay":-1001.5,"finishedPrice":-1145,"priceWithDisc":-1320.9,
        "saleID":"R9993700031","gNumber":"7015","srid":"11.rf9a.0.0"}]
        """;

    private const string Card = """
        {"cards":[{"nmID":7,"subjectID":192,"subjectName":"Футболки","vendorCode":"TS-01","brand":"Норд","title":"Футболка базовая",
        "sizes":[{"chrtID":70,"techSize":"M","wbSize":"48","skus":["204"]}],"updatedAt":"2026-11-20T07:08:09.654321Z"}],
        "cursor":{"updatedAt":"2026-11-20T07:08:09.654321Z","nmID":7,"total":1}}
        """;

    private const string Price = """
        {"data":{"listGoods":[{"nmID":7,"vendorCode":"TS-01","sizes":[{"sizeID":70,"price":1887,"discountedPrice":1320.9,"techSizeName":"M"}],
        "currencyIsoCode4217":"RUB","discount":30}]},"error":false,"errorText":""}
        """;

    private const string Stock = """
        {"data":{"items":[{"nmId":7,"chrtId":70,"warehouseId":507,"warehouseName":"Коледино","regionName":"Центральный","quantity":0,"inWayToClient":4,"inWayFromClient":1}]}}
        """;

    private const string Review = """
        {"data":{"feedbacks":[{"id":"r1","text":"Ткань&nbsp;приятная,<br>но маломерит","pros":"","cons":"Размер","productValuation":2,"createdDate":"2026-11-20T21:45:03Z",
        "answer":{"text":"Простите","state":"rejected"},"productDetails":{"nmId":7,"productName":"Футболка","supplierArticle":"TS-01","brandName":"Норд","size":"M"},
        "orderStatus":"buyout","matchingSize":"smaller","color":"colorless","subjectName":"Футболки"}]}}
        """;

    private static readonly (Entity Entity, int Row, string Text)[] Texts =
    [
        (Entity.Products, 0, "Товар «Футболка базовая», артикул 7, артикул продавца TS-01, бренд Норд, категория Футболки; цена до скидок 1887 ₽, цена со скидкой 1320,90 ₽; рейтинг за 90 дней 2 из 5, оценок за 90 дней 1"),
        (Entity.Stocks, 0, "Остаток на складе «Коледино»: товар «Футболка базовая», артикул 7, артикул продавца TS-01, бренд Норд, категория Футболки, размер M; в наличии 0 шт., нулевой остаток: товар закончился, нет в наличии, срочно пополнить; в пути к покупателям 4 шт., возвращается от покупателей 1 шт."),
        (Entity.Orders, 0, "Заказ от 20 ноября 2026 (20.11.2026): товар «Футболка базовая», артикул 7, артикул продавца TS-01, бренд Норд, категория Футболки, размер M; цена для покупателя 1185 ₽, цена до скидок 1887 ₽, скидка продавца 30 %, скидка WB (СПП) 18,5 %; склад отгрузки Коледино, регион доставки Самарская; статус заказа: возвращён покупателем 22 ноября 2026 (22.11.2026); номер заказа 11.rf9a.0.0, номер корзины 7015"),
        (Entity.Sales, 0, "Выкуп (продажа) от 21 ноября 2026 (21.11.2026): товар «Футболка базовая», артикул 7, артикул продавца TS-01, бренд Норд, категория Футболки, размер M; оплачено покупателем 1145 ₽, цена до скидок 1887 ₽, скидка продавца 30 %, скидка WB (СПП) 18,5 %, к выплате продавцу 1001,50 ₽; регион покупателя Самарская; номер заказа 11.rf9a.0.0, номер продажи S9993700024, номер корзины 7015"),
        (Entity.Sales, 1, "Возврат товара от 22 ноября 2026 (22.11.2026): товар «Футболка базовая», артикул 7, артикул продавца TS-01, бренд Норд, категория Футболки, размер M; возвращено покупателю 1145 ₽, цена до скидок 1887 ₽, скидка продавца 30 %, скидка WB (СПП) 18,5 %, удержано из выплаты продавцу 1001,50 ₽; регион покупателя Самарская; номер заказа 11.rf9a.0.0, номер продажи R9993700031, номер корзины 7015"),
        (Entity.Reviews, 0, "Негативный отзыв от 21 ноября 2026 (21.11.2026), оценка 2 из 5: товар «Футболка базовая», артикул 7, категория Футболки, маломерит; без ответа продавца. Текст: «Ткань приятная, но маломерит». Недостатки: «Размер»"),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_answer_becomes_the_text_a_seller_reads()
    {
        await using var world = await StartAsync(database);
        world.Now(SyncWorld.Cards, Card, NoCards).Now(Trash, NoCards).Now(Prices, Price).Now(WarehouseStocks, Stock).Now(SellerStocks, NoStock);
        world.Now(SyncWorld.Orders, Order, "[]").Now(SyncWorld.Sales, Sales, "[]").Now(Feedbacks, Review, NoReviews).Now(Archive, NoReviews);
        foreach (var entity in (SyncEntity[])[SyncEntity.Cards, SyncEntity.Prices, SyncEntity.Stocks, SyncEntity.Orders, SyncEntity.Sales, SyncEntity.Reviews])
        {
            Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(entity)).Status);
        }

        foreach (var (entity, row, text) in Texts)
        {
            Assert.Equal(text, await TextAsync(world, entity, row));
        }
    }

    private static async Task<string> TextAsync(SyncWorld world, Entity entity, int which)
    {
        await using var connection = await world.Services.GetRequiredService<MainDatabase>().Source.OpenConnectionAsync(Ct);
        var rows = await SourceReader.ReadRangeAsync(connection, entity, world.Cabinet, null, null, 10, world.Time.GetUtcNow(), row => row, Ct);
        return Assert.Single(ChunkRenderer.Render(rows.Eligible[which]).Chunks).Text;
    }
}
