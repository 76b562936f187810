using FluentMigrator;
using Npgsql;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// The queue takes rows of known tables only: a row of another would be a reason for an empty run at every sweep, for ever. Those that are
/// there are put aside, with the time. Functions of change capture that an earlier version installed are renewed.
/// </summary>
[Migration(104, "rag_changes: known tables only; what names another is put into rag_changes_unknown")]
public sealed class Step104KnownTables : Migration
{
    private const string PutAside = """
        CREATE TABLE rag_changes_unknown (
            cabinet_id bigint NOT NULL,
            source_table varchar(50) NOT NULL,
            source_id bigint NOT NULL,
            first_changed_at timestamptz NOT NULL,
            put_aside_at timestamptz NOT NULL DEFAULT clock_timestamp());
        COMMENT ON TABLE rag_changes_unknown IS 'Queued rows that named a table which is not indexed. For people to look at; may be emptied.';
        WITH gone AS (
            DELETE FROM rag_changes
            WHERE source_table NOT IN ('wb_products', 'wb_orders', 'wb_stocks', 'wb_reviews', 'wb_sales', '*')
            RETURNING cabinet_id, source_table, source_id, first_changed_at)
        INSERT INTO rag_changes_unknown (cabinet_id, source_table, source_id, first_changed_at)
        SELECT cabinet_id, source_table, source_id, first_changed_at FROM gone;
        ALTER TABLE rag_changes ADD CONSTRAINT rag_changes_known_table
            CHECK (source_table IN ('wb_products', 'wb_orders', 'wb_stocks', 'wb_reviews', 'wb_sales', '*'));
        """;

    private const string PutBack = """
        ALTER TABLE rag_changes DROP CONSTRAINT rag_changes_known_table;
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at)
        SELECT cabinet_id, source_table, source_id, min(first_changed_at) FROM rag_changes_unknown GROUP BY cabinet_id, source_table, source_id
        ON CONFLICT DO NOTHING;
        DROP TABLE rag_changes_unknown;
        """;

    /// <inheritdoc />
    public override void Up()
    {
        Execute.Sql(PutAside);
        Execute.WithConnection((connection, transaction) => ChangeCapture.Renew((NpgsqlConnection)connection, (NpgsqlTransaction)transaction));
    }

    /// <inheritdoc />
    public override void Down() => Execute.Sql(PutBack);
}
