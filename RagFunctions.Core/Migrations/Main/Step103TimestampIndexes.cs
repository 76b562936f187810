using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// Four indexes on each source table, which serve the catch-up reads (<c>created_at</c> and <c>updated_at</c>, of one cabinet and
/// of all). Their names are those of the original's revision 009.
/// </summary>
[Migration(103, TransactionBehavior.None, "20 timestamp indexes, built concurrently")]
public sealed class Step103TimestampIndexes : ConcurrentIndexMigration
{
    private static readonly Entity[] InOrderOfRevision009 = [Entity.Orders, Entity.Products, Entity.Stocks, Entity.Reviews, Entity.Sales];

    private protected override IReadOnlyList<ConcurrentIndex> Indexes { get; } =
        [.. InOrderOfRevision009.Select(EntityNames.TableName).SelectMany(IndexesOf)];

    private static IEnumerable<ConcurrentIndex> IndexesOf(string table) =>
    [
        new($"idx_{table}_created_at", $"CREATE INDEX CONCURRENTLY idx_{table}_created_at ON {table} (created_at)"),
        new($"idx_{table}_updated_at", $"CREATE INDEX CONCURRENTLY idx_{table}_updated_at ON {table} (updated_at)"),
        new($"idx_{table}_cabinet_created", $"CREATE INDEX CONCURRENTLY idx_{table}_cabinet_created ON {table} (cabinet_id, created_at)"),
        new($"idx_{table}_cabinet_updated", $"CREATE INDEX CONCURRENTLY idx_{table}_cabinet_updated ON {table} (cabinet_id, updated_at)"),
    ];
}
