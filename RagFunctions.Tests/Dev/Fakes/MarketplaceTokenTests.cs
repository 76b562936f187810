using System.Net;
using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Tests.Dev.Fakes;

public sealed class MarketplaceTokenTests
{
    [Theory]
    [InlineData(TokenType.Basic, 1)]
    [InlineData(TokenType.Test, 2)]
    [InlineData(TokenType.Personal, 3)]
    [InlineData(TokenType.Service, 4)]
    public void A_token_is_a_jwt_with_the_marketplaces_fields(TokenType type, int acc)
    {
        var seller = Guid.NewGuid();
        var expires = new DateTimeOffset(2027, 5, 1, 0, 0, 0, TimeSpan.Zero);

        var parts = MarketplaceTokens.Create(seller, type, TokenScopes.Content | TokenScopes.Statistics, expires).Split('.');

        Assert.Equal(3, parts.Length);
        var payload = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        Assert.Equal(seller, payload.GetProperty("sid").GetGuid());
        Assert.Equal(acc, payload.GetProperty("acc").GetInt32());
        Assert.Equal((1 << 1) | (1 << 5), payload.GetProperty("s").GetInt64());
        Assert.Equal(expires.ToUnixTimeSeconds(), payload.GetProperty("exp").GetInt64());
        Assert.Equal(type == TokenType.Test, payload.GetProperty("t").GetBoolean());
        Assert.StartsWith(type == TokenType.Service ? "asid:" : "self", payload.GetProperty("for").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Number, payload.GetProperty("oid").ValueKind);
    }

    [Fact]
    public async Task The_bare_token_and_the_bearer_form_are_both_accepted()
    {
        await using var scene = await MarketplaceScene.StartAsync();

        using var bare = await scene.SendAsync(MarketplaceHost.Common, "/api/v1/seller-info");
        using var bearer = await scene.SendAsync(MarketplaceHost.Common, "/api/v1/seller-info", token: $"Bearer {scene.Token}");

        Assert.Equal(HttpStatusCode.OK, bare.StatusCode);
        Assert.Equal(HttpStatusCode.OK, bearer.StatusCode);
    }

    [Fact]
    public async Task Altered_foreign_expired_revoked_and_sandbox_tokens_are_401_with_a_problem()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var revoked = scene.TokenOf(TokenType.Personal);
        scene.Server.Revoke(revoked);
        var altered = scene.Token[..^2] + (scene.Token[^2] == 'A' ? "B" : "A") + scene.Token[^1];
        string[] tokens =
        [
            "", "nonsense", altered, revoked, scene.TokenOf(TokenType.Test), scene.TokenOf(TokenType.Personal, life: TimeSpan.Zero),
            MarketplaceTokens.Create(Guid.NewGuid(), TokenType.Personal, TokenScopes.Everything, scene.Time.GetUtcNow().AddDays(1)),
        ];

        foreach (var token in tokens)
        {
            using var response = await scene.SendAsync(MarketplaceHost.Common, "/api/v1/seller-info", token: token);
            await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
        }

        Assert.Equal(tokens.Length, scene.Server.Violations.Count);
        Assert.Empty(scene.Server.ExceededLimits);
    }

    [Fact]
    public async Task A_missing_category_is_401_with_a_problem_that_names_the_scope()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var token = scene.TokenOf(TokenType.Personal, TokenScopes.Everything & ~TokenScopes.Feedbacks);

        using var refused = await scene.SendAsync(MarketplaceHost.Feedbacks, "/api/v1/feedbacks?isAnswered=true&take=1&skip=0", token: token);
        using var other = await scene.SendAsync(MarketplaceHost.Statistics, "/ping", token: token);

        await AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
        Assert.Contains("token scope not allowed", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Basic_tokens_may_read_the_task_report_but_no_stock_reports()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Token = scene.TokenOf(TokenType.Basic);

        using var warehouses = await scene.SendAsync(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/wb-warehouses", "{}");
        using var sellers = await scene.SendAsync(MarketplaceHost.Analytics, "/api/analytics/v1/stocks-report/seller-warehouses", "{}");
        using var task = await scene.SendAsync(MarketplaceHost.Analytics, "/api/v1/warehouse_remains?groupByNm=true");

        await AssertProblemAsync(warehouses, HttpStatusCode.Forbidden);
        await AssertProblemAsync(sellers, HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.OK, task.StatusCode);
    }

    [Theory]
    [InlineData(MarketplaceHost.Statistics, TokenScopes.Statistics)]
    [InlineData(MarketplaceHost.Analytics, TokenScopes.Analytics)]
    [InlineData(MarketplaceHost.Content, TokenScopes.Content)]
    [InlineData(MarketplaceHost.Prices, TokenScopes.Prices)]
    [InlineData(MarketplaceHost.Feedbacks, TokenScopes.Feedbacks)]
    [InlineData(MarketplaceHost.Returns, TokenScopes.Returns)]
    [InlineData(MarketplaceHost.Marketplace, TokenScopes.Marketplace)]
    public async Task Ping_proves_a_hosts_category(MarketplaceHost host, TokenScopes category)
    {
        await using var scene = await MarketplaceScene.StartAsync();

        using var right = await scene.SendAsync(host, "/ping", token: scene.TokenOf(TokenType.Personal, category));
        using var wrong = await scene.SendAsync(host, "/ping", token: scene.TokenOf(TokenType.Personal, TokenScopes.Everything & ~category));

        Assert.Equal("OK", JsonElement.Parse(await right.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("Status").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        foreach (var field in new[] { "title", "detail", "code", "requestId", "origin", "statusText", "timestamp" })
        {
            Assert.NotEmpty(problem.GetProperty(field).GetString()!);
        }
    }
}
