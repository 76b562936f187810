using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// The change queue. The version comes from a sequence and not from a clock: a transaction that began earlier may commit later.
/// </summary>
[Migration(102, "change queue rag_changes")]
public sealed class Step102ChangeQueue : Migration
{
    // The index holds only rows that wait for another try: announcing a change does not touch it.
    private const string CreateQueue = """
        CREATE SEQUENCE rag_changes_version_seq;
        CREATE TABLE rag_changes (
            cabinet_id bigint NOT NULL,
            source_table varchar(50) NOT NULL,
            source_id bigint NOT NULL,
            version bigint NOT NULL DEFAULT nextval('rag_changes_version_seq'),
            first_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            attempts integer NOT NULL DEFAULT 0,
            last_error text,
            next_attempt_at timestamptz,
            PRIMARY KEY (cabinet_id, source_table, source_id));
        CREATE INDEX idx_rag_changes_waiting ON rag_changes (cabinet_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
        ALTER SEQUENCE rag_changes_version_seq OWNED BY rag_changes.version;
        """;

    // Triggers that write into a table that is gone would fail every write of the service that owns the source tables.
    private const string DropQueue = ChangeCapture.RemoveSql + "DROP TABLE rag_changes;";

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateQueue);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(DropQueue);
}
