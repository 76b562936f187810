using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>The marketplace's identities as unique keys, and the way to rows of the original that have none yet.</summary>
[Migration(502, TransactionBehavior.None, "marketplace identities as keys, built concurrently")]
public sealed class Step502MarketplaceKeys : ConcurrentIndexMigration
{
    private protected override IReadOnlyList<ConcurrentIndex> Indexes { get; } =
    [
        new("uq_wb_orders_srid", "CREATE UNIQUE INDEX CONCURRENTLY uq_wb_orders_srid ON wb_orders (cabinet_id, srid)"),
        new("uq_wb_sales_wb_sale_id", "CREATE UNIQUE INDEX CONCURRENTLY uq_wb_sales_wb_sale_id ON wb_sales (cabinet_id, wb_sale_id)"),
        new(
            "uq_wb_stocks_keys",
            "CREATE UNIQUE INDEX CONCURRENTLY uq_wb_stocks_keys ON wb_stocks (cabinet_id, nm_id, size_key, warehouse_key)"),
        new(
            "idx_wb_orders_without_srid",
            "CREATE INDEX CONCURRENTLY idx_wb_orders_without_srid ON wb_orders (cabinet_id, order_id) WHERE srid IS NULL"),
        new(
            "idx_wb_sales_without_id",
            "CREATE INDEX CONCURRENTLY idx_wb_sales_without_id ON wb_sales (cabinet_id, order_id) WHERE wb_sale_id IS NULL"),
        new(
            "idx_wb_stocks_without_key",
            "CREATE INDEX CONCURRENTLY idx_wb_stocks_without_key ON wb_stocks (cabinet_id, nm_id) WHERE size_key IS NULL"),
    ];
}
