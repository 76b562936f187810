using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class ChunkWriterTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string Versions = "SELECT string_agg(id || ' ' || ctid::text || ' ' || xmin::text, ',' ORDER BY id) FROM rag_metadata WHERE cabinet_id = $1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What compares before writing is spared the statement; the statement itself writes no equal row either.</summary>
    [Fact]
    [Trait("Guarantee", "paid-once")]
    public async Task A_chunk_the_index_holds_is_not_written_again()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        var before = await cabinet.ScalarAsync<string>(Versions);

        foreach (var entity in EntityNames.All)
        {
            await WriteAllAsync(cabinet, entity);
        }

        Assert.Equal(before, await cabinet.ScalarAsync<string>(Versions));
    }

    [Theory]
    [Trait("Guarantee", "paid-once")]
    [InlineData("wb_orders", "chunk_hash = 'of another text'")]
    [InlineData("wb_orders", "nm_id = 5")]
    [InlineData("wb_orders", "nm_id = NULL")]
    [InlineData("wb_orders", "business_date = business_date + interval '1 microsecond'")]
    [InlineData("wb_orders", "expires_at = expires_at - interval '1 microsecond'")]
    [InlineData("wb_orders", "expires_at = NULL")]
    [InlineData("wb_orders", "renderer_version = 0")]
    [InlineData("wb_products", "source_name = 'former name'")]
    [InlineData("wb_products", "source_name = NULL")]
    public async Task A_difference_in_any_one_column_is_seen_and_written(string table, string difference)
    {
        const string columns = """
            SELECT string_agg(concat_ws(' ', chunk_hash, nm_id, business_date, expires_at, renderer_version, source_name), ',' ORDER BY id)
            FROM rag_metadata WHERE cabinet_id = $1
            """;
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.IndexAllAsync();
        var right = await cabinet.ScalarAsync<string>(columns);
        await cabinet.ExecuteAsync($"UPDATE rag_metadata SET {difference} WHERE cabinet_id = $1 AND source_table = $2 AND nm_id = 1", table);
        Assert.NotEqual(right, await cabinet.ScalarAsync<string>(columns));

        var result = await cabinet.RebuildAsync();

        Assert.Equal((1, 9), (result.Updated, result.Unchanged));
        Assert.Equal(right, await cabinet.ScalarAsync<string>(columns));
    }

    private async Task WriteAllAsync(IndexedCabinet cabinet, Entity entity)
    {
        await using var connection = await fixture.Source.OpenConnectionAsync(Stop);
        var batch = await SourceReader.ReadRangeAsync(connection, entity, cabinet.Id, null, null, 100, cabinet.AsOf, static row => row, Stop);
        var difference = new ChunkComparison();
        difference.Changed.AddRange(batch.Eligible.Select(ChunkRenderer.Render).SelectMany(row => row.Chunks.Select(chunk => (row, chunk))));
        Assert.Equal(3, difference.Changed.Count);
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        await ChunkWriter.WriteAsync(transaction, entity, cabinet.Id, difference, deleteGone: true, Stop);
        await transaction.CommitAsync(Stop);
    }
}
