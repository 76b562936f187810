using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Levels what the original's ways of deployment differ in: indexes that repeat each other or serve no query, defaults that one
/// way set in the database and another only in code, a unique index in place of a unique constraint.
/// </summary>
[Migration(103, "one shape for every deployment of the original; repeated indexes dropped")]
public sealed class Step103OneShape : Migration
{
    private const string DropRepeatedIndexes = """
        DROP INDEX IF EXISTS
            idx_rag_metadata_cabinet_id, idx_rag_metadata_cabinet_type, idx_rag_metadata_source, idx_rag_metadata_created_at,
            idx_rag_metadata_chunk_hash, idx_rag_metadata_cabinet_source,
            ix_rag_metadata_id, ix_rag_metadata_cabinet_id, ix_rag_metadata_chunk_type, ix_rag_metadata_chunk_hash,
            ix_rag_metadata_created_at,
            ix_rag_embeddings_id, ix_rag_embeddings_metadata_id,
            ix_rag_index_status_id, ix_rag_index_status_cabinet_id;
        """;

    // The index on metadata_id: without it, deleting a chunk reads the whole table of vectors.
    private const string LevelConstraints = """
        CREATE INDEX IF NOT EXISTS idx_rag_embeddings_metadata_id ON rag_embeddings (metadata_id);
        DO $level$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_constraint
                           WHERE conrelid = 'rag_index_status'::regclass AND conname = 'rag_index_status_cabinet_id_key') THEN
                ALTER TABLE rag_index_status ADD CONSTRAINT rag_index_status_cabinet_id_key UNIQUE (cabinet_id);
            END IF;
        END
        $level$;
        """;

    private const string LevelDefaults = """
        ALTER TABLE rag_metadata ALTER COLUMN created_at SET DEFAULT now(), ALTER COLUMN updated_at DROP DEFAULT;
        ALTER TABLE rag_embeddings ALTER COLUMN created_at SET DEFAULT now(), ALTER COLUMN updated_at DROP DEFAULT;
        ALTER TABLE rag_index_status
            ALTER COLUMN indexing_status SET DEFAULT 'pending',
            ALTER COLUMN total_chunks SET DEFAULT 0,
            ALTER COLUMN created_at SET DEFAULT now(),
            ALTER COLUMN updated_at DROP DEFAULT;
        """;

    // What the original's search reads by; the defaults and the constraint harm nobody.
    private const string RestoreIndexes = """
        CREATE INDEX IF NOT EXISTS idx_rag_metadata_cabinet_type ON rag_metadata (cabinet_id, chunk_type);
        CREATE INDEX IF NOT EXISTS idx_rag_metadata_source ON rag_metadata (source_table, source_id);
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(DropRepeatedIndexes + LevelConstraints + LevelDefaults);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(RestoreIndexes);
}
