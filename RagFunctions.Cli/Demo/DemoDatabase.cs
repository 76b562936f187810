using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Main;

namespace RagFunctions.Cli.Demo;

/// <summary>The demo's database: made anew each time, on the server that <c>ConnectionStrings:Main</c> names, nothing else on it touched.</summary>
internal static class DemoDatabase
{
    /// <summary>Its name.</summary>
    public const string Name = "rag_demo";

    /// <summary>Drops what an earlier demo left, creates both schemas in one database and lets triggers capture changes.</summary>
    /// <returns>The connection string.</returns>
    public static async Task<string> CreateAsync(string serverConnectionString, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = "postgres", Pooling = false };
        await using (var server = NpgsqlDataSource.Create(settings.ConnectionString))
        {
            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", cancellationToken);
            await ExecuteAsync(server, $"CREATE DATABASE {Name}", cancellationToken);
        }

        var connectionString = new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = Name }.ConnectionString;
        await using var database = NpgsqlDataSource.Create(connectionString);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database, progress: null, cancellationToken);
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database, progress: null, cancellationToken);
        await ChangeCapture.InstallAsync(database, cancellationToken);
        return connectionString;
    }

    /// <summary>What happened in the shop: somebody else's SQL, announced by nobody.</summary>
    /// <returns>Each change in words, with the rows it touched.</returns>
    public static async Task<IReadOnlyList<(string What, int Rows)>> LetTimePassAsync(
        NpgsqlDataSource database, long cabinetId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        (string What, string Sql)[] happened =
        [
            ("orders paid back", "UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1 AND status = 'active' AND id % 40 = 1"),
            ("stock rows counted again, same quantity", "UPDATE wb_stocks SET last_updated = $2 WHERE cabinet_id = $1"),
            ("stock rows sold out", "UPDATE wb_stocks SET quantity = 0 WHERE cabinet_id = $1 AND id % 60 = 1"),
            ("product renamed", """
                UPDATE wb_products SET name = name || ', новая коллекция'
                WHERE id = (SELECT min(id) FROM wb_products WHERE cabinet_id = $1) AND $2 IS NOT NULL
                """),
            ("reviews written", """
                INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, rating, created_date)
                SELECT cabinet_id, nm_id, 'demo-' || id, 'Маломерит, беру на размер больше, но ткань отличная.', 4, $2
                FROM wb_products WHERE cabinet_id = $1 ORDER BY id LIMIT 5
                """),
            ("sales taken back by the marketplace", "DELETE FROM wb_sales WHERE cabinet_id = $1 AND id % 50 = 1"),
        ];
        List<(string, int)> told = [];
        foreach (var (what, sql) in happened)
        {
            await using var command = database.CreateCommand(sql.Contains("$2", StringComparison.Ordinal) ? sql : sql + " AND $2 IS NOT NULL");
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
            told.Add((what, await command.ExecuteNonQueryAsync(cancellationToken)));
        }

        return told;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
