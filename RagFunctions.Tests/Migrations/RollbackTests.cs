using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class RollbackTests
{
    // The columns and the join of the original's search.
    private const string OriginalSearch = """
        SELECT m.source_table || ' ' || m.source_id
        FROM rag_embeddings e JOIN rag_metadata m ON m.id = e.metadata_id
        WHERE m.cabinet_id = 1
        ORDER BY e.embedding <=> array_fill(1, ARRAY[1536])::vector, m.source_table, m.source_id
        """;

    public static TheoryData<MigrationSet, bool> SetsAndOrigins =>
        new() { { MigrationSet.Main, false }, { MigrationSet.Main, true }, { MigrationSet.Rag, false }, { MigrationSet.Rag, true } };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Defect", "71")]
    [MemberData(nameof(SetsAndOrigins))]
    public async Task Every_step_can_be_taken_back_and_applied_again(MigrationSet set, bool isOriginal)
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        if (isOriginal)
        {
            await OriginalSchema.MakeMainAsync(database.Source);
            await OriginalSchema.MakeFilledRagAsync(database.Source, RagDeployment.ServiceStartThenSql);
        }

        var steps = await SchemaMigrator.MigrateAsync(set, database.Source, null, Stop);
        var catalog = await Catalog.DescribeAsync(database.Source);
        foreach (var target in steps.Select(step => step.Number).Reverse().Skip(1).Append(0))
        {
            var takenBack = await SchemaMigrator.RollbackAsync(set, database.Source, target, null, Stop);
            Assert.Equal(steps.Count(step => step.Number > target), takenBack.Count);
            Assert.NotEqual(catalog, await Catalog.DescribeAsync(database.Source));

            await SchemaMigrator.MigrateAsync(set, database.Source, null, Stop);
            Assert.Equal(catalog, await Catalog.DescribeAsync(database.Source));
        }
    }

    [Fact]
    public async Task Taking_all_back_leaves_nothing_of_a_database_that_was_empty()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        foreach (var set in MigrationSetNames.All)
        {
            await SchemaMigrator.MigrateAsync(set, database.Source, null, Stop);
            await SchemaMigrator.RollbackAsync(set, database.Source, 0, null, Stop);
        }

        Assert.Empty(await Catalog.DescribeAsync(database.Source));
    }

    [Fact]
    public async Task Taking_all_back_leaves_the_tables_of_another_service_and_their_rows()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeMainAsync(database.Source);
        await database.Source.ExecuteAsync("INSERT INTO wb_cabinets (api_key, is_active) VALUES ('k', true)");
        var before = await Catalog.DescribeAsync(database.Source);

        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);
        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 0, null, Stop);

        var after = await Catalog.DescribeAsync(database.Source);
        const string ApiKey = "wb_cabinets.api_key";
        Assert.Equal(before.Where(line => !line.StartsWith(ApiKey, StringComparison.Ordinal)), after.Where(line => !line.StartsWith(ApiKey, StringComparison.Ordinal)));
        Assert.Equal(["k"], await database.Source.ReadNamesAsync("SELECT api_key FROM wb_cabinets"));
    }

    [Fact]
    public async Task Without_a_target_only_the_newest_step_is_taken_back()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        var newest = (await SchemaMigrator.ListAsync(MigrationSet.Rag, database.Source, Stop))[^1].Number;
        var takenBack = await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, null, null, Stop);
        Assert.Equal([newest], takenBack.Select(step => step.Number));
        var states = await SchemaMigrator.ListAsync(MigrationSet.Rag, database.Source, Stop);
        Assert.Equal([newest], states.Where(step => step.AppliedAt is null).Select(step => step.Number));
    }

    [Fact]
    public async Task Later_chunks_go_and_articles_return_where_the_original_reads_them()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await FillAsync(database.Source);

        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, 101, null, Stop);

        // Stock rows 6 and 7 are two sizes of article 777: the original has one place for them.
        Assert.Equal(["wb_products 777", "wb_reviews 9", "wb_stocks 777"], await database.Source.ReadNamesAsync(OriginalSearch));
        Assert.Equal(["stock 7"], await database.Source.ReadNamesAsync("SELECT chunk_text FROM rag_metadata WHERE source_table = 'wb_stocks'"));
    }

    [Fact]
    [Trait("Defect", "72")]
    public async Task The_original_reads_and_writes_again_after_the_way_back()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await FillAsync(database.Source);
        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, 101, null, Stop);

        // As its save routine does: no tenant on the vector, and a second vector for one chunk.
        await database.Source.ExecuteAsync("""
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text) VALUES (1, 'wb_sales', 5, 'sale', 'sale 5');
            INSERT INTO rag_embeddings (embedding, metadata_id)
            SELECT array_fill(1, ARRAY[1536])::vector, currval('rag_metadata_id_seq') FROM generate_series(1, 2);
            INSERT INTO rag_index_status (cabinet_id, indexing_status, total_chunks) VALUES (2, 'completed', 1);
            """);

        Assert.Equal(
            ["wb_products 777", "wb_reviews 9", "wb_sales 5", "wb_sales 5", "wb_stocks 777"], await database.Source.ReadNamesAsync(OriginalSearch));
    }

    [Fact]
    [Trait("Defect", "72")]
    public async Task Rolling_back_chunk_hash_alone_works_with_and_without_its_indexes()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, 102, null, Stop);
        await database.Source.ExecuteAsync("CREATE INDEX idx_rag_metadata_chunk_hash ON rag_metadata (chunk_hash)");
        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, 101, null, Stop);
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database.Source, null, Stop);
        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, database.Source, 101, null, Stop);
        Assert.DoesNotContain(await Catalog.DescribeAsync(database.Source), line => line.Contains("chunk_hash", StringComparison.Ordinal));
    }

    private static Task FillAsync(NpgsqlDataSource database) => database.ExecuteAsync("""
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, nm_id) VALUES
            (1, 'wb_products', 5, 0, 'product', 'product 5', 777),
            (1, 'wb_stocks', 6, 0, 'stock', 'stock 6', 777),
            (1, 'wb_stocks', 7, 0, 'stock', 'stock 7', 777),
            (1, 'wb_reviews', 9, 0, 'review', 'review 9, begun', 777),
            (1, 'wb_reviews', 9, 1, 'review', 'review 9, continued', 777);
        INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
        SELECT array_fill(1, ARRAY[1536])::vector, id, cabinet_id, chunk_type, 'm' FROM rag_metadata;
        """);
}
