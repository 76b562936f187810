namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>What buyers order, and what becomes of it: a cancellation, or a sale that may come back.</summary>
internal sealed class OrderBook
{
    // The average of HourFactor over a day.
    private const double MeanHourFactor = 0.942;

    // The average of the units in a basket.
    private const double MeanBasket = 1.32;

    private readonly ShopClock _clock;
    private readonly Catalogue _catalogue;
    private readonly StockRoom _stock;
    private readonly ShopOptions _options;
    private readonly SaleBook _sales;

    public OrderBook(ShopClock clock, Catalogue catalogue, StockRoom stock, SaleBook sales, ShopOptions options)
    {
        (_clock, _catalogue, _stock, _sales, _options) = (clock, catalogue, stock, sales, options);
        Ledger = new StatisticsLedger<ShopOrder>(options.Refresh, options.LateBy);
        Supply();
        if (options.OrdersPerHour > 0)
        {
            NextBasket();
        }
    }

    /// <summary>Every state of every order.</summary>
    public StatisticsLedger<ShopOrder> Ledger { get; }

    private void NextBasket()
    {
        var perHour = _options.OrdersPerHour / MeanBasket * HourFactor() / MeanHourFactor;
        _clock.In(_clock.Exponential(TimeSpan.FromHours(1) / perHour), () =>
        {
            var basket = $"{_clock.Random.NextInt64(10_000_000_000, 99_999_999_999)}{_clock.Random.Next(100_000_000, 999_999_999)}";
            var count = _clock.Random.NextDouble() switch { < 0.75 => 1, < 0.93 => 2, _ => 3 };
            for (var i = 0; i < count; i++)
            {
                Order(basket);
            }

            NextBasket();
        });
    }

    private double HourFactor() => _clock.Now.AddHours(3).Hour switch { >= 1 and < 7 => 0.35, >= 19 => 1.5, _ => 1 };

    private void Order(string basket)
    {
        if (Take() is not var (product, size, seller))
        {
            return;
        }

        var random = _clock.Random;
        var buyer = ShopPlaces.Buyers[random.Next(ShopPlaces.Buyers.Count)];
        var price = product.DiscountedPriceOf(size);
        var spp = random.Next(0, 60) / 2m;
        var order = new ShopOrder(
            $"d{(char)('A' + random.Next(26))}a.i{random.NextInt64():x16}{random.NextInt64():x16}.0.0", basket, _clock.Now, _clock.Now,
            seller is { } own ? ShopPlaces.SellerWarehouses[own].Name : ShopPlaces.MergedWarehouseInStatistics,
            seller is null ? ShopPlaces.WarehouseType : ShopPlaces.SellerWarehouseType, buyer.District, buyer.Region, product, size,
            product.PriceOf(size), product.Discount, spp, price, Math.Round(price * (100 - spp) / 100), null);
        var entry = Ledger.Write(null, order, late: _options.LateOrderShare > 0 && _clock.Chance(_options.LateOrderShare));
        if (_clock.Chance(_options.CancelShare))
        {
            _clock.Between(TimeSpan.FromMinutes(20), TimeSpan.FromDays(3), () => Cancel(entry));
        }
        else
        {
            _clock.Between(TimeSpan.FromDays(1), TimeSpan.FromDays(7), () => Deliver(entry));
        }
    }

    // The marketplace's stock first, then the seller's own; an empty shelf loses the order to another article.
    private (ShopProduct Product, ShopSize Size, int? Seller)? Take()
    {
        for (var attempt = 0; attempt < 8; attempt++)
        {
            if (_catalogue.PickOnSale() is not { } product)
            {
                return null;
            }

            var size = product.Sizes[_clock.Random.Next(product.Sizes.Count)];
            var shelf = _stock.Of(size);
            if (shelf.Quantity > 0)
            {
                _stock.Put(shelf with { Quantity = shelf.Quantity - 1, ToClient = shelf.ToClient + 1 });
                return (product, size, null);
            }

            if (shelf.First > 0)
            {
                _stock.Put(shelf with { First = shelf.First - 1 });
                return (product, size, 0);
            }

            if (shelf.Second > 0)
            {
                _stock.Put(shelf with { Second = shelf.Second - 1 });
                return (product, size, 1);
            }
        }

        return null;
    }

    private void Cancel(StatisticsLedger<ShopOrder>.Entry entry)
    {
        var order = entry.Row;
        Ledger.Write(entry, order with { LastChange = _clock.Now, CancelledAt = _clock.Now });
        var shelf = _stock.Of(order.Size);
        _stock.Put(order.IsFromSeller
            ? shelf with { First = shelf.First + 1 }
            : shelf with { Quantity = shelf.Quantity + 1, ToClient = shelf.ToClient - 1 });
    }

    private void Deliver(StatisticsLedger<ShopOrder>.Entry entry)
    {
        // Its new lastChangeDate is all that changes of the order.
        var order = entry.Row with { LastChange = _clock.Now };
        if (_clock.Random.Next(3) == 0)
        {
            Ledger.Write(entry, order);
        }

        if (!order.IsFromSeller)
        {
            var shelf = _stock.Of(order.Size);
            _stock.Put(shelf with { ToClient = shelf.ToClient - 1 });
        }

        _sales.Sell(order);
    }

    // Twice a day the emptiest shelves are filled; some articles are never sent to the marketplace, some never kept at home.
    private void Supply()
    {
        var random = _clock.Random;
        var perSize = (int)Math.Ceiling(_options.OrdersPerHour * 48 / Math.Max(1, _stock.Now.Count));
        foreach (var shelf in _stock.Now.ToArray())
        {
            var filled = shelf;
            if (shelf.Size.ChrtId % 9 != 0 && shelf.Quantity < perSize && random.Next(3) > 0)
            {
                filled = filled with { Quantity = shelf.Quantity + (perSize * random.Next(2, 6)) + random.Next(1, 12), WasStocked = true };
            }

            if (shelf.Size.ChrtId % 4 == 0 && shelf.First < perSize && random.Next(2) == 0)
            {
                filled = filled with { First = shelf.First + perSize + random.Next(1, 8) };
            }

            if (shelf.Size.ChrtId % 7 == 0 && shelf.Second == 0 && random.Next(2) == 0)
            {
                filled = filled with { Second = perSize + random.Next(1, 5) };
            }

            if (filled != shelf)
            {
                _stock.Put(filled);
            }
        }

        _clock.Between(TimeSpan.FromHours(8), TimeSpan.FromHours(16), Supply);
    }
}

/// <summary>One ordered unit in one state. Money in roubles.</summary>
/// <param name="Srid">Its identity.</param>
/// <param name="GNumber">The basket, shared by up to three orders.</param>
/// <param name="At">When it was ordered.</param>
/// <param name="LastChange">When this state began.</param>
/// <param name="Warehouse">Where it is sent from.</param>
/// <param name="WarehouseType">The marketplace's or the seller's.</param>
/// <param name="District">The buyer's federal district.</param>
/// <param name="Region">The buyer's region.</param>
/// <param name="Product">The article as it was when ordered.</param>
/// <param name="Size">Its size.</param>
/// <param name="TotalPrice">List price.</param>
/// <param name="DiscountPercent">The seller's discount.</param>
/// <param name="Spp">The marketplace's discount in percent.</param>
/// <param name="PriceWithDisc">After the seller's discount.</param>
/// <param name="FinishedPrice">What the buyer pays.</param>
/// <param name="CancelledAt">When it was cancelled, or null.</param>
public sealed record ShopOrder(
    string Srid, string GNumber, DateTimeOffset At, DateTimeOffset LastChange, string Warehouse, string WarehouseType, string District,
    string Region, ShopProduct Product, ShopSize Size, int TotalPrice, int DiscountPercent, decimal Spp, decimal PriceWithDisc,
    decimal FinishedPrice, DateTimeOffset? CancelledAt) : IStatisticsRow
{
    /// <summary>True for goods in the seller's own warehouse.</summary>
    public bool IsFromSeller => WarehouseType == ShopPlaces.SellerWarehouseType;
}
