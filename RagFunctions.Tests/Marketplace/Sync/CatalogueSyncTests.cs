using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

public sealed class CatalogueSyncTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Products = "SELECT nm_id, name, is_active FROM wb_products WHERE cabinet_id = $1 ORDER BY nm_id";
    private const string At = "2026-11-20T00:00:00.000001Z";

    [Fact]
    [Trait("Defect", "83")]
    [Trait("Defect", "84")]
    public async Task All_pages_are_read_and_a_quiet_sync_writes_nothing()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:CardPageRows"] = "2" });
        world.Now(Cards, CardPage(At, 2, Card(1), Card(2)), CardPage("2026-11-21T00:00:00Z", 1, Card(3)), CardPage("2026-11-21T00:00:00Z", 1, Card(3)))
            .Now(Trash, NoCards);

        var first = await world.SyncAsync(SyncEntity.Cards);
        Assert.Equal((EntitySyncStatus.Ok, 3), (first.Status, first.RowsInserted));
        Assert.Equal(3, (await world.TakeQueueAsync(Entity.Products)).Length);
        Assert.Contains($"\"updatedAt\":\"{At}\",\"nmID\":1", world.Stub.Requests.ElementAt(1).Body, StringComparison.Ordinal);
        var before = await world.VersionsAsync();

        Assert.False((await world.SyncAsync(SyncEntity.Cards)).HasChanges);
        Assert.Equal(before, await world.VersionsAsync());
        Assert.Empty(await world.TakeQueueAsync(Entity.Products));
        Assert.Contains("\"updatedAt\":\"2026-11-20T23:00:00.000000Z\"}", world.Stub.Requests.Last(r => r.Path == Cards).Body, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "1")]
    [Trait("Defect", "84")]
    public async Task A_renamed_card_is_the_only_one_queued()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 2, Card(1), Card(2)), CardPage(At, 2, Card(1), Card(2, "Поло"))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        var ids = await world.TakeQueueAsync(Entity.Products);

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Cards)).RowsUpdated);
        Assert.Equal([ids[1]], await world.TakeQueueAsync(Entity.Products));
    }

    [Fact]
    [Trait("Defect", "85")]
    public async Task A_card_in_the_trash_is_inactive_until_it_is_listed()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 2, Card(1), Card(2)), CardPage(At, 0), CardPage(At, 1, Card(2)))
            .Now(Trash, NoCards, $$"""{"cards":[{{Card(2)}}],"cursor":{"trashedAt":"2026-11-21T00:00:00Z","nmID":2,"total":1} }""", NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        await world.SyncAsync(SyncEntity.Cards);
        Assert.Equal(["1|Футболка|True", "2|Футболка|False"], await world.RowsAsync(Products));

        await world.SyncAsync(SyncEntity.Cards);
        Assert.Equal(["1|Футболка|True", "2|Футболка|True"], await world.RowsAsync(Products));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    [Trait("Defect", "85")]
    [Trait("Defect", "91")]
    public async Task Once_a_day_everything_is_listed_and_the_unnamed_taken_off()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 3, Card(1), Card(2), Card(3)), CardPage(At, 2, Card(1), Card(2))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        await world.SyncAsync(SyncEntity.Cards);
        Assert.Equal(3, (await world.RowsAsync(Products)).Count(row => row.EndsWith("True", StringComparison.Ordinal)));
        await world.TakeQueueAsync(Entity.Products);

        world.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(1, (await world.RunAsync(SyncEntity.Cards)).RowsUpdated);
        Assert.Equal(["1|Футболка|True", "2|Футболка|True", "3|Футболка|False"], await world.RowsAsync(Products));
        Assert.Single(await world.TakeQueueAsync(Entity.Products));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "85")]
    public async Task A_whole_listing_that_lost_most_of_the_catalogue_takes_nothing_off()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 3, Card(1), Card(2), Card(3)), CardPage(At, 1, Card(1))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        world.Time.Advance(TimeSpan.FromHours(24));

        var result = await world.RunAsync(SyncEntity.Cards);

        Assert.Equal((EntitySyncStatus.Failed, 0), (result.Status, result.RowsUpdated));
        Assert.Contains("1 of 3", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_card_cursor_that_does_not_advance_is_a_failure()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:CardPageRows"] = "1" });
        world.Now(Cards, CardPage(At, 1, Card(1))).Now(Trash, NoCards);

        Assert.Contains("does not advance", (await world.SyncAsync(SyncEntity.Cards)).Reason, StringComparison.Ordinal);
        Assert.Equal(2, world.Stub.Count(Cards));
    }

    [Fact]
    [Trait("Defect", "41")]
    [Trait("Defect", "86")]
    public async Task A_price_changes_its_product_and_a_new_card_demands_prices()
    {
        await using var world = await StartAsync(database);
        const string Page = """{"data":{"listGoods":[{"nmID":1,"sizes":[{"sizeID":10,"price":2400,"discountedPrice":1560.5}]},{"nmID":99,"sizes":[]}]},"error":false}""";
        world.Now(Cards, CardPage(At, 1, Card(1))).Now(Trash, NoCards).Now(Prices, Page);
        await world.SyncAsync(SyncEntity.Prices);
        await world.RunAsync(SyncEntity.Cards);
        await world.TakeQueueAsync(Entity.Products);
        world.Time.Advance(TimeSpan.FromMinutes(1));

        var result = await world.RunAsync(SyncEntity.Prices);

        Assert.Equal((EntitySyncStatus.Ok, 2, 1), (result.Status, result.RowsRead, result.RowsUpdated));
        Assert.Equal(["2400|1560.5"], await world.RowsAsync("SELECT price, discount_price FROM wb_products WHERE cabinet_id = $1"));
        Assert.Single(await world.TakeQueueAsync(Entity.Products));
        Assert.False((await world.SyncAsync(SyncEntity.Prices)).HasChanges);
        Assert.Empty(await world.TakeQueueAsync(Entity.Products));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    public async Task A_price_given_twice_does_not_delay_the_next_page()
    {
        const string One = """{"nmID":1,"sizes":[{"sizeID":10,"price":100,"discountedPrice":90}]}""";
        const string Two = """{"nmID":2,"sizes":[{"sizeID":20,"price":200,"discountedPrice":180}]}""";
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:PricePageRows"] = "2" });
        world.Now(Prices, $$"""{"data":{"listGoods":[{{One}},{{Two}},{{One}},{{Two}}]} }""", """{"data":{"listGoods":[]}}""");

        Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(SyncEntity.Prices)).Status);

        Assert.Equal(["?limit=2&offset=0", "?limit=2&offset=2"], world.Stub.Requests.Select(request => request.Query));
    }

    [Theory]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "104")]
    [InlineData("40P01")]
    [InlineData("23505")]
    public async Task A_page_that_loses_a_deadlock_or_race_is_written_again(string code)
    {
        await using var own = await TestDatabase.CreateAsync();
        await own.Source.ExecuteAsync($"""
            CREATE SEQUENCE tries;
            CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tries') = 1 THEN RAISE EXCEPTION 'collided' USING ERRCODE = '{code}'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER collide BEFORE INSERT ON wb_products FOR EACH ROW EXECUTE FUNCTION collide();
            """);
        await using var world = await StartAsync(own.ConnectionString);
        world.Now(Cards, CardPage(At, 1, Card(1))).Now(Trash, NoCards);

        var result = await world.SyncAsync(SyncEntity.Cards);

        Assert.Equal((EntitySyncStatus.Ok, 1), (result.Status, result.RowsInserted));
        Assert.Equal(["2"], await own.Source.ReadNamesAsync("SELECT last_value::text FROM tries"));
        Assert.Equal(["1"], await own.Source.ReadNamesAsync("SELECT count(*)::text FROM rag_changes"));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "41")]
    [Trait("Defect", "81")]
    [Trait("Defect", "87")]
    public async Task Reviews_of_all_lists_are_stored_once_and_rate_their_article()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 1, Card(7))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        await world.TakeQueueAsync(Entity.Products);
        world.Now(Feedbacks, Reviews(Review("a", 4)), Reviews(Review("b", 5, answered: true)))
            .Now(Archive, Reviews(Review("b", 5, answered: true), Review("old", 1, created: "2026-01-01T00:00:00Z")));

        var result = await world.SyncAsync(SyncEntity.Reviews);

        // Two reviews, and their article twice: with the first and with the second.
        Assert.Equal((EntitySyncStatus.Ok, 4, 2), (result.Status, result.RowsRead, result.RowsInserted));
        Assert.Equal(["a|False", "b|True"], await world.RowsAsync("SELECT review_id, is_answered FROM wb_reviews WHERE cabinet_id = $1 ORDER BY 1"));
        Assert.Equal(["4.5|2"], await world.RowsAsync("SELECT rating, reviews_count FROM wb_products WHERE cabinet_id = $1"));
        Assert.Equal(2, (await world.TakeQueueAsync(Entity.Reviews)).Length);
        Assert.Single(await world.TakeQueueAsync(Entity.Products));
    }

    [Fact]
    [Trait("Defect", "82")]
    public async Task New_reviews_come_with_every_sync_and_the_window_once_a_day()
    {
        await using var world = await StartAsync(database);
        world.Now(Feedbacks, Reviews(Review("a"))).Now(Archive, NoReviews);
        await world.SyncAsync(SyncEntity.Reviews);
        await world.TakeQueueAsync(Entity.Reviews);
        var before = await world.VersionsAsync();
        await world.SyncAsync(SyncEntity.Reviews);

        Assert.Equal(1, world.Stub.Count(Archive));
        Assert.Equal(4, world.Stub.Count(Feedbacks));
        Assert.Equal(before, await world.VersionsAsync());
        Assert.Empty(await world.TakeQueueAsync(Entity.Reviews));
        // A day before the latest review.
        Assert.Contains($"dateFrom={new DateTimeOffset(2026, 11, 19, 7, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", world.Stub.Requests.Last().Query, StringComparison.Ordinal);

        world.Time.Advance(TimeSpan.FromHours(24));
        await world.RunAsync(SyncEntity.Reviews);
        Assert.Equal(2, world.Stub.Count(Archive));
    }

    [Fact]
    [Trait("Defect", "82")]
    public async Task A_review_that_is_answered_later_is_changed_and_queued()
    {
        await using var world = await StartAsync(database);
        world.Now(Feedbacks, Reviews(Review("a")), NoReviews, NoReviews, Reviews(Review("a", answered: true))).Now(Archive, NoReviews);
        await world.SyncAsync(SyncEntity.Reviews);
        var ids = await world.TakeQueueAsync(Entity.Reviews);

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Reviews)).RowsUpdated);
        Assert.Equal(ids, await world.TakeQueueAsync(Entity.Reviews));
    }

    [Fact]
    [Trait("Defect", "82")]
    public async Task Reviews_beyond_the_largest_skip_are_reached_by_moving_the_window()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?>
        {
            ["Marketplace:ReviewPageRows"] = "1",
            ["Marketplace:ReviewMaxSkip"] = "1",
        });
        world.Now(
            Feedbacks,
            Reviews(Review("a", created: "2026-11-20T10:00:00Z")), Reviews(Review("b", created: "2026-11-20T11:00:00Z")),
            Reviews(Review("b", created: "2026-11-20T11:00:00Z")), NoReviews).Now(Archive, NoReviews);

        var result = await world.SyncAsync(SyncEntity.Reviews);

        Assert.Equal((EntitySyncStatus.Ok, 2), (result.Status, result.RowsInserted));
        Assert.Contains($"skip=0&order=dateAsc&dateFrom={new DateTimeOffset(2026, 11, 20, 11, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", world.Stub.Requests.ElementAt(2).Query, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "87")]
    public async Task A_card_that_comes_after_its_reviews_has_their_rating_at_once()
    {
        await using var world = await StartAsync(database);
        world.Now(Feedbacks, Reviews(Review("a", 4)), NoReviews).Now(Archive, NoReviews).Now(Cards, CardPage(At, 1, Card(7))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Reviews);
        await world.SyncAsync(SyncEntity.Cards);

        Assert.Equal(["4|1"], await world.RowsAsync("SELECT rating, reviews_count FROM wb_products WHERE cabinet_id = $1"));
    }
}
