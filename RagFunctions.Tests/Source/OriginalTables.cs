namespace RagFunctions.Tests.Source;

/// <summary>The source tables with the column types of the original system: int4 and double precision.</summary>
internal static class OriginalTables
{
    public const string Create = """
        CREATE TABLE wb_cabinets (id serial PRIMARY KEY, api_key varchar(500) UNIQUE NOT NULL, name varchar(255), is_active boolean NOT NULL);
        CREATE TABLE wb_products (
          id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets(id), nm_id integer NOT NULL,
          name varchar(500), vendor_code varchar(100), brand varchar(255), category varchar(255), image_url varchar(1024),
          price double precision, discount_price double precision, rating double precision, reviews_count integer,
          in_stock boolean NOT NULL DEFAULT true, is_active boolean NOT NULL DEFAULT true,
          created_at timestamptz DEFAULT now(), updated_at timestamptz, UNIQUE (cabinet_id, nm_id));
        CREATE TABLE wb_orders (
          id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets(id), order_id varchar(100), nm_id integer NOT NULL,
          article varchar(100), name varchar(500), brand varchar(255), size varchar(50), barcode varchar(100), category varchar(255),
          subject varchar(255), quantity integer, price double precision, total_price double precision, commission_percent double precision,
          commission_amount double precision, warehouse_from varchar(255), warehouse_to varchar(255), spp_percent double precision,
          customer_price double precision, discount_percent double precision, order_date timestamptz, status varchar(50),
          created_at timestamptz DEFAULT now(), updated_at timestamptz);
        CREATE TABLE wb_stocks (
          id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets(id), nm_id integer NOT NULL, article varchar(100),
          name varchar(500), brand varchar(255), size varchar(50), barcode varchar(100), quantity integer, in_way_to_client integer,
          in_way_from_client integer, warehouse_id integer, warehouse_name varchar(255), last_updated timestamptz, category varchar(255),
          subject varchar(255), price double precision, discount double precision, quantity_full integer, is_supply boolean,
          is_realization boolean, sc_code varchar(50), created_at timestamptz DEFAULT now(), updated_at timestamptz);
        CREATE TABLE wb_reviews (
          id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets(id), nm_id integer, review_id varchar(100) NOT NULL,
          text text, rating integer, is_answered boolean NOT NULL, created_date timestamptz, updated_date timestamptz, pros text, cons text,
          user_name varchar(255), color varchar(100), bables text, matching_size varchar(50), was_viewed boolean,
          supplier_feedback_valuation integer, supplier_product_valuation integer, created_at timestamptz DEFAULT now(), updated_at timestamptz);
        CREATE TABLE wb_sales (
          id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets(id), sale_id varchar(100) NOT NULL, order_id varchar(100),
          g_number varchar(100), nm_id integer NOT NULL, product_name varchar(500), brand varchar(255), size varchar(50), barcode varchar(100),
          amount double precision, sale_date timestamptz, type varchar(20) NOT NULL, status varchar(50), is_cancel boolean,
          last_change_date timestamptz, commission_percent double precision, commission_amount double precision, spp_percent double precision,
          customer_price double precision, discount_percent double precision, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
        INSERT INTO wb_cabinets (api_key, is_active) VALUES ('original', true);
        """;
}
