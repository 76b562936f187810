using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>
/// A row of every method with every field of its schema, and that row again with each field left out, null and of another type: what becomes of
/// it stands in docs/marketplace-answers.md, and no entity stands still.
/// </summary>
public sealed partial class AnswerReplayTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Case = "replayed";

    private const string OrderRow = """
        {"date":"2026-11-19T09:14:27","lastChangeDate":"2026-11-20T12:40:05","warehouseName":"Склад WB РФ","warehouseType":"Склад WB","countryName":"Россия",
        "oblastOkrugName":"Приволжский федеральный округ","regionName":"Самарская","supplierArticle":"TS-01","nmId":7,"barcode":"204","category":"Одежда",
        "subject":"Футболки","brand":"Норд","techSize":"M","incomeID":0,"isSupply":false,"isRealization":true,"totalPrice":2400,"discountPercent":35,"spp":18.5,
        "finishedPrice":1271,"priceWithDisc":1560,"sticker":"","gNumber":"B1","srid":"#","isCancel":false,"cancelDate":"0001-01-01T00:00:00"}
        """;

    private const string SaleRow = """
        {"date":"2026-11-19T09:14:27","lastChangeDate":"2026-11-20T12:40:05","warehouseName":"Склад WB РФ","warehouseType":"Склад WB","countryName":"Россия",
        "oblastOkrugName":"Приволжский федеральный округ","regionName":"Самарская","supplierArticle":"TS-01","nmId":7,"barcode":"204","category":"Одежда",
        "subject":"Футболки","brand":"Норд","techSize":"M","incomeID":0,"isSupply":false,"isRealization":true,"totalPrice":2400,"discountPercent":35,"spp":18.5,
        "paymentSaleAmount":40,"forPay":1187.6,"finishedPrice":1231,"priceWithDisc":1560,"saleID":"S#","sticker":"","gNumber":"B1","srid":"o#"}
        """;

    private const string StockRow = """
        {"nmId":"#","chrtId":"#","warehouseId":-999999,"warehouseName":"Склад WB","regionName":"Склад WB","quantity":37,"inWayToClient":4,"inWayFromClient":1}
        """;

    private const string CardRow = """
        {"nmID":"#","imtID":288,"nmUUID":"018f2a10","subjectID":192,"subjectName":"Футболки","vendorCode":"TS-#","brand":"Норд","title":"Футболка",
        "description":"Плотный хлопок","needKiz":true,"kizMarked":true,"photos":[{"big":"b","c246x328":"s","c516x688":"m","square":"q","tm":"t"}],
        "dimensions":{"length":30,"width":22,"height":3,"weightBrutto":0.21,"isValid":true},"characteristics":[{"id":50123,"name":"Цвет","value":["черный"]}],
        "sizes":[{"chrtID":"#","techSize":"M","wbSize":"48","skus":["204"]}],"tags":[],"createdAt":"2026-03-02T10:11:12.123456Z","updatedAt":"2026-10-30T07:08:09.654321Z"}
        """;

    private const string PriceRow = """
        {"nmID":"#","vendorCode":"TS-01","sizes":[{"sizeID":"#","price":2400,"discountedPrice":1560,"clubDiscountedPrice":1513.2,"techSizeName":"M"}],
        "currencyIsoCode4217":"RUB","discount":35,"clubDiscount":3,"editableSizePrice":false}
        """;

    private const string ReviewRow = """
        {"id":"r#","text":"Ткань приятная","pros":"Ткань","cons":"Размер","productValuation":4,"createdDate":"2026-11-10T21:45:03+03:00",
        "answer":{"text":"Спасибо","state":"wbRu","editable":false},"state":"none","productDetails":{"imtId":288,"nmId":7,"productName":"Футболка","supplierArticle":"TS-01",
        "supplierName":"ИП","brandName":"Норд","size":"M"},"video":null,"wasViewed":false,"photoLinks":null,"userName":"Имя","orderStatus":"buyout","matchingSize":"smaller",
        "isAbleSupplierFeedbackValuation":true,"supplierFeedbackValuation":0,"isAbleSupplierProductValuation":false,"supplierProductValuation":0,
        "isAbleReturnProductOrders":false,"returnProductOrdersDate":null,"bables":["размер"],"lastOrderShkId":22334455667,"lastOrderCreatedAt":"2026-11-03T09:14:27+03:00",
        "color":"черный","subjectId":192,"subjectName":"Футболки","parentFeedbackId":null,"childFeedbackId":null}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "kept-aside")]
    [InlineData(SyncEntity.Orders, OrderRow, "SELECT count(*) FROM wb_orders WHERE cabinet_id = $1")]
    [InlineData(SyncEntity.Sales, SaleRow, "SELECT count(*) FROM wb_sales WHERE cabinet_id = $1")]
    [InlineData(SyncEntity.Stocks, StockRow, "SELECT count(*) FROM wb_stocks WHERE cabinet_id = $1")]
    [InlineData(SyncEntity.Cards, CardRow, "SELECT count(*) FROM wb_products WHERE cabinet_id = $1")]
    [InlineData(SyncEntity.Prices, PriceRow, null)]
    [InlineData(SyncEntity.Reviews, ReviewRow, "SELECT count(*) FROM wb_reviews WHERE cabinet_id = $1")]
    public async Task Whatever_field_is_missing_or_wrong_the_other_rows_are_stored(SyncEntity entity, string example, string? stored)
    {
        var cases = Cases(JsonNode.Parse(example)!.AsObject()).ToList();
        var next = 100;
        var rows = cases.SelectMany(one => (string[])[Numbered(example, next++), Numbered(one.Row, next++)]);
        await using var world = await StartAsync(database);
        Answer(world, entity, string.Join(',', rows), cases.Count * 2);

        var result = await world.SyncAsync(entity);

        Assert.Equal(EntitySyncStatus.Ok, result.Status);
        Assert.Equal(cases.Count * 2, result.RowsRead);
        var aside = (await world.RowsAsync("SELECT row FROM wb_sync_rejects WHERE cabinet_id = $1"))
            .Select(row => CaseOf().Match(row).Groups[1].Value).ToHashSet();
        Assert.Equal(result.RowsRejected, aside.Count);
        if (stored is not null)
        {
            Assert.InRange(int.Parse(Assert.Single(await world.RowsAsync(stored)), System.Globalization.CultureInfo.InvariantCulture), cases.Count, cases.Count * 2);
        }

        var table = Table(cases.Select(one => (one.Path, one.What, aside.Contains($"{one.Path} {one.What}"))));
        TestContext.Current.TestOutputHelper!.WriteLine(table);
        var documented = await File.ReadAllTextAsync(Repository.PathOf("docs", "marketplace-answers.md"), Ct);
        Assert.Contains($"## {entity}\n\n{table}", documented, StringComparison.Ordinal);
    }

    private static void Answer(SyncWorld world, SyncEntity entity, string rows, int count) => _ = entity switch
    {
        SyncEntity.Orders => world.Now(Orders, $"[{rows}]"),
        SyncEntity.Sales => world.Now(Sales, $"[{rows}]"),
        SyncEntity.Stocks => world.Now(WarehouseStocks, $$$"""{"data":{"items":[{{{rows}}}]}}""").Now(SellerStocks, NoStock),
        SyncEntity.Cards => world
            .Now(Cards, $$$"""{"cards":[{{{rows}}}],"cursor":{"updatedAt":"2026-10-30T07:08:09.654321Z","nmID":7,"total":{{{count}}}}}""", NoCards).Now(Trash, NoCards),
        SyncEntity.Prices => world.Now(Prices, $$$"""{"data":{"listGoods":[{{{rows}}}]},"error":false,"errorText":""}""", """{"data":{"listGoods":[]}}"""),
        _ => world.Now(Feedbacks, $$$"""{"data":{"countUnanswered":3,"countArchive":812,"feedbacks":[{{{rows}}}]},"error":false}""", NoReviews).Now(Archive, NoReviews),
    };

    // Each field of the row, also of the objects and of the first element of the lists in it.
    private static IEnumerable<(string Path, string What, string Row)> Cases(JsonObject example)
    {
        foreach (var path in Paths(example, ""))
        {
            foreach (var what in (string[])["left out", "null", "of another type"])
            {
                var row = example.DeepClone().AsObject();
                var (parent, name) = Find(row, path);
                switch (what)
                {
                    case "left out":
                        parent.Remove(name);
                        break;
                    case "null":
                        parent[name] = null;
                        break;
                    default:
                        parent[name] = parent[name] is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.String && (string)value! != "#" ? 5.5 : "другое";
                        break;
                }

                row[Case] = $"{path} {what}";
                yield return (path, what, row.ToJsonString());
            }
        }
    }

    private static IEnumerable<string> Paths(JsonObject row, string before)
    {
        foreach (var (name, value) in row)
        {
            yield return before + name;
            var inner = value is JsonArray { Count: > 0 } list && list[0] is JsonObject first ? first : value as JsonObject;
            foreach (var path in inner is null ? [] : Paths(inner, $"{before}{name}."))
            {
                yield return path;
            }
        }
    }

    private static (JsonObject Parent, string Name) Find(JsonObject row, string path)
    {
        var names = path.Split('.');
        return (names[..^1].Aggregate(row, (parent, name) => parent[name] is JsonArray list ? list[0]!.AsObject() : parent[name]!.AsObject()), names[^1]);
    }

    // An identity that is a number stands as a text until here.
    private static string Numbered(string row, int number) =>
        row.Replace("\"#\"", $"{number}", StringComparison.Ordinal).Replace("#", $"{number}", StringComparison.Ordinal);

    private static string Table(IEnumerable<(string Path, string What, bool IsAside)> cases)
    {
        var fields = cases.GroupBy(one => one.Path).ToList();
        var table = new StringBuilder("| Field | left out | null | of another type |\n|---|---|---|---|\n");
        foreach (var field in fields.Where(field => field.Any(one => one.IsAside)))
        {
            table.Append($"| `{field.Key}` |").AppendJoin('|', field.Select(one => one.IsAside ? " kept aside " : " stored ")).Append("|\n");
        }

        var harmless = fields.Where(field => !field.Any(one => one.IsAside)).Select(field => $"`{field.Key}`").ToList();
        return table.Append($"\nStored whatever is in them: {(harmless.Count == 0 ? "none" : string.Join(", ", harmless))}.\n").ToString();
    }

    [GeneratedRegex("\"" + Case + "\": ?\"([^\"]+)\"")]
    private static partial Regex CaseOf();
}
