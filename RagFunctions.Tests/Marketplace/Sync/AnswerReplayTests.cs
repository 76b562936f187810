using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
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
    private const string Placeholder = "\"the rows\"";
    private const string Report = "/api/v1/warehouse_remains";

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

    private const string TrashRow = """
        {"nmID":"#","vendorCode":"TS-#","subjectID":192,"subjectName":"Футболки","photos":[{"big":"b","c246x328":"s","c516x688":"m","square":"q","tm":"t"}],
        "sizes":[{"chrtID":"#","techSize":"M","wbSize":"48","skus":["204"]}],"dimensions":{"length":30},"characteristics":[{"id":50123,"name":"Цвет","value":["черный"]}],
        "createdAt":"2026-03-02T10:11:12.123456Z","trashedAt":"2026-10-30T07:08:09.654321Z"}
        """;

    private const string SellerStockRow = """
        {"nmId":"#","chrtId":"#","warehouseId":1204455,"warehouseName":"Основной склад","regionName":"Приволжский","quantity":9}
        """;

    private const string ReportRow = """
        {"brand":"Норд","subjectName":"Футболки","vendorCode":"TS-01","nmId":"#","barcode":"b#","techSize":"M","volume":0.8,
        "warehouses":[{"warehouseName":"Склад WB РФ","quantity":37}]}
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

    public enum Method
    {
        Orders, Sales, Stocks, SellerStocks, TaskReport, Cards, Trash, Prices, Reviews, Archive,
    }

    [Theory]
    [Trait("Guarantee", "kept-aside")]
    [InlineData(Method.Orders, "Orders", OrderRow, "SELECT count(*) FROM wb_orders WHERE cabinet_id = $1")]
    [InlineData(Method.Sales, "Sales", SaleRow, "SELECT count(*) FROM wb_sales WHERE cabinet_id = $1")]
    [InlineData(Method.Stocks, "Stocks", StockRow, "SELECT count(*) FROM wb_stocks WHERE cabinet_id = $1")]
    [InlineData(Method.SellerStocks, "Stocks of the seller's warehouses", SellerStockRow, "SELECT count(*) FROM wb_stocks WHERE cabinet_id = $1")]
    [InlineData(Method.TaskReport, "Stocks by the task report", ReportRow, "SELECT count(*) FROM wb_stocks WHERE cabinet_id = $1")]
    [InlineData(Method.Cards, "Cards", CardRow, "SELECT count(*) FROM wb_products WHERE cabinet_id = $1")]
    [InlineData(Method.Trash, "Cards in the trash", TrashRow, "SELECT count(*) FROM wb_products WHERE cabinet_id = $1")]
    [InlineData(Method.Prices, "Prices", PriceRow, null)]
    [InlineData(Method.Reviews, "Reviews", ReviewRow, "SELECT count(*) FROM wb_reviews WHERE cabinet_id = $1")]
    [InlineData(Method.Archive, "Archive of reviews", ReviewRow, "SELECT count(*) FROM wb_reviews WHERE cabinet_id = $1")]
    public async Task Whatever_field_is_missing_or_wrong_the_other_rows_are_stored(Method method, string title, string example, string? stored)
    {
        var cases = Cases(JsonNode.Parse(example)!.AsObject()).ToList();
        var next = 100;
        var rows = cases.SelectMany(one => (string[])[Numbered(example, next++), Numbered(one.Row, next++)]);
        await using var world = await WorldAsync(method);
        foreach (var (path, answer) in Answers(method, string.Join(',', rows), cases.Count * 2))
        {
            // Lists are read page by page; reviews come in two lists.
            world.Stub.Answer(path, answer);
            _ = path switch
            {
                Cards or Trash => world.Stub.Answer(path, NoCards),
                Feedbacks or Archive => world.Stub.Answer(path, NoReviews),
                _ => world.Stub,
            };
        }

        var result = await SyncAsync(world, method);

        Assert.Equal(EntitySyncStatus.Ok, result.Status);
        Assert.True(result.Reason is null || result.Reason.Contains("cannot be read, not even its article", StringComparison.Ordinal), result.Reason);
        // A report's row is one line for each warehouse, a wrong one none.
        Assert.True(result.RowsRead == cases.Count * 2 || method == Method.TaskReport, $"{result}");
        var aside = (await world.RowsAsync("SELECT row FROM wb_sync_rejects WHERE cabinet_id = $1"))
            .Select(row => CaseOf().Match(row).Groups[1].Value).ToHashSet();
        Assert.Equal(result.RowsRejected, aside.Count);
        if (stored is not null)
        {
            Assert.InRange(int.Parse(Assert.Single(await world.RowsAsync(stored)), System.Globalization.CultureInfo.InvariantCulture), cases.Count, cases.Count * 2);
        }

        var table = Table(cases.Select(one => (one.Path, one.What, aside.Contains($"{one.Path} {one.What}"))));
        TestContext.Current.TestOutputHelper!.WriteLine($"## {title}\n\n{table}");
        var documented = await File.ReadAllTextAsync(Repository.PathOf("docs", "marketplace-answers.md"), Ct);
        Assert.Contains($"## {title}\n\n{table}", documented, StringComparison.Ordinal);
    }

    /// <summary>The same of what stands around the rows. Such an answer may be refused; it is told, and the next right one is read.</summary>
    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData(Method.Orders, "Orders", OrderRow)]
    [InlineData(Method.Sales, "Sales", SaleRow)]
    [InlineData(Method.Stocks, "Stocks", StockRow)]
    [InlineData(Method.SellerStocks, "Stocks of the seller's warehouses", SellerStockRow)]
    [InlineData(Method.TaskReport, "Stocks by the task report", ReportRow)]
    [InlineData(Method.Cards, "Cards", CardRow)]
    [InlineData(Method.Trash, "Cards in the trash", TrashRow)]
    [InlineData(Method.Prices, "Prices", PriceRow)]
    [InlineData(Method.Reviews, "Reviews", ReviewRow)]
    [InlineData(Method.Archive, "Archive of reviews", ReviewRow)]
    public async Task An_answer_that_is_refused_is_told_and_the_next_is_read(Method method, string title, string example)
    {
        var row = Numbered(example, 100);
        var answers = Answers(method, Placeholder, 1);
        await using var world = await WorldAsync(method);
        List<(string Field, string What, string Outcome)> told = [];
        foreach (var (path, broken, field, what) in Envelopes(answers))
        {
            Tell(world, answers.Select(one => one.Path == path ? (path, broken) : one), row);
            var result = await SyncAsync(world, method);
            Assert.True(result is { Status: EntitySyncStatus.Ok } || !string.IsNullOrEmpty(result.Reason), $"{field} {what}: {result}");
            told.Add((field, what, result is not { Status: EntitySyncStatus.Ok, Reason: null } ? "refused" : result.RowsRead > 0 ? "read" : "nothing"));

            Tell(world, answers, row);
            world.Time.Advance(TimeSpan.FromHours(25));
            var after = await SyncAsync(world, method);
            Assert.True(after is { Status: EntitySyncStatus.Ok, Reason: null, RowsRead: > 0 }, $"after {field} {what}: {after}");
            world.Time.Advance(TimeSpan.FromHours(25));
        }

        var lines = told.GroupBy(one => one.Field).Select(field => $"| {title} | {field.Key} | {string.Join(" | ", field.Select(one => one.Outcome))} |");
        var table = string.Join('\n', lines);
        TestContext.Current.TestOutputHelper!.WriteLine(table);
        var documented = await File.ReadAllTextAsync(Repository.PathOf("docs", "marketplace-answers.md"), Ct);
        Assert.Contains(table, documented, StringComparison.Ordinal);
    }

    private static void Tell(SyncWorld world, IEnumerable<(string Path, string Answer)> answers, string row)
    {
        foreach (var (path, answer) in answers)
        {
            world.Now(path, answer.Replace(Placeholder, row, StringComparison.Ordinal));
        }
    }

    private Task<SyncWorld> WorldAsync(Method method) => StartAsync(
        database, method == Method.TaskReport ? TokenKind.Basic : TokenKind.Personal, new Dictionary<string, string?> { ["Marketplace:Retries"] = "0" });

    // The task report takes several calls, of which a basic token has four an hour.
    private static async Task<EntitySyncResult> SyncAsync(SyncWorld world, Method method)
    {
        var entity = method switch
        {
            Method.Orders => SyncEntity.Orders,
            Method.Sales => SyncEntity.Sales,
            Method.Stocks or Method.SellerStocks or Method.TaskReport => SyncEntity.Stocks,
            Method.Cards or Method.Trash => SyncEntity.Cards,
            Method.Prices => SyncEntity.Prices,
            _ => SyncEntity.Reviews,
        };
        var result = await world.SyncAsync(entity);
        for (var i = 0; i < 9 && result.Status == EntitySyncStatus.Waiting; i++)
        {
            result = await world.SyncAsync(entity);
        }

        return result;
    }

    /// <summary>What each path answers, so that the method under test has its rows and the others none.</summary>
    private static (string Path, string Answer)[] Answers(Method method, string rows, int count)
    {
        string Of(Method answered, string some) => method == answered ? some : "";
        string Total(Method answered) => method == answered ? $"{count}" : "0";
        return method switch
        {
            Method.Orders => [(Orders, $"[{rows}]")],
            Method.Sales => [(Sales, $"[{rows}]")],
            Method.Stocks or Method.SellerStocks =>
            [
                (WarehouseStocks, $$$"""{"data":{"items":[{{{Of(Method.Stocks, rows)}}}]}}"""),
                (SellerStocks, $$$"""{"data":{"items":[{{{Of(Method.SellerStocks, rows)}}}]}}"""),
            ],
            Method.TaskReport =>
            [
                (Report, """{"data":{"taskId":"t1"}}"""),
                (Report + "/tasks/t1/status", """{"data":{"id":"t1","status":"done"}}"""),
                (Report + "/tasks/t1/download", $"[{rows}]"),
            ],
            Method.Cards or Method.Trash =>
            [
                (Cards, $$$"""{"cards":[{{{Of(Method.Cards, rows)}}}],"cursor":{"updatedAt":"2026-10-30T07:08:09.654321Z","nmID":7,"total":{{{Total(Method.Cards)}}}}}"""),
                (Trash, $$$"""{"cards":[{{{Of(Method.Trash, rows)}}}],"cursor":{"trashedAt":"2026-10-30T07:08:09.654321Z","nmID":7,"total":{{{Total(Method.Trash)}}}}}"""),
            ],
            Method.Prices => [(Prices, $$$"""{"data":{"listGoods":[{{{rows}}}]},"error":false,"errorText":""}""")],
            _ =>
            [
                (Feedbacks, $$$"""{"data":{"countUnanswered":3,"countArchive":812,"feedbacks":[{{{Of(Method.Reviews, rows)}}}]},"error":false,"errorText":"","additionalErrors":null}"""),
                (Archive, $$$"""{"data":{"feedbacks":[{{{Of(Method.Archive, rows)}}}]},"error":false,"errorText":"","additionalErrors":null}"""),
            ],
        };
    }

    // Each answer with each field around its rows left out, null and of another type; and the same done to the answer as a whole.
    private static IEnumerable<(string Path, string Answer, string Field, string What)> Envelopes((string Path, string Answer)[] answers)
    {
        foreach (var (path, answer) in answers.Where(one => one.Answer.Contains(Placeholder, StringComparison.Ordinal) || one.Path.StartsWith(Report, StringComparison.Ordinal)))
        {
            var call = answers.Length == 3 ? $"{path.Split('/')[^1]}: " : "";
            yield return (path, "{}", $"{call}the answer", "left out");
            yield return (path, "null", $"{call}the answer", "null");
            yield return (path, "\"другое\"", $"{call}the answer", "of another type");
            foreach (var one in JsonNode.Parse(answer) is JsonObject envelope ? Cases(envelope) : [])
            {
                yield return (path, one.Row, $"{call}`{one.Path}`", one.What);
            }
        }
    }

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
