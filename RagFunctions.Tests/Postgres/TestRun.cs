using System.Globalization;
using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>
/// This test process as the server sees it. One connection lives as long as the process and carries its name; databases of a
/// name that no connection carries are left over from a process that was killed, and are dropped when the next one starts.
/// </summary>
internal sealed class TestRun
{
    private const string DatabasePrefix = "ragtest_";

    private const string SelectLeftOver = """
        SELECT d.datname
        FROM pg_database d
        WHERE starts_with(d.datname, $1)
          AND NOT EXISTS (
              SELECT FROM pg_stat_activity a
              WHERE a.application_name <> '' AND starts_with(d.datname, a.application_name || '_'))
        """;

    private static readonly Lazy<Task<TestRun>> Running = new(StartAsync);

    private readonly string _name;
    private readonly NpgsqlDataSource _server;
    private readonly TemplateDatabases _templates;
    private int _databases;

    private TestRun(string name, NpgsqlDataSource server, NpgsqlConnection presence)
    {
        _name = name;
        _server = server;
        _templates = new TemplateDatabases(server, presence, TestSchemas.Of);
    }

    /// <summary>The run of this process, begun on first use.</summary>
    public static Task<TestRun> CurrentAsync() => Running.Value;

    /// <summary>Makes a database of the kind and returns its name.</summary>
    public async Task<string> CreateDatabaseAsync(SchemaKind kind)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{_name}_{Interlocked.Increment(ref _databases)}");
        var template = kind == SchemaKind.Empty ? "template0" : await _templates.NameOfAsync(kind);
        await _server.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {template}");
        return name;
    }

    /// <summary>Drops a database, whoever is still connected to it.</summary>
    public Task DropDatabaseAsync(string name) => _server.ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    /// <summary>Drops the databases of runs that are no longer connected.</summary>
    internal static async Task DropLeftOverAsync(NpgsqlDataSource server)
    {
        foreach (var leftOver in await server.ReadNamesAsync(SelectLeftOver, DatabasePrefix))
        {
            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {leftOver} WITH (FORCE)");
        }
    }

    private static async Task<TestRun> StartAsync()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{DatabasePrefix}{Environment.ProcessId}_{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
        var settings = await PostgresServer.ConnectionToAsync("postgres");
        settings.ApplicationName = name;
        settings.Pooling = false;
        // It waits while another process builds a template.
        settings.CommandTimeout = 300;
        var presence = new NpgsqlConnection(settings.ConnectionString);
        await presence.OpenAsync();

        settings.Pooling = true;
        var server = NpgsqlDataSource.Create(settings);
        await DropLeftOverAsync(server);
        return new TestRun(name, server, presence);
    }
}
