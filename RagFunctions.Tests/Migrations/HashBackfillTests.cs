using System.Security.Cryptography;
using System.Text;
using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

[Trait("Defect", "73")]
public sealed class HashBackfillTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private const string CountMissing = "SELECT count(*)::text FROM rag_metadata WHERE chunk_hash IS NULL";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await fixture.Source.ExecuteAsync("""
        DELETE FROM rag_metadata;
        INSERT INTO rag_metadata (id, cabinet_id, source_table, source_id, chunk_type, chunk_text)
        SELECT n * 10, 1, 'wb_orders', n, 'order', 'Заказ № ' || n || E'\n«ёлка» 😀' FROM generate_series(1, 25) AS n;
        """);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Every_hash_is_the_utf8_texts_sha256_in_lower_case_hex()
    {
        var result = await HashBackfill.RunAsync(fixture.Source, 1_000, _ => { }, Stop);

        Assert.Equal(new HashBackfillProgress(Found: 25, Done: 25, Remaining: 0), result);
        var texts = await fixture.Source.ReadNamesAsync("SELECT chunk_text FROM rag_metadata ORDER BY id");
        var hashes = await fixture.Source.ReadNamesAsync("SELECT chunk_hash FROM rag_metadata ORDER BY id");
        Assert.Equal(texts.Select(text => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))), hashes);
        Assert.Equal(["0"], await fixture.Source.ReadNamesAsync("SELECT count(*)::text FROM rag_metadata WHERE pending_since IS NULL"));
    }

    [Fact]
    public async Task A_hash_that_is_there_is_left_alone()
    {
        await fixture.Source.ExecuteAsync("UPDATE rag_metadata SET chunk_hash = 'kept' WHERE id = 50");
        var result = await HashBackfill.RunAsync(fixture.Source, 1_000, _ => { }, Stop);
        Assert.Equal(new HashBackfillProgress(Found: 24, Done: 24, Remaining: 0), result);
        Assert.Equal(["kept"], await fixture.Source.ReadNamesAsync("SELECT chunk_hash FROM rag_metadata WHERE id = 50"));
    }

    [Fact]
    public async Task Nothing_to_do_is_normal()
    {
        await fixture.Source.ExecuteAsync("UPDATE rag_metadata SET chunk_hash = 'there'");
        var result = await HashBackfill.RunAsync(fixture.Source, 1_000, _ => { }, Stop);
        Assert.Equal(new HashBackfillProgress(Found: 0, Done: 0, Remaining: 0), result);
    }

    [Fact]
    public async Task It_goes_by_ranges_of_ids_and_tells_its_progress()
    {
        List<long> done = [];
        await HashBackfill.RunAsync(fixture.Source, 100, progress => done.Add(progress.Done), Stop);
        Assert.Equal([0, 10, 20, 25], done);
    }

    [Fact]
    public async Task Interrupted_it_keeps_what_is_done_and_goes_on_from_there()
    {
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => HashBackfill.RunAsync(
            fixture.Source, 100, progress => StopAt(progress, 10, interruption), interruption.Token));
        Assert.Equal(["15"], await fixture.Source.ReadNamesAsync(CountMissing));

        var result = await HashBackfill.RunAsync(fixture.Source, 100, _ => { }, Stop);
        Assert.Equal(new HashBackfillProgress(Found: 15, Done: 15, Remaining: 0), result);
    }

    [Fact]
    public async Task A_row_held_by_a_live_writer_keeps_the_writers_hash()
    {
        await using var writer = await fixture.Source.OpenConnectionAsync(Stop);
        await using var open = await writer.BeginTransactionAsync(Stop);
        await using var write = new NpgsqlCommand("UPDATE rag_metadata SET chunk_text = 'new', chunk_hash = 'of the writer' WHERE id = 50", writer, open);
        await write.ExecuteNonQueryAsync(Stop);

        // Waiting would be an error of the server's.
        var settings = new NpgsqlConnectionStringBuilder(fixture.ConnectionString) { Options = "-c lock_timeout=1s", Pooling = false };
        await using var impatient = NpgsqlDataSource.Create(settings);
        var result = await HashBackfill.RunAsync(impatient, 1_000, _ => { }, Stop);
        Assert.Equal(new HashBackfillProgress(Found: 25, Done: 24, Remaining: 1), result);

        await open.CommitAsync(Stop);
        Assert.Equal(0, (await HashBackfill.RunAsync(fixture.Source, 1_000, _ => { }, Stop)).Remaining);
        Assert.Equal(["of the writer"], await fixture.Source.ReadNamesAsync("SELECT chunk_hash FROM rag_metadata WHERE id = 50"));
    }

    private static void StopAt(HashBackfillProgress progress, long done, CancellationTokenSource interruption)
    {
        if (progress.Done == done)
        {
            interruption.Cancel();
        }
    }
}
