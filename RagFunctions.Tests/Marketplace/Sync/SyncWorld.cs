using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>One cabinet, one stub, one clock: what a sync test needs.</summary>
internal sealed class SyncWorld : IAsyncDisposable
{
    public const string Orders = "/api/v1/supplier/orders";
    public const string Sales = "/api/v1/supplier/sales";
    public const string WarehouseStocks = "/api/analytics/v1/stocks-report/wb-warehouses";
    public const string SellerStocks = "/api/analytics/v1/stocks-report/seller-warehouses";
    public const string Cards = "/content/v2/get/cards/list";
    public const string Trash = "/content/v2/get/cards/trash";
    public const string Prices = "/api/v2/list/goods/filter";
    public const string Feedbacks = "/api/v1/feedbacks";
    public const string Archive = "/api/v1/feedbacks/archive";
    public const string NoCards = """{"cards":[],"cursor":{"total":0}}""";
    public const string NoStock = """{"data":{"items":[]}}""";
    public const string NoReviews = """{"data":{"feedbacks":[]}}""";

    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private SyncWorld(string connection, StubMarketplace stub, IDictionary<string, string?>? settings)
    {
        Stub = stub;
        Services = StubbedServices.Build(connection, stub.Url, Time, settings);
    }

    public FakeTimeProvider Time { get; } = new(Start);

    public StubMarketplace Stub { get; }

    public ServiceProvider Services { get; }

    public long Cabinet { get; private set; }

    public string Seller { get; } = Guid.NewGuid().ToString();

    private NpgsqlDataSource Main => Services.GetRequiredService<RagFunctions.Core.Databases.MainDatabase>().Source;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task<SyncWorld> StartAsync(
        DatabaseFixture database, TokenKind kind = TokenKind.Personal, IDictionary<string, string?>? settings = null,
        TokenCategories categories = TokenCategories.Needed) => StartAsync(database.ConnectionString, kind, settings, categories);

    public static async Task<SyncWorld> StartAsync(
        string connection, TokenKind kind = TokenKind.Personal, IDictionary<string, string?>? settings = null,
        TokenCategories categories = TokenCategories.Needed)
    {
        var world = new SyncWorld(connection, await StubMarketplace.StartAsync(), settings);
        world.Cabinet = await world.Services.GetRequiredService<CabinetStore>()
            .AddAsync(TestTokens.Of(world.Seller, kind, categories), "test", seller: null, Ct);
        return world;
    }

    /// <summary>Runs an entity half an hour after the last time.</summary>
    public async Task<EntitySyncResult> SyncAsync(SyncEntity entity)
    {
        Time.Advance(TimeSpan.FromMinutes(30));
        return await RunAsync(entity);
    }

    public Task<EntitySyncResult> RunAsync(SyncEntity entity) => Services.GetRequiredService<EntitySync>().RunAsync(Cabinet, entity, askedAt: null, Ct);

    /// <summary>Forgets former answers.</summary>
    public SyncWorld Now(string path, params string[] answers)
    {
        Stub.Clear(path);
        foreach (var answer in answers)
        {
            Stub.Answer(path, answer);
        }

        return this;
    }

    /// <summary>The ids queued for an entity, which leave the queue by being read.</summary>
    public async Task<long[]> TakeQueueAsync(Entity entity)
    {
        await using var command = Main.CreateCommand(
            "DELETE FROM rag_changes WHERE cabinet_id = $1 AND source_table = $2 RETURNING source_id");
        command.Parameters.AddWithValue(Cabinet);
        command.Parameters.AddWithValue(entity.TableName());
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<long> ids = [];
        while (await reader.ReadAsync(Ct))
        {
            ids.Add(reader.GetInt64(0));
        }

        return [.. ids.Order()];
    }

    /// <summary>One value per row of a query; $1 is the cabinet.</summary>
    public async Task<string[]> RowsAsync(string sql)
    {
        await using var command = Main.CreateCommand(sql);
        command.Parameters.AddWithValue(Cabinet);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<string> rows = [];
        while (await reader.ReadAsync(Ct))
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Show(reader, i))));
        }

        return [.. rows];
    }

    /// <summary>
    /// The versions of all rows of the five tables and the sizes, and who locked them last: equal before and after = nothing was written, not even a lock.
    /// </summary>
    public Task<string[]> VersionsAsync() => RowsAsync("""
        SELECT 'o', id, xmin::text, xmax::text FROM wb_orders WHERE cabinet_id = $1 UNION ALL SELECT 's', id, xmin::text, xmax::text FROM wb_sales WHERE cabinet_id = $1
        UNION ALL SELECT 't', id, xmin::text, xmax::text FROM wb_stocks WHERE cabinet_id = $1
        UNION ALL SELECT 'p', id, xmin::text, xmax::text FROM wb_products WHERE cabinet_id = $1
        UNION ALL SELECT 'r', id, xmin::text, xmax::text FROM wb_reviews WHERE cabinet_id = $1
        UNION ALL SELECT 'z', chrt_id::bigint, xmin::text, xmax::text FROM wb_product_sizes WHERE cabinet_id = $1 ORDER BY 1, 2
        """);

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Main.CreateCommand(sql);
        command.Parameters.AddWithValue(Cabinet);
        await command.ExecuteNonQueryAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Stub.DisposeAsync();
    }

    public static string Order(string srid, string changed = "2026-11-20T10:00:00", decimal paid = 1000, bool cancelled = false, string basket = "B1", long nmId = 7, string size = "M", string date = "2026-11-19T10:00:00") =>
        string.Create(CultureInfo.InvariantCulture, $$"""
            {"srid":"{{srid}}","gNumber":"{{basket}}","nmId":{{nmId}},"date":"{{date}}","lastChangeDate":"{{changed}}","techSize":"{{size}}","subject":"Футболки",
            "totalPrice":2400,"finishedPrice":{{paid}},"priceWithDisc":1560,"spp":18.5,"discountPercent":35,"isCancel":{{(cancelled ? "true" : "false")}},
            "cancelDate":"{{(cancelled ? changed : "0001-01-01T00:00:00")}}"}
            """);

    public static string Sale(string saleId, string srid = "srid-1", string changed = "2026-11-20T10:00:00", decimal paid = 1231) =>
        string.Create(CultureInfo.InvariantCulture, $$"""
            {"saleID":"{{saleId}}","srid":"{{srid}}","gNumber":"B1","nmId":7,"date":"2026-11-19T10:00:00","lastChangeDate":"{{changed}}","techSize":"M",
            "subject":"Футболки","totalPrice":2400,"finishedPrice":{{paid}},"priceWithDisc":1560,"forPay":1187.6,"spp":18.5,"discountPercent":35}
            """);

    public static string Stock(params (long NmId, long ChrtId, long Warehouse, int Quantity)[] rows) =>
        "{\"data\":{\"items\":[" + string.Join(',', rows.Select(StockItem)) + "]}}";

    private static string StockItem((long NmId, long ChrtId, long Warehouse, int Quantity) row) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"nmId":{{row.NmId}},"chrtId":{{row.ChrtId}},"warehouseId":{{row.Warehouse}},"warehouseName":"W{{row.Warehouse}}","quantity":{{row.Quantity}},
        "inWayToClient":0,"inWayFromClient":0}
        """);

    public static string Card(long nmId, string title = "Футболка", long? chrtId = null) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"nmID":{{nmId}},"title":"{{title}}","vendorCode":"v{{nmId}}","subjectName":"Футболки","sizes":[{"chrtID":{{chrtId ?? nmId * 10}},"techSize":"M","skus":["b{{nmId}}"]}]}""");

    public static string CardPage(string at, int total, params string[] cards) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"cards":[{{string.Join(',', cards)}}],"cursor":{"updatedAt":"{{at}}","nmID":1,"total":{{total}} } }""");

    public static string Reviews(params string[] reviews) => $$"""{"data":{"feedbacks":[{{string.Join(',', reviews)}}]},"error":false}""";

    public static string Review(string id, int rating = 5, bool answered = false, string created = "2026-11-20T10:00:00+03:00", long nmId = 7, string text = "хорошо") =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"id":"{{id}}","text":"{{text}}","productValuation":{{rating}},"createdDate":"{{created}}","answer":{{(answered ? """{"text":"спасибо"}""" : "null")}},"productDetails":{"nmId":{{nmId}} } }""");

    private static string Show(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? "-" : reader.GetValue(column) switch
    {
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.##", CultureInfo.InvariantCulture),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
