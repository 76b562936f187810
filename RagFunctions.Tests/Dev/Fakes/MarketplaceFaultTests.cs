using System.Net;
using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Faults;

namespace RagFunctions.Tests.Dev.Fakes;

public sealed class MarketplaceFaultTests
{
    private const string Orders = "/api/v1/supplier/orders?dateFrom=2026-11-15";

    [Fact]
    public async Task Scripted_statuses_come_in_order_and_then_all_is_well()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Server.Faults.Script(Fault.ServerError(503), Fault.TooManyRequests(TimeSpan.FromSeconds(7.5)), Fault.TooManyRequests());

        using var unavailable = await SendAsync(scene);
        using var told = await SendAsync(scene);
        using var untold = await SendAsync(scene);
        using var well = await SendAsync(scene);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, told.StatusCode);
        Assert.Equal("8", Assert.Single(told.Headers.GetValues("X-Ratelimit-Retry")));
        Assert.False(untold.Headers.Contains("X-Ratelimit-Retry"));
        Assert.Equal(HttpStatusCode.OK, well.StatusCode);
        Assert.Empty(scene.Server.ExceededLimits);
        Assert.Empty(scene.Server.Violations);
        Assert.Equal([503, 429, 429, 200], scene.Server.Requests.Select(request => request.Status));
    }

    [Fact]
    public async Task A_fault_can_wait_for_a_method_or_for_a_predicate()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Server.Faults.ScriptFor("sales", Fault.ServerError());
        scene.Server.Faults.When = request => request.Path.Contains("claims", StringComparison.Ordinal) ? Fault.ServerError(502) : null;

        using var orders = await SendAsync(scene);
        using var sales = await scene.SendAsync(MarketplaceHost.Statistics, "/api/v1/supplier/sales?dateFrom=2026-11-15");
        using var claims = await scene.SendAsync(MarketplaceHost.Returns, "/api/v1/claims?is_archive=false");

        Assert.Equal(HttpStatusCode.OK, orders.StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, sales.StatusCode);
        Assert.Equal(HttpStatusCode.BadGateway, claims.StatusCode);
        Assert.Equal(0, scene.Server.Faults.Left);
    }

    [Fact]
    public async Task A_hanging_answer_never_comes_and_lets_the_server_end()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Server.Faults.Script(Fault.Hang);
        var received = new TaskCompletionSource();
        scene.Server.BeforeAnswer = _ =>
        {
            received.TrySetResult();
            return Task.CompletedTask;
        };

        var hanging = SendAsync(scene);
        await received.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.False(hanging.IsCompleted);
        await scene.Server.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(async () => (await hanging).Dispose());
    }

    [Fact]
    public async Task A_cut_answer_breaks_off_in_the_middle_of_its_body()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Server.Faults.Script(Fault.Cut);

        await Assert.ThrowsAsync<HttpRequestException>(async () => (await SendAsync(scene)).Dispose());

        Assert.Equal(0, Assert.Single(scene.Server.Requests).Status);
    }

    [Fact]
    public async Task Half_json_and_html_come_with_status_200()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Server.Faults.Script(Fault.HalfJson, Fault.Html);

        using var half = await SendAsync(scene);
        using var html = await SendAsync(scene);

        Assert.Equal(HttpStatusCode.OK, half.StatusCode);
        var text = await half.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("[{", text, StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(text));
        Assert.Equal("text/html", html.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.OK, html.StatusCode);
    }

    [Fact]
    public async Task Rows_can_come_twice_or_in_another_order()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var right = await RowsAsync(scene);
        scene.Server.Faults.Script(Fault.RepeatedRows, Fault.ReorderedRows);

        var twice = await RowsAsync(scene);
        var reordered = await RowsAsync(scene);

        Assert.Equal([.. right, .. right], twice);
        Assert.Equal(right.Order(), reordered.Order());
        Assert.NotEqual(right[0], reordered[0]);
        Assert.NotEqual(right[^1], reordered[^1]);
    }

    [Fact]
    public async Task The_former_page_can_come_again()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var first = await (await SendAsync(scene)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        scene.Server.Faults.Script(Fault.RepeatedPage);

        using var again = await scene.SendAsync(MarketplaceHost.Statistics, "/api/v1/supplier/orders?dateFrom=2026-11-22");

        Assert.Equal(first, await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_missing_or_withdrawn_method_is_404()
    {
        await using var scene = await MarketplaceScene.StartAsync();

        using var withdrawn = await scene.SendAsync(MarketplaceHost.Statistics, "/api/v1/supplier/stocks?dateFrom=2019-06-20");

        Assert.Equal(HttpStatusCode.NotFound, withdrawn.StatusCode);
        Assert.Single(scene.Server.Violations);
    }

    private static Task<HttpResponseMessage> SendAsync(MarketplaceScene scene) => scene.SendAsync(MarketplaceHost.Statistics, Orders);

    private static async Task<List<string>> RowsAsync(MarketplaceScene scene) =>
        [.. (await scene.OrdersAsync("2026-11-15")).EnumerateArray().Select(row => row.GetProperty("srid").GetString()!)];
}
