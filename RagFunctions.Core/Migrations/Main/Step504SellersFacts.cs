using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// Rows kept aside, whose account a cabinet is, and what texts say beyond the original's columns: currency, where a sale went, what became of a
/// review's purchase and which review it supplements.
/// </summary>
[Migration(504, "marketplace: rows kept aside, seller, currency, facts of sales and reviews")]
public sealed class Step504SellersFacts : Migration
{
    private const string Add = """
        ALTER TABLE wb_cabinets ADD COLUMN IF NOT EXISTS seller_id varchar(80);
        CREATE INDEX IF NOT EXISTS idx_wb_cabinets_seller ON wb_cabinets (seller_id);
        ALTER TABLE wb_products ADD COLUMN IF NOT EXISTS currency varchar(3);
        ALTER TABLE wb_orders ADD COLUMN IF NOT EXISTS currency varchar(3);
        ALTER TABLE wb_sales
            ADD COLUMN IF NOT EXISTS currency varchar(3),
            ADD COLUMN IF NOT EXISTS article varchar(100),
            ADD COLUMN IF NOT EXISTS category varchar(255),
            ADD COLUMN IF NOT EXISTS region varchar(255);
        ALTER TABLE wb_reviews
            ADD COLUMN IF NOT EXISTS order_status varchar(50),
            ADD COLUMN IF NOT EXISTS related_id varchar(100);
        CREATE TABLE wb_sync_rejects (
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            entity varchar(20) NOT NULL,
            row_key varchar(200) NOT NULL,
            reason text NOT NULL,
            row text NOT NULL,
            first_seen_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            PRIMARY KEY (cabinet_id, entity, row_key));
        """;

    private const string Remove = """
        DROP TABLE wb_sync_rejects;
        ALTER TABLE wb_reviews DROP COLUMN order_status, DROP COLUMN related_id;
        ALTER TABLE wb_sales DROP COLUMN currency, DROP COLUMN article, DROP COLUMN category, DROP COLUMN region;
        ALTER TABLE wb_orders DROP COLUMN currency;
        ALTER TABLE wb_products DROP COLUMN currency;
        ALTER TABLE wb_cabinets DROP COLUMN seller_id;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(Add);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(Remove);
}
