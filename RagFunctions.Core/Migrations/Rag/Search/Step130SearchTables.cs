using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// Two narrow tables beside the chunks: their words, and their vectors cut to one bit a dimension. Triggers keep both right, so that a
/// chunk is searchable by word in the transaction that writes its text, and in two steps in the one that writes its vector, whoever
/// writes. Chunks that are there already get theirs from the next step.
/// </summary>
/// <remarks>
/// Not columns of the chunk: whoever compares chunks would read them, and every booking on a chunk would put all its words into the GIN
/// index again. The words of a cabinet carry its id (<c>17:куртк</c>), so that the index leads to this cabinet's chunks alone; kind
/// (<c>17#order</c>) and article (<c>17@152100777</c>) are words as well.
/// </remarks>
[Migration(130, "rag_words and rag_vector_bits, kept by triggers")]
public sealed class Step130SearchTables : Migration
{
    private const string RequireVector = """
        DO $require$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e'
                           JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vector' WHERE p.proname = 'binary_quantize') THEN
                RAISE EXCEPTION 'the extension vector is older than 0.7.0: ALTER EXTENSION vector UPDATE first'
                    USING ERRCODE = 'feature_not_supported';
            END IF;
        END
        $require$;
        """;

    // Latin words are taken as they are: English stop words would lose the size S, and brands have no word forms.
    private const string CreateConfiguration = """
        CREATE TEXT SEARCH CONFIGURATION rag_russian (COPY = pg_catalog.russian);
        ALTER TEXT SEARCH CONFIGURATION rag_russian
            ALTER MAPPING FOR asciiword, asciihword, hword_asciipart WITH pg_catalog.simple;
        """;

    // Hyphens and slashes would make "44-46" the number minus 46 and "КО-021/5" a file's name. Whole roubles are asked for without kopecks.
    private const string CreateWords = """
        CREATE FUNCTION rag_lexemes(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $function$
            SELECT pg_catalog.tsvector_to_array(pg_catalog.to_tsvector('rag_russian', replace(replace(replace(replace(replace(replace(
                lower(left(words, 60000)), 'ё', 'е'), '-', ' '), '/', ' '), '_', ' '), '+', ' '), '.00 ', ' ')))
        $function$;

        CREATE FUNCTION rag_words_of(cabinet bigint, kind text, nm_id bigint, words text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
            SELECT array_to_tsvector(
                ARRAY(SELECT cabinet::text || ':'::text || lexeme FROM unnest(rag_lexemes(words)) AS lexeme WHERE length(lexeme) <= 100)
                || ARRAY[cabinet::text || '#'::text || kind, cabinet::text || '@'::text || coalesce(nm_id::text, ''::text)])
        $function$;

        CREATE TABLE rag_words (
            metadata_id bigint PRIMARY KEY REFERENCES rag_metadata (id) ON DELETE CASCADE,
            business_date timestamptz,
            expires_at timestamptz,
            words tsvector NOT NULL);
        COMMENT ON TABLE rag_words IS 'The words of each chunk, each with its cabinet''s id. Kept by triggers on rag_metadata.';
        """;

    private const string CreateBits = """
        CREATE FUNCTION rag_model_key(model text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $function$
            SELECT ('x' || left(md5(model), 8))::bit(32)::integer
        $function$;

        CREATE TABLE rag_vector_bits (
            metadata_id bigint PRIMARY KEY REFERENCES rag_embeddings (metadata_id) ON DELETE CASCADE,
            cabinet_id bigint NOT NULL,
            nm_id bigint,
            business_date timestamptz,
            expires_at timestamptz,
            model_key integer NOT NULL,
            chunk_type varchar(20) NOT NULL,
            bits varbit NOT NULL);
        CREATE INDEX idx_rag_vector_bits_cabinet ON rag_vector_bits (cabinet_id);
        COMMENT ON TABLE rag_vector_bits IS
            'One bit for each dimension of each vector, and what searches filter by: the first step of the search of a large cabinet reads nothing else. Kept by triggers on rag_embeddings and rag_metadata.';
        """;

    // The writer needs no right on these tables. A trigger on another table must not get these functions to work for it, so nobody else
    // may use them. Inserts are kept a statement at a time; an update that leaves the text alone, as bookings do, costs nothing.
    internal const string CreateKeepers = """
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
            RETURN NULL;
        END
        $function$;

        CREATE OR REPLACE FUNCTION rag_keep_bits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
        BEGIN
            IF TG_LEVEL = 'STATEMENT' THEN
                INSERT INTO rag_vector_bits (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
                SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding)
                FROM new_rows AS e JOIN rag_metadata AS m ON m.id = e.metadata_id
                ON CONFLICT (metadata_id) DO NOTHING;
                RETURN NULL;
            END IF;
            INSERT INTO rag_vector_bits AS b (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
            SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(NEW.model), m.chunk_type, binary_quantize(NEW.embedding)
            FROM rag_metadata AS m WHERE m.id = NEW.metadata_id
            ON CONFLICT (metadata_id) DO UPDATE SET model_key = EXCLUDED.model_key, bits = EXCLUDED.bits;
            RETURN NULL;
        END
        $function$;

        REVOKE ALL ON FUNCTION rag_keep_words(), rag_keep_bits() FROM PUBLIC;
        """;

    private const string CreateTriggers = """
        CREATE TRIGGER rag_words_insert AFTER INSERT ON rag_metadata REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION rag_keep_words();
        CREATE TRIGGER rag_words_update AFTER UPDATE OF chunk_text, cabinet_id, chunk_type, nm_id, business_date, expires_at ON rag_metadata
            FOR EACH ROW WHEN ((OLD.chunk_text, OLD.cabinet_id, OLD.chunk_type, OLD.nm_id, OLD.business_date, OLD.expires_at)
                IS DISTINCT FROM (NEW.chunk_text, NEW.cabinet_id, NEW.chunk_type, NEW.nm_id, NEW.business_date, NEW.expires_at))
            EXECUTE FUNCTION rag_keep_words();
        CREATE TRIGGER rag_bits_insert AFTER INSERT ON rag_embeddings REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION rag_keep_bits();
        CREATE TRIGGER rag_bits_update AFTER UPDATE OF embedding, model ON rag_embeddings
            FOR EACH ROW EXECUTE FUNCTION rag_keep_bits();
        """;

    private const string Drop = """
        DROP TRIGGER rag_words_insert ON rag_metadata;
        DROP TRIGGER rag_words_update ON rag_metadata;
        DROP TRIGGER rag_bits_insert ON rag_embeddings;
        DROP TRIGGER rag_bits_update ON rag_embeddings;
        DROP FUNCTION rag_keep_words(), rag_keep_bits();
        DROP TABLE rag_words, rag_vector_bits;
        DROP FUNCTION rag_words_of(bigint, text, bigint, text), rag_lexemes(text), rag_model_key(text);
        DROP TEXT SEARCH CONFIGURATION rag_russian;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        RequireVector + CreateConfiguration + CreateWords + CreateBits + CreateKeepers + CreateTriggers + FixedPath.Of("rag_keep_words", "rag_keep_bits"));

    /// <inheritdoc />
    public override void Down() => Execute.Sql(Drop);
}

/// <summary>
/// Functions that work with their owner's rights look names up where the migration found them, and nowhere that a caller chooses: the
/// schema of the tables and the one of pgvector, wherever that is.
/// </summary>
internal static class FixedPath
{
    /// <summary>The statement that fixes it for functions of ours.</summary>
    public static string Of(params string[] functions) => $"""
        DO $path$
        DECLARE
            ours regprocedure;
            path text := (SELECT format('pg_catalog, %I, %I, pg_temp', current_schema(), n.nspname)
                          FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'vector');
        BEGIN
            FOR ours IN SELECT oid FROM pg_proc
                        WHERE pronamespace = current_schema()::regnamespace AND proname IN ('{string.Join("', '", functions)}') LOOP
                EXECUTE format('ALTER FUNCTION %s SET search_path = %s', ours, path);
            END LOOP;
        END
        $path$;
        """;
}
