using Npgsql;
using RagFunctions.Core.Store;
using RagFunctions.Core.Telemetry;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Telemetry;

/// <summary>What is asked every minute of all cabinets costs as much as there is pending, not as much as there is.</summary>
public sealed class IndexGaugesPlanTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string AThirdIsPending = """
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash, embedded_hash)
        SELECT c, 'wb_orders', c * 10000 + n, 0, 'order', repeat('x', 300), h, CASE WHEN c > 20 THEN h END
        FROM generate_series(1, 60) AS c, generate_series(1, 1000) AS n, LATERAL (SELECT md5(c || ' ' || n) || md5(n || ' ' || c) AS h) AS hashes
        """;

    // As this transaction counts them itself, through whichever scan they came.
    private const string RowsRead = """
        SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'rag_metadata'
        """;

    [Fact]
    public async Task With_a_third_of_all_chunks_pending_others_are_not_read()
    {
        await fixture.Source.ExecuteAsync(AThirdIsPending);
        await fixture.Source.ExecuteAsync("VACUUM ANALYZE rag_metadata");
        await using var batch = fixture.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PendingCounts.ReadPendingOnly));

        // What a larger table costs, with fewer rows: there reading all of a cabinet's chunks in one go looks cheap.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL random_page_cost = 20"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(IndexGauges.Indexes)
        {
            Parameters = { new NpgsqlParameter<long[]> { TypedValue = [.. Enumerable.Range(1, 60).Select(id => (long)id)] } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(RowsRead));
        await using var reader = await batch.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await reader.NextResultAsync(TestContext.Current.CancellationToken);
        await reader.NextResultAsync(TestContext.Current.CancellationToken);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.InRange(reader.GetInt64(0), 20_000, 21_000);
    }
}
