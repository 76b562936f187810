using System.Text.Json;
using System.Text.RegularExpressions;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Tests.Dev.Fakes;

/// <summary>Every answer against the specification's field table.</summary>
public sealed partial class MarketplaceFieldTests
{
    private const string Goods = """
        date:s lastChangeDate:s warehouseName:s warehouseType:s countryName:s oblastOkrugName:s regionName:s supplierArticle:s barcode:s
        category:s subject:s brand:s techSize:s nmId:i incomeID:i discountPercent:i isSupply:b isRealization:b totalPrice:n spp:n
        finishedPrice:n priceWithDisc:n sticker:s gNumber:s srid:s
        """;

    [Fact]
    [Trait("Guarantee", "contract")]
    public async Task Orders_and_sales_have_their_fields_and_moscow_times_without_zone()
    {
        await using var scene = await StartAsync();

        var orders = (await scene.OrdersAsync("2026-08-01")).EnumerateArray().ToList();
        var sales = (await scene.SalesAsync("2026-08-01")).EnumerateArray().ToList();

        new FieldTable(OneLine(Goods) + " isCancel:b cancelDate:s").Check(orders);
        new FieldTable(OneLine(Goods) + " saleID:s forPay:n paymentSaleAmount:i").Check(sales);
        Assert.All(orders.Concat(sales), row =>
        {
            Assert.Matches(MoscowTime(), row.GetProperty("date").GetString());
            Assert.Matches(MoscowTime(), row.GetProperty("lastChangeDate").GetString());
            Assert.True(row.GetProperty("warehouseType").GetString() is "Склад WB" or "Склад продавца");
        });
        Assert.Contains(orders, row => row.GetProperty("lastChangeDate").GetString()!.Contains('.', StringComparison.Ordinal));
        Assert.All(orders, row => Assert.Equal(
            row.GetProperty("isCancel").GetBoolean(), row.GetProperty("cancelDate").GetString() != "0001-01-01T00:00:00"));
        Assert.Contains(orders, row => row.GetProperty("isCancel").GetBoolean());
        Assert.Contains(orders, row => row.GetProperty("warehouseName").GetString() == "Склад WB РФ");
        Assert.All(sales, row => Assert.Matches("^[SR][0-9]{1,14}$", row.GetProperty("saleID").GetString()));
        var order = scene.Shop.Orders[0];
        Assert.Equal(order.At.ToUniversalTime().DateTime.AddHours(3), orders.Single(row => row.GetProperty("srid").GetString() == order.Srid).GetProperty("date").GetDateTime());
    }

    [Fact]
    public async Task Stock_reports_have_their_fields_and_the_marketplaces_warehouses_are_merged()
    {
        await using var scene = await StartAsync();

        var warehouses = Items(await scene.JsonAsync(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/wb-warehouses", "{}"));
        var sellers = Items(await scene.JsonAsync(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/seller-warehouses", "{}"));

        const string Row = "nmId:i chrtId:i warehouseId:i warehouseName:s regionName:s quantity:i";
        new FieldTable($"{Row} inWayToClient:i inWayFromClient:i").Check(warehouses);
        new FieldTable(Row).Check(sellers);
        Assert.All(warehouses, row =>
        {
            Assert.Equal(-999999, row.GetProperty("warehouseId").GetInt64());
            Assert.Equal("Склад WB", row.GetProperty("warehouseName").GetString());
            Assert.Equal("Склад WB", row.GetProperty("regionName").GetString());
        });
        Assert.Equal(warehouses.Count, warehouses.Select(row => row.GetProperty("chrtId").GetUInt64()).Distinct().Count());
        Assert.All(sellers, row => Assert.True(row.GetProperty("warehouseId").GetInt64() > 0));
    }

    [Fact]
    public async Task A_task_report_has_only_the_fields_it_groups_by()
    {
        await using var scene = await StartAsync();

        var whole = await RemainsAsync(scene, "?groupByNm=true&groupBySize=true&groupByBarcode=true&groupBySa=true&groupByBrand=true&groupBySubject=true");
        var small = await RemainsAsync(scene, "?groupByNm=true");

        new FieldTable("brand:s subjectName:s vendorCode:s nmId:i barcode:s techSize:s volume:n warehouses:l").Check(whole);
        new FieldTable("nmId:i volume:n warehouses:l").Check(small);
        new FieldTable("warehouseName:s quantity:i").Check(whole.SelectMany(row => row.GetProperty("warehouses").EnumerateArray()));
        var names = whole.SelectMany(row => row.GetProperty("warehouses").EnumerateArray()).Select(line => line.GetProperty("warehouseName").GetString()!).ToHashSet();
        Assert.Superset(new HashSet<string> { "Всего находится на складах", "В пути до получателей", "Склад WB РФ", "Минск" }, names);
        Assert.True(small.Count < whole.Count);
        Assert.All(whole, row =>
        {
            var lines = row.GetProperty("warehouses").EnumerateArray().ToDictionary(
                line => line.GetProperty("warehouseName").GetString()!, line => line.GetProperty("quantity").GetInt32());
            Assert.Equal(lines.GetValueOrDefault("Всего находится на складах"), lines.GetValueOrDefault("Склад WB РФ") + lines.GetValueOrDefault("Минск"));
        });
    }

    [Fact]
    public async Task Cards_have_their_fields_some_present_some_absent_and_times_in_utc()
    {
        await using var scene = await StartAsync();

        var cards = (await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", Cards("")))
            .GetProperty("cards").EnumerateArray().ToList();
        var trash = (await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/trash", Cards("")))
            .GetProperty("cards").EnumerateArray().ToList();

        const string Card = "nmID:i imtID:i nmUUID:s subjectID:i subjectName:s vendorCode:s brand:s title:s description?:s needKiz:b kizMarked:b "
            + "photos?:l video?:s wholesale?:o dimensions:o characteristics:l sizes:l tags?:l createdAt:s updatedAt:s";
        var table = new FieldTable(Card);
        table.Check(cards);
        Assert.Superset(new HashSet<string> { "description", "photos", "video", "wholesale", "tags" }, table.SeenBothWays);
        Assert.NotEmpty(trash);
        Assert.DoesNotContain(trash, card => card.TryGetProperty("title", out _) || card.TryGetProperty("brand", out _) || card.TryGetProperty("description", out _));
        new FieldTable(Card.Replace(" brand:s title:s description?:s", "", StringComparison.Ordinal) + " trashedAt:s").Check(trash);
        new FieldTable("chrtID:i techSize:s wbSize:s skus:l").Check(cards.SelectMany(card => card.GetProperty("sizes").EnumerateArray()));
        new FieldTable("length:n width:n height:n weightBrutto:n isValid:b").Check(cards.Select(card => card.GetProperty("dimensions")));
        new FieldTable("id:i name:s value:*").Check(cards.SelectMany(card => card.GetProperty("characteristics").EnumerateArray()));
        new FieldTable("big:s c246x328:s c516x688:s square:s tm:s").Check(
            cards.Where(card => card.TryGetProperty("photos", out _)).SelectMany(card => card.GetProperty("photos").EnumerateArray()));
        Assert.All(cards, card => Assert.Matches(UtcTime(), card.GetProperty("updatedAt").GetString()));
        Assert.Contains(cards, card => card.GetProperty("updatedAt").GetString()!.Contains('.', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Prices_have_their_fields()
    {
        await using var scene = await StartAsync();

        var goods = (await scene.JsonAsync(MarketplaceHost.Prices, "/api/v2/list/goods/filter?limit=1000"))
            .GetProperty("data").GetProperty("listGoods").EnumerateArray().ToList();

        new FieldTable("nmID:i vendorCode:s currencyIsoCode4217:s discount:i clubDiscount:i editableSizePrice:b wholesaleDiscountThreshold?:l sizes:l").Check(goods);
        new FieldTable("sizeID:i price:i discountedPrice:n clubDiscountedPrice:n techSizeName:s").Check(
            goods.SelectMany(good => good.GetProperty("sizes").EnumerateArray()));
        Assert.Contains(goods, good => good.GetProperty("editableSizePrice").GetBoolean());
        var sizes = scene.Shop.Products.SelectMany(product => product.Sizes).Select(size => size.ChrtId).ToHashSet();
        Assert.All(
            goods.SelectMany(good => good.GetProperty("sizes").EnumerateArray()), size => Assert.Contains(size.GetProperty("sizeID").GetUInt64(), sizes));
    }

    [Fact]
    public async Task Reviews_have_their_fields_some_of_them_null()
    {
        await using var scene = await StartAsync();
        var reviews = new List<JsonElement>();
        foreach (var list in new[] { "feedbacks?isAnswered=true&take=5000&skip=0", "feedbacks?isAnswered=false&take=5000&skip=0", "feedbacks/archive?take=5000&skip=0" })
        {
            reviews.AddRange((await scene.JsonAsync(MarketplaceHost.Feedbacks, $"/api/v1/{list}")).GetProperty("data").GetProperty("feedbacks").EnumerateArray());
        }

        var table = new FieldTable(
            "id:s text:s pros:s cons:s productValuation:i createdDate:s answer:o|0 state:s productDetails:o video:o|0 wasViewed:b photoLinks:l|0 userName:s "
            + "orderStatus:s matchingSize:s isAbleSupplierFeedbackValuation:b supplierFeedbackValuation:i isAbleSupplierProductValuation:b "
            + "supplierProductValuation:i isAbleReturnProductOrders:b returnProductOrdersDate:s|0 bables:l|0 lastOrderShkId:i lastOrderCreatedAt:s color:s "
            + "subjectId:i subjectName:s parentFeedbackId:s|0 childFeedbackId:s|0");
        table.Check(reviews);
        Assert.Superset(new HashSet<string> { "answer", "photoLinks", "bables" }, table.SeenBothWays);
        new FieldTable("imtId:i nmId:i productName:s supplierArticle:s supplierName:s brandName:s size:s").Check(reviews.Select(review => review.GetProperty("productDetails")));
        new FieldTable("text:s state:s editable:b").Check(
            reviews.Select(review => review.GetProperty("answer")).Where(answer => answer.ValueKind == JsonValueKind.Object));
        Assert.All(reviews, review =>
        {
            Assert.InRange(review.GetProperty("productValuation").GetInt32(), 1, 5);
            Assert.Matches(OffsetTime(), review.GetProperty("createdDate").GetString());
            Assert.True(review.GetProperty("state").GetString() is "none" or "wbRu");
        });
    }

    [Fact]
    public async Task Claims_and_the_seller_have_their_fields()
    {
        await using var scene = await StartAsync();

        var claims = (await scene.JsonAsync(MarketplaceHost.Returns, "/api/v1/claims?is_archive=true&limit=200")).GetProperty("claims").EnumerateArray().ToList();
        var seller = await scene.JsonAsync(MarketplaceHost.Common, "/api/v1/seller-info");

        new FieldTable(
            "id:s claim_type:i status:i status_ex:i nm_id:i user_comment:s wb_comment:s dt:s imt_name:s order_dt:s dt_update:s photos:l video_paths:l "
            + "actions:l price:n currency_code:s srid:s").Check(claims);
        Assert.All(claims, claim => Assert.True(claim.GetProperty("status").GetInt32() is 1 or 2));
        new FieldTable("name:s sid:s tin:s tradeMark:s").Check([seller]);
        Assert.Equal(scene.Shop.SellerId, seller.GetProperty("sid").GetGuid());
    }

    internal static string Cards(string cursor) => $$$"""{"settings":{"cursor":{"limit":100{{{cursor}}} },"filter":{"withPhoto":-1},"sort":{"ascending":true} } }""";

    private static Task<MarketplaceScene> StartAsync() =>
        MarketplaceScene.StartAsync(new ShopOptions { OrdersPerHour = 6, Products = 60, HistoryDays = 40 });

    private static async Task<List<JsonElement>> RemainsAsync(MarketplaceScene scene, string query)
    {
        var task = (await scene.JsonAsync(MarketplaceHost.Analytics, $"/api/v1/warehouse_remains{query}")).GetProperty("data").GetProperty("taskId").GetString();
        return [.. (await scene.JsonAsync(MarketplaceHost.Analytics, $"/api/v1/warehouse_remains/tasks/{task}/download")).EnumerateArray()];
    }

    private static List<JsonElement> Items(JsonElement answer) => [.. answer.GetProperty("data").GetProperty("items").EnumerateArray()];

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$")]
    private static partial Regex MoscowTime();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
    private static partial Regex UtcTime();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+03:00$")]
    private static partial Regex OffsetTime();
}
