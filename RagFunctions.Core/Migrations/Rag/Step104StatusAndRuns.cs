using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Requests, lease and outcome in <c>rag_index_status</c>; <c>rag_index_runs</c>, <c>rag_embedder</c>, <c>rag_provider</c>. Every
/// cabinet that has an index gets a request for a full run. Before the step that removes chunks, so that no cabinet is forgotten.
/// </summary>
[Migration(104, "requests, lease, runs; a full request for every indexed cabinet")]
public sealed class Step104StatusAndRuns : Migration
{
    private const string WidenStatus = """
        ALTER TABLE rag_index_status
            ALTER COLUMN id TYPE bigint,
            ALTER COLUMN cabinet_id TYPE bigint,
            ALTER COLUMN total_chunks TYPE bigint,
            ADD COLUMN requested_mode varchar(20),
            ADD COLUMN request_version bigint NOT NULL DEFAULT 0,
            ADD COLUMN requested_at timestamptz,
            ADD COLUMN allow_mass_delete boolean NOT NULL DEFAULT false,
            ADD COLUMN lease_owner text,
            ADD COLUMN lease_token bigint NOT NULL DEFAULT 0,
            ADD COLUMN lease_run_id uuid,
            ADD COLUMN lease_round integer,
            ADD COLUMN lease_heartbeat_at timestamptz,
            ADD COLUMN lease_expires_at timestamptz,
            ADD COLUMN not_before timestamptz,
            ADD COLUMN last_outcome varchar(30),
            ADD COLUMN last_error text,
            ADD COLUMN last_run_id uuid,
            ADD COLUMN full_completed_at timestamptz,
            ADD COLUMN full_renderer_version integer NOT NULL DEFAULT 0,
            ADD COLUMN catch_up_from timestamptz,
            ADD COLUMN last_catch_up_at timestamptz,
            ADD COLUMN is_active boolean NOT NULL DEFAULT true;
        ALTER SEQUENCE rag_index_status_id_seq AS bigint;
        """;

    private const string CreateTables = """
        CREATE TABLE rag_index_runs (
            run_id uuid PRIMARY KEY,
            cabinet_id bigint NOT NULL,
            mode varchar(20) NOT NULL,
            round_mode varchar(20),
            owner text NOT NULL,
            outcome varchar(30),
            started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            finished_at timestamptz,
            as_of timestamptz NOT NULL,
            rounds integer NOT NULL DEFAULT 0,
            request_version bigint NOT NULL DEFAULT 0,
            catch_up_started_at timestamptz,
            rows_read bigint NOT NULL DEFAULT 0,
            chunks_new bigint NOT NULL DEFAULT 0,
            chunks_updated bigint NOT NULL DEFAULT 0,
            chunks_unchanged bigint NOT NULL DEFAULT 0,
            chunks_deleted bigint NOT NULL DEFAULT 0,
            chunks_expired bigint NOT NULL DEFAULT 0,
            failed_rows bigint NOT NULL DEFAULT 0,
            failed_chunks bigint NOT NULL DEFAULT 0,
            pending_chunks bigint NOT NULL DEFAULT 0,
            total_chunks bigint NOT NULL DEFAULT 0,
            embedding_requests bigint NOT NULL DEFAULT 0,
            embedding_inputs bigint NOT NULL DEFAULT 0,
            embedding_tokens bigint NOT NULL DEFAULT 0,
            reused_vectors bigint NOT NULL DEFAULT 0,
            failed_batches bigint NOT NULL DEFAULT 0,
            cost_usd numeric(18,8) NOT NULL DEFAULT 0,
            naive_inputs bigint NOT NULL DEFAULT 0,
            naive_tokens bigint NOT NULL DEFAULT 0,
            naive_cost_usd numeric(18,8) NOT NULL DEFAULT 0,
            read_ms bigint NOT NULL DEFAULT 0,
            render_ms bigint NOT NULL DEFAULT 0,
            embed_ms bigint NOT NULL DEFAULT 0,
            save_ms bigint NOT NULL DEFAULT 0,
            last_error text,
            blocked jsonb,
            verify_missing bigint,
            verify_stale bigint,
            verify_surplus bigint,
            verify_pending bigint);
        CREATE INDEX idx_rag_index_runs_cabinet ON rag_index_runs (cabinet_id, started_at DESC);
        CREATE TABLE rag_embedder (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            model text NOT NULL,
            dimensions integer NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE rag_provider (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            not_before timestamptz,
            reason text,
            updated_at timestamptz NOT NULL DEFAULT now());
        """;

    private const string RequestFullRuns = """
        INSERT INTO rag_index_status (cabinet_id, requested_mode, request_version, requested_at)
        SELECT cabinet_id, 'full_rebuild', 1, now()
        FROM (SELECT cabinet_id FROM rag_metadata UNION SELECT cabinet_id FROM rag_index_status) AS indexed
        ON CONFLICT (cabinet_id) DO UPDATE
        SET requested_mode = excluded.requested_mode, request_version = 1, requested_at = excluded.requested_at;
        """;

    private const string DropAll = """
        DROP TABLE rag_provider, rag_embedder, rag_index_runs;
        ALTER TABLE rag_index_status
            DROP COLUMN requested_mode,
            DROP COLUMN request_version,
            DROP COLUMN requested_at,
            DROP COLUMN allow_mass_delete,
            DROP COLUMN lease_owner,
            DROP COLUMN lease_token,
            DROP COLUMN lease_run_id,
            DROP COLUMN lease_round,
            DROP COLUMN lease_heartbeat_at,
            DROP COLUMN lease_expires_at,
            DROP COLUMN not_before,
            DROP COLUMN last_outcome,
            DROP COLUMN last_error,
            DROP COLUMN last_run_id,
            DROP COLUMN full_completed_at,
            DROP COLUMN full_renderer_version,
            DROP COLUMN catch_up_from,
            DROP COLUMN last_catch_up_at,
            DROP COLUMN is_active;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(WidenStatus + CreateTables + RequestFullRuns);

    /// <summary>The widened ids stay wide: readers do not see it, and narrowing could fail.</summary>
    public override void Down() => Execute.Sql(DropAll);
}
