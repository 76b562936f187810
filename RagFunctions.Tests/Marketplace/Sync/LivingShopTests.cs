using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Fakes.Marketplace;
using RagFunctions.Fakes.Marketplace.Faults;
using RagFunctions.Fakes.Marketplace.Shops;
using RagFunctions.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>The sync against a marketplace that keeps the written rules and a shop that lives meanwhile.</summary>
public sealed class LivingShopTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static readonly Fault[] Faults =
    [
        Fault.ServerError(), Fault.ServerError(503), Fault.TooManyRequests(TimeSpan.FromSeconds(30)), Fault.TooManyRequests(), Fault.Cut, Fault.HalfJson,
        Fault.Html, Fault.RepeatedRows, Fault.ReorderedRows, Fault.RepeatedPage,
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public async Task After_any_syncs_with_faults_in_between_the_tables_equal_the_shop_and_exactly_the_changed_rows_were_queued(int seed, bool isFaulty)
    {
        var shop = new Shop(new ShopOptions { Seed = seed, HistoryDays = 12, Products = 12, OrdersPerHour = 3, TrashPerDay = 2, CardChangesPerDay = 6 });
        var time = new FakeTimeProvider(shop.Now);
        await using var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time, StatisticsRows = 100 });
        server.Add(shop);
        await using var services = Host(server, time);
        var cabinet = await AddAsync(services, shop, time);
        var random = new Random(seed);
        server.Faults.When = _ => isFaulty && random.Next(4) == 0 ? Faults[random.Next(Faults.Length)] : null;

        for (var step = 0; step < 26; step++)
        {
            if (step == 10)
            {
                server.Faults.Clear();
            }

            Advance(server, time, TimeSpan.FromHours(2));
            var before = await ContentAsync(cabinet);
            await SyncAsync(services, server, time, cabinet);
            var after = await ContentAsync(cabinet);
            Assert.Equal(after.Except(before).Select(row => row.Key).Order(), await QueuedAsync(cabinet));
        }

        // An answer to an older review shows with the daily window: the shop stands still until that has been read.
        time.Advance(TimeSpan.FromDays(1));
        await SyncAsync(services, server, time, cabinet);
        Assert.Equal(OrdersOf(shop), await RowsAsync(cabinet, """
            SELECT srid, order_id, price, status, last_change_date FROM wb_orders WHERE cabinet_id = $1
            """));
        Assert.Equal(SalesOf(shop), await RowsAsync(cabinet, """
            SELECT wb_sale_id, srid, type, amount, for_pay, last_change_date FROM wb_sales WHERE cabinet_id = $1
            """));
        Assert.Equal(StocksOf(shop), await RowsAsync(cabinet, """
            SELECT chrt_id, size, warehouse_id, quantity, in_way_to_client, in_way_from_client FROM wb_stocks
            WHERE cabinet_id = $1 AND quantity + in_way_to_client + in_way_from_client > 0
            """));
        Assert.Equal(ReviewsOf(shop), await RowsAsync(cabinet, """
            SELECT review_id, nm_id, rating, is_answered, replace(text, chr(10), ' ') FROM wb_reviews WHERE cabinet_id = $1
            """));
        Assert.Equal(ProductsOf(shop), await RowsAsync(cabinet, """
            SELECT nm_id, name, is_active, CASE WHEN is_active THEN price END, CASE WHEN is_active THEN discount_price END, reviews_count, rating
            FROM wb_products WHERE cabinet_id = $1
            """));
        Assert.Empty(server.Violations);
        Assert.NotEmpty(shop.Reviews);
        Assert.NotEmpty(shop.Sales);
    }

    [Theory]
    [InlineData(TokenType.Personal)]
    [InlineData(TokenType.Basic)]
    public async Task In_an_hour_with_many_cabinets_no_limit_is_exceeded(TokenType type)
    {
        var time = new FakeTimeProvider(new ShopOptions().Start);
        await using var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time });
        await using var services = Host(server, time);
        List<long> cabinets = [];
        for (var i = 0; i < 20; i++)
        {
            var shop = new Shop(new ShopOptions { Seed = 100 + (2 * i) + (int)type, HistoryDays = 2, Products = 4, OrdersPerHour = 1 });
            server.Add(shop);
            cabinets.Add(await AddAsync(services, shop, time, type));
        }

        for (var minute = 0; minute <= 60; minute += 15)
        {
            await Task.WhenAll(cabinets.Select(cabinet => SyncAsync(services, server, time: null, cabinet)));
            Advance(server, time, TimeSpan.FromMinutes(15));
        }

        Assert.Empty(server.ExceededLimits);
        Assert.Empty(server.Violations);
        Assert.True(server.Requests.Count > 20 * 6, $"{server.Requests.Count} requests");
    }

    private static void Advance(MarketplaceServer server, FakeTimeProvider time, TimeSpan by)
    {
        time.Advance(by);
        server.AdvanceShopsTo(time.GetUtcNow());
    }

    /// <summary>Runs what is due; waits are lived through when there is a clock to move.</summary>
    private static async Task SyncAsync(IServiceProvider services, MarketplaceServer server, FakeTimeProvider? time, long cabinet)
    {
        var due = await services.GetRequiredService<SyncPlanner>().DueAsync(cabinet, Ct);
        Queue<SyncEntity> left = new(due.SelectMany(one => one.Entities));
        while (left.TryDequeue(out var entity))
        {
            var result = await services.GetRequiredService<EntitySync>().RunAsync(cabinet, entity, Ct);
            Assert.NotEqual(EntitySyncStatus.Rejected, result.Status);
            Assert.NotEqual(EntitySyncStatus.Forbidden, result.Status);
            if (result is { Status: EntitySyncStatus.Waiting, WaitUntil: { } until } && time is not null)
            {
                left.Enqueue(entity);
                if (until > time.GetUtcNow())
                {
                    // Only the clock of limits: the shop stands still during a sync, so that its end is comparable.
                    time.Advance(until - time.GetUtcNow());
                }
            }
        }
    }

    private ServiceProvider Host(MarketplaceServer server, TimeProvider time) => FakeMarketplaceHost.Build(
        database, server, time, ("StatisticsCutRows", 90), ("CardPageRows", 5), ("PricePageRows", 5), ("ReviewPageRows", 10), ("StockPageRows", 20));

    private static Task<long> AddAsync(IServiceProvider services, Shop shop, TimeProvider time, TokenType type = TokenType.Personal) =>
        services.GetRequiredService<CabinetStore>().AddAsync(
            MarketplaceTokens.Create(shop.SellerId, type, TokenCategories.Everything, time.GetUtcNow().AddDays(180)), shop.Options.Name, Ct);

    private static string[] OrdersOf(Shop shop) => Lines(shop.Orders.Select(order =>
        (object?[])[order.Srid, order.GNumber, order.FinishedPrice, order.CancelledAt is null ? "active" : "canceled", order.LastChange]));

    private static string[] SalesOf(Shop shop) => Lines(shop.Sales.Select(sale =>
        (object?[])[sale.SaleId, sale.Srid, sale.IsReturn ? "return" : "buyout", sale.FinishedPrice, sale.ForPay, sale.LastChange]));

    private static string[] StocksOf(Shop shop) => Lines(shop.WarehouseStocks.Concat(shop.SellerStocks)
        .Where(stock => stock.Quantity + stock.InWayToClient + stock.InWayFromClient > 0)
        .Select(stock => (object?[])[stock.Size.ChrtId, stock.Size.TechSize, stock.WarehouseId, stock.Quantity, stock.InWayToClient, stock.InWayFromClient]));

    private static string[] ReviewsOf(Shop shop) => Lines(shop.Reviews.Select(review =>
        (object?[])[review.Id, review.Product.NmId, review.Rating, review.AnsweredAt is not null, review.Text.Replace("\0", "", StringComparison.Ordinal).Replace('\n', ' ')]));

    private static string[] ProductsOf(Shop shop)
    {
        var ratings = shop.Reviews.GroupBy(review => review.Product.NmId).ToDictionary(
            group => group.Key, group => (Count: group.Count(), Mean: Math.Round(group.Average(review => (decimal)review.Rating), 1, MidpointRounding.AwayFromZero)));
        return Lines(shop.Products.Select(product =>
        {
            var cheapest = product.Sizes.MinBy(product.DiscountedPriceOf)!;
            var isActive = product.TrashedAt is null;
            var isRated = ratings.TryGetValue(product.NmId, out var rated);
            return (object?[])
            [
                product.NmId, product.Title, isActive, isActive ? product.PriceOf(cheapest) : null,
                isActive ? product.DiscountedPriceOf(cheapest) : null, isRated ? rated.Count : null, isRated ? rated.Mean : null,
            ];
        }));
    }

    private async Task<string[]> RowsAsync(long cabinet, string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        command.Parameters.AddWithValue(cabinet);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<object?[]> rows = [];
        while (await reader.ReadAsync(Ct))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return Lines(rows);
    }

    private static string[] Lines(IEnumerable<object?[]> rows) =>
        [.. rows.Select(row => string.Join('|', row.Select(Show))).Order(StringComparer.Ordinal)];

    private static string Show(object? value) => value switch
    {
        null => "-",
        DateTimeOffset time => time.UtcDateTime.ToString("s", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.##", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // What a row says, without the times at which it was written.
    private async Task<Dictionary<string, string>> ContentAsync(long cabinet)
    {
        Dictionary<string, string> content = [];
        foreach (var table in EntityNames.All.Select(EntityNames.TableName))
        {
            await using var command = database.Source.CreateCommand(
                $"SELECT id, md5((to_jsonb(t) - 'updated_at' - 'last_change_date' - 'last_updated')::text) FROM {table} t WHERE cabinet_id = $1");
            command.Parameters.AddWithValue(cabinet);
            await using var reader = await command.ExecuteReaderAsync(Ct);
            while (await reader.ReadAsync(Ct))
            {
                content.Add($"{table} {reader.GetInt64(0)}", reader.GetString(1));
            }
        }

        return content;
    }

    private async Task<string[]> QueuedAsync(long cabinet)
    {
        await using var command = database.Source.CreateCommand("DELETE FROM rag_changes WHERE cabinet_id = $1 RETURNING source_table || ' ' || source_id");
        command.Parameters.AddWithValue(cabinet);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<string> rows = [];
        while (await reader.ReadAsync(Ct))
        {
            rows.Add(reader.GetString(0));
        }

        return [.. rows.Order()];
    }
}
