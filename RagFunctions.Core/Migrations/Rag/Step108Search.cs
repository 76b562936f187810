using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>The search as a function, so that readers in any language have the one that this system uses itself.</summary>
[Migration(108, "rag_search: exact search within one cabinet")]
public sealed class Step108Search : Migration
{
    // MATERIALIZED keeps an approximate index out of it: that would look at the nearest 40 vectors of all tenants first and drop
    // the others' afterwards. Distances alone are sorted, and only the rows that are left fetch their texts.
    internal const string CreateFunction = """
        CREATE FUNCTION rag_search(
            cabinet bigint, query vector, query_model text, max_hits integer DEFAULT 5, only_type text DEFAULT NULL,
            only_nm_id bigint DEFAULT NULL, since timestamptz DEFAULT NULL, as_of timestamptz DEFAULT now())
        RETURNS TABLE (
            metadata_id bigint, source_table text, source_id bigint, chunk_index integer, chunk_type text, nm_id bigint,
            business_date timestamptz, chunk_text text, similarity double precision)
        LANGUAGE plpgsql STABLE AS $function$
        #variable_conflict use_column
        DECLARE
            index_model text := (SELECT model FROM rag_embedder);
        BEGIN
            IF index_model <> query_model THEN
                RAISE EXCEPTION 'the index was made with %, the query with %: their vectors cannot be compared', index_model, query_model
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            RETURN QUERY
            WITH scored AS MATERIALIZED (
                SELECT m.id, e.embedding <=> query AS distance
                FROM rag_embeddings e JOIN rag_metadata m ON m.id = e.metadata_id
                WHERE e.cabinet_id = cabinet AND m.cabinet_id = cabinet AND e.model = query_model
                  AND (only_type IS NULL OR e.chunk_type = only_type)
                  AND (only_nm_id IS NULL OR m.nm_id = only_nm_id)
                  AND (since IS NULL OR m.business_date >= since)
                  AND (m.expires_at IS NULL OR m.expires_at > as_of)
                  AND NOT EXISTS (SELECT FROM rag_index_status s WHERE s.cabinet_id = cabinet AND NOT s.is_active)
            ), nearest AS (
                SELECT id, distance FROM scored ORDER BY distance LIMIT max_hits
            )
            SELECT m.id, m.source_table::text, m.source_id, m.chunk_index, m.chunk_type::text, m.nm_id, m.business_date, m.chunk_text,
                   1 - n.distance
            FROM nearest n JOIN rag_metadata m ON m.id = n.id
            ORDER BY n.distance;
        END
        $function$;
        COMMENT ON FUNCTION rag_search IS
            'Nearest chunks of one cabinet by cosine distance, exact. query: a vector made by query_model, which must be the model of the index. only_type: order, product, stock, review or sale; only_nm_id: an article; since: business date, which products and stocks do not have. Expired chunks and deactivated cabinets are left out.';
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateFunction);

    /// <inheritdoc />
    public override void Down() =>
        Execute.Sql("DROP FUNCTION rag_search(bigint, vector, text, integer, text, bigint, timestamptz, timestamptz)");
}
