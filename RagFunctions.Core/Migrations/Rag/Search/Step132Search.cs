using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// The search by meaning, by word and by both, as one function with the old one's name, arguments and columns in front, so that its
/// callers go on reading; and who may search which cabinets.
/// </summary>
[Migration(132, "rag_search by meaning and by word, within what the caller may read; rag_readers")]
public sealed class Step132Search : Migration
{
    // regrole, not a name: a role that is dropped and made again gets nothing of the former one.
    private const string CreateReaders = """
        CREATE TABLE rag_readers (
            reader regrole NOT NULL,
            cabinet_id bigint NOT NULL,
            granted_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (reader, cabinet_id));
        COMMENT ON TABLE rag_readers IS 'Which cabinets a role may search that has no right on the tables: rag grant rag --read.';

        CREATE FUNCTION rag_may_search(cabinet bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER AS $function$
        DECLARE
            -- With the owner's rights current_user is the owner; the caller is the role it has set, or the one that signed in.
            caller name := CASE current_setting('role') WHEN 'none' THEN session_user::name ELSE current_setting('role')::name END;
            chunks pg_class := (SELECT c FROM pg_class AS c WHERE c.oid = 'rag_metadata'::regclass);
        BEGIN
            RETURN pg_has_role(caller, chunks.relowner, 'USAGE')
                OR NOT chunks.relrowsecurity
                    AND has_table_privilege(caller, 'rag_metadata'::regclass, 'SELECT')
                    AND has_table_privilege(caller, 'rag_embeddings'::regclass, 'SELECT')
                OR EXISTS (SELECT FROM rag_readers AS r JOIN pg_roles AS known ON known.oid = r.reader
                           WHERE r.cabinet_id = cabinet AND pg_has_role(caller, r.reader, 'USAGE'));
        END
        $function$;
        """;

    // "+ 0" keeps an approximate index out of it: that would look at the nearest 40 vectors of all tenants and drop the others' afterwards.
    // It also keeps tables without statistics, as they are after a first load, from a join that compares all chunks with all vectors.
    internal const string CreateByMeaning = """
        CREATE FUNCTION rag_by_meaning(
            cabinet bigint, query vector, query_model text, depth integer, kinds text[], nm_ids bigint[], since timestamptz,
            until timestamptz, as_of timestamptz, least_similarity double precision, is_exact boolean, candidates integer)
        RETURNS TABLE (metadata_id bigint, similarity double precision, place bigint)
        LANGUAGE plpgsql STABLE AS $function$
        #variable_conflict use_column
        DECLARE
            key integer := rag_model_key(query_model);
            query_bits bit varying := binary_quantize(query);
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
                RETURN QUERY
                SELECT n.id, 1 - n.distance, rank() OVER (ORDER BY n.distance)
                FROM (
                    SELECT e.metadata_id AS id, (e.embedding <=> query) + 0 AS distance
                    FROM (
                        SELECT b.metadata_id
                        FROM rag_vector_bits AS b
                        WHERE b.cabinet_id = cabinet AND b.model_key = key
                          AND (kinds IS NULL OR b.chunk_type = ANY (kinds))
                          AND (nm_ids IS NULL OR b.nm_id = ANY (nm_ids))
                          AND (since IS NULL OR b.business_date >= since)
                          AND (until IS NULL OR b.business_date < until)
                          AND (b.expires_at IS NULL OR b.expires_at > as_of)
                        ORDER BY b.bits <~> query_bits LIMIT candidates) AS near
                    JOIN rag_embeddings AS e ON e.metadata_id = near.metadata_id AND e.cabinet_id = cabinet AND e.model = query_model
                    ORDER BY 2, 1 LIMIT depth) AS n
                WHERE least_similarity IS NULL OR 1 - n.distance >= least_similarity;
            END IF;
        END
        $function$;
        """;

    // A word's weight is its rarity inside the cabinet. The rarest words bring the candidates, one after the other until there are about
    // 2,000; commoner ones only add to what those have found. How common a word is tells a sample: hashes lie as if shuffled. So the work
    // is bounded however large the cabinet is, and what "товар" would bring is not read.
    private const string CreateByWords = """
        CREATE FUNCTION rag_by_words(
            cabinet bigint, question text, depth integer, kinds text[], nm_ids bigint[], since timestamptz, until timestamptz,
            as_of timestamptz, least_share double precision)
        RETURNS TABLE (metadata_id bigint, share double precision, place bigint)
        LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $function$
        #variable_conflict use_column
        DECLARE
            most CONSTANT bigint := 10000;
            enough CONSTANT bigint := 2000;
            total double precision;
            goal double precision;
            sampled double precision;
            asked tsquery[] := ARRAY(
                SELECT (quote_literal(cabinet::text || ':'::text || w))::tsquery
                FROM unnest(rag_lexemes(left(question, 4000))) AS w WHERE length(w) <= 100 ORDER BY length(w) DESC, w LIMIT 32);
            within tsquery;
            common tsquery[];
            weights double precision[];
            sample tsvector[];
        BEGIN
            total := (SELECT s.total_chunks FROM rag_index_status AS s WHERE s.cabinet_id = cabinet AND s.total_chunks > 0);
            IF total IS NULL THEN
                total := (SELECT count(*) FROM (SELECT FROM rag_metadata AS m WHERE m.cabinet_id = cabinet LIMIT most) AS known);
            END IF;
            IF kinds IS NOT NULL OR nm_ids IS NOT NULL OR since IS NOT NULL OR until IS NOT NULL THEN
                IF kinds = '{}' OR nm_ids = '{}' THEN
                    RETURN;
                END IF;
                within := (SELECT string_agg(quote_literal(cabinet::text || '#'::text || k), ' | ')::tsquery
                           FROM unnest(coalesce(kinds, ARRAY['order', 'product', 'stock', 'review', 'sale'])) AS k);
                IF nm_ids IS NOT NULL THEN
                    within := within && (SELECT string_agg(quote_literal(cabinet::text || '@'::text || n::text), ' | ')::tsquery FROM unnest(nm_ids) AS n);
                END IF;
                sample := ARRAY(
                    SELECT w.words FROM rag_words AS w
                    WHERE w.words @@ within
                      AND (since IS NULL OR w.business_date >= since)
                      AND (until IS NULL OR w.business_date < until)
                      AND (w.expires_at IS NULL OR w.expires_at > as_of)
                    LIMIT enough + 1);
                sampled := cardinality(sample);
                IF sampled <= enough THEN
                    total := sampled;
                    sample := NULL;
                ELSE
                    goal := enough / 4;
                END IF;
            ELSIF total > enough THEN
                sample := ARRAY(
                    SELECT w.words
                    FROM (SELECT m.id FROM rag_metadata AS m WHERE m.cabinet_id = cabinet ORDER BY m.chunk_hash LIMIT 300) AS m
                    JOIN rag_words AS w ON w.metadata_id = m.id);
                sampled := cardinality(sample);
                goal := enough * sampled / total;
            END IF;
            IF sample IS NOT NULL THEN
                SELECT array_agg(word) FILTER (WHERE sooner < goal),
                       array_agg(word ORDER BY seen, word) FILTER (WHERE sooner >= goal),
                       array_agg(ln(1 + (sampled - seen + 0.5) / (seen + 0.5)) ORDER BY seen, word) FILTER (WHERE sooner >= goal)
                INTO asked, common, weights
                FROM (SELECT word, seen, coalesce(sum(seen) OVER (ORDER BY seen, n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS sooner
                      FROM (SELECT a.word, a.n, (SELECT count(*) FROM unnest(sample) AS s (words) WHERE s.words @@ a.word) AS seen
                            FROM unnest(asked) WITH ORDINALITY AS a (word, n)) AS counted) AS judged;
            END IF;
            RETURN QUERY
            WITH posting AS MATERIALIZED (
                SELECT l.n, p.metadata_id, p.size, p.more
                FROM unnest(asked) WITH ORDINALITY AS l (word, n)
                CROSS JOIN LATERAL (
                    SELECT w.metadata_id, length(w.words) AS size,
                           CASE WHEN common IS NOT NULL THEN
                               (SELECT coalesce(sum(c.weight), 0) FROM unnest(common, weights) AS c (word, weight) WHERE w.words @@ c.word)
                           ELSE 0 END AS more
                    FROM rag_words AS w
                    WHERE w.words @@ CASE WHEN within IS NULL THEN l.word ELSE l.word && within END
                      AND (since IS NULL OR w.business_date >= since)
                      AND (until IS NULL OR w.business_date < until)
                      AND (w.expires_at IS NULL OR w.expires_at > as_of)
                    LIMIT most) AS p
            ), weight AS (
                SELECT n, ln(1 + (greatest(total, count(*)) - count(*) + 0.5) / (count(*) + 0.5)) AS rarity FROM posting GROUP BY n
            ), found AS (
                SELECT p.metadata_id, sum(w.rarity) + max(p.more) AS weight, min(p.size) AS size
                FROM posting AS p JOIN weight AS w ON w.n = p.n
                GROUP BY p.metadata_id
            ), best AS (
                SELECT f.metadata_id, f.size,
                       round((f.weight / ((SELECT sum(rarity) FROM weight) + (SELECT coalesce(sum(c), 0) FROM unnest(weights) AS c)))::numeric, 6) AS share
                FROM found AS f
                ORDER BY f.weight DESC, f.size, f.metadata_id DESC LIMIT depth
            )
            SELECT b.metadata_id, b.share::double precision, rank() OVER (ORDER BY b.share DESC)
            FROM best AS b
            WHERE least_share IS NULL OR b.share >= least_share;
        END
        $function$;
        """;

    // Reciprocal ranks with the usual 60, scaled so that the first of both ways has 1.
    internal const string CreateSearch = """
        CREATE FUNCTION rag_search(
            cabinet bigint, query vector, query_model text, max_hits integer DEFAULT 5, only_type text DEFAULT NULL,
            only_nm_id bigint DEFAULT NULL, since timestamptz DEFAULT NULL, as_of timestamptz DEFAULT now(),
            question text DEFAULT NULL, mode text DEFAULT NULL, kinds text[] DEFAULT NULL, nm_ids bigint[] DEFAULT NULL,
            until timestamptz DEFAULT NULL, min_score double precision DEFAULT NULL, exact_up_to bigint DEFAULT 100000,
            candidates integer DEFAULT 200)
        RETURNS TABLE (
            metadata_id bigint, source_table text, source_id bigint, chunk_index integer, chunk_type text, nm_id bigint,
            business_date timestamptz, chunk_text text, similarity double precision,
            score double precision, vector_rank bigint, text_rank bigint, text_share double precision)
        LANGUAGE plpgsql STABLE SECURITY DEFINER AS $function$
        #variable_conflict use_column
        DECLARE
            index_model text;
            total bigint;
            way text := coalesce(mode, CASE WHEN query IS NULL THEN 'text' WHEN question IS NULL THEN 'vector' ELSE 'hybrid' END);
            most integer := least(greatest(max_hits, 0), 1000);
            depth integer := CASE WHEN way = 'hybrid' THEN least(greatest(2 * most, 100), 1000) ELSE most END;
        BEGIN
            IF NOT rag_may_search(cabinet) THEN
                RAISE EXCEPTION 'this role may not search cabinet %', cabinet
                    USING ERRCODE = 'insufficient_privilege', HINT = 'rag grant rag --read lets a role search the cabinets it names.';
            END IF;
            IF way NOT IN ('vector', 'text', 'hybrid') THEN
                RAISE EXCEPTION 'mode is vector, text or hybrid' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            index_model := (SELECT model FROM rag_embedder);
            IF way <> 'text' AND index_model <> query_model THEN
                RAISE EXCEPTION 'the index was made with %, the query with %: their vectors cannot be compared', index_model, query_model
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            IF EXISTS (SELECT FROM rag_index_status AS s WHERE s.cabinet_id = cabinet AND NOT s.is_active) THEN
                RETURN;
            END IF;
            total := (SELECT s.total_chunks FROM rag_index_status AS s WHERE s.cabinet_id = cabinet);
            kinds := CASE WHEN only_type IS NULL THEN kinds WHEN kinds IS NULL OR only_type = ANY (kinds) THEN ARRAY[only_type] ELSE '{}' END;
            nm_ids := CASE WHEN only_nm_id IS NULL THEN nm_ids WHEN nm_ids IS NULL OR only_nm_id = ANY (nm_ids) THEN ARRAY[only_nm_id] ELSE '{}' END;
            RETURN QUERY
            WITH by_meaning AS (
                SELECT v.metadata_id, v.similarity, v.place
                FROM rag_by_meaning(
                    cabinet, query, query_model, depth, kinds, nm_ids, since, until, as_of, min_score,
                    coalesce(total, 0) <= exact_up_to, least(greatest(candidates, depth), 10000)) AS v
                WHERE way <> 'text'
            ), by_words AS (
                SELECT t.metadata_id, t.share, t.place
                FROM rag_by_words(cabinet, question, depth, kinds, nm_ids, since, until, as_of, min_score) AS t
                WHERE way <> 'vector'
            ), joined AS (
                SELECT coalesce(v.metadata_id, t.metadata_id) AS id, v.similarity, v.place AS vector_rank, t.place AS text_rank, t.share,
                       CASE way WHEN 'vector' THEN v.similarity WHEN 'text' THEN t.share
                           ELSE 30.5 * (coalesce(1.0 / (60 + v.place), 0) + coalesce(1.0 / (60 + t.place), 0)) END::double precision AS score
                FROM by_meaning AS v FULL JOIN by_words AS t ON t.metadata_id = v.metadata_id
                ORDER BY score DESC, t.place, v.place, id DESC LIMIT most
            )
            SELECT m.id, m.source_table::text, m.source_id, m.chunk_index, m.chunk_type::text, m.nm_id, m.business_date, m.chunk_text,
                   coalesce(j.similarity, 1 - (e.embedding <=> query)), j.score, j.vector_rank, j.text_rank, j.share
            FROM joined AS j
            JOIN rag_metadata AS m ON m.id = j.id AND m.cabinet_id = cabinet
            LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id AND e.model = query_model
            ORDER BY j.score DESC, j.text_rank, j.vector_rank, m.id DESC;
        END
        $function$;
        COMMENT ON FUNCTION rag_search IS
            'The chunks of one cabinet that answer a question best. query: a vector made by query_model, which must be the model of the index, for the search by meaning; question: words, for the search by word; both: hybrid, by reciprocal rank; mode: vector, text or hybrid. max_hits: at most 1000. kinds or only_type: order, product, stock, review, sale; nm_ids or only_nm_id: articles; since and until (exclusive): business date, which products and stocks do not have; min_score: what each way must reach, similarity or share of the words'' weight. Cabinets of more than exact_up_to chunks are searched in two steps, the best candidates by one bit a dimension and those by their vectors. Expired chunks and deactivated cabinets are left out. Refused for cabinets that the caller may not read.';
        """;

    private const string DropFormer =
        "DROP FUNCTION rag_search(bigint, vector, text, integer, text, bigint, timestamptz, timestamptz);";

    // Who read by the former function had rights on the tables: those go on. Everybody else is let in by rag grant.
    private const string Grant = """
        REVOKE ALL ON FUNCTION rag_may_search FROM PUBLIC;
        REVOKE ALL ON FUNCTION rag_by_meaning FROM PUBLIC;
        REVOKE ALL ON FUNCTION rag_by_words FROM PUBLIC;
        REVOKE ALL ON FUNCTION rag_search FROM PUBLIC;
        REVOKE ALL ON FUNCTION rag_words_of FROM PUBLIC;
        DO $grant$
        DECLARE
            reader regrole;
        BEGIN
            FOR reader IN
                SELECT DISTINCT a.grantee FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
                WHERE c.oid = 'rag_metadata'::regclass AND a.privilege_type = 'SELECT' AND a.grantee <> 0
                UNION
                SELECT oid FROM pg_roles WHERE rolname = 'pg_read_all_data'
            LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION rag_search TO %s', reader);
            END LOOP;
            IF EXISTS (SELECT FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
                       WHERE c.oid = 'rag_metadata'::regclass AND a.privilege_type = 'SELECT' AND a.grantee = 0) THEN
                GRANT EXECUTE ON FUNCTION rag_search TO PUBLIC;
            END IF;
        END
        $grant$;
        """;

    private const string Drop = """
        DROP FUNCTION rag_search(bigint, vector, text, integer, text, bigint, timestamptz, timestamptz, text, text, text[], bigint[], timestamptz, double precision, bigint, integer);
        DROP FUNCTION rag_by_words(bigint, text, integer, text[], bigint[], timestamptz, timestamptz, timestamptz, double precision);
        DROP FUNCTION rag_by_meaning(bigint, vector, text, integer, text[], bigint[], timestamptz, timestamptz, timestamptz, double precision, boolean, integer);
        DROP FUNCTION rag_may_search(bigint);
        DROP TABLE rag_readers;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        DropFormer + CreateReaders + CreateByMeaning + CreateByWords + CreateSearch + Grant
        + FixedPath.Of("rag_may_search", "rag_by_meaning", "rag_by_words", "rag_search"));

    /// <summary>The former function comes back; who may search which cabinets is forgotten.</summary>
    public override void Down() => Execute.Sql(Drop + Step108Search.CreateFunction);
}
