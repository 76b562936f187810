-- The source tables as the original's create_all makes them: int4 keys, double precision money, indexes named by column and again by hand.
CREATE TABLE wb_cabinets (
    id serial PRIMARY KEY, api_key varchar(500) NOT NULL UNIQUE, name varchar(255), is_active boolean NOT NULL,
    spreadsheet_id varchar(255) UNIQUE, last_sync_at timestamptz, created_at timestamptz DEFAULT now(), updated_at timestamptz);
CREATE INDEX ix_wb_cabinets_id ON wb_cabinets (id);

CREATE TABLE cabinet_users (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, user_id integer NOT NULL,
    is_active boolean NOT NULL, first_sync_completed boolean NOT NULL DEFAULT false, joined_at timestamptz DEFAULT now(),
    CONSTRAINT unique_cabinet_user UNIQUE (cabinet_id, user_id));

CREATE TABLE wb_products (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, nm_id integer NOT NULL,
    name varchar(500), vendor_code varchar(100), brand varchar(255), category varchar(255), image_url varchar(1024),
    price double precision, discount_price double precision, rating double precision, reviews_count integer,
    in_stock boolean NOT NULL, is_active boolean NOT NULL, created_at timestamptz DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_cabinet_nm_id UNIQUE (cabinet_id, nm_id));
CREATE INDEX ix_wb_products_id ON wb_products (id);
CREATE INDEX ix_wb_products_cabinet_id ON wb_products (cabinet_id);
CREATE INDEX ix_wb_products_nm_id ON wb_products (nm_id);
CREATE INDEX idx_brand_category ON wb_products (brand, category);
CREATE INDEX idx_price ON wb_products (price);
CREATE INDEX idx_rating ON wb_products (rating);

CREATE TABLE wb_orders (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, order_id varchar(100),
    nm_id integer NOT NULL, article varchar(100), name varchar(500), brand varchar(255), size varchar(50), barcode varchar(100),
    category varchar(255), subject varchar(255), quantity integer, price double precision, total_price double precision,
    commission_percent double precision, commission_amount double precision, warehouse_from varchar(255), warehouse_to varchar(255),
    spp_percent double precision, customer_price double precision, discount_percent double precision, order_date timestamptz,
    status varchar(50), created_at timestamptz DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_cabinet_order_id UNIQUE (cabinet_id, order_id));
CREATE INDEX ix_wb_orders_id ON wb_orders (id);
CREATE INDEX ix_wb_orders_cabinet_id ON wb_orders (cabinet_id);
CREATE INDEX ix_wb_orders_order_id ON wb_orders (order_id);
CREATE INDEX ix_wb_orders_nm_id ON wb_orders (nm_id);
CREATE INDEX idx_nm_id ON wb_orders (nm_id);
CREATE INDEX idx_order_date ON wb_orders (order_date);
CREATE INDEX idx_order_status ON wb_orders (status);

CREATE TABLE wb_stocks (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, nm_id integer NOT NULL,
    article varchar(100), name varchar(500), brand varchar(255), size varchar(50), barcode varchar(100), quantity integer,
    in_way_to_client integer, in_way_from_client integer, warehouse_id integer, warehouse_name varchar(255), last_updated timestamptz,
    category varchar(255), subject varchar(255), price double precision, discount double precision, quantity_full integer,
    is_supply boolean, is_realization boolean, sc_code varchar(50), created_at timestamptz DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_cabinet_nm_warehouse_size UNIQUE (cabinet_id, nm_id, warehouse_name, size));
CREATE INDEX ix_wb_stocks_id ON wb_stocks (id);
CREATE INDEX ix_wb_stocks_cabinet_id ON wb_stocks (cabinet_id);
CREATE INDEX ix_wb_stocks_nm_id ON wb_stocks (nm_id);
CREATE INDEX idx_quantity ON wb_stocks (quantity);
CREATE INDEX idx_warehouse_name ON wb_stocks (warehouse_name);
CREATE INDEX idx_last_updated ON wb_stocks (last_updated);

CREATE TABLE wb_reviews (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, nm_id integer,
    review_id varchar(100) NOT NULL, text text, rating integer, is_answered boolean NOT NULL, created_date timestamptz,
    updated_date timestamptz, pros text, cons text, user_name varchar(255), color varchar(100), bables text,
    matching_size varchar(50), was_viewed boolean, supplier_feedback_valuation integer, supplier_product_valuation integer,
    created_at timestamptz DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_cabinet_review_id UNIQUE (cabinet_id, review_id));
CREATE INDEX ix_wb_reviews_id ON wb_reviews (id);
CREATE INDEX ix_wb_reviews_cabinet_id ON wb_reviews (cabinet_id);
CREATE INDEX ix_wb_reviews_nm_id ON wb_reviews (nm_id);
CREATE INDEX idx_nm_id_rating ON wb_reviews (nm_id, rating);
CREATE INDEX idx_is_answered ON wb_reviews (is_answered);

CREATE TABLE wb_sales (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL REFERENCES wb_cabinets (id) ON DELETE CASCADE, sale_id varchar(100) NOT NULL,
    order_id varchar(100), g_number varchar(100), nm_id integer NOT NULL, product_name varchar(500), brand varchar(255),
    size varchar(50), barcode varchar(100), amount double precision, sale_date timestamptz, type varchar(20) NOT NULL,
    status varchar(50), is_cancel boolean, last_change_date timestamptz, commission_percent double precision,
    commission_amount double precision, spp_percent double precision, customer_price double precision,
    discount_percent double precision, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
    CONSTRAINT uq_cabinet_sale_type UNIQUE (cabinet_id, sale_id, type));
CREATE INDEX ix_wb_sales_id ON wb_sales (id);
CREATE INDEX ix_wb_sales_cabinet_id ON wb_sales (cabinet_id);
CREATE INDEX ix_wb_sales_sale_id ON wb_sales (sale_id);
CREATE INDEX ix_wb_sales_order_id ON wb_sales (order_id);
CREATE INDEX ix_wb_sales_g_number ON wb_sales (g_number);
CREATE INDEX ix_wb_sales_nm_id ON wb_sales (nm_id);
CREATE INDEX ix_wb_sales_type ON wb_sales (type);
CREATE INDEX idx_sales_nm_id ON wb_sales (nm_id);
CREATE INDEX idx_sales_date ON wb_sales (sale_date);
CREATE INDEX idx_sales_type ON wb_sales (type);
CREATE INDEX idx_sales_is_cancel ON wb_sales (is_cancel);
CREATE INDEX idx_sales_g_number ON wb_sales (g_number);
