using System.Net;
using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Tests.Dev.Fakes;

public sealed class MarketplaceStatisticsTests
{
    [Fact]
    public async Task DateFrom_is_inclusive_and_in_moscow_time()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var border = scene.Shop.Orders[^40];
        var expected = scene.Shop.Orders.Where(order => order.LastChange >= border.LastChange).Select(order => order.Srid);

        var inclusive = await scene.OrdersAsync(MarketplaceScene.Moscow(border.LastChange));
        var after = await scene.OrdersAsync(MarketplaceScene.Moscow(border.LastChange.AddTicks(TimeSpan.TicksPerMillisecond)));

        Assert.Equal(expected, Srids(inclusive));
        Assert.Contains(border.Srid, Srids(inclusive));
        Assert.DoesNotContain(border.Srid, Srids(after));
    }

    [Fact]
    public async Task Rows_come_in_ascending_order_of_change()
    {
        await using var scene = await MarketplaceScene.StartAsync();

        var times = (await scene.SalesAsync("2026-10-01")).EnumerateArray().Select(row => row.GetProperty("lastChangeDate").GetDateTime()).ToList();

        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task Paging_by_the_last_change_ends_at_the_border_row()
    {
        await using var scene = await MarketplaceScene.StartAsync(options: options => options with { StatisticsRows = 50 });
        var seen = new HashSet<string>();
        var from = "2026-10-01";
        JsonElement page;
        do
        {
            page = await scene.OrdersAsync(from);
            Assert.InRange(page.GetArrayLength(), 1, 50);
            seen.UnionWith(Srids(page));
            from = page[page.GetArrayLength() - 1].GetProperty("lastChangeDate").GetString()!;
        }
        while (page.GetArrayLength() == 50);

        Assert.Equal(scene.Shop.Orders.Select(order => order.Srid).ToHashSet(), seen);
        Assert.InRange((await scene.OrdersAsync(from)).GetArrayLength(), 1, 5);
        Assert.Equal(0, (await scene.OrdersAsync("2026-12-01")).GetArrayLength());
    }

    [Fact]
    public async Task Flag_1_gives_all_rows_of_one_moscow_day_beyond_the_cap()
    {
        await using var scene = await MarketplaceScene.StartAsync(options: options => options with { StatisticsRows = 5 });

        var day = await scene.OrdersAsync("2026-11-20T23:59:00", flag: 1);

        var expected = scene.Shop.Orders.Where(order => order.At.AddHours(3).UtcDateTime.Date == new DateTime(2026, 11, 20)).Select(order => order.Srid);
        Assert.True(day.GetArrayLength() > 5);
        Assert.Equal(expected, Srids(day));
    }

    [Fact]
    public async Task Rows_older_than_90_days_are_no_longer_there()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 90, Products = 5 });
        var oldest = (await scene.OrdersAsync("2026-01-01"))[0].GetProperty("srid").GetString()!;

        scene.Advance(TimeSpan.FromDays(10));

        var kept = Srids(await scene.OrdersAsync("2026-01-01")).ToHashSet();
        Assert.DoesNotContain(oldest, kept);
        Assert.Equal(scene.Shop.Orders.Where(order => order.At > scene.Shop.Now.AddDays(-90)).Select(order => order.Srid).ToHashSet(), kept);
    }

    [Fact]
    public async Task A_changed_order_moves_to_the_end_without_its_former_state()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var before = scene.Shop.Orders.ToDictionary(order => order.Srid);

        scene.Advance(TimeSpan.FromHours(12));

        var rows = (await scene.OrdersAsync("2026-10-01")).EnumerateArray().ToList();
        var changed = scene.Shop.Orders.First(order => before.TryGetValue(order.Srid, out var was) && was.CancelledAt is null && order.CancelledAt is not null);
        var row = Assert.Single(rows, row => row.GetProperty("srid").GetString() == changed.Srid);
        Assert.True(row.GetProperty("isCancel").GetBoolean());
        Assert.Equal(MarketplaceScene.Moscow(changed.CancelledAt!.Value), row.GetProperty("cancelDate").GetString());
    }

    [Fact]
    public async Task A_late_order_appears_a_refresh_later_with_its_old_change_date()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 1, OrdersPerHour = 60, LateOrderShare = 0.2 });
        var before = scene.Shop.Orders;
        var newest = before.Max(order => order.LastChange);

        scene.Advance(TimeSpan.FromMinutes(30));

        var known = before.Select(order => order.Srid).ToHashSet();
        Assert.Contains(scene.Shop.Orders, order => !known.Contains(order.Srid) && order.LastChange < newest);
    }

    [Fact]
    public async Task Returns_share_the_sales_srid_and_are_negative_only_if_asked()
    {
        await using var plain = await MarketplaceScene.StartAsync();
        await using var negative = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 20, Products = 12, NegativeReturns = true });

        Assert.All(Returns(await plain.SalesAsync("2026-10-01")), row => Assert.True(row.GetProperty("totalPrice").GetDecimal() > 0));
        Assert.All(Returns(await negative.SalesAsync("2026-10-01")), row => Assert.True(row.GetProperty("totalPrice").GetDecimal() < 0));

        static List<JsonElement> Returns(JsonElement sales)
        {
            var sold = sales.EnumerateArray().Where(row => row.GetProperty("saleID").GetString()![0] == 'S').Select(row => row.GetProperty("srid").GetString()).ToHashSet();
            var returns = sales.EnumerateArray().Where(row => row.GetProperty("saleID").GetString()![0] == 'R').ToList();
            Assert.NotEmpty(returns);
            Assert.All(returns, row => Assert.Contains(row.GetProperty("srid").GetString(), sold));
            return returns;
        }
    }

    [Theory]
    [InlineData("/api/v1/supplier/orders")]
    [InlineData("/api/v1/supplier/orders?dateFrom=")]
    [InlineData("/api/v1/supplier/orders?dateFrom=yesterday")]
    [InlineData("/api/v1/supplier/orders?dateFrom=2026-11-01&flag=2")]
    [InlineData("/api/v1/supplier/sales?dateFrom=01.11.2026")]
    public async Task A_wrong_parameter_is_400_with_errors(string path)
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 1, Products = 2 });

        using var response = await scene.SendAsync(MarketplaceHost.Statistics, path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var errors = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("errors");
        Assert.NotEmpty(errors[0].GetString()!);
    }

    [Theory]
    [InlineData("2026-11-21T12:00:00")]
    [InlineData("2026-11-21T12:00:00.000")]
    [InlineData("2026-11-21T09:00:00Z")]
    [InlineData("2026-11-21T12:00:00+03:00")]
    public async Task Every_rfc_3339_form_of_an_instant_is_understood(string dateFrom)
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var from = new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

        Assert.Equal(scene.Shop.Orders.Where(order => order.LastChange >= from).Select(order => order.Srid), Srids(await scene.OrdersAsync(dateFrom)));
    }

    private static IEnumerable<string> Srids(JsonElement rows) => rows.EnumerateArray().Select(row => row.GetProperty("srid").GetString()!);
}
