namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>Sales, the amounts that are filled later, returns, and the claims of buyers.</summary>
internal sealed class SaleBook(ShopClock clock, StockRoom stock, ReviewBook reviews, ShopOptions options)
{
    private readonly List<ShopClaim> _claims = [];
    private long _number = 20_000_000_000 + ((uint)options.Seed % 1_000 * 10_000_000L);

    /// <summary>Every state of every sale and return.</summary>
    public StatisticsLedger<ShopSale> Ledger { get; } = new(options.Refresh);

    /// <summary>All claims.</summary>
    public IReadOnlyList<ShopClaim> Claims => _claims;

    /// <summary>An order has reached its buyer.</summary>
    public void Sell(ShopOrder order)
    {
        Write('S', order);
        if (clock.Chance(options.ReviewShare))
        {
            clock.Between(TimeSpan.FromHours(2), TimeSpan.FromDays(10), () => reviews.Review(order));
        }

        if (clock.Chance(options.ReturnShare))
        {
            clock.Between(TimeSpan.FromHours(6), TimeSpan.FromDays(10), () => Return(order));
        }
    }

    private void Return(ShopOrder order)
    {
        Write('R', order);
        var shelf = stock.Of(order.Size);
        stock.Put(shelf with { FromClient = shelf.FromClient + 1 });
        clock.Between(TimeSpan.FromHours(12), TimeSpan.FromDays(3), () =>
        {
            var later = stock.Of(order.Size);
            stock.Put(later with { FromClient = later.FromClient - 1, Quantity = later.Quantity + 1, WasStocked = true });
        });
        if (clock.Random.Next(3) == 0)
        {
            Claim(order);
        }
    }

    private void Write(char kind, ShopOrder order)
    {
        var sign = kind == 'R' && options.NegativeReturns ? -1 : 1;
        var wallet = clock.Random.Next(3) == 0 ? clock.Random.Next(10, 90) : 0;
        var payout = Math.Round(order.PriceWithDisc * clock.Random.Next(68, 82) / 100, 2);
        var whole = new ShopSale(
            $"{kind}{++_number}", order, clock.Now, clock.Now, order.TotalPrice * sign, order.PriceWithDisc * sign,
            (order.FinishedPrice - wallet) * sign, payout * sign, wallet);
        switch (clock.Random.Next(10))
        {
            case < 4:
                Ledger.Write(null, whole);
                break;
            case < 8:
                FillLater(Ledger.Write(null, whole with { ForPay = 0 }), whole);
                break;
            default:
                FillLater(Ledger.Write(null, whole with { ForPay = 0, FinishedPrice = 0, PriceWithDisc = 0 }), whole);
                break;
        }
    }

    private void FillLater(StatisticsLedger<ShopSale>.Entry entry, ShopSale whole) => clock.Between(
        TimeSpan.FromMinutes(40), TimeSpan.FromHours(23), () => Ledger.Write(
            entry, whole with { LastChange = options.SilentFills ? whole.LastChange : clock.Now }));

    private void Claim(ShopOrder order)
    {
        var id = new byte[16];
        clock.Random.NextBytes(id);
        var place = _claims.Count;
        _claims.Add(new ShopClaim(new Guid(id), order, clock.Now, clock.Now, 0, ReviewWords.Text(clock.Random, rating: 1)));
        clock.Between(TimeSpan.FromHours(5), TimeSpan.FromDays(4), () =>
            _claims[place] = _claims[place] with { Status = clock.Random.Next(1, 3), UpdatedAt = clock.Now });
    }
}

/// <summary>A buyout or a return in one state. Money in roubles; 0 = not filled yet.</summary>
/// <param name="SaleId">Its identity: S… a sale, R… a return.</param>
/// <param name="Order">The order; sale and return share its srid.</param>
/// <param name="At">When it happened.</param>
/// <param name="LastChange">When this state began.</param>
/// <param name="TotalPrice">List price.</param>
/// <param name="PriceWithDisc">After the seller's discount.</param>
/// <param name="FinishedPrice">What the buyer paid.</param>
/// <param name="ForPay">What the seller gets.</param>
/// <param name="PaymentSaleAmount">The wallet's discount.</param>
public sealed record ShopSale(
    string SaleId, ShopOrder Order, DateTimeOffset At, DateTimeOffset LastChange, int TotalPrice, decimal PriceWithDisc,
    decimal FinishedPrice, decimal ForPay, int PaymentSaleAmount) : IStatisticsRow
{
    /// <summary>True for a return.</summary>
    public bool IsReturn => SaleId[0] == 'R';

    /// <summary>The order's identity.</summary>
    public string Srid => Order.Srid;
}

/// <summary>A buyer's claim for a refund.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Order">What was ordered.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was decided, or made.</param>
/// <param name="Status">0 open, 1 refused, 2 approved.</param>
/// <param name="Comment">What the buyer says.</param>
public sealed record ShopClaim(Guid Id, ShopOrder Order, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int Status, string Comment);
