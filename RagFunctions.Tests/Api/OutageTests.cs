using System.Text.Json.Nodes;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>A database that cannot be written, a schema that is behind, statements that take too long.</summary>
public sealed class OutageTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [Trait("Fault", "13")]
    [Trait("Guarantee", "told")]
    [InlineData("25006")]
    [InlineData("57014")]
    [InlineData("57P03")]
    [InlineData("53300")]
    [InlineData("53100")]
    [InlineData("08006")]
    [InlineData("55P03")]
    [InlineData("40001")]
    [InlineData("58030")]
    [InlineData("28P01")]
    [InlineData("3D000")]
    public void An_outage_is_one_whichever_code_it_has(string state) =>
        Assert.True(DatabaseOutage.Is(new PostgresException("m", "ERROR", "ERROR", state)));

    [Fact]
    public void A_fault_of_ours_is_no_outage() => Assert.False(DatabaseOutage.Is(new PostgresException("m", "ERROR", "ERROR", "42601")));

    [Fact]
    [Trait("Fault", "13")]
    [Trait("Guarantee", "told")]
    public async Task A_read_only_database_is_told_and_answers_503()
    {
        await SetAsync("default_transaction_read_only = on");
        try
        {
            await Condition.BecomesTrueAsync(async () => (string?)(await HealthAsync())["databases"]!["rag"] == "read_only", "health says read-only");
            using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1?full_rebuild=true");
            Assert.Equal(503, (int)answer.StatusCode);
        }
        finally
        {
            await SetAsync("default_transaction_read_only = off");
        }

        await Condition.BecomesTrueAsync(async () => (string?)(await HealthAsync())["status"] == "ok", "health says ok");
    }

    [Fact]
    [Trait("Fault", "13")]
    [Trait("Guarantee", "told")]
    public async Task A_schema_that_is_behind_is_told()
    {
        await app.Database.Source.ExecuteAsync("UPDATE rag_schema_rag SET version = -version WHERE version = 109");
        try
        {
            var health = await HealthAsync();
            Assert.Equal(("unavailable", "schema_behind", "ok"), ((string?)health["status"], (string?)health["databases"]!["rag"], (string?)health["databases"]!["main"]));
        }
        finally
        {
            await app.Database.Source.ExecuteAsync("UPDATE rag_schema_rag SET version = -version WHERE version = -109");
        }
    }

    private async Task<JsonNode> HealthAsync()
    {
        using var answer = await app.SendAsync(HttpMethod.Get, "/v1/rag/health", key: null);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }

    // Sessions that are open keep what they have.
    private async Task SetAsync(string setting)
    {
        var settings = new NpgsqlConnectionStringBuilder(app.Database.ConnectionString) { Database = "postgres", Pooling = false };
        await using var server = NpgsqlDataSource.Create(settings);
        await server.ExecuteAsync($"ALTER DATABASE \"{app.Database.Name}\" SET {setting}");
        await server.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{app.Database.Name}'");
        app.Database.Source.Clear();
    }
}
