namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

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
