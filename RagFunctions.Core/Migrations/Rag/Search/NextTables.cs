namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// The tables of the generation of vectors that is built beside the active one, made like those of the active one. When a change of the
/// model is finished they take the active one's place and names, and new ones are made.
/// </summary>
internal static class NextTables
{
    /// <summary>
    /// Makes them, empty; for the vectors' length see <c>rag model switch</c>. They belong to whom the active ones belong, and whoever may use
    /// those may use these, because these will be those.
    /// </summary>
    public const string Create = Make + "\n" + TakeRights;

    /// <summary>Gives them the owner, the comments and the readers of the active ones.</summary>
    public const string TakeRights = """
        DO $like$
        DECLARE
            pair record;
            granted record;
        BEGIN
            FOR pair IN
                SELECT c.oid::regclass AS active, c.relowner::regrole AS owner, obj_description(c.oid, 'pg_class') AS said, c.relacl, n.next
                FROM (VALUES ('rag_embeddings', 'rag_next_embeddings'), ('rag_vector_bits', 'rag_next_vector_bits'),
                             ('rag_embeddings_id_seq', 'rag_next_embeddings_id_seq')) AS n (active, next)
                JOIN pg_class AS c ON c.oid = to_regclass(n.active)
            LOOP
                IF pair.next NOT LIKE '%seq' THEN
                    EXECUTE format('ALTER TABLE %I OWNER TO %s', pair.next, pair.owner);
                    EXECUTE format('COMMENT ON TABLE %I IS %L', pair.next, pair.said);
                END IF;
                FOR granted IN
                    SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS reader, a.privilege_type, a.is_grantable
                    FROM aclexplode(pair.relacl) AS a
                LOOP
                    EXECUTE format('GRANT %s ON %s %I TO %s%s', granted.privilege_type, CASE WHEN pair.next LIKE '%seq' THEN 'SEQUENCE' ELSE 'TABLE' END,
                                   pair.next, granted.reader, CASE WHEN granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
                END LOOP;
            END LOOP;
        END
        $like$;
        """;

    private const string Make = """
        CREATE TABLE rag_next_embeddings (LIKE rag_embeddings INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS);
        CREATE SEQUENCE rag_next_embeddings_id_seq OWNED BY rag_next_embeddings.id;
        ALTER TABLE rag_next_embeddings
            ALTER COLUMN id SET DEFAULT nextval('rag_next_embeddings_id_seq'),
            ADD CONSTRAINT rag_next_embeddings_pkey PRIMARY KEY (id),
            ADD CONSTRAINT uq_rag_next_embeddings_metadata UNIQUE (metadata_id),
            ADD CONSTRAINT fk_rag_next_embeddings_metadata FOREIGN KEY (metadata_id) REFERENCES rag_metadata (id) ON DELETE CASCADE;
        CREATE INDEX idx_rag_next_embeddings_cabinet ON rag_next_embeddings (cabinet_id);
        CREATE TABLE rag_next_vector_bits (LIKE rag_vector_bits INCLUDING DEFAULTS INCLUDING COMMENTS);
        ALTER TABLE rag_next_vector_bits
            ADD CONSTRAINT rag_next_vector_bits_pkey PRIMARY KEY (metadata_id),
            ADD CONSTRAINT rag_next_vector_bits_metadata_id_fkey FOREIGN KEY (metadata_id) REFERENCES rag_next_embeddings (metadata_id) ON DELETE CASCADE;
        CREATE INDEX idx_rag_next_vector_bits_cabinet ON rag_next_vector_bits (cabinet_id);
        CREATE TRIGGER rag_next_bits_insert AFTER INSERT ON rag_next_embeddings REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION rag_keep_bits();
        CREATE TRIGGER rag_next_bits_update AFTER UPDATE OF embedding, model ON rag_next_embeddings
            FOR EACH ROW EXECUTE FUNCTION rag_keep_bits();
        """;

    /// <summary>Puts them in the place of the active ones, which are dropped. Fails where something of somebody else depends on those, such as a view.</summary>
    public const string TakePlace = """
        DROP TABLE rag_vector_bits, rag_embeddings;
        ALTER TABLE rag_next_embeddings RENAME TO rag_embeddings;
        ALTER SEQUENCE rag_next_embeddings_id_seq RENAME TO rag_embeddings_id_seq;
        ALTER INDEX rag_next_embeddings_pkey RENAME TO rag_embeddings_pkey;
        ALTER INDEX uq_rag_next_embeddings_metadata RENAME TO uq_rag_embeddings_metadata;
        ALTER TABLE rag_embeddings RENAME CONSTRAINT fk_rag_next_embeddings_metadata TO fk_rag_embeddings_metadata;
        ALTER INDEX idx_rag_next_embeddings_cabinet RENAME TO idx_rag_embeddings_cabinet;
        ALTER TRIGGER rag_next_bits_insert ON rag_embeddings RENAME TO rag_bits_insert;
        ALTER TRIGGER rag_next_bits_update ON rag_embeddings RENAME TO rag_bits_update;
        ALTER TABLE rag_next_vector_bits RENAME TO rag_vector_bits;
        ALTER INDEX rag_next_vector_bits_pkey RENAME TO rag_vector_bits_pkey;
        ALTER TABLE rag_vector_bits RENAME CONSTRAINT rag_next_vector_bits_metadata_id_fkey TO rag_vector_bits_metadata_id_fkey;
        ALTER INDEX idx_rag_next_vector_bits_cabinet RENAME TO idx_rag_vector_bits_cabinet;
        """;

    /// <summary>The state of the next generation with each chunk. Adding a column without a value that is computed rewrites nothing.</summary>
    public const string AddColumns = """
        ALTER TABLE rag_metadata
            ADD COLUMN next_hash varchar(64) COLLATE "C",
            ADD COLUMN next_model text,
            ADD COLUMN next_attempts integer NOT NULL DEFAULT 0,
            ADD COLUMN next_error text,
            ADD COLUMN next_retry_at timestamptz;
        """;

    /// <summary>Forgets it. An UPDATE would rewrite every chunk.</summary>
    public const string DropColumns = """
        ALTER TABLE rag_metadata
            DROP COLUMN next_hash, DROP COLUMN next_model, DROP COLUMN next_attempts, DROP COLUMN next_error, DROP COLUMN next_retry_at;
        """;
}
