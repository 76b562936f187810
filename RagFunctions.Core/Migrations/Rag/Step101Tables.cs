using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// The three tables as the original has them, where they are not there yet. Every later step starts from here, so that a new
/// database and an upgraded one end in the same schema.
/// </summary>
[Migration(101, "extension vector; rag_metadata, rag_embeddings, rag_index_status, if absent")]
public sealed class Step101Tables : Migration
{
    private const string CreateExtension = "CREATE EXTENSION IF NOT EXISTS vector";

    private const string CreateMetadata = """
        CREATE TABLE rag_metadata (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL,
            source_table varchar(50) NOT NULL,
            source_id bigint NOT NULL,
            chunk_type varchar(20) NOT NULL,
            chunk_text text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id));
        """;

    private const string CreateEmbeddings = """
        CREATE TABLE rag_embeddings (
            id bigserial PRIMARY KEY,
            embedding vector(1536) NOT NULL,
            metadata_id bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT fk_rag_embeddings_metadata FOREIGN KEY (metadata_id) REFERENCES rag_metadata (id) ON DELETE CASCADE);
        """;

    private const string CreateStatus = """
        CREATE TABLE rag_index_status (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL UNIQUE,
            last_indexed_at timestamptz,
            last_incremental_at timestamptz,
            indexing_status varchar(20) NOT NULL DEFAULT 'pending',
            total_chunks bigint NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz);
        """;

    private static readonly (string Table, string Create)[] Tables =
    [
        ("rag_metadata", CreateMetadata),
        ("rag_embeddings", CreateEmbeddings),
        ("rag_index_status", CreateStatus),
    ];

    /// <inheritdoc />
    public override void Up()
    {
        Execute.Sql(CreateExtension);
        Execute.WithConnection((connection, transaction) =>
        {
            foreach (var (table, create) in Tables)
            {
                OwnedTables.CreateIfAbsent(connection, transaction, table, create);
            }
        });
    }

    /// <summary>The extension stays: others in the database may use it, and dropping it would drop their columns.</summary>
    public override void Down() => Execute.WithConnection((connection, transaction) =>
    {
        foreach (var (table, _) in Tables.Reverse())
        {
            OwnedTables.DropIfOurs(connection, transaction, table);
        }
    });
}
