namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>
/// A seller's shop that lives by a clock. Its lists are the truth that a perfect reader of the API would hold now: statistics and stock
/// as of the last refresh, all else as it is. Safe for readers while it lives on.
/// </summary>
public sealed class Shop
{
    private readonly Lock _gate = new();
    private readonly ShopClock _clock;
    private readonly Catalogue _catalogue;
    private readonly StockRoom _stock;
    private readonly OrderBook _orders;
    private readonly SaleBook _sales;
    private readonly ReviewBook _reviews;

    /// <summary>A shop with its history, at <see cref="ShopOptions.Start"/>.</summary>
    public Shop(ShopOptions options)
    {
        Options = options;
        var random = new Random(options.Seed);
        var id = new byte[16];
        random.NextBytes(id);
        SellerId = new Guid(id);
        _clock = new ShopClock(options.Start - TimeSpan.FromDays(options.HistoryDays), random);
        _stock = new StockRoom(_clock, options.Refresh);
        _catalogue = new Catalogue(_clock, _stock, options);
        _reviews = new ReviewBook(_clock, _catalogue, options);
        _sales = new SaleBook(_clock, _stock, _reviews, options);
        _orders = new OrderBook(_clock, _catalogue, _stock, _sales, options);
        _clock.AdvanceTo(options.Start);
    }

    /// <summary>How it was made.</summary>
    public ShopOptions Options { get; }

    /// <summary>The seller account.</summary>
    public Guid SellerId { get; }

    /// <summary>The shop's present.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                return _clock.Now;
            }
        }
    }

    /// <summary>All articles, those in the trash too.</summary>
    public IReadOnlyList<ShopProduct> Products => Read(() => _catalogue.All.ToArray());

    /// <summary>Published orders, by <c>lastChangeDate</c>; those older than 90 days too, which the API no longer shows.</summary>
    public IReadOnlyList<ShopOrder> Orders => Read(() => _orders.Ledger.Since(DateTimeOffset.MinValue, _clock.Now).ToArray());

    /// <summary>Published sales and returns, likewise.</summary>
    public IReadOnlyList<ShopSale> Sales => Read(() => _sales.Ledger.Since(DateTimeOffset.MinValue, _clock.Now).ToArray());

    /// <summary>The report of the marketplace's warehouses; a size that is missing here has no stock there.</summary>
    public IReadOnlyList<ShopStock> WarehouseStocks => Read(_stock.WarehouseReport);

    /// <summary>The report of the seller's warehouses.</summary>
    public IReadOnlyList<ShopStock> SellerStocks => Read(_stock.SellerReport);

    /// <summary>The warehouses of the task report, for basic tokens.</summary>
    public IReadOnlyList<ShopRemains> Remains => [.. WarehouseStocks.SelectMany(ShopRemains.Of)];

    /// <summary>All reviews, those in the archive too.</summary>
    public IReadOnlyList<ShopReview> Reviews => Read(() => _reviews.All.ToArray());

    /// <summary>All claims.</summary>
    public IReadOnlyList<ShopClaim> Claims => Read(() => _sales.Claims.ToArray());

    /// <summary>Lives up to an instant. The way there does not matter: one step or many give the same shop.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies in the shop's past.</exception>
    public void AdvanceTo(DateTimeOffset instant)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(instant, _clock.Now);
            _clock.AdvanceTo(instant);
        }
    }

    /// <summary>Lives for a while.</summary>
    public void Advance(TimeSpan time)
    {
        lock (_gate)
        {
            _clock.AdvanceTo(_clock.Now + time);
        }
    }

    internal List<ShopOrder> OrdersSince(DateTimeOffset from, int limit) =>
        Read(() => _orders.Ledger.Since(from, _clock.Now).Where(IsKept).Take(limit).ToList());

    internal List<ShopSale> SalesSince(DateTimeOffset from, int limit) =>
        Read(() => _sales.Ledger.Since(from, _clock.Now).Where(IsKept).Take(limit).ToList());

    // Statistics keep 90 days.
    private bool IsKept(IStatisticsRow row) => row.At > _clock.Now - TimeSpan.FromDays(90);

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}

/// <summary>How large and how lively a shop is. The same options give the same shop, however its clock is moved.</summary>
public sealed record ShopOptions
{
    /// <summary>Everything random follows from it, the seller's id too.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The shop's trade mark.</summary>
    public string Name { get; init; } = "Норд";

    /// <summary>The present at the beginning; the history lies before it.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Days of life before <see cref="Start"/>.</summary>
    public double HistoryDays { get; init; } = 90;

    /// <summary>Articles at the beginning.</summary>
    public int Products { get; init; } = 30;

    /// <summary>Ordered units per hour, on the average of a day.</summary>
    public double OrdersPerHour { get; init; } = 4;

    /// <summary>Share of orders that are cancelled.</summary>
    public double CancelShare { get; init; } = 0.1;

    /// <summary>Share of sales that come back.</summary>
    public double ReturnShare { get; init; } = 0.08;

    /// <summary>Share of sales with a review.</summary>
    public double ReviewShare { get; init; } = 0.15;

    /// <summary>Share of reviews that the seller answers, later.</summary>
    public double AnswerShare { get; init; } = 0.6;

    /// <summary>New articles per day.</summary>
    public double NewProductsPerDay { get; init; } = 0.5;

    /// <summary>Changed cards (mostly titles) per day.</summary>
    public double CardChangesPerDay { get; init; } = 2;

    /// <summary>Changed prices per day.</summary>
    public double PriceChangesPerDay { get; init; } = 6;

    /// <summary>Articles thrown into the trash per day; every third comes back a few days later.</summary>
    public double TrashPerDay { get; init; } = 0.4;

    /// <summary>Statistics and stock reports show the state of the last full period; zero = at once.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Share of orders that statistics show one <see cref="Refresh"/> later than their <c>lastChangeDate</c> lets expect.</summary>
    public double LateOrderShare { get; init; }

    /// <summary>By how much more a late order is late; zero = by one <see cref="Refresh"/>.</summary>
    public TimeSpan LateBy { get; init; }

    /// <summary>The zeros of sales are filled without a new <c>lastChangeDate</c>: whether it moves is not documented.</summary>
    public bool SilentFills { get; init; }

    /// <summary>Return rows with negative amounts: one public client says they are, the marketplace's pages do not.</summary>
    public bool NegativeReturns { get; init; }

    /// <summary>Share of reviews whose text holds a zero byte.</summary>
    public double ZeroByteShare { get; init; } = 0.005;
}
