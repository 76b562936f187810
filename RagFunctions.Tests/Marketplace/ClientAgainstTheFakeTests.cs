using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Prices;
using RagFunctions.Core.Marketplace.Products;
using RagFunctions.Core.Marketplace.Reviews;
using RagFunctions.Core.Marketplace.Statistics;
using RagFunctions.Core.Marketplace.Stocks;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace;

/// <summary>What the fake sends by the specification's tables is what the client reads, field by field, and its limits are kept.</summary>
public sealed class ClientAgainstTheFakeTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static readonly DateTimeOffset LongAgo = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("Guarantee", "contract")]
    public async Task Orders_and_sales_are_read_as_the_shop_knows_them()
    {
        await using var scene = await SceneAsync(1);

        var orders = await scene.OkAsync(() => scene.Get<StatisticsClient>().OrdersAsync(scene.Access, LongAgo, Token));
        var sales = await scene.OkAsync(() => scene.Get<StatisticsClient>().SalesAsync(scene.Access, LongAgo, Token));

        Assert.Equal(
            scene.Shop.Orders.Select(order => new OrderAnswer(
                order.Srid, order.GNumber, order.Product.NmId, order.At, order.LastChange, order.Product.VendorCode, order.Product.Brand, order.Size.TechSize,
                order.Size.Barcode, order.Product.Kind.Category, order.Product.Kind.Subject, order.Warehouse, order.WarehouseType, order.Region,
                order.TotalPrice, order.PriceWithDisc, order.FinishedPrice, order.Spp, order.DiscountPercent, null, order.CancelledAt is not null, order.CancelledAt)),
            orders.Rows);
        Assert.Equal(
            scene.Shop.Sales.Select(sale => new SaleAnswer(
                sale.SaleId, sale.Srid, sale.IsReturn, sale.Order.GNumber, sale.Order.Product.NmId, sale.At, sale.LastChange, sale.Order.Product.Kind.Subject,
                sale.Order.Product.Brand, sale.Order.Size.TechSize, sale.Order.Size.Barcode, sale.TotalPrice, sale.PriceWithDisc, sale.FinishedPrice,
                sale.ForPay, sale.PaymentSaleAmount, sale.Order.Spp, sale.Order.DiscountPercent, null, sale.Order.Product.VendorCode,
                sale.Order.Product.Kind.Category, sale.Order.Region)),
            sales.Rows);
    }

    [Fact]
    public async Task A_statistics_cursor_reads_its_last_row_again_and_nothing_older()
    {
        await using var scene = await SceneAsync(2);
        var border = scene.Shop.Orders[^30].LastChange;

        var orders = await scene.OkAsync(() => scene.Get<StatisticsClient>().OrdersAsync(scene.Access, border, Token));

        Assert.Equal(scene.Shop.Orders.Where(order => order.LastChange >= border).Select(order => order.Srid), orders.Rows.Select(order => order.Srid));
    }

    [Fact]
    [Trait("Defect", "88")]
    public async Task Stock_is_read_page_by_page_from_both_kinds_of_warehouses()
    {
        await using var scene = await SceneAsync(3);
        var stocks = scene.Get<StockClient>();

        var merged = await scene.PagesAsync(7, offset => stocks.WarehousesAsync(scene.Access, offset, Token));
        var own = await scene.PagesAsync(7, offset => stocks.SellerWarehousesAsync(scene.Access, offset, Token));

        Assert.Equal(Lines(scene.Shop.WarehouseStocks), Sorted(merged));
        Assert.Equal(Lines(scene.Shop.SellerStocks), Sorted(own));

        static IEnumerable<StockLine> Lines(IEnumerable<ShopStock> rows) => Sorted(rows.Select(row => new StockLine(
            row.NmId, row.Size.ChrtId, null, null, row.WarehouseId, row.Warehouse, row.Quantity, row.InWayToClient, row.InWayFromClient)));

        static IEnumerable<StockLine> Sorted(IEnumerable<StockLine> rows) => rows.OrderBy(row => row.ChrtId).ThenBy(row => row.WarehouseId);
    }

    [Fact]
    public async Task A_basic_token_reads_its_stock_by_a_task()
    {
        await using var scene = await SceneAsync(4, TokenType.Basic);
        var stocks = scene.Get<StockClient>();

        var task = await scene.OkAsync(() => stocks.CreateRemainsAsync(scene.Access, Token));
        var state = await scene.OkAsync(() => stocks.RemainsStateAsync(scene.Access, task.Id, Token));
        var lines = await scene.OkAsync(() => stocks.DownloadRemainsAsync(scene.Access, task.Id, Token));

        Assert.Equal(RemainsProgress.Working, task.Progress);
        Assert.Equal(RemainsProgress.Done, state.Progress);
        Assert.Equal(
            scene.Shop.Remains.Select(row => new StockLine(
                    row.NmId, null, row.Size.Barcode, row.Size.TechSize, null, row.Warehouse, row.Quantity, row.InWayToClient, row.InWayFromClient))
                .OrderBy(row => row.Barcode).ThenBy(row => row.WarehouseName),
            lines.Rows.OrderBy(row => row.Barcode).ThenBy(row => row.WarehouseName));
    }

    [Fact]
    public async Task Cards_the_trash_and_prices_together_hold_every_article()
    {
        await using var scene = await SceneAsync(5);

        var cards = await CardsAsync(scene.Get<ContentClient>().CardsAsync);
        var trash = await CardsAsync(scene.Get<ContentClient>().TrashAsync);
        var prices = await scene.PagesAsync(7, offset => scene.Get<PriceClient>().PricesAsync(scene.Access, offset, Token));

        var sold = scene.Shop.Products.Where(product => product.TrashedAt is null).ToList();
        Assert.Equal(sold.Select(Card).Order(), cards.Select(CardText).Order());
        Assert.Equal(scene.Shop.Products.Except(sold).Select(Card).Order(), trash.Select(CardText).Order());
        Assert.Equal(
            sold.Select(product => (product.NmId, (decimal?)product.PriceOf(product.Sizes[0]), (decimal?)product.DiscountedPriceOf(product.Sizes[0]))).Order(),
            prices.Select(price => (price.NmId, price.Price, price.DiscountedPrice)).Order());

        async Task<List<CardAnswer>> CardsAsync(Func<MarketplaceAccess, CardCursor, CancellationToken, Task<CallResult<CardPage>>> read)
        {
            var all = new List<CardAnswer>();
            CardPage page;
            var cursor = new CardCursor(null, null);
            do
            {
                page = await scene.OkAsync(() => read(scene.Access, cursor, Token));
                all.AddRange(page.Cards.Rows);
                cursor = page.Next;
            }
            while (!page.IsLast);

            return all;
        }

        static string Card(ShopProduct product) => string.Join('|', [
            product.NmId, product.TrashedAt is null ? product.Title : null, product.VendorCode, product.TrashedAt is null ? product.Brand : null, product.Kind.Subject,
            product.Photos == 0 ? null : $"https://example.invalid/{product.NmId}/images/c516x688/1.webp",
            .. product.Sizes.Select(size => $"{size.ChrtId}:{size.TechSize}:{size.WbSize}:{size.Barcode}")]);

        static string CardText(CardAnswer card) => string.Join('|', [
            card.NmId, card.Title, card.VendorCode, card.Brand, card.Category, card.ImageUrl,
            .. card.Sizes!.Select(size => $"{size.ChrtId}:{size.TechSize}:{size.WbSize}:{string.Join(',', size.Barcodes)}")]);
    }

    [Fact]
    public async Task Both_lists_of_reviews_and_the_archive_together_hold_every_review()
    {
        await using var scene = await SceneAsync(6);
        var client = scene.Get<FeedbackClient>();

        var open = await scene.PagesAsync(7, skip => client.ReviewsAsync(scene.Access, answered: false, LongAgo, skip, Token));
        var answered = await scene.PagesAsync(7, skip => client.ReviewsAsync(scene.Access, answered: true, LongAgo, skip, Token));
        var archive = await scene.PagesAsync(7, skip => client.ArchiveAsync(scene.Access, skip, Token));

        var expected = scene.Shop.Reviews.Select(review => (
            review.Id, (long?)review.Product.NmId, (int?)review.Rating, review.Text.Replace("\0", "", StringComparison.Ordinal), review.Pros, review.Cons,
            review.CreatedAt, review.AnsweredAt is not null, review.UserName, review.Product.Color, review is { MatchingSize: "ok", Rating: 4 } ? "ок" : review.MatchingSize)).Order().ToList();
        Assert.Equal(
            expected,
            open.Concat(answered).Concat(archive).DistinctBy(review => review.Id).Select(review => (
                review.Id, review.NmId, review.Rating, review.Text!, review.Pros!, review.Cons!, review.CreatedAt, review.IsAnswered, review.UserName!,
                review.Color!, review.MatchingSize!)).Order());
        Assert.Contains(scene.Shop.Reviews, review => review.Text.Contains('\0', StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_seller_of_a_token_is_known()
    {
        await using var scene = await SceneAsync(7);

        var info = await scene.OkAsync(() => scene.Get<SellerClient>().InfoAsync(scene.Access, Token));

        Assert.Equal(scene.Shop.SellerId.ToString(), info.SellerId);
        Assert.Equal(scene.Shop.SellerId.ToString(), scene.Access.Info.SellerId);
    }

    [Fact]
    public async Task Two_workers_asking_for_all_they_can_exceed_no_limit()
    {
        await using var scene = await SceneAsync(8);
        await using var other = FakeMarketplaceHost.Build(database, scene.Server, scene.Time);
        MarketplaceAccess[] accesses = [scene.Access, scene.AccessOf(TokenType.Basic), scene.AccessOf(TokenType.Service)];
        var granted = 0;

        for (var step = 0; step < 8; step++)
        {
            foreach (var access in accesses)
            {
                foreach (var (one, another) in Calls(scene.Services, access).Zip(Calls(other, access)))
                {
                    await InTurnAsync(one, another);
                }
            }

            // A number that no interval of the table divides.
            scene.Time.Advance(TimeSpan.FromSeconds(53.7));
        }

        Assert.Empty(scene.Server.ExceededLimits);
        Assert.Empty(scene.Server.Violations);
        Assert.Equal(granted, scene.Server.Requests.Count);
        Assert.True(granted > 200, $"{granted} calls");

        async Task InTurnAsync(Func<Task<CallStatus>> one, Func<Task<CallStatus>> another)
        {
            CallStatus status;
            while ((status = await one()) == CallStatus.Ok)
            {
                granted++;
                (one, another) = (another, one);
            }

            Assert.True(status is CallStatus.Wait or CallStatus.Forbidden, status.ToString());
        }
    }

    private static IEnumerable<Func<Task<CallStatus>>> Calls(IServiceProvider services, MarketplaceAccess access)
    {
        var late = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
        var statistics = services.GetRequiredService<StatisticsClient>();
        var stocks = services.GetRequiredService<StockClient>();
        var content = services.GetRequiredService<ContentClient>();
        var start = new CardCursor(null, null);
        return
        [
            async () => (await statistics.OrdersAsync(access, late, Token)).Status,
            async () => (await statistics.SalesAsync(access, late, Token)).Status,
            async () => (await stocks.WarehousesAsync(access, 0, Token)).Status,
            async () => (await stocks.SellerWarehousesAsync(access, 0, Token)).Status,
            async () => (await stocks.CreateRemainsAsync(access, Token)).Status,
            async () => (await content.CardsAsync(access, start, Token)).Status,
            async () => (await content.TrashAsync(access, start, Token)).Status,
            async () => (await services.GetRequiredService<PriceClient>().PricesAsync(access, 0, Token)).Status,
            async () => (await services.GetRequiredService<FeedbackClient>().ReviewsAsync(access, true, late, 0, Token)).Status,
            async () => (await services.GetRequiredService<SellerClient>().InfoAsync(access, Token)).Status,
        ];
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Scene> SceneAsync(int seed, TokenType type = TokenType.Personal)
    {
        // Every test has a seller of its own, because limits outlive a test in the class's database. Statistics keep 90 days: a younger shop's truth is all that the API shows.
        var shop = new Shop(new ShopOptions { Seed = seed, HistoryDays = 80, Products = 25, TrashPerDay = 0.2, ZeroByteShare = 0.05 });
        var time = new FakeTimeProvider(shop.Now);
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time });
        server.Add(shop);
        var services = FakeMarketplaceHost.Build(
            database, server, time, ("StockPageRows", 7), ("CardPageRows", 7), ("PricePageRows", 7), ("ReviewPageRows", 7));
        return new Scene(services, server, shop, time, type);
    }

    private sealed class Scene : IAsyncDisposable
    {
        public Scene(ServiceProvider services, MarketplaceServer server, Shop shop, FakeTimeProvider time, TokenType type)
        {
            (Services, Server, Shop, Time) = (services, server, shop, time);
            Access = AccessOf(type);
        }

        public ServiceProvider Services { get; }

        public MarketplaceServer Server { get; }

        public Shop Shop { get; }

        public FakeTimeProvider Time { get; }

        public MarketplaceAccess Access { get; }

        public T Get<T>()
            where T : notnull => Services.GetRequiredService<T>();

        public MarketplaceAccess AccessOf(TokenType type) =>
            new(1, MarketplaceTokens.Create(Shop.SellerId, type, TokenScopes.Sync, Time.GetUtcNow().AddDays(180)));

        /// <summary>The value of a call, when its limit has passed.</summary>
        public async Task<T> OkAsync<T>(Func<Task<CallResult<T>>> call)
            where T : class
        {
            var result = await call();
            while (result is { Status: CallStatus.Wait, WaitUntil: { } until })
            {
                Time.SetUtcNow(until);
                result = await call();
            }

            Assert.True(result.IsOk, $"{result.Status} {result.Reason}");
            Time.Advance(TimeSpan.FromMinutes(1));
            return result.Value;
        }

        public async Task<List<T>> PagesAsync<T>(int rows, Func<int, Task<CallResult<AnswerPage<T>>>> read)
        {
            var all = new List<T>();
            AnswerPage<T> page;
            do
            {
                page = await OkAsync(() => read(all.Count));
                all.AddRange(page.Rows);
            }
            while (page.Count == rows);

            return all;
        }

        public async ValueTask DisposeAsync()
        {
            await Services.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
