using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Several chunks per source row, article, dates and the state of the embedding in <c>rag_metadata</c>; ids to bigint. Chunks
/// of products and stocks are removed, because the original keyed them by article; all others wait for a new embedding, because
/// the original's vectors may belong to other texts.
/// </summary>
[Deletes("the chunks and vectors of products and stocks, which the original keyed by article; every other text is embedded again")]
[Migration(105, "chunks: bigint ids, article, dates, embedding state; products' and stocks' chunks removed")]
public sealed class Step105Chunks : Migration
{
    private const string RemoveChunksKeyedByArticle = """
        DELETE FROM rag_embeddings e USING rag_metadata m
        WHERE m.id = e.metadata_id AND m.source_table IN ('wb_products', 'wb_stocks');
        DELETE FROM rag_metadata WHERE source_table IN ('wb_products', 'wb_stocks');
        """;

    private const string AddColumns = """
        ALTER TABLE rag_metadata
            ADD COLUMN chunk_index integer NOT NULL DEFAULT 0,
            ADD COLUMN nm_id bigint,
            ADD COLUMN business_date timestamptz,
            ADD COLUMN expires_at timestamptz,
            ADD COLUMN renderer_version integer NOT NULL DEFAULT 0,
            ADD COLUMN source_name text,
            ADD COLUMN embedded_hash varchar(64) COLLATE "C",
            ADD COLUMN embedded_model text,
            ADD COLUMN pending_since timestamptz,
            ADD COLUMN embed_attempts integer NOT NULL DEFAULT 0,
            ADD COLUMN embed_error text,
            ADD COLUMN next_attempt_at timestamptz;
        UPDATE rag_metadata SET pending_since = now() WHERE chunk_hash IS NOT NULL;
        """;

    // After the update, whose dead rows the rewriting leaves behind. Hashes are compared byte by byte: an interval of hashes means
    // the same on every server, and comparing them needs no locale.
    private const string Widen = """
        ALTER TABLE rag_metadata
            DROP CONSTRAINT uq_rag_metadata_cabinet_source,
            ALTER COLUMN id TYPE bigint,
            ALTER COLUMN cabinet_id TYPE bigint,
            ALTER COLUMN source_id TYPE bigint,
            ALTER COLUMN chunk_hash TYPE varchar(64) COLLATE "C",
            ADD CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id, chunk_index);
        ALTER SEQUENCE rag_metadata_id_seq AS bigint;
        """;

    // The original's key has no room for a second chunk, nor for a second stock row of an article.
    private const string RemoveWhatTheOriginalCannotHold = """
        DELETE FROM rag_metadata WHERE chunk_index > 0;
        DELETE FROM rag_metadata m USING rag_metadata newer
        WHERE m.source_table IN ('wb_products', 'wb_stocks')
          AND newer.cabinet_id = m.cabinet_id AND newer.source_table = m.source_table AND newer.nm_id = m.nm_id AND newer.id > m.id;
        DELETE FROM rag_metadata WHERE source_table IN ('wb_products', 'wb_stocks') AND nm_id IS NULL;
        """;

    private const string DropColumns = """
        ALTER TABLE rag_metadata DROP CONSTRAINT uq_rag_metadata_cabinet_source;
        UPDATE rag_metadata SET source_id = nm_id WHERE source_table IN ('wb_products', 'wb_stocks');
        ALTER TABLE rag_metadata
            ADD CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id),
            ALTER COLUMN chunk_hash TYPE varchar(64) COLLATE "default",
            DROP COLUMN chunk_index,
            DROP COLUMN nm_id,
            DROP COLUMN business_date,
            DROP COLUMN expires_at,
            DROP COLUMN renderer_version,
            DROP COLUMN source_name,
            DROP COLUMN embedded_hash,
            DROP COLUMN embedded_model,
            DROP COLUMN pending_since,
            DROP COLUMN embed_attempts,
            DROP COLUMN embed_error,
            DROP COLUMN next_attempt_at;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(RemoveChunksKeyedByArticle + AddColumns + Widen);

    /// <summary>
    /// Products and stocks go back to the article as their <c>source_id</c>, which the original's readers filter by; of several
    /// stock rows of one article the newest stays. The widened ids stay wide.
    /// </summary>
    public override void Down() => Execute.Sql(RemoveWhatTheOriginalCannotHold + DropColumns);
}
