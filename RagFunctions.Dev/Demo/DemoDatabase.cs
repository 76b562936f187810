using Npgsql;
using RagFunctions.Core.Migrations;

namespace RagFunctions.Dev.Demo;

/// <summary>The demo's database: created again each time, on the server that <c>ConnectionStrings:Main</c> names, nothing else on it touched.</summary>
internal static class DemoDatabase
{
    /// <summary>Its name.</summary>
    public const string Name = "rag_demo";

    /// <summary>Drops what an earlier demo left, creates both schemas in one database.</summary>
    /// <param name="serverConnectionString">Names the server.</param>
    /// <param name="name">Of the database; an identifier that needs no quotes.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The connection string.</returns>
    public static async Task<string> CreateAsync(string serverConnectionString, string name, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = "postgres", Pooling = false };
        await using (var server = NpgsqlDataSource.Create(settings.ConnectionString))
        {
            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", cancellationToken);
            await ExecuteAsync(server, $"CREATE DATABASE {name}", cancellationToken);
        }

        var connectionString = new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = name }.ConnectionString;
        await using var database = NpgsqlDataSource.Create(connectionString);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database, progress: null, cancellationToken);
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database, progress: null, cancellationToken);
        return connectionString;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
