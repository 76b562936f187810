using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class RagUpgradeTests
{
    private const string SelectApproximateIndex = """
        SELECT format('%s valid %s', pg_get_indexdef(indexrelid), indisvalid)
        FROM pg_index WHERE indexrelid = to_regclass('idx_rag_embeddings_vector')
        """;

    public static TheoryData<RagDeployment> Deployments => [.. Enum.GetValues<RagDeployment>()];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Defect", "63")]
    [Trait("Defect", "70")]
    [MemberData(nameof(Deployments))]
    public async Task Every_original_deployment_ends_in_the_schema_of_a_new_one(RagDeployment deployment)
    {
        await using var fresh = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await using var upgraded = await UpgradedAsync(deployment);
        Assert.Equal(await Catalog.DescribeAsync(fresh.Source), await Catalog.DescribeAsync(upgraded.Source));
    }

    [Theory]
    [Trait("Defect", "63")]
    [InlineData(RagDeployment.ServiceStart, false)]
    [InlineData(RagDeployment.SqlWithoutHash, true)]
    [InlineData(RagDeployment.SqlThenHash, true)]
    [InlineData(RagDeployment.DocumentedFreshDeployment, false)]
    public async Task An_approximate_index_stays_where_there_is_one_and_only_there(RagDeployment deployment, bool isThere)
    {
        await using var database = await UpgradedAsync(deployment);
        var index = await database.Source.ReadNamesAsync(SelectApproximateIndex);
        string[] expected = isThere
            ? ["CREATE INDEX idx_rag_embeddings_vector ON public.rag_embeddings USING hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64') valid t"]
            : [];
        Assert.Equal(expected, index);
    }

    [Theory]
    [Trait("Defect", "4")]
    [InlineData(RagDeployment.SqlWithoutHash)]
    [InlineData(RagDeployment.ServiceStartThenSql)]
    public async Task Of_several_vectors_of_a_chunk_the_one_touched_last_stays(RagDeployment deployment)
    {
        await using var database = await UpgradedAsync(deployment);
        var vectors = await database.Source.ReadNamesAsync("SELECT metadata_id || ' ' || id FROM rag_embeddings ORDER BY metadata_id");
        Assert.Equal(["1 1", "2 5", "5 8", "6 9"], vectors);
    }

    [Theory]
    [Trait("Defect", "3")]
    [InlineData(RagDeployment.SqlWithoutHash)]
    [InlineData(RagDeployment.ServiceStartThenSql)]
    public async Task Chunks_keyed_by_article_go_and_the_others_become_pending(RagDeployment deployment)
    {
        await using var database = await UpgradedAsync(deployment);
        var chunks = await database.Source.ReadNamesAsync("""
            SELECT concat_ws(' ', source_table, source_id, chunk_index, embedded_hash IS NULL, (pending_since IS NOT NULL) = (chunk_hash IS NOT NULL))
            FROM rag_metadata ORDER BY id
            """);
        Assert.Equal(["wb_orders 11 0 t t", "wb_orders 12 0 t t", "wb_reviews 21 0 t t", "wb_sales 31 0 t t"], chunks);
    }

    [Fact]
    public async Task Every_indexed_cabinet_gets_a_full_request_even_without_remaining_chunks()
    {
        await using var database = await UpgradedAsync(RagDeployment.SqlThenHash);
        var requests = await database.Source.ReadNamesAsync("""
            SELECT concat_ws(' ', cabinet_id, requested_mode, request_version, requested_at IS NOT NULL, full_completed_at IS NULL, indexing_status)
            FROM rag_index_status ORDER BY cabinet_id
            """);
        Assert.Equal(["1 full_rebuild 1 t t completed", "2 full_rebuild 1 t t completed", "3 full_rebuild 1 t t pending"], requests);
    }

    [Fact]
    [Trait("Defect", "65")]
    public async Task A_vector_carries_the_tenant_and_kind_of_its_chunk()
    {
        await using var database = await UpgradedAsync(RagDeployment.ServiceStart);
        var vectors = await database.Source.ReadNamesAsync(
            "SELECT concat_ws(' ', metadata_id, cabinet_id, chunk_type, model) FROM rag_embeddings ORDER BY metadata_id");
        Assert.Equal(["1 1 order unknown", "2 1 order unknown", "5 1 review unknown", "6 2 sale unknown"], vectors);
    }

    [Fact]
    public async Task The_upgraded_vectors_lie_in_line_not_in_the_toast_table()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeFilledRagAsync(database.Source, RagDeployment.ServiceStart);
        Assert.NotEqual("0", await ToastSizeAsync(database.Source));
        await MigrateAsync(database.Source);
        Assert.Equal("0", await ToastSizeAsync(database.Source));
    }

    [Fact]
    [Trait("Defect", "21")]
    public async Task Ids_beyond_int4_fit_everywhere_after_an_upgrade()
    {
        await using var database = await UpgradedAsync(RagDeployment.ServiceStartThenSql);
        await database.Source.ExecuteAsync("""
            SELECT setval('rag_metadata_id_seq', 3000000000), setval('rag_embeddings_id_seq', 3000000000), setval('rag_index_status_id_seq', 3000000000);
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, nm_id)
            VALUES (3000000000, 'wb_orders', 3000000000, 'order', 'x', 3000000000);
            INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
            SELECT array_fill(1, ARRAY[1536])::vector, id, cabinet_id, chunk_type, 'm' FROM rag_metadata WHERE cabinet_id = 3000000000;
            INSERT INTO rag_index_status (cabinet_id, total_chunks) VALUES (3000000000, 3000000000);
            """);
        Assert.Equal(["3000000001"], await database.Source.ReadNamesAsync("SELECT metadata_id::text FROM rag_embeddings WHERE id = 3000000001"));
    }

    [Fact]
    public async Task The_estimate_counts_what_will_be_embedded_again_and_is_silent_afterwards()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        Assert.Null(await UpgradeEstimate.MeasureAsync(database.Source, Stop));
        await OriginalSchema.MakeFilledRagAsync(database.Source, RagDeployment.SqlThenHash);

        var estimate = await UpgradeEstimate.MeasureAsync(database.Source, Stop);

        var bytes = long.Parse((await database.Source.ReadNamesAsync("SELECT sum(octet_length(chunk_text))::text FROM rag_metadata"))[0], null);
        Assert.Equal(new UpgradeEstimate(Cabinets: 3, Chunks: 8, RemovedChunks: 4, Vectors: 11, Tokens: bytes / 4), estimate);
        await MigrateAsync(database.Source);
        Assert.Null(await UpgradeEstimate.MeasureAsync(database.Source, Stop));
    }

    private static async Task<string> ToastSizeAsync(NpgsqlDataSource database) =>
        (await database.ReadNamesAsync("SELECT pg_relation_size(reltoastrelid)::text FROM pg_class WHERE oid = 'rag_embeddings'::regclass"))[0];

    private static async Task<TestDatabase> UpgradedAsync(RagDeployment deployment)
    {
        var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeFilledRagAsync(database.Source, deployment);
        await MigrateAsync(database.Source);
        return database;
    }

    private static async Task MigrateAsync(NpgsqlDataSource database) =>
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database, null, Stop);
}
