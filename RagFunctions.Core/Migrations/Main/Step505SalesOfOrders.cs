using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>The way from an order to its sale and its return: <c>wb_sales.sale_id</c> holds the order's srid, ours and the original's alike.</summary>
[Migration(505, TransactionBehavior.None, "sales by the order they belong to, built concurrently")]
public sealed class Step505SalesOfOrders : ConcurrentIndexMigration
{
    private protected override IReadOnlyList<ConcurrentIndex> Indexes { get; } =
    [
        new("idx_wb_sales_of_order", "CREATE INDEX CONCURRENTLY idx_wb_sales_of_order ON wb_sales (cabinet_id, sale_id)"),
        new(
            "idx_wb_reviews_related",
            "CREATE INDEX CONCURRENTLY idx_wb_reviews_related ON wb_reviews (cabinet_id, related_id) WHERE related_id IS NOT NULL"),
    ];
}
