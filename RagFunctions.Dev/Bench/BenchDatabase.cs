using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Migrations;

namespace RagFunctions.Dev.Bench;

/// <summary>A database of the bench's own on the server that <c>ConnectionStrings:Rag</c> names, and what happens to its rows between two steps.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly string _serverConnectionString;
    private readonly NpgsqlDataSource _server;
    private readonly string _name;

    private BenchDatabase(string serverConnectionString, string name)
    {
        (_serverConnectionString, _name) = (serverConnectionString, name);
        _server = NpgsqlDataSource.Create(serverConnectionString);
        ConnectionString = new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = name }.ConnectionString;
        var builder = new NpgsqlDataSourceBuilder(ConnectionString);
        builder.UseVector();
        Source = builder.Build();
    }

    /// <summary>Connections to the database.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>For the workers.</summary>
    public string ConnectionString { get; }

    /// <summary>Creates the database and both schemas.</summary>
    public static async Task<BenchDatabase> CreateAsync(string serverConnectionString, CancellationToken cancellationToken)
    {
        var database = new BenchDatabase(serverConnectionString, $"rag_bench_{Environment.ProcessId}");
        await ExecuteAsync(database._server, $"CREATE DATABASE {database._name}", cancellationToken);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, progress: null, cancellationToken);
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database.Source, progress: null, cancellationToken);
        await database.Source.ReloadTypesAsync(cancellationToken);
        await ExecuteAsync(database.Source, "CREATE TABLE bench_changed (cabinet_id bigint, source_table text, source_id bigint)", cancellationToken);
        return database;
    }

    /// <summary>
    /// A copy of which PostgreSQL holds no page in memory, because the files are copied past its buffers; gone when it is disposed.
    /// Nobody else may be connected to this database.
    /// </summary>
    public async Task<BenchDatabase> CopyAsync(CancellationToken cancellationToken)
    {
        Source.Clear();
        var copy = new BenchDatabase(_serverConnectionString, $"{_name}_copy");
        await ExecuteAsync(_server, $"CREATE DATABASE {copy._name} TEMPLATE {_name} STRATEGY FILE_COPY", cancellationToken);
        return copy;
    }

    /// <summary>Leaves neither dead rows nor dirty pages nor old statistics to who comes next.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(Source, "VACUUM ANALYZE", cancellationToken);
        await ExecuteAsync(Source, "CHECKPOINT", cancellationToken);
    }

    /// <summary>Lets the world change as the step wants it, and names the changed rows in <c>bench_changed</c>.</summary>
    public async Task PrepareAsync(BenchStep step, long cabinetId, CancellationToken cancellationToken)
    {
        await ExecuteAsync(Source, "TRUNCATE bench_changed", cancellationToken);
        var share = step is BenchStep.Delta ? 3 : 7;
        foreach (var entity in EntityNames.All)
        {
            var table = entity.TableName();
            var change = entity switch
            {
                Entity.Products => "price = price + 1",
                Entity.Orders => "price = price + 1, total_price = total_price + 1",
                Entity.Stocks => "quantity = quantity % 60 + 1",
                Entity.Reviews => "text = text || ' Дополняю отзыв.'",
                _ => "amount = amount + 1, customer_price = customer_price + 1",
            };
            await ExecuteAsync(
                Source,
                step switch
                {
                    BenchStep.Initial => "SELECT 1",
                    // Products stay: without its card the texts of an article change, and nothing is to change here.
                    BenchStep.Rebuild when entity is Entity.Products => "SELECT 1",
                    BenchStep.Rebuild => $"DELETE FROM {table} WHERE cabinet_id = {cabinetId} AND id % 20 = 9",
                    _ => $"UPDATE {table} SET {change}, updated_at = now() WHERE cabinet_id = {cabinetId} AND id % 10 = {share}",
                },
                cancellationToken);
            await ExecuteAsync(
                Source,
                $"INSERT INTO bench_changed SELECT cabinet_id, '{table}', id FROM {table} WHERE cabinet_id = {cabinetId}"
                    + (step is BenchStep.Delta ? $" AND id % 10 = {share}" : ""),
                cancellationToken);
        }

        await SettleAsync(cancellationToken);
    }

    /// <summary>The parameters that pgvector proposes and the original system used.</summary>
    public Task AddHnswAsync(CancellationToken cancellationToken) => ExecuteAsync(
        Source,
        "CREATE INDEX idx_rag_embeddings_vector ON rag_embeddings USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)",
        cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await ExecuteAsync(_server, $"DROP DATABASE IF EXISTS {_name} WITH (FORCE)", CancellationToken.None);
        await _server.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Reads the ids a step names, before its clock starts.</summary>
internal static class BenchChanges
{
    private const string Read = "SELECT source_table, array_agg(source_id) FROM bench_changed WHERE cabinet_id = $1 GROUP BY source_table";

    /// <summary>Ids per source table.</summary>
    public static async Task<Dictionary<string, long[]>> ReadAsync(NpgsqlDataSource source, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Read);
        command.Parameters.Add(new() { Value = cabinetId });
        var ids = new Dictionary<string, long[]>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0), reader.GetFieldValue<long[]>(1));
        }

        return ids;
    }
}
