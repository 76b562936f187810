using Npgsql;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class ApproximateIndexTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_made_shown_and_dropped_and_doing_so_again_does_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        Assert.Equal(new ApproximateIndexState(false, false, 0, null, 0, 0, 0), await ApproximateIndex.ReadStateAsync(database.Source, Stop));

        Assert.True(await CreateAsync(database.Source));
        var state = await ApproximateIndex.ReadStateAsync(database.Source, Stop);
        Assert.True(state is { Exists: true, IsValid: true, SizeBytes: > 0, BuildPhase: null });
        Assert.Equal(
            ["CREATE INDEX idx_rag_embeddings_vector ON public.rag_embeddings USING hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64')"],
            await database.Source.ReadNamesAsync("SELECT pg_get_indexdef('idx_rag_embeddings_vector'::regclass)"));
        Assert.False(await CreateAsync(database.Source));

        await ApproximateIndex.DropAsync(database.Source, Stop);
        await ApproximateIndex.DropAsync(database.Source, Stop);
        Assert.False((await ApproximateIndex.ReadStateAsync(database.Source, Stop)).Exists);
    }

    [Theory]
    [InlineData(2_000, "embedding vector_cosine_ops")]
    [InlineData(3_072, "((embedding)::halfvec(3072)) halfvec_cosine_ops")]
    public async Task Vectors_too_long_for_it_are_in_it_with_half_the_bits(int dimensions, string vectors)
    {
        await using var database = await DatabaseOfAsync(dimensions);
        await database.Source.ExecuteAsync($"""
            INSERT INTO rag_metadata (id, cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash)
            VALUES (1, 1, 'wb_reviews', 1, 'review', 'а', repeat('0', 64)), (2, 1, 'wb_reviews', 2, 'review', 'б', repeat('1', 64));
            INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
            SELECT (ARRAY[id::integer, 1] || array_fill(0, ARRAY[{dimensions} - 2]))::vector, id, 1, 'review', 'm' FROM rag_metadata
            """);
        Assert.True(await CreateAsync(database.Source));
        var definition = Assert.Single(await database.Source.ReadNamesAsync("SELECT pg_get_indexdef('idx_rag_embeddings_vector'::regclass)"));
        Assert.Contains($"({vectors})", definition, StringComparison.Ordinal);
        Assert.True((await ApproximateIndex.ReadStateAsync(database.Source, Stop)).IsValid);
    }

    [Fact]
    public async Task Vectors_that_no_such_index_takes_are_refused_by_their_length()
    {
        await using var database = await DatabaseOfAsync(4_096);
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => CreateAsync(database.Source));
        Assert.Contains("4,096", refused.Message, StringComparison.Ordinal);
        Assert.False((await ApproximateIndex.ReadStateAsync(database.Source, Stop)).Exists);
    }

    [Fact]
    public async Task An_interrupted_build_shows_as_such_and_the_next_one_goes_through()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await using var writer = await database.Source.OpenConnectionAsync(Stop);
        await using var open = await writer.BeginTransactionAsync(Stop);
        await using (var write = new NpgsqlCommand("LOCK TABLE rag_embeddings IN ROW EXCLUSIVE MODE", writer, open))
        {
            await write.ExecuteNonQueryAsync(Stop);
        }

        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ApproximateIndex.CreateAsync(
            database.Source, "64MB", 0, state => StopWhenWaiting(state, interruption), interruption.Token));
        await open.RollbackAsync(Stop);
        Assert.True(await ApproximateIndex.ReadStateAsync(database.Source, Stop) is { Exists: true, IsValid: false });

        Assert.True(await CreateAsync(database.Source));
        Assert.True((await ApproximateIndex.ReadStateAsync(database.Source, Stop)).IsValid);
    }

    private static async Task<TestDatabase> DatabaseOfAsync(int dimensions)
    {
        var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await database.Source.ExecuteAsync(VectorColumn.OfLength(dimensions));
        return database;
    }

    private static void StopWhenWaiting(ApproximateIndexState state, CancellationTokenSource interruption)
    {
        if (state is { Exists: true, BuildPhase: not null })
        {
            interruption.Cancel();
        }
    }

    private static Task<bool> CreateAsync(NpgsqlDataSource database) => ApproximateIndex.CreateAsync(database, "64MB", 0, _ => { }, Stop);
}
