using System.Net;
using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Tests.Dev.Fakes;

/// <summary>Cards, prices, stocks, reviews and the task report: how a reader gets all of it.</summary>
public sealed class MarketplacePagingTests
{
    [Fact]
    public async Task Cards_page_by_cursor_until_total_is_below_the_limit()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 40, HistoryDays = 30 });
        var seen = new List<long>();
        var cursor = "";
        int total;
        do
        {
            var answer = await scene.JsonAsync(
                MarketplaceHost.Content,
                "/content/v2/get/cards/list",
                $$$"""{"settings":{"cursor":{"limit":7{{{cursor}}} },"filter":{"withPhoto":-1},"sort":{"ascending":true} } }""");
            seen.AddRange(answer.GetProperty("cards").EnumerateArray().Select(card => card.GetProperty("nmID").GetInt64()));
            var next = answer.GetProperty("cursor");
            total = next.GetProperty("total").GetInt32();
            cursor = total == 0 ? cursor : $",\"updatedAt\":{next.GetProperty("updatedAt").GetRawText()},\"nmID\":{next.GetProperty("nmID").GetRawText()}";
        }
        while (total == 7);

        var expected = scene.Shop.Products.Where(product => product.TrashedAt is null).OrderBy(product => product.UpdatedAt).ThenBy(product => product.NmId);
        Assert.Equal(expected.Select(product => product.NmId), seen);

        scene.Advance(TimeSpan.FromDays(2));
        var changed = await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", MarketplaceFieldTests.Cards(cursor));
        Assert.InRange(changed.GetProperty("cards").GetArrayLength(), 1, 12);
    }

    [Fact]
    public async Task Trashed_cards_move_from_the_list_to_the_trash()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 40, HistoryDays = 30, TrashPerDay = 1 });

        var listed = NmIds(await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", MarketplaceFieldTests.Cards("")));
        var trashed = NmIds(await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/trash", MarketplaceFieldTests.Cards("")));

        Assert.NotEmpty(trashed);
        Assert.Empty(listed.Intersect(trashed));
        Assert.Equal(scene.Shop.Products.Where(product => product.TrashedAt is not null).OrderBy(product => product.TrashedAt).Select(product => product.NmId), trashed);
        Assert.Equal(scene.Shop.Products.Count, listed.Count + trashed.Count);
    }

    [Theory]
    [InlineData("{}", 10)]
    [InlineData("""{"settings":{"filter":{"withPhoto":0}}}""", 10)]
    [InlineData("""{"settings":{"cursor":{"limit":3}}}""", 3)]
    public async Task Cards_have_defaults(string body, int expected)
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 20, HistoryDays = 1 });

        var cards = (await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", body)).GetProperty("cards");

        Assert.Equal(expected, cards.GetArrayLength());
        Assert.True(cards[0].GetProperty("updatedAt").GetDateTimeOffset() >= cards[1].GetProperty("updatedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task Cards_are_filtered_by_photo()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 60, HistoryDays = 1 });

        var with = NmIds(await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", """{"settings":{"cursor":{"limit":100},"filter":{"withPhoto":1}}}"""));
        var without = NmIds(await scene.JsonAsync(MarketplaceHost.Content, "/content/v2/get/cards/list", """{"settings":{"cursor":{"limit":100},"filter":{"withPhoto":2}}}"""));

        Assert.Equal(scene.Shop.Products.Where(card => card is { TrashedAt: null, Photos: > 0 }).Select(card => card.NmId).Order(), with.Order());
        Assert.Equal(scene.Shop.Products.Where(card => card is { TrashedAt: null, Photos: 0 }).Select(card => card.NmId).Order(), without.Order());
        Assert.NotEmpty(without);
    }

    [Fact]
    public async Task Prices_page_until_empty_and_can_be_asked_by_article()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 25, HistoryDays = 10 });
        var seen = new List<long>();
        List<long> page;
        do
        {
            page = Goods(await scene.JsonAsync(MarketplaceHost.Prices, $"/api/v2/list/goods/filter?limit=10&offset={seen.Count}"));
            seen.AddRange(page);
        }
        while (page.Count > 0);

        var expected = scene.Shop.Products.Where(product => product.TrashedAt is null).Select(product => product.NmId).Order().ToList();
        Assert.Equal(expected, seen);
        Assert.Equal([expected[3]], Goods(await scene.JsonAsync(MarketplaceHost.Prices, $"/api/v2/list/goods/filter?limit=10&filterNmID={expected[3]}")));
        Assert.Equal(
            expected[..2], Goods(await scene.JsonAsync(MarketplaceHost.Prices, "/api/v2/list/goods/filter", $$"""{"nmList":[{{expected[0]}},{{expected[1]}},1]}""")));
    }

    [Fact]
    public async Task Stocks_page_by_offset_and_end_with_204()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { Products = 20, HistoryDays = 10 });
        const string Path = "/api/analytics/v1/stocks-report/wb-warehouses";
        var first = await scene.JsonAsync(MarketplaceHost.Analytics, Path, """{"limit":10,"offset":0}""");
        var rest = await scene.JsonAsync(MarketplaceHost.Analytics, Path, """{"limit":1000,"offset":10}""");
        var article = scene.Shop.WarehouseStocks[0];
        var one = await scene.JsonAsync(MarketplaceHost.Analytics, Path, $$"""{"nmIds":[{{article.NmId}}],"chrtIds":[{{article.Size.ChrtId}}]}""");
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        using var none = await scene.SendAsync(MarketplaceHost.Analytics, Path, """{"limit":10,"offset":100000}""");

        var rows = Sizes(first).Concat(Sizes(rest)).ToList();
        Assert.Equal(10, Sizes(first).Count);
        Assert.Equal(scene.Shop.WarehouseStocks.Select(row => row.Size.ChrtId).Order(), rows.Order());
        Assert.Equal([article.Size.ChrtId], Sizes(one));
        Assert.Equal(HttpStatusCode.NoContent, none.StatusCode);
    }

    [Fact]
    public async Task Only_both_lists_and_the_archive_together_hold_every_review()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 80, OrdersPerHour = 6 });

        var answered = await ReviewsAsync(scene, "feedbacks?isAnswered=true");
        var open = await ReviewsAsync(scene, "feedbacks?isAnswered=false");
        var archive = await ReviewsAsync(scene, "feedbacks/archive?order=dateAsc");

        Assert.Equal(scene.Shop.Reviews.Select(review => review.Id).ToHashSet(), answered.Concat(open).Concat(archive).ToHashSet());
        Assert.NotEmpty(answered.Intersect(archive));
        Assert.Empty(open.Intersect(archive));
        Assert.Empty(open.Intersect(answered));
        Assert.NotEmpty(archive.Except(answered));
        Assert.All(open, id => Assert.False(scene.Shop.Reviews.Single(review => review.Id == id).IsProcessed));
    }

    [Fact]
    public async Task A_review_comes_unanswered_and_is_answered_later()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 20, OrdersPerHour = 8 });
        var open = await ReviewsAsync(scene, "feedbacks?isAnswered=false");

        scene.Advance(TimeSpan.FromDays(2));

        Assert.NotEmpty(open.Intersect(await ReviewsAsync(scene, "feedbacks?isAnswered=true")));
    }

    [Fact]
    public async Task Review_dates_are_inclusive_unix_seconds_and_skip_take_cut_the_order()
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 20, OrdersPerHour = 12 });
        var processed = scene.Shop.Reviews.Where(review => review.IsProcessed).OrderBy(review => review.CreatedAt).ToList();
        var (first, last) = (processed[3].CreatedAt, processed[^3].CreatedAt);

        var window = await ReviewsAsync(
            scene, $"feedbacks?isAnswered=true&order=dateAsc&dateFrom={first.ToUnixTimeSeconds()}&dateTo={last.ToUnixTimeSeconds()}");
        var cut = await ReviewsAsync(scene, "feedbacks?isAnswered=true&order=dateAsc", take: 4, skip: 2);

        Assert.Equal(processed.Where(review => review.CreatedAt >= first && review.CreatedAt <= last).Select(review => review.Id), window);
        Assert.Equal(processed.Skip(2).Take(4).Select(review => review.Id), cut);
    }

    [Fact]
    public async Task A_task_report_is_new_then_processing_then_done_then_purged()
    {
        await using var scene = await MarketplaceScene.StartAsync(options: options => options with { RemainsTime = TimeSpan.FromMinutes(5) });
        scene.Token = scene.TokenOf(TokenType.Personal);
        using var created = await scene.SendAsync(MarketplaceHost.Analytics, "/api/v1/warehouse_remains?groupByNm=true&groupBySize=true");
        var id = (await JsonAsync(created)).GetProperty("data").GetProperty("taskId").GetString();
        List<string> states = [await StateAsync()];
        scene.Time.Advance(TimeSpan.FromMinutes(2));
        states.Add(await StateAsync());
        using var early = await scene.SendAsync(MarketplaceHost.Analytics, $"/api/v1/warehouse_remains/tasks/{id}/download");
        scene.Time.Advance(TimeSpan.FromMinutes(3));
        states.Add(await StateAsync());
        using var download = await scene.SendAsync(MarketplaceHost.Analytics, $"/api/v1/warehouse_remains/tasks/{id}/download");
        scene.Time.Advance(TimeSpan.FromHours(3));
        states.Add(await StateAsync());
        using var unknown = await scene.SendAsync(MarketplaceHost.Analytics, "/api/v1/warehouse_remains/tasks/other/status");

        Assert.Equal(["new", "processing", "done", "purged"], states);
        Assert.Equal(HttpStatusCode.NotFound, early.StatusCode);
        Assert.Equal(HttpStatusCode.OK, download.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        async Task<string> StateAsync()
        {
            using var response = await scene.SendAsync(MarketplaceHost.Analytics, $"/api/v1/warehouse_remains/tasks/{id}/status");
            return (await JsonAsync(response)).GetProperty("data").GetProperty("status").GetString()!;
        }
    }

    [Theory]
    [InlineData(MarketplaceHost.Content, "/content/v2/get/cards/list", """{"settings":{"cursor":{"limit":101}}}""")]
    [InlineData(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/wb-warehouses", """{"limit":250001}""")]
    [InlineData(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/seller-warehouses", """{"chrtIds":[1]}""")]
    [InlineData(MarketplaceHost.Prices, "/api/v2/list/goods/filter?limit=1001", null)]
    [InlineData(MarketplaceHost.Prices, "/api/v2/list/goods/filter", null)]
    [InlineData(MarketplaceHost.Prices, "/api/v2/list/goods/filter", """{"nmList":[]}""")]
    [InlineData(MarketplaceHost.Feedbacks, "/api/v1/feedbacks?take=1&skip=0", null)]
    [InlineData(MarketplaceHost.Feedbacks, "/api/v1/feedbacks?isAnswered=true&skip=0", null)]
    [InlineData(MarketplaceHost.Feedbacks, "/api/v1/feedbacks?isAnswered=true&take=5001&skip=0", null)]
    [InlineData(MarketplaceHost.Feedbacks, "/api/v1/feedbacks?isAnswered=true&take=1&skip=199991", null)]
    [InlineData(MarketplaceHost.Returns, "/api/v1/claims?is_archive=true&limit=201", null)]
    [InlineData(MarketplaceHost.Returns, "/api/v1/claims", null)]
    public async Task What_a_method_does_not_take_is_400(MarketplaceHost host, string path, string? body)
    {
        await using var scene = await MarketplaceScene.StartAsync(new ShopOptions { HistoryDays = 1, Products = 2 });

        using var response = await scene.SendAsync(host, path, body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Single(scene.Server.Violations);
    }

    private static async Task<List<string>> ReviewsAsync(MarketplaceScene scene, string list, int take = 5_000, int skip = 0)
    {
        var answer = await scene.JsonAsync(MarketplaceHost.Feedbacks, $"/api/v1/{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}take={take}&skip={skip}");
        return [.. answer.GetProperty("data").GetProperty("feedbacks").EnumerateArray().Select(review => review.GetProperty("id").GetString()!)];
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    private static List<long> NmIds(JsonElement answer) => [.. answer.GetProperty("cards").EnumerateArray().Select(card => card.GetProperty("nmID").GetInt64())];

    private static List<long> Goods(JsonElement answer) =>
        [.. answer.GetProperty("data").GetProperty("listGoods").EnumerateArray().Select(good => good.GetProperty("nmID").GetInt64())];

    private static List<ulong> Sizes(JsonElement answer) =>
        [.. answer.GetProperty("data").GetProperty("items").EnumerateArray().Select(item => item.GetProperty("chrtId").GetUInt64())];
}
