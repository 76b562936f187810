using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// The source tables, where no other service has made them. Tables that are there keep their columns and types as they are.
/// </summary>
[Migration(101, "source tables, if absent")]
public sealed class Step101SourceTables : Migration
{
    private const string CreateCabinets = """
        CREATE TABLE wb_cabinets (
            id bigserial PRIMARY KEY,
            api_key varchar(500) UNIQUE,
            name varchar(255),
            is_active boolean NOT NULL DEFAULT true,
            spreadsheet_id varchar(255) UNIQUE,
            last_sync_at timestamptz,
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz);
        """;

    private const string CreateProducts = """
        CREATE TABLE wb_products (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            nm_id bigint NOT NULL,
            name varchar(500),
            vendor_code varchar(100),
            brand varchar(255),
            category varchar(255),
            image_url varchar(1024),
            price numeric(18,2),
            discount_price numeric(18,2),
            rating numeric(4,2),
            reviews_count integer,
            in_stock boolean NOT NULL DEFAULT true,
            is_active boolean NOT NULL DEFAULT true,
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT uq_cabinet_nm_id UNIQUE (cabinet_id, nm_id));
        CREATE INDEX ix_wb_products_cabinet_id ON wb_products (cabinet_id);
        """;

    private const string CreateOrders = """
        CREATE TABLE wb_orders (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            order_id varchar(100),
            nm_id bigint NOT NULL,
            article varchar(100),
            name varchar(500),
            brand varchar(255),
            size varchar(50),
            barcode varchar(100),
            category varchar(255),
            subject varchar(255),
            quantity integer,
            price numeric(18,2),
            total_price numeric(18,2),
            commission_percent numeric(9,4),
            commission_amount numeric(18,2),
            warehouse_from varchar(255),
            warehouse_to varchar(255),
            spp_percent numeric(9,4),
            customer_price numeric(18,2),
            discount_percent numeric(9,4),
            order_date timestamptz,
            status varchar(50),
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT uq_cabinet_order_id UNIQUE (cabinet_id, order_id));
        CREATE INDEX ix_wb_orders_cabinet_id ON wb_orders (cabinet_id);
        CREATE INDEX ix_wb_orders_nm_id ON wb_orders (nm_id);
        """;

    private const string CreateStocks = """
        CREATE TABLE wb_stocks (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            nm_id bigint NOT NULL,
            article varchar(100),
            name varchar(500),
            brand varchar(255),
            size varchar(50),
            barcode varchar(100),
            quantity integer,
            in_way_to_client integer,
            in_way_from_client integer,
            warehouse_id bigint,
            warehouse_name varchar(255),
            last_updated timestamptz,
            category varchar(255),
            subject varchar(255),
            price numeric(18,2),
            discount numeric(9,4),
            quantity_full integer,
            is_supply boolean,
            is_realization boolean,
            sc_code varchar(50),
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT uq_cabinet_nm_warehouse_size UNIQUE (cabinet_id, nm_id, warehouse_name, size));
        CREATE INDEX ix_wb_stocks_cabinet_id ON wb_stocks (cabinet_id);
        CREATE INDEX ix_wb_stocks_nm_id ON wb_stocks (nm_id);
        """;

    private const string CreateReviews = """
        CREATE TABLE wb_reviews (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            nm_id bigint,
            review_id varchar(100) NOT NULL,
            text text,
            rating integer,
            is_answered boolean NOT NULL DEFAULT false,
            created_date timestamptz,
            updated_date timestamptz,
            pros text,
            cons text,
            user_name varchar(255),
            color varchar(100),
            bables text,
            matching_size varchar(50),
            was_viewed boolean,
            supplier_feedback_valuation integer,
            supplier_product_valuation integer,
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz,
            CONSTRAINT uq_cabinet_review_id UNIQUE (cabinet_id, review_id));
        CREATE INDEX ix_wb_reviews_cabinet_id ON wb_reviews (cabinet_id);
        CREATE INDEX ix_wb_reviews_nm_id ON wb_reviews (nm_id);
        """;

    private const string CreateSales = """
        CREATE TABLE wb_sales (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            sale_id varchar(100) NOT NULL,
            order_id varchar(100),
            g_number varchar(100),
            nm_id bigint NOT NULL,
            product_name varchar(500),
            brand varchar(255),
            size varchar(50),
            barcode varchar(100),
            amount numeric(18,2),
            sale_date timestamptz,
            type varchar(20) NOT NULL,
            status varchar(50),
            is_cancel boolean,
            last_change_date timestamptz,
            commission_percent numeric(9,4),
            commission_amount numeric(18,2),
            spp_percent numeric(9,4),
            customer_price numeric(18,2),
            discount_percent numeric(9,4),
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz DEFAULT now(),
            CONSTRAINT uq_cabinet_sale_type UNIQUE (cabinet_id, sale_id, type));
        CREATE INDEX ix_wb_sales_cabinet_id ON wb_sales (cabinet_id);
        CREATE INDEX ix_wb_sales_nm_id ON wb_sales (nm_id);
        """;

    // Referenced tables come first.
    private static readonly (string Table, string Create)[] Tables =
    [
        ("wb_cabinets", CreateCabinets),
        ("wb_products", CreateProducts),
        ("wb_orders", CreateOrders),
        ("wb_stocks", CreateStocks),
        ("wb_reviews", CreateReviews),
        ("wb_sales", CreateSales),
    ];

    /// <inheritdoc />
    public override void Up() => Execute.WithConnection((connection, transaction) =>
    {
        foreach (var (table, create) in Tables)
        {
            OwnedTables.CreateIfAbsent(connection, transaction, table, create);
        }
    });

    /// <inheritdoc />
    public override void Down() => Execute.WithConnection((connection, transaction) =>
    {
        foreach (var (table, _) in Tables.Reverse())
        {
            OwnedTables.DropIfOurs(connection, transaction, table);
        }
    });
}
