using System.Globalization;
using Microsoft.Playwright;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;
using static Microsoft.Playwright.Assertions;

namespace RagFunctions.Tests.Pages;

/// <summary>The operators' page in a real browser: what somebody does who was woken at night.</summary>
[Collection(PagesDefinition.Name)]
[Trait("Guarantee", "dashboard")]
public sealed class DashboardTests(BrowserFixture browser, DashboardScene scene) : IClassFixture<DashboardScene>
{
    private const string Markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

    [Fact]
    public async Task The_failing_tenant_stands_first_and_leads_to_its_reason()
    {
        await using var dashboard = await SignedInAsync();
        var page = dashboard.Page;
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("need a look");
        var first = page.GetByRole(AriaRole.Table, new() { Name = "Cabinets" }).GetByRole(AriaRole.Row).Nth(1);
        await Expect(first).ToContainTextAsync("Мастерская Линия");
        await Expect(first).ToContainTextAsync("the provider refuses the key (401)");

        await first.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByText("The last run failed")).ToContainTextAsync("Access denied due to invalid subscription key");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What failed, and why" })).ToContainTextAsync("invalid byte sequence");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What failed, and why" })).ToContainTextAsync("is no number");
        Assert.Empty(dashboard.Open.Complaints);
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    public async Task A_wrong_key_opens_nothing_and_is_not_kept()
    {
        await using var dashboard = await DashboardPage.OpenAsync(browser, scene.Address, key: null);
        await dashboard.SignInAsync("a-key-that-is-nobodys");
        await Expect(dashboard.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "This key opens nothing" })).ToBeVisibleAsync();
        await dashboard.Page.ReloadAsync();
        await Expect(dashboard.Page.GetByLabel("API key")).ToBeVisibleAsync();
        Assert.Null(await dashboard.Page.EvaluateAsync<string?>("sessionStorage.getItem('rag-key')"));

        await dashboard.SignInAsync(DashboardScene.OperatorKey);
        await Expect(dashboard.Row("Северный ветер").Or(dashboard.Row("Мастерская Линия")).First).ToBeVisibleAsync();
        await dashboard.Button("Sign out").ClickAsync();
        await Expect(dashboard.Page.GetByLabel("API key")).ToBeVisibleAsync();
        Assert.Null(await dashboard.Page.EvaluateAsync<string?>("sessionStorage.getItem('rag-key')"));
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_limited_key_sees_its_own_tenants_alone()
    {
        await using var dashboard = await SignedInAsync(DashboardScene.LimitedKey);
        await Expect(dashboard.Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await dashboard.Page.EvaluateAsync($"location.hash = '#/cabinets/{DashboardScene.Blocked}'");
        await Expect(dashboard.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "does not open cabinet 3" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_search_shows_the_rows_that_a_reader_gets()
    {
        await using var dashboard = await SignedInAsync();
        await dashboard.GoToCabinetAsync(DashboardScene.Indexed);
        var page = dashboard.Page;
        await page.GetByText("Filters").ClickAsync();
        await page.GetByLabel("reviews").CheckAsync();
        await page.GetByLabel("Mode").SelectOptionAsync("text");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Question" }).FillAsync("маломерит, какой размер брать");
        await page.Keyboard.PressAsync("Enter");
        var hits = page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "score" });
        await Expect(hits.First).ToContainTextAsync("Маломерит, берите на размер больше");
        await Expect(hits).ToHaveCountAsync(5);
        await Expect(hits.Filter(new() { HasText = "reviews" })).ToHaveCountAsync(5);
    }

    [Fact]
    public async Task A_change_of_the_model_tells_how_far_it_is()
    {
        await scene.ScalarAsync<string>(
            "INSERT INTO rag_next_embedder (model, dimensions, passage_prefix, vectors) VALUES ('a-newer-one', 768, '', 'rag_next_embeddings'::regclass) RETURNING model");
        try
        {
            var chunks = await scene.ScalarAsync<long>($"SELECT count(*) FROM rag_metadata WHERE cabinet_id = {DashboardScene.Indexed}");
            await using var dashboard = await SignedInAsync();
            await dashboard.GoToCabinetAsync(DashboardScene.Indexed);
            await Expect(dashboard.Page.GetByText("next a-newer-one (768)")).ToContainTextAsync($": 0 of {chunks.ToString("N0", CultureInfo.InvariantCulture)} texts");
        }
        finally
        {
            await scene.ScalarAsync<string>("DELETE FROM rag_next_embedder RETURNING model");
        }
    }

    [Fact]
    public async Task A_rebuild_is_asked_for_and_watched_to_its_end()
    {
        await using var dashboard = await SignedInAsync();
        await dashboard.GoToCabinetAsync(DashboardScene.Indexed);
        var page = dashboard.Page;
        var runs = page.GetByRole(AriaRole.Region, new() { Name = "Table of runs" }).GetByRole(AriaRole.Row);
        await Expect(runs.First).ToBeVisibleAsync();
        var before = await runs.CountAsync();

        await dashboard.Button("Rebuild").ClickAsync();
        await Expect(dashboard.Dialog).ToContainTextAsync("Rebuild the index?");
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(dashboard.Dialog).ToBeHiddenAsync();
        Assert.Equal(before - 1, await scene.ScalarAsync<long>("SELECT count(*) FROM rag_index_runs WHERE cabinet_id = 1"));

        await dashboard.Button("Rebuild").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Rebuild" }).ClickAsync();
        await Expect(page.GetByText("Rebuild: Indexing runs in the background.")).ToBeVisibleAsync();
        await Expect(runs).ToHaveCountAsync(before + 1);
        await Expect(runs.Nth(1)).ToContainTextAsync("full rebuild");
        await Expect(runs.Nth(1)).ToContainTextAsync("Completed");
        await Expect(page.GetByText("Everything is indexed")).ToBeVisibleAsync();
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task Mass_deletion_is_offered_to_operators_of_blocked_tenants_alone()
    {
        await using var dashboard = await SignedInAsync();
        await dashboard.GoToCabinetAsync(DashboardScene.Failing);
        await Expect(dashboard.Button("Rebuild and allow the deletion")).ToHaveCountAsync(0);

        await dashboard.GoToCabinetAsync(DashboardScene.Blocked);
        await dashboard.Button("Rebuild and allow the deletion").ClickAsync();
        await Expect(dashboard.Dialog).ToContainTextAsync("orders: the index has 1,200 rows, the source still offers 310");
        var yes = dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Rebuild and delete" });
        await Expect(yes).ToBeDisabledAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Checkbox).CheckAsync();
        await Expect(yes).ToBeEnabledAsync();
        await dashboard.Page.Keyboard.PressAsync("Escape");
        Assert.False(await scene.ScalarAsync<bool>("SELECT allow_mass_delete OR requested_mode IS NOT NULL FROM rag_index_status WHERE cabinet_id = 3"));
    }

    [Fact]
    public async Task An_app_that_is_lost_is_told_and_found_again()
    {
        var port = Loopback.FreePort();
        var app = await scene.StartAppAsync(port);
        await using var dashboard = await DashboardPage.OpenAsync(browser, app.Host.Address, DashboardScene.OperatorKey);
        await app.DisposeAsync();
        var trouble = dashboard.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The app does not answer since" });
        await Expect(trouble).ToBeVisibleAsync();
        await Expect(dashboard.Row("Мастерская Линия")).ToBeVisibleAsync();

        await using var again = await scene.StartAppAsync(port);
        await Expect(trouble).ToBeHiddenAsync();
        await Expect(dashboard.Page.GetByText("The app answers again.")).ToBeAttachedAsync();
    }

    [Fact]
    public async Task Markup_in_names_errors_and_reviews_stays_text()
    {
        await scene.Database.Source.ExecuteAsync($$"""
            INSERT INTO wb_cabinets (id, api_key, name) VALUES (66, 'markup', '{{Quoted}}') ON CONFLICT DO NOTHING;
            INSERT INTO rag_changes (cabinet_id, source_table, source_id, attempts, last_error) VALUES (66, 'wb_orders', 1, 1, '{{Quoted}}') ON CONFLICT DO NOTHING;
            INSERT INTO wb_sync_rejects VALUES (66, 'orders', '<b>key</b>', '{{Quoted}}', '{{Quoted}}', now(), now()) ON CONFLICT DO NOTHING;
            INSERT INTO rag_index_status (cabinet_id, indexing_status, last_outcome, last_error) VALUES (66, 'failed', 'completed_with_errors', '{{Quoted}}') ON CONFLICT DO NOTHING;
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash)
            VALUES (66, 'wb_reviews', 1, 0, 'review', 'отзыв {{Quoted}}', repeat('0', 64)) ON CONFLICT DO NOTHING
            """);
        await using var dashboard = await SignedInAsync();
        var page = dashboard.Page;
        await dashboard.Search.FillAsync("onerror");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = Markup, Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = Markup, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Markup);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What failed, and why" })).ToContainTextAsync(Markup);
        await page.GetByLabel("Mode").SelectOptionAsync("text");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Question" }).FillAsync("отзыв");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "score" })).ToContainTextAsync($"отзыв {Markup}");

        Assert.Equal(0, await page.Locator("main img, main script").CountAsync());
        Assert.Equal($"{Markup} · RagFunctions", await page.TitleAsync());
        Assert.Empty(dashboard.Open.Complaints);
    }

    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    public async Task Every_view_is_accessible_and_fits_its_window(int width, ColorScheme scheme)
    {
        await using var dashboard = await DashboardPage.OpenAsync(browser, scene.Address, key: null, width, scheme: scheme);
        await AssertSoundAsync("sign in");
        await dashboard.SignInAsync(DashboardScene.OperatorKey);
        await Expect(dashboard.Row("Мастерская Линия")).ToBeVisibleAsync();
        await AssertSoundAsync("overview");
        await dashboard.GoToCabinetAsync(DashboardScene.Failing);
        await AssertSoundAsync("cabinet");
        await dashboard.Button("Sync").ClickAsync();
        await AssertSoundAsync("question");

        async Task AssertSoundAsync(string view)
        {
            var faults = await dashboard.Open.AccessibilityFaultsAsync();
            Assert.True(faults.Count == 0, $"{view}: {string.Join("\n", faults)}");
            foreach (var other in (int[])[360, 520, 768, 834, 1024, 1060, 1100, 1440, 1920, width])
            {
                await dashboard.Page.SetViewportSizeAsync(other, 860);
                Assert.Equal((view, other, ""), (view, other, await dashboard.Open.TooWideAsync()));
            }

            Assert.Empty(dashboard.Open.Complaints);
        }
    }

    [Fact]
    public async Task A_refresh_moves_nothing_that_is_read()
    {
        await using var dashboard = await SignedInAsync();
        var page = dashboard.Page;
        await page.GetByText("The same as a table").ClickAsync();
        await dashboard.Row("Ручная работа").GetByRole(AriaRole.Link).FocusAsync();
        var above = await page.GetByRole(AriaRole.Rowheader).AllTextContentsAsync();
        await scene.Database.Source.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at) VALUES (9, 'wb_orders', 1, now() - interval '2 days')");
        try
        {
            // It stands first now; its row tells so and stays, until somebody wants the new order.
            await Expect(dashboard.Row("Ручная работа")).ToContainTextAsync("2 d");
            Assert.Equal(above, await page.GetByRole(AriaRole.Rowheader).AllTextContentsAsync());
            Assert.Equal("Ручная работа", await page.EvaluateAsync<string>("document.activeElement.textContent"));
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "History as a table" })).ToBeVisibleAsync();

            await dashboard.Button("The order has changed: sort again").ClickAsync();
            await Expect(dashboard.Button("The order has changed: sort again")).ToHaveCountAsync(0);
            Assert.NotEqual(above, await page.GetByRole(AriaRole.Rowheader).AllTextContentsAsync());
        }
        finally
        {
            await scene.Database.Source.ExecuteAsync("DELETE FROM rag_changes WHERE cabinet_id = 9");
        }
    }

    [Fact]
    public async Task A_hidden_page_asks_nothing_and_a_shown_one_at_once()
    {
        await using var dashboard = await DashboardPage.OpenAsync(browser, scene.Address, key: null);
        var page = dashboard.Page;
        await page.Clock.InstallAsync();
        await dashboard.SignInAsync(DashboardScene.OperatorKey);
        await Expect(dashboard.Row("Мастерская Линия")).ToBeVisibleAsync();
        var asked = 0;
        page.Request += (_, request) => asked += request.Url.Contains("/overview", StringComparison.Ordinal) ? 1 : 0;

        await page.RunAndWaitForRequestAsync(() => page.Clock.RunForAsync(6_000), request => request.Url.Contains("/overview", StringComparison.Ordinal));
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await ShowAsync(hidden: true);
        asked = 0;
        await page.Clock.RunForAsync(120_000);
        Assert.Equal(0, asked);
        await page.RunAndWaitForRequestAsync(() => ShowAsync(hidden: false), request => request.Url.Contains("/overview", StringComparison.Ordinal));

        Task ShowAsync(bool hidden) => page.EvaluateAsync(
            "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", hidden);
    }

    [Fact]
    public async Task Everything_can_be_done_with_the_keyboard_alone()
    {
        await using var dashboard = await DashboardPage.OpenAsync(browser, scene.Address, key: null);
        var page = dashboard.Page;
        await page.Keyboard.TypeAsync(DashboardScene.OperatorKey);
        await page.Keyboard.PressAsync("Enter");
        await Expect(dashboard.Row("Мастерская Линия")).ToBeVisibleAsync();
        await TabToAsync("Мастерская Линия");
        await page.Keyboard.PressAsync("Enter");
        await Expect(dashboard.Button("Sync")).ToBeVisibleAsync();
        Assert.Equal("H1", await page.EvaluateAsync<string>("document.activeElement.tagName"));
        await TabToAsync("Sync");
        await page.Keyboard.PressAsync("Enter");
        await Expect(dashboard.Dialog).ToBeVisibleAsync();
        Assert.Equal("Cancel", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await page.Keyboard.PressAsync("Enter");
        await Expect(dashboard.Dialog).ToBeHiddenAsync();
        Assert.Equal("Sync", await page.EvaluateAsync<string>("document.activeElement.textContent"));

        async Task TabToAsync(string text)
        {
            for (var tabs = 0; await page.EvaluateAsync<string>("document.activeElement.textContent") != text; tabs++)
            {
                Assert.True(tabs < 60, $"no tab leads to {text}");
                await page.Keyboard.PressAsync("Tab");
            }
        }
    }

    private static string Quoted => Markup.Replace("'", "''", StringComparison.Ordinal);

    private Task<DashboardPage> SignedInAsync(string key = DashboardScene.OperatorKey) => DashboardPage.OpenAsync(browser, scene.Address, key);
}
