using System.Net;
using System.Net.Http.Headers;
using RagFunctions.Tests.Dev.LocalHost;

namespace RagFunctions.Tests.Api;

/// <summary>The files of the operators' page.</summary>
public sealed class DashboardPagesTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData("/dashboard", "text/html")]
    [InlineData("/dashboard/main.js", "text/javascript")]
    [InlineData("/dashboard/page.css", "text/css")]
    [InlineData("/dashboard/icon.svg", "image/svg+xml")]
    [Trait("Guarantee", "dashboard")]
    public async Task Files_are_open_and_bound_to_a_strict_policy(string path, string type)
    {
        using var answer = await app.SendAsync(HttpMethod.Get, path, key: null);
        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());

        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(answer.Headers.ETag!.Tag));
        using var unchanged = await app.Http.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("/dashboard/index.htm")]
    [InlineData("/dashboard/..%2fhost.json")]
    [InlineData("/dashboard/Dashboard%2Fmain.js")]
    public async Task What_is_no_file_of_the_page_is_not_found(string path) => await app.AskAsync(HttpMethod.Get, path, 404, key: null);

    [Fact]
    public async Task Switched_off_it_is_not_there()
    {
        await using var off = await RunningApp.StartAsync(app.Database, ("Dashboard:Enabled", "false"));
        foreach (var path in (string[])["/dashboard", "/dashboard/main.js"])
        {
            using var answer = await off.Http.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_switch_that_is_neither_on_nor_off_stops_the_start()
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => RunningApp.StartAsync(app.Database, ("Dashboard:Enabled", "maybe")));
        Assert.Contains("Dashboard:Enabled", refusal.ToString(), StringComparison.Ordinal);
    }
}
