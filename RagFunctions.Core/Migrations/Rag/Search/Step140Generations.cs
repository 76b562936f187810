using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// Room for a second generation of vectors beside the active one, so that the model can be changed while search goes on. Nothing is in it
/// until <c>rag model switch</c>.
/// </summary>
/// <remarks>
/// Tables of its own, not a column more in <c>rag_embeddings</c>: two lengths would need a column without one, and readers of the original's
/// table would meet vectors that they cannot compare. So that table holds one generation, complete, at every moment.
/// </remarks>
[Migration(140, "a second generation of vectors: rag_next_embeddings, rag_next_vector_bits, and the search by either")]
public sealed class Step140Generations : Migration
{
    private const string CreateTables = """
        CREATE TABLE rag_next_embedder (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            model text NOT NULL,
            dimensions integer NOT NULL,
            passage_prefix text NOT NULL DEFAULT '',
            vectors regclass NOT NULL,
            begun_at timestamptz NOT NULL DEFAULT now());
        COMMENT ON TABLE rag_next_embedder IS 'The embedder that the index is changing to, while it is: rag model.';
        CREATE TABLE rag_next_provider (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            not_before timestamptz,
            reason text,
            updated_at timestamptz NOT NULL DEFAULT now());
        COMMENT ON TABLE rag_next_provider IS 'As rag_provider, for the embedder of the next generation.';
        ALTER TABLE rag_index_status ADD COLUMN on_next boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN rag_index_status.on_next IS 'The search of the cabinet is on the next generation of vectors.';
        DO $like$
        DECLARE
            granted record;
        BEGIN
            FOR granted IN
                SELECT n.next, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS reader, a.privilege_type
                FROM (VALUES ('rag_embedder', 'rag_next_embedder'), ('rag_provider', 'rag_next_provider')) AS n (active, next)
                JOIN pg_class AS c ON c.oid = to_regclass(n.active) CROSS JOIN aclexplode(c.relacl) AS a
            LOOP
                EXECUTE format('GRANT %s ON %I TO %s', granted.privilege_type, granted.next, granted.reader);
            END LOOP;
        END
        $like$;
        """;

    // The tables' names and not arguments say which: a table that takes the other's place takes its part.
    private const string ReplaceKeepBits = """
        CREATE OR REPLACE FUNCTION rag_keep_bits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
        BEGIN
            IF TG_LEVEL = 'STATEMENT' AND TG_TABLE_NAME = 'rag_next_embeddings' THEN
                INSERT INTO rag_next_vector_bits (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
                SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding)
                FROM new_rows AS e JOIN rag_metadata AS m ON m.id = e.metadata_id
                ON CONFLICT (metadata_id) DO NOTHING;
            ELSIF TG_LEVEL = 'STATEMENT' THEN
                INSERT INTO rag_vector_bits (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
                SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding)
                FROM new_rows AS e JOIN rag_metadata AS m ON m.id = e.metadata_id
                ON CONFLICT (metadata_id) DO NOTHING;
            ELSIF TG_TABLE_NAME = 'rag_next_embeddings' THEN
                INSERT INTO rag_next_vector_bits AS b (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
                SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(NEW.model), m.chunk_type, binary_quantize(NEW.embedding)
                FROM rag_metadata AS m WHERE m.id = NEW.metadata_id
                ON CONFLICT (metadata_id) DO UPDATE SET model_key = EXCLUDED.model_key, bits = EXCLUDED.bits;
            ELSE
                INSERT INTO rag_vector_bits AS b (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
                SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(NEW.model), m.chunk_type, binary_quantize(NEW.embedding)
                FROM rag_metadata AS m WHERE m.id = NEW.metadata_id
                ON CONFLICT (metadata_id) DO UPDATE SET model_key = EXCLUDED.model_key, bits = EXCLUDED.bits;
            END IF;
            RETURN NULL;
        END
        $function$;
        """;

    private const string ReplaceKeepWords = """
        CREATE OR REPLACE FUNCTION rag_keep_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
        BEGIN
            IF TG_LEVEL = 'STATEMENT' THEN
                INSERT INTO rag_words (metadata_id, business_date, expires_at, words)
                SELECT id, business_date, expires_at, rag_words_of(cabinet_id, chunk_type, nm_id, chunk_text) FROM new_rows
                ON CONFLICT (metadata_id) DO NOTHING;
                RETURN NULL;
            END IF;
            INSERT INTO rag_words (metadata_id, business_date, expires_at, words)
            VALUES (NEW.id, NEW.business_date, NEW.expires_at, rag_words_of(NEW.cabinet_id, NEW.chunk_type, NEW.nm_id, NEW.chunk_text))
            ON CONFLICT (metadata_id) DO UPDATE
            SET business_date = EXCLUDED.business_date, expires_at = EXCLUDED.expires_at, words = EXCLUDED.words;
            UPDATE rag_vector_bits
            SET cabinet_id = NEW.cabinet_id, nm_id = NEW.nm_id, business_date = NEW.business_date, expires_at = NEW.expires_at, chunk_type = NEW.chunk_type
            WHERE metadata_id = NEW.id
              AND (cabinet_id, nm_id, business_date, expires_at, chunk_type)
                  IS DISTINCT FROM (NEW.cabinet_id, NEW.nm_id, NEW.business_date, NEW.expires_at, NEW.chunk_type);
            UPDATE rag_next_vector_bits
            SET cabinet_id = NEW.cabinet_id, nm_id = NEW.nm_id, business_date = NEW.business_date, expires_at = NEW.expires_at, chunk_type = NEW.chunk_type
            WHERE metadata_id = NEW.id
              AND (cabinet_id, nm_id, business_date, expires_at, chunk_type)
                  IS DISTINCT FROM (NEW.cabinet_id, NEW.nm_id, NEW.business_date, NEW.expires_at, NEW.chunk_type);
            RETURN NULL;
        END
        $function$;
        """;

    private static readonly string CreateNextByMeaning =
        OfNext(Step132Search.CreateByMeaning) + "REVOKE ALL ON FUNCTION rag_next_by_meaning FROM PUBLIC;";

    private const string CreateModelOf = """
        CREATE FUNCTION rag_model_of(cabinet bigint) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $function$
        BEGIN
            IF NOT rag_may_search(cabinet) THEN
                RAISE EXCEPTION 'this role may not search cabinet %', cabinet USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN coalesce(
                (SELECT n.model FROM rag_next_embedder AS n JOIN rag_index_status AS s ON s.cabinet_id = cabinet AND s.on_next),
                (SELECT e.model FROM rag_embedder AS e));
        END
        $function$;
        COMMENT ON FUNCTION rag_model_of IS
            'The model that questions to a cabinet are to be embedded with; null: no vector was stored yet. While the index changes its model, the former one is answered as well.';
        """;

    // A reader who embeds with the active generation's model is answered until the change is finished: that generation is kept right until
    // then. So nobody has to change at the same moment as the cabinet, and a worker that does not know the next model goes on answering.
    // The tables exchange their names at the end of a change. So the names are held before anything is read about them, and VOLATILE gives
    // each statement a view of the data that is no older than that; a transaction with one older view for all is refused instead.
    internal const string ReplaceSearch = """
        CREATE OR REPLACE FUNCTION rag_search(
            cabinet bigint, query vector, query_model text, max_hits integer DEFAULT 5, only_type text DEFAULT NULL,
            only_nm_id bigint DEFAULT NULL, since timestamptz DEFAULT NULL, as_of timestamptz DEFAULT now(),
            question text DEFAULT NULL, mode text DEFAULT NULL, kinds text[] DEFAULT NULL, nm_ids bigint[] DEFAULT NULL,
            until timestamptz DEFAULT NULL, min_score double precision DEFAULT NULL, exact_up_to bigint DEFAULT 100000,
            candidates integer DEFAULT 200)
        RETURNS TABLE (
            metadata_id bigint, source_table text, source_id bigint, chunk_index integer, chunk_type text, nm_id bigint,
            business_date timestamptz, chunk_text text, similarity double precision,
            score double precision, vector_rank bigint, text_rank bigint, text_share double precision)
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $function$
        #variable_conflict use_column
        DECLARE
            by_next boolean;
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
            LOCK TABLE rag_embeddings, rag_next_embeddings IN ACCESS SHARE MODE;
            by_next := query IS NOT NULL AND EXISTS (
                SELECT FROM rag_next_embedder AS n JOIN rag_index_status AS s ON s.cabinet_id = cabinet AND s.on_next
                WHERE n.model = query_model AND n.dimensions = vector_dims(query) AND n.vectors = 'rag_next_embeddings'::regclass);
            index_model := (SELECT model FROM rag_embedder);
            IF way <> 'text' AND NOT by_next AND index_model <> query_model THEN
                RAISE EXCEPTION 'the index was made with %, the query with %: their vectors cannot be compared', rag_model_of(cabinet), query_model
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
                WHERE way <> 'text' AND NOT by_next
                UNION ALL
                SELECT v.metadata_id, v.similarity, v.place
                FROM rag_next_by_meaning(
                    cabinet, query, query_model, depth, kinds, nm_ids, since, until, as_of, min_score,
                    coalesce(total, 0) <= exact_up_to, least(greatest(candidates, depth), 10000)) AS v
                WHERE way <> 'text' AND by_next
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
                   coalesce(j.similarity, 1 - (coalesce(e.embedding::vector, n.embedding::vector) <=> query)), j.score, j.vector_rank, j.text_rank, j.share
            FROM joined AS j
            JOIN rag_metadata AS m ON m.id = j.id AND m.cabinet_id = cabinet
            LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id AND e.model = query_model AND NOT by_next
            LEFT JOIN rag_next_embeddings AS n ON n.metadata_id = m.id AND by_next
            ORDER BY j.score DESC, j.text_rank, j.vector_rank, m.id DESC;
        END
        $function$;
        """;

    // Who may search may ask what to embed a question with.
    private const string Grant = """
        REVOKE ALL ON FUNCTION rag_model_of FROM PUBLIC;
        DO $grant$
        DECLARE
            reader text;
        BEGIN
            FOR reader IN
                SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
                WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = 'rag_search' AND a.grantee <> p.proowner
            LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION rag_model_of TO %s', reader);
            END LOOP;
        END
        $grant$;
        """;

    private const string Drop = """
        DROP FUNCTION rag_model_of(bigint);
        DROP FUNCTION rag_next_by_meaning(bigint, vector, text, integer, text[], bigint[], timestamptz, timestamptz, timestamptz, double precision, boolean, integer);
        DROP TABLE rag_next_vector_bits, rag_next_embeddings, rag_next_provider, rag_next_embedder;
        ALTER TABLE rag_index_status DROP COLUMN on_next;
        """;

    /// <summary>What the search does with vectors, said of the next generation's tables.</summary>
    internal static string OfNext(string function) => function
        .Replace("rag_by_meaning", "rag_next_by_meaning", StringComparison.Ordinal)
        .Replace("rag_near_bits", "rag_next_near_bits", StringComparison.Ordinal)
        .Replace("rag_embeddings", "rag_next_embeddings", StringComparison.Ordinal)
        .Replace("rag_vector_bits", "rag_next_vector_bits", StringComparison.Ordinal);

    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        CreateTables + NextTables.AddColumns + ReplaceKeepBits + ReplaceKeepWords + NextTables.Create + CreateNextByMeaning + CreateModelOf
        + ReplaceSearch + Grant + FixedPath.Of("rag_keep_words", "rag_keep_bits", "rag_next_by_meaning", "rag_model_of", "rag_search"));

    /// <summary>A generation that is being built is given up: search goes back to the active one, which is right at every moment.</summary>
    public override void Down() => Execute.Sql(
        Step132Search.CreateSearch.Replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", StringComparison.Ordinal) + Step130SearchTables.CreateKeepers
        + Drop + NextTables.DropColumns + FixedPath.Of("rag_keep_words", "rag_keep_bits", "rag_search"));
}
