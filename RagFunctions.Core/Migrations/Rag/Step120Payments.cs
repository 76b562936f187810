using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// What the provider is paid, by day and cabinet; requests whose answer is not known; budgets. The embedder's record gains the prefix of
/// its texts, the status how often vectors could not be stored.
/// </summary>
[Migration(120, "payments by day, requests without an answer, budgets")]
public sealed class Step120Payments : Migration
{
    private const string CreateTables = """
        CREATE TABLE rag_spend (
            day date NOT NULL,
            cabinet_id bigint NOT NULL,
            requests bigint NOT NULL DEFAULT 0,
            inputs bigint NOT NULL DEFAULT 0,
            tokens bigint NOT NULL DEFAULT 0,
            usd numeric(18,8) NOT NULL DEFAULT 0,
            PRIMARY KEY (day, cabinet_id));
        COMMENT ON TABLE rag_spend IS 'What embedding requests that were answered have cost, by day (UTC) and cabinet.';
        CREATE TABLE rag_open_requests (
            id uuid PRIMARY KEY,
            day date NOT NULL,
            cabinet_id bigint NOT NULL,
            run_id uuid NOT NULL,
            inputs bigint NOT NULL,
            estimated_tokens bigint NOT NULL,
            estimated_usd numeric(18,8) NOT NULL,
            sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            lost_at timestamptz);
        COMMENT ON TABLE rag_open_requests IS
            'Embedding requests that were sent and have no answer: under way, or lost (lost_at, or the process died). Each counts as spent by its estimate.';
        CREATE INDEX idx_rag_open_requests_day ON rag_open_requests (day, cabinet_id);
        CREATE TABLE rag_budgets (
            cabinet_id bigint PRIMARY KEY,
            daily_usd numeric(18,8) NOT NULL CHECK (daily_usd >= 0));
        ALTER TABLE rag_embedder ADD COLUMN passage_prefix text NOT NULL DEFAULT '';
        ALTER TABLE rag_index_status ADD COLUMN store_failures integer NOT NULL DEFAULT 0;
        """;

    private const string DropTables = """
        ALTER TABLE rag_index_status DROP COLUMN store_failures;
        ALTER TABLE rag_embedder DROP COLUMN passage_prefix;
        DROP TABLE rag_budgets, rag_open_requests, rag_spend;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateTables);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(DropTables);
}
