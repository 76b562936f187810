using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Tests.Dev.Fakes;

public sealed class ShopTests
{
    private static readonly ShopOptions Small = new() { HistoryDays = 30, Products = 10, OrdersPerHour = 3, LateOrderShare = 0.1 };

    [Fact]
    public void The_same_seed_gives_the_same_shop_however_it_is_stepped()
    {
        var atOnce = new Shop(Small);
        var stepByStep = new Shop(Small);

        atOnce.Advance(TimeSpan.FromDays(3));
        for (var i = 0; i < 600; i++)
        {
            stepByStep.Advance(TimeSpan.FromMinutes(7));
        }

        stepByStep.AdvanceTo(atOnce.Now);
        Assert.Equal(Everything(atOnce), Everything(stepByStep));
        Assert.Equal(atOnce.SellerId, stepByStep.SellerId);
    }

    [Fact]
    public void Another_seed_gives_another_shop()
    {
        var one = new Shop(Small);
        var other = new Shop(Small with { Seed = 2 });

        Assert.NotEqual(one.SellerId, other.SellerId);
        Assert.NotEqual(Everything(one), Everything(other));
        Assert.Empty(one.Products.Select(product => product.NmId).Intersect(other.Products.Select(product => product.NmId)));
    }

    [Fact]
    public void A_shop_lives_through_everything_a_sync_must_cope_with()
    {
        var shop = new Shop(new ShopOptions());

        Assert.Contains(shop.Products, product => product.TrashedAt is not null);
        Assert.Contains(shop.Products, product => product.Description is null);
        Assert.Contains(shop.Products, product => product.Photos == 0);
        Assert.Contains(shop.Products, product => product.HasSizePrices);
        Assert.Contains(shop.Products, product => product.UpdatedAt > product.CreatedAt);
        Assert.Contains(shop.Orders, order => order.CancelledAt is not null);
        Assert.Contains(shop.Orders, order => order.IsFromSeller);
        Assert.Contains(shop.Orders.GroupBy(order => order.GNumber), basket => basket.Count() > 1);
        Assert.Contains(shop.Orders, order => order.LastChange > order.At && order.CancelledAt is null);
        Assert.Contains(shop.Orders, order => order.LastChange.Millisecond > 0);
        Assert.Contains(shop.Sales, sale => sale.IsReturn);
        Assert.Contains(shop.Reviews, review => review.Answer is not null);
        Assert.Contains(shop.Reviews, review => review.IsMereRating);
        Assert.Contains(shop.Reviews, review => review.Text.Contains('\0', StringComparison.Ordinal));
        Assert.Contains(shop.Reviews, review => review.Text.Length > 1_000);
        Assert.Contains(shop.Reviews, review => !review.IsListed(shop.Now) && !review.IsProcessed);
        Assert.Contains(shop.Claims, claim => claim.Status == 0);
        Assert.NotEmpty(shop.WarehouseStocks);
        Assert.Contains(shop.SellerStocks, stock => stock.Warehouse == "Основной склад");
        Assert.Contains(shop.Remains, stock => stock.Warehouse == "Минск");
    }

    [Fact]
    public void Identities_are_unique_and_a_return_carries_its_sales_srid()
    {
        var shop = new Shop(new ShopOptions());

        Assert.Equal(shop.Orders.Count, shop.Orders.Select(order => order.Srid).Distinct().Count());
        Assert.Equal(shop.Sales.Count, shop.Sales.Select(sale => sale.SaleId).Distinct().Count());
        Assert.All(shop.Sales, sale => Assert.InRange(sale.SaleId.Length, 2, 15));
        var sold = shop.Sales.Where(sale => !sale.IsReturn).Select(sale => sale.Srid).ToHashSet();
        Assert.All(shop.Sales.Where(sale => sale.IsReturn), sale => Assert.Contains(sale.Srid, sold));
    }

    [Fact]
    public void Late_amounts_are_filled_with_a_later_change_and_never_taken_back()
    {
        var shop = new Shop(Small with { OrdersPerHour = 20 });
        var open = shop.Sales.Where(sale => sale.ForPay == 0).ToDictionary(sale => sale.SaleId);
        var settled = shop.Sales.Where(sale => sale.ForPay != 0).ToDictionary(sale => sale.SaleId);

        shop.Advance(TimeSpan.FromHours(24));

        var later = shop.Sales.ToDictionary(sale => sale.SaleId);
        Assert.NotEmpty(open);
        Assert.Contains(open.Values, sale => sale is { FinishedPrice: 0, PriceWithDisc: 0 });
        Assert.All(open.Values, sale =>
        {
            Assert.True(later[sale.SaleId].ForPay > 0);
            Assert.True(later[sale.SaleId].LastChange > sale.LastChange);
        });
        Assert.All(settled.Values, sale => Assert.Equal(sale, later[sale.SaleId]));
    }

    [Fact]
    public void Statistics_and_stock_stand_still_between_two_refreshes()
    {
        var shop = new Shop(Small with { OrdersPerHour = 60 });
        var (orders, stocks) = (shop.Orders, shop.WarehouseStocks);

        shop.Advance(TimeSpan.FromMinutes(29));

        Assert.Equal(orders, shop.Orders);
        Assert.Equal(stocks, shop.WarehouseStocks);

        shop.Advance(TimeSpan.FromMinutes(1));

        Assert.NotEqual(orders.Count, shop.Orders.Count);
        Assert.NotEqual(stocks, shop.WarehouseStocks);
        Assert.All(shop.Orders, order => Assert.True(order.LastChange < shop.Now));
    }

    [Fact]
    public void Stock_is_never_negative_and_sold_out_sizes_vanish_or_zero()
    {
        var shop = new Shop(new ShopOptions { OrdersPerHour = 30, Products = 10, HistoryDays = 15 });

        Assert.All(shop.WarehouseStocks, row => Assert.True(row is { Quantity: >= 0, InWayToClient: >= 0, InWayFromClient: >= 0 }));
        Assert.All(shop.SellerStocks, row => Assert.True(row.Quantity > 0));
        var sizes = shop.Products.SelectMany(product => product.Sizes).Count();
        Assert.InRange(shop.WarehouseStocks.Count, 1, sizes - 1);
    }

    [Fact]
    public void A_hundred_thousand_orders_of_history_are_made()
    {
        var shop = new Shop(new ShopOptions { OrdersPerHour = 50, Products = 300 });

        Assert.True(shop.Orders.Count > 95_000, $"{shop.Orders.Count} orders");
    }

    private static string Everything(Shop shop) => JsonSerializer.Serialize(new
    {
        shop.Products,
        shop.Orders,
        shop.Sales,
        shop.WarehouseStocks,
        shop.SellerStocks,
        shop.Remains,
        shop.Reviews,
        shop.Claims,
    });
}
