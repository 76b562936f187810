using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// The first of two steps sorts only what may be among the candidates. A scan of half a million bit vectors takes 80 ms; giving each of
/// them to the sort, which copies it before it is thrown away, takes 45 ms more. And each branch of the search has one kind of plan, not
/// another one for the first five calls of a connection.
/// </summary>
[Migration(180, "rag_near_bits sorts only the bit vectors that lie near enough to be candidates")]
public sealed class Step180NearBits : Migration
{
    // How far the candidates lie tells a sample: hashes lie as if shuffled. Of the sample as many as are to be expected among the nearest,
    // and so many more that chance hardly ever brings fewer candidates than asked for. When it does, everything is sorted.
    // A plan of its own for each call leaves out the filters that nobody asked for, and knows how much of the table the cabinet is.
    private const string CreateNearBits = """
        CREATE FUNCTION rag_near_bits(
            cabinet bigint, query_bits bit varying, key integer, kinds text[], nm_ids bigint[], since timestamptz, until timestamptz,
            as_of timestamptz, candidates integer)
        RETURNS bigint[] LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $function$
        #variable_conflict use_column
        DECLARE
            sampled CONSTANT integer := 300;
            expected double precision := sampled * candidates::double precision
                / (SELECT s.total_chunks FROM rag_index_status AS s WHERE s.cabinet_id = cabinet AND s.total_chunks > 0);
            border double precision;
            near bigint[];
        BEGIN
            border := (
                SELECT (array_agg(s.distance ORDER BY s.distance))[ceil(expected + 4 * sqrt(expected) + 4)::integer]
                FROM (
                    SELECT b.bits <~> query_bits AS distance
                    FROM (SELECT m.id FROM rag_metadata AS m WHERE m.cabinet_id = cabinet ORDER BY m.chunk_hash LIMIT sampled) AS m
                    JOIN rag_vector_bits AS b ON b.metadata_id = m.id AND b.model_key = key
                    WHERE (kinds IS NULL OR b.chunk_type = ANY (kinds))
                      AND (nm_ids IS NULL OR b.nm_id = ANY (nm_ids))
                      AND (since IS NULL OR b.business_date >= since)
                      AND (until IS NULL OR b.business_date < until)
                      AND (b.expires_at IS NULL OR b.expires_at > as_of)) AS s);
            LOOP
                near := ARRAY(
                    SELECT b.metadata_id
                    FROM rag_vector_bits AS b
                    WHERE b.cabinet_id = cabinet AND b.model_key = key
                      AND (kinds IS NULL OR b.chunk_type = ANY (kinds))
                      AND (nm_ids IS NULL OR b.nm_id = ANY (nm_ids))
                      AND (since IS NULL OR b.business_date >= since)
                      AND (until IS NULL OR b.business_date < until)
                      AND (b.expires_at IS NULL OR b.expires_at > as_of)
                      AND (border IS NULL OR b.bits <~> query_bits <= border)
                    ORDER BY b.bits <~> query_bits LIMIT candidates);
                EXIT WHEN border IS NULL OR cardinality(near) = candidates;
                border := NULL;
            END LOOP;
            RETURN near;
        END
        $function$;
        """;

    // "+ 0" keeps an approximate index out of it: that would look at the nearest 40 vectors of all tenants and drop the others' afterwards.
    // The plan is one for all cabinets: one that knows the numbers of a cabinet would rather read the chunks of everybody.
    private const string ReplaceByMeaning = """
        CREATE OR REPLACE FUNCTION rag_by_meaning(
            cabinet bigint, query vector, query_model text, depth integer, kinds text[], nm_ids bigint[], since timestamptz,
            until timestamptz, as_of timestamptz, least_similarity double precision, is_exact boolean, candidates integer)
        RETURNS TABLE (metadata_id bigint, similarity double precision, place bigint)
        LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $function$
        #variable_conflict use_column
        DECLARE
            near bigint[];
        BEGIN
            IF is_exact THEN
                RETURN QUERY
                SELECT n.id, 1 - n.distance, rank() OVER (ORDER BY n.distance)
                FROM (
                    SELECT m.id, (e.embedding <=> query) + 0 AS distance
                    FROM rag_embeddings AS e JOIN rag_metadata AS m ON m.id = e.metadata_id
                    WHERE e.cabinet_id = cabinet AND m.cabinet_id + 0 = cabinet AND e.model = query_model
                      AND (kinds IS NULL OR m.chunk_type = ANY (kinds))
                      AND (nm_ids IS NULL OR m.nm_id = ANY (nm_ids))
                      AND (since IS NULL OR m.business_date >= since)
                      AND (until IS NULL OR m.business_date < until)
                      AND (m.expires_at IS NULL OR m.expires_at > as_of)
                    ORDER BY 2, 1 LIMIT depth) AS n
                WHERE least_similarity IS NULL OR 1 - n.distance >= least_similarity;
            ELSE
                near := rag_near_bits(
                    cabinet, binary_quantize(query), rag_model_key(query_model), kinds, nm_ids, since, until, as_of, candidates);
                RETURN QUERY
                SELECT n.id, 1 - n.distance, rank() OVER (ORDER BY n.distance)
                FROM (
                    SELECT e.metadata_id AS id, (e.embedding <=> query) + 0 AS distance
                    FROM rag_embeddings AS e
                    WHERE e.metadata_id = ANY (near) AND e.cabinet_id = cabinet AND e.model = query_model
                    ORDER BY 2, 1 LIMIT depth) AS n
                WHERE least_similarity IS NULL OR 1 - n.distance >= least_similarity;
            END IF;
        END
        $function$;
        """;

    private const string Close = """
        REVOKE ALL ON FUNCTION rag_near_bits FROM PUBLIC;
        """;

    private const string Drop = "DROP FUNCTION rag_near_bits; DROP FUNCTION rag_next_near_bits;";

    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        OfBoth(CreateNearBits + Close + ReplaceByMeaning)
        + FixedPath.Of("rag_by_meaning", "rag_next_by_meaning", "rag_near_bits", "rag_next_near_bits"));

    /// <inheritdoc />
    public override void Down() => Execute.Sql(
        OfBoth(Step132Search.CreateByMeaning.Replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", StringComparison.Ordinal))
        + FixedPath.Of("rag_by_meaning", "rag_next_by_meaning") + Drop);

    private static string OfBoth(string function) => function + Step140Generations.OfNext(function);
}
