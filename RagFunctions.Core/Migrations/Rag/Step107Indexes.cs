using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>The indexes that the runs and the search read by.</summary>
[Migration(107, TransactionBehavior.None, "indexes by hash, pending, expiry and tenant, built concurrently")]
public sealed class Step107Indexes : ConcurrentIndexMigration
{
    private const string ByHash = """
        CREATE INDEX CONCURRENTLY idx_rag_metadata_cabinet_hash ON rag_metadata (cabinet_id, chunk_hash)
        """;

    private const string Pending = """
        CREATE INDEX CONCURRENTLY idx_rag_metadata_pending ON rag_metadata (cabinet_id, chunk_hash)
        WHERE embedded_hash IS DISTINCT FROM chunk_hash
        """;

    // By tenant first: expiry is looked for and deleted cabinet by cabinet, and inactive cabinets keep what is long expired.
    private const string Expiring = """
        CREATE INDEX CONCURRENTLY idx_rag_metadata_expires ON rag_metadata (cabinet_id, expires_at) WHERE expires_at IS NOT NULL
        """;

    private const string ByTenant = """
        CREATE INDEX CONCURRENTLY idx_rag_embeddings_cabinet ON rag_embeddings (cabinet_id)
        """;

    private protected override IReadOnlyList<ConcurrentIndex> Indexes { get; } =
    [
        new("idx_rag_metadata_cabinet_hash", ByHash),
        new("idx_rag_metadata_pending", Pending),
        new("idx_rag_metadata_expires", Expiring),
        new("idx_rag_embeddings_cabinet", ByTenant),
    ];
}
