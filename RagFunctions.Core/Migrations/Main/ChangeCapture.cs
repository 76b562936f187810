using Npgsql;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// Triggers that put every change of the source tables into the queue, for databases that another service writes and announces
/// nothing. Optional: not a numbered step.
/// </summary>
/// <remarks>
/// Statement-level with transition tables, so a statement costs one upsert however many rows it changes. The functions run with
/// their owner's rights and a fixed search path: the writing role needs no right on the queue. Ids are upserted in the order of
/// the key, so two capturing statements do not deadlock on the queue. Installing needs the right TRIGGER on the tables and
/// takes SHARE ROW EXCLUSIVE on each until it commits; removing needs their ownership and takes ACCESS EXCLUSIVE.
/// </remarks>
public static class ChangeCapture
{
    internal const string RemoveSql = """
        DO $remove$
        DECLARE
            source text;
        BEGIN
            FOREACH source IN ARRAY ARRAY['wb_orders', 'wb_products', 'wb_reviews', 'wb_sales', 'wb_stocks'] LOOP
                IF to_regclass(source) IS NOT NULL THEN
                    EXECUTE format('DROP TRIGGER IF EXISTS rag_capture_insert ON %I', source);
                    EXECUTE format('DROP TRIGGER IF EXISTS rag_capture_update ON %I', source);
                    EXECUTE format('DROP TRIGGER IF EXISTS rag_capture_delete ON %I', source);
                    EXECUTE format('DROP TRIGGER IF EXISTS rag_capture_truncate ON %I', source);
                END IF;
            END LOOP;
        END
        $remove$;
        DROP FUNCTION IF EXISTS rag_capture_change();
        DROP FUNCTION IF EXISTS rag_capture_truncate();

        """;

    // A lock that does not come in this time would hold up every writer that queues behind it.
    private const string LimitWaiting = "SET LOCAL lock_timeout = '10s'";

    // QUEUE and CABINETS are replaced by the schemas of the two tables. A row that cannot be queued, because it belongs to no cabinet, is
    // left out: an observer breaks nothing.
    private const string FunctionsSql = """
        CREATE OR REPLACE FUNCTION rag_capture_change() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $capture$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO QUEUE.rag_changes (cabinet_id, source_table, source_id)
                SELECT cabinet_id, TG_TABLE_NAME, id FROM new_rows WHERE cabinet_id IS NOT NULL AND id IS NOT NULL
                ORDER BY 1, 2, 3
                ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
                SET version = nextval('QUEUE.rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL;
            ELSIF TG_OP = 'UPDATE' THEN
                INSERT INTO QUEUE.rag_changes (cabinet_id, source_table, source_id)
                SELECT cabinet_id, TG_TABLE_NAME, id FROM old_rows WHERE cabinet_id IS NOT NULL AND id IS NOT NULL
                UNION
                SELECT cabinet_id, TG_TABLE_NAME, id FROM new_rows WHERE cabinet_id IS NOT NULL AND id IS NOT NULL
                ORDER BY 1, 2, 3
                ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
                SET version = nextval('QUEUE.rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL;
            ELSE
                INSERT INTO QUEUE.rag_changes (cabinet_id, source_table, source_id)
                SELECT cabinet_id, TG_TABLE_NAME, id FROM old_rows WHERE cabinet_id IS NOT NULL AND id IS NOT NULL
                ORDER BY 1, 2, 3
                ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
                SET version = nextval('QUEUE.rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL;
            END IF;
            RETURN NULL;
        END
        $capture$;

        CREATE OR REPLACE FUNCTION rag_capture_truncate() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $capture$
        BEGIN
            INSERT INTO QUEUE.rag_changes (cabinet_id, source_table, source_id)
            SELECT id, '*', 0 FROM CABINETS.wb_cabinets
            ORDER BY 1
            ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
            SET version = nextval('QUEUE.rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL;
            RETURN NULL;
        END
        $capture$;

        REVOKE ALL ON FUNCTION rag_capture_change(), rag_capture_truncate() FROM PUBLIC;

        """;

    private const string TriggersSql = """
        DO $install$
        DECLARE
            source text;
        BEGIN
            FOREACH source IN ARRAY ARRAY['wb_orders', 'wb_products', 'wb_reviews', 'wb_sales', 'wb_stocks'] LOOP
                EXECUTE format('CREATE TRIGGER rag_capture_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION rag_capture_change()', source);
                EXECUTE format('CREATE TRIGGER rag_capture_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION rag_capture_change()', source);
                EXECUTE format('CREATE TRIGGER rag_capture_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION rag_capture_change()', source);
                EXECUTE format('CREATE TRIGGER rag_capture_truncate AFTER TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION rag_capture_truncate()', source);
            END LOOP;
        END
        $install$;
        """;

    private const string CountTriggers = """
        SELECT count(*) FROM pg_trigger
        WHERE tgrelid = ANY (ARRAY[to_regclass('wb_products'), to_regclass('wb_orders'), to_regclass('wb_stocks'), to_regclass('wb_reviews'),
                                   to_regclass('wb_sales')])
          AND NOT tgisinternal AND tgname IN ('rag_capture_insert', 'rag_capture_update', 'rag_capture_delete', 'rag_capture_truncate')
        """;

    private const string Schemas = """
        SELECT quote_ident(q.relnamespace::regnamespace::text), quote_ident(c.relnamespace::regnamespace::text)
        FROM pg_class AS q, pg_class AS c
        WHERE q.oid = to_regclass('rag_changes') AND c.oid = to_regclass('wb_cabinets')
        """;

    private const string IsThere = "SELECT to_regproc('rag_capture_change') IS NOT NULL";

    // Four on each of the five tables.
    private const long AllTriggers = 20;

    /// <summary>Whether the triggers are there, all of them.</summary>
    public static async Task<bool> IsInstalledAsync(NpgsqlDataSource main, CancellationToken cancellationToken)
    {
        await using var command = main.CreateCommand(CountTriggers);
        return await command.ExecuteScalarAsync(cancellationToken) is AllTriggers;
    }

    /// <summary>Installs the triggers, or replaces them, on all five tables in one transaction.</summary>
    /// <exception cref="MigrationException">The set <c>main</c> is not applied, a right is missing, or a table stays locked by others.</exception>
    public static Task InstallAsync(NpgsqlDataSource main, CancellationToken cancellationToken) =>
        RunAsync(main, "install", connection => RemoveSql + Functions(connection) + TriggersSql, cancellationToken);

    /// <summary>Brings functions that an earlier version installed up to date; nothing where there are none. For a migration step.</summary>
    internal static void Renew(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        using var look = new NpgsqlCommand(IsThere, connection, transaction);
        if (look.ExecuteScalar() is true)
        {
            using var renew = new NpgsqlCommand(Functions(connection), connection, transaction);
            renew.ExecuteNonQuery();
        }
    }

    /// <summary>Removes the triggers. What they have queued stays queued.</summary>
    /// <exception cref="MigrationException">A right is missing, or a table stays locked by others.</exception>
    public static Task RemoveAsync(NpgsqlDataSource main, CancellationToken cancellationToken) =>
        RunAsync(main, "remove", _ => RemoveSql, cancellationToken);

    // A name with its schema: the search path of a function that runs with its owner's rights names none that others may write to.
    private static string Functions(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Schemas, connection);
        using var row = command.ExecuteReader();
        return row.Read()
            ? FunctionsSql.Replace("QUEUE.", row.GetString(0) + ".", StringComparison.Ordinal).Replace("CABINETS.", row.GetString(1) + ".", StringComparison.Ordinal)
            : throw new MigrationException("Could not install change capture: the set main is not applied, rag_changes or wb_cabinets is not there. Nothing was changed.");
    }

    private static async Task RunAsync(NpgsqlDataSource main, string what, Func<NpgsqlConnection, string> sql, CancellationToken cancellationToken)
    {
        await using var connection = await main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var limit = new NpgsqlCommand(LimitWaiting, connection, transaction);
            await limit.ExecuteNonQueryAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql(connection), connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState != PostgresErrorCodes.QueryCanceled)
        {
            throw new MigrationException($"Could not {what} change capture: {error.MessageText} ({error.SqlState}). Nothing was changed.", error);
        }
    }
}
