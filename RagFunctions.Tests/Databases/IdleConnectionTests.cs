using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Databases;

/// <summary>A server, or a pooler, that ends sessions which stand idle.</summary>
[Trait("Fault", "21")]
public sealed class IdleConnectionTests
{
    [Theory]
    [InlineData("", 60)]
    [InlineData(";Connection Idle Lifetime=20", 20)]
    [InlineData(";connectionidlelifetime=300", 300)]
    public async Task An_idle_connection_is_closed_after_a_minute_or_as_told(string told, int seconds)
    {
        await using var source = Build("Host=127.0.0.1;Database=d" + told);
        Assert.Equal(seconds, new NpgsqlConnectionStringBuilder(source.ConnectionString).ConnectionIdleLifetime);
    }

    [Fact]
    public async Task A_server_that_ends_idle_sessions_finds_none()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await database.Source.ExecuteAsync($"ALTER DATABASE {database.Name} SET idle_session_timeout = '10s'");
        await using var source = Build(database.ConnectionString + ";Application Name=idle;Connection Idle Lifetime=2;Connection Pruning Interval=1");
        await source.ExecuteAsync("SELECT 1");
        await using var server = NpgsqlDataSource.Create(await PostgresServer.ConnectionToAsync("postgres"));
        await Condition.BecomesTrueAsync(
            async () => (await server.ReadNamesAsync($"SELECT pid::text FROM pg_stat_activity WHERE datname = '{database.Name}' AND application_name = 'idle'")).Count == 0,
            "the pool has closed its idle connection");
        await source.ExecuteAsync("SELECT 1");
        Assert.Equal(["0"], await server.ReadNamesAsync($"SELECT sessions_fatal::text FROM pg_stat_database WHERE datname = '{database.Name}'"));
    }

    private static NpgsqlDataSource Build(string connection) =>
        new DatabaseSources(Options.Create(new DatabasesOptions()), new FakeCredential(() => throw new InvalidOperationException("asked"))).Build(connection);
}
