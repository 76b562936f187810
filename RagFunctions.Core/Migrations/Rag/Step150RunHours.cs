using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Runs summed by cabinet and hour, and the worst lag of the hour: fourteen days of thousands of cabinets are a few reads instead of all their
/// runs. A trigger sums, so that whoever ends a run is counted once, in the transaction that ends it.
/// </summary>
[Migration(150, "rag_run_hours: runs and lag by cabinet and hour")]
public sealed class Step150RunHours : Migration
{
    private const string CreateTable = """
        CREATE TABLE rag_run_hours (
            cabinet_id bigint NOT NULL,
            hour timestamptz NOT NULL,
            runs integer NOT NULL DEFAULT 0,
            failed_runs integer NOT NULL DEFAULT 0,
            inputs bigint NOT NULL DEFAULT 0,
            cost_usd numeric(18,8) NOT NULL DEFAULT 0,
            naive_inputs bigint NOT NULL DEFAULT 0,
            naive_cost_usd numeric(18,8) NOT NULL DEFAULT 0,
            run_ms bigint NOT NULL DEFAULT 0,
            longest_ms bigint NOT NULL DEFAULT 0,
            lag_seconds double precision NOT NULL DEFAULT 0,
            PRIMARY KEY (cabinet_id, hour));
        CREATE INDEX idx_rag_run_hours_hour ON rag_run_hours (hour);
        COMMENT ON TABLE rag_run_hours IS 'Runs that ended in an hour, summed, and the worst lag seen in it; kept for 15 days.';
        """;

    // Rights of its owner: a role that ends runs need not know the table. Names carry their schema, whatever the caller's search path.
    private const string CreateTrigger = """
        CREATE FUNCTION rag_sum_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
        BEGIN
            EXECUTE format($sql$
                INSERT INTO %I.rag_run_hours AS h
                    (cabinet_id, hour, runs, failed_runs, inputs, cost_usd, naive_inputs, naive_cost_usd, run_ms, longest_ms)
                VALUES ($1, date_trunc('hour', $2, 'UTC'), 1, $3, $4, $5, $6, $7, $8, $8)
                ON CONFLICT (cabinet_id, hour) DO UPDATE
                SET runs = h.runs + 1, failed_runs = h.failed_runs + excluded.failed_runs, inputs = h.inputs + excluded.inputs,
                    cost_usd = h.cost_usd + excluded.cost_usd, naive_inputs = h.naive_inputs + excluded.naive_inputs,
                    naive_cost_usd = h.naive_cost_usd + excluded.naive_cost_usd, run_ms = h.run_ms + excluded.run_ms,
                    longest_ms = GREATEST(h.longest_ms, excluded.longest_ms)
                $sql$, TG_TABLE_SCHEMA)
            USING NEW.cabinet_id, NEW.finished_at, CASE WHEN NEW.outcome = 'failed' THEN 1 ELSE 0 END, NEW.embedding_inputs, NEW.cost_usd,
                  NEW.naive_inputs, NEW.naive_cost_usd, (extract(epoch FROM NEW.finished_at - NEW.started_at) * 1000)::bigint;
            RETURN NULL;
        END
        $function$;
        REVOKE ALL ON FUNCTION rag_sum_run() FROM PUBLIC;
        CREATE TRIGGER rag_run_ended AFTER UPDATE OF finished_at ON rag_index_runs
            FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION rag_sum_run();
        CREATE TRIGGER rag_run_refused AFTER INSERT ON rag_index_runs
            FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION rag_sum_run();
        """;

    private const string SumFormerRuns = """
        INSERT INTO rag_run_hours (cabinet_id, hour, runs, failed_runs, inputs, cost_usd, naive_inputs, naive_cost_usd, run_ms, longest_ms)
        SELECT cabinet_id, date_trunc('hour', finished_at, 'UTC'), count(*), count(*) FILTER (WHERE outcome = 'failed'), sum(embedding_inputs), sum(cost_usd),
               sum(naive_inputs), sum(naive_cost_usd), sum(ms), max(ms)
        FROM rag_index_runs
        CROSS JOIN LATERAL (SELECT (extract(epoch FROM finished_at - started_at) * 1000)::bigint AS ms) AS took
        WHERE finished_at > now() - interval '15 days'
        GROUP BY cabinet_id, date_trunc('hour', finished_at, 'UTC');
        """;

    private const string DropAll = """
        DROP TRIGGER rag_run_ended ON rag_index_runs;
        DROP TRIGGER rag_run_refused ON rag_index_runs;
        DROP FUNCTION rag_sum_run();
        DROP TABLE rag_run_hours;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateTable + CreateTrigger + SumFormerRuns);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(DropAll);
}
