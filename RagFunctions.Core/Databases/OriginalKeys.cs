using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>
/// The original's unique constraints that do not hold for what the marketplace sends: one basket has many orders, a return carries the
/// srid of its sale, two sizes or warehouses may share a name. While one of them stands the sync refuses to start. Another service may
/// rely on them, so they go only when asked for (<c>rag migrate main --drop-original-keys</c>); not a numbered step.
/// </summary>
public static class OriginalKeys
{
    private const string SelectPresent = """
        SELECT conname FROM pg_constraint
        WHERE contype = 'u' AND (conrelid, conname::text) IN (
            (to_regclass('wb_orders'), 'uq_cabinet_order_id'),
            (to_regclass('wb_sales'), 'uq_cabinet_sale_type'),
            (to_regclass('wb_stocks'), 'uq_cabinet_nm_warehouse_size'))
        ORDER BY conname
        """;

    private const string DropAll = """
        SET LOCAL lock_timeout = '10s';
        ALTER TABLE wb_orders DROP CONSTRAINT IF EXISTS uq_cabinet_order_id;
        ALTER TABLE wb_sales DROP CONSTRAINT IF EXISTS uq_cabinet_sale_type;
        ALTER TABLE wb_stocks DROP CONSTRAINT IF EXISTS uq_cabinet_nm_warehouse_size;
        """;

    internal static IReadOnlyList<Key> Known { get; } =
    [
        new("wb_orders", "uq_cabinet_order_id", "cabinet_id, order_id"),
        new("wb_sales", "uq_cabinet_sale_type", "cabinet_id, sale_id, type"),
        new("wb_stocks", "uq_cabinet_nm_warehouse_size", "cabinet_id, nm_id, warehouse_name, size"),
    ];

    /// <summary>The constraints that are still there; empty = the sync may run.</summary>
    public static async Task<IReadOnlyList<string>> PresentAsync(NpgsqlDataSource main, CancellationToken cancellationToken)
    {
        await using var command = main.CreateCommand(SelectPresent);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> names = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>Drops them, all or none; takes ACCESS EXCLUSIVE on the three tables for a moment, waiting at most 10 s for each.</summary>
    public static async Task DropAsync(NpgsqlDataSource main, CancellationToken cancellationToken)
    {
        await using var connection = await main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(DropAll, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>One constraint.</summary>
    internal sealed record Key(string Table, string Name, string Columns)
    {
        public string Drop => $"ALTER TABLE {Table} DROP CONSTRAINT IF EXISTS {Name}";

        // Rows that the constraint would refuse are worth more than the constraint.
        public string RestoreIfPossible => $"""
            DO $restore$
            BEGIN
                ALTER TABLE {Table} ADD CONSTRAINT {Name} UNIQUE ({Columns});
            EXCEPTION WHEN unique_violation OR duplicate_table THEN
                RAISE NOTICE '% was not restored', '{Name}';
            END
            $restore$
            """;
    }
}
