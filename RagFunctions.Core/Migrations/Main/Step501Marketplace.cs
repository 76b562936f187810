using FluentMigrator;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>
/// What the marketplace sync needs: the marketplace's own identities beside the original's, cursors, limits, logs, encrypted tokens.
/// Existing columns keep their types and meaning.
/// </summary>
[Migration(501, "marketplace sync: identities, cursors, limits, tokens")]
public sealed class Step501Marketplace : Migration
{
    // A cabinet whose token is kept encrypted has no plain one.
    private const string AddColumns = """
        ALTER TABLE wb_cabinets
            ALTER COLUMN api_key DROP NOT NULL,
            ADD COLUMN IF NOT EXISTS api_key_cipher text,
            ADD COLUMN IF NOT EXISTS api_key_fingerprint varchar(64),
            ADD COLUMN IF NOT EXISTS token_rejected_at timestamptz;
        CREATE UNIQUE INDEX IF NOT EXISTS uq_wb_cabinets_fingerprint ON wb_cabinets (api_key_fingerprint);
        ALTER TABLE wb_orders
            ADD COLUMN IF NOT EXISTS srid varchar(200),
            ADD COLUMN IF NOT EXISTS last_change_date timestamptz,
            ADD COLUMN IF NOT EXISTS cancel_date timestamptz,
            ADD COLUMN IF NOT EXISTS price_with_disc numeric(18,2),
            ADD COLUMN IF NOT EXISTS warehouse_type varchar(50);
        ALTER TABLE wb_sales
            ADD COLUMN IF NOT EXISTS wb_sale_id varchar(50),
            ADD COLUMN IF NOT EXISTS srid varchar(200),
            ADD COLUMN IF NOT EXISTS total_price numeric(18,2),
            ADD COLUMN IF NOT EXISTS price_with_disc numeric(18,2),
            ADD COLUMN IF NOT EXISTS for_pay numeric(18,2),
            ADD COLUMN IF NOT EXISTS wallet_discount numeric(18,2);
        ALTER TABLE wb_stocks
            ADD COLUMN IF NOT EXISTS chrt_id numeric(20),
            ADD COLUMN IF NOT EXISTS size_key varchar(80),
            ADD COLUMN IF NOT EXISTS warehouse_key varchar(300);
        """;

    private const string CreateTables = """
        CREATE TABLE wb_product_sizes (
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            chrt_id numeric(20) NOT NULL,
            nm_id bigint NOT NULL,
            tech_size varchar(50),
            wb_size varchar(50),
            barcodes text[] NOT NULL DEFAULT '{}',
            PRIMARY KEY (cabinet_id, chrt_id));
        CREATE INDEX idx_wb_product_sizes_nm ON wb_product_sizes (cabinet_id, nm_id);
        CREATE TABLE wb_sync_cursors (
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            entity varchar(20) NOT NULL,
            state jsonb NOT NULL DEFAULT '{}',
            next_due_at timestamptz,
            not_before timestamptz,
            last_success_at timestamptz,
            last_outcome varchar(20),
            last_error text,
            failures integer NOT NULL DEFAULT 0,
            lease_token bigint NOT NULL DEFAULT 0,
            lease_expires_at timestamptz,
            PRIMARY KEY (cabinet_id, entity));
        CREATE TABLE wb_sync_seen (
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            scope varchar(20) NOT NULL,
            row_id bigint NOT NULL,
            PRIMARY KEY (cabinet_id, scope, row_id));
        CREATE TABLE wb_limit_buckets (
            seller varchar(80) NOT NULL,
            bucket varchar(40) NOT NULL,
            token_kind smallint NOT NULL,
            full_at timestamptz NOT NULL,
            not_before timestamptz,
            granted boolean NOT NULL,
            taken bigint NOT NULL,
            PRIMARY KEY (seller, bucket, token_kind));
        """;

    private const string CreateLogs = """
        CREATE TABLE wb_sync_logs (
            id bigserial PRIMARY KEY,
            cabinet_id bigint NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE,
            sync_type varchar(50) NOT NULL,
            status varchar(20) NOT NULL,
            records_processed integer,
            records_created integer,
            records_updated integer,
            records_errors integer,
            error_message text,
            started_at timestamptz,
            completed_at timestamptz,
            created_at timestamptz DEFAULT now());
        CREATE INDEX idx_cabinet_sync_type ON wb_sync_logs (cabinet_id, sync_type);
        CREATE INDEX idx_sync_started_at ON wb_sync_logs (started_at);
        """;

    private const string DropTables = "DROP TABLE wb_limit_buckets, wb_sync_seen, wb_sync_cursors, wb_product_sizes";

    // In the original's table; a cabinet without a plain token keeps it from being exactly as before.
    private const string RequirePlainToken = """
        DO $restore$
        BEGIN
            IF EXISTS (SELECT FROM wb_cabinets WHERE api_key IS NULL) THEN
                RAISE NOTICE 'wb_cabinets.api_key stays nullable';
            ELSE
                ALTER TABLE wb_cabinets ALTER COLUMN api_key SET NOT NULL;
            END IF;
        END
        $restore$
        """;

    private const string DropColumns = """
        ALTER TABLE wb_stocks DROP COLUMN chrt_id, DROP COLUMN size_key, DROP COLUMN warehouse_key;
        ALTER TABLE wb_sales DROP COLUMN wb_sale_id, DROP COLUMN srid, DROP COLUMN total_price, DROP COLUMN price_with_disc,
            DROP COLUMN for_pay, DROP COLUMN wallet_discount;
        ALTER TABLE wb_orders DROP COLUMN srid, DROP COLUMN last_change_date, DROP COLUMN cancel_date, DROP COLUMN price_with_disc,
            DROP COLUMN warehouse_type;
        ALTER TABLE wb_cabinets DROP COLUMN api_key_cipher, DROP COLUMN api_key_fingerprint, DROP COLUMN token_rejected_at;
        """;

    /// <inheritdoc />
    public override void Up()
    {
        Execute.Sql(AddColumns);
        Execute.Sql(CreateTables);
        Execute.WithConnection((connection, transaction) =>
        {
            OwnedTables.CreateIfAbsent(connection, transaction, "wb_sync_logs", CreateLogs);
            foreach (var key in OriginalKeys.Known)
            {
                // In tables of our own nobody else relies on the original's keys.
                if (OwnedTables.IsOurs(connection, transaction, key.Table))
                {
                    OwnedTables.Run(connection, transaction, key.Drop);
                }
            }
        });
    }

    /// <inheritdoc />
    public override void Down()
    {
        Execute.WithConnection((connection, transaction) =>
        {
            foreach (var key in OriginalKeys.Known)
            {
                if (OwnedTables.IsOurs(connection, transaction, key.Table))
                {
                    OwnedTables.Run(connection, transaction, key.RestoreIfPossible);
                }
            }

            if (!OwnedTables.IsOurs(connection, transaction, "wb_cabinets"))
            {
                OwnedTables.Run(connection, transaction, RequirePlainToken);
            }

            OwnedTables.DropIfOurs(connection, transaction, "wb_sync_logs");
        });
        Execute.Sql(DropTables);
        Execute.Sql(DropColumns);
    }
}
