#!/usr/bin/env bash
# Measures what docs/migrations.md says: the steps on an original-style database, index builds, the widening, change capture.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
cd "$root"

orders=${ORDERS:-1000000}
vectors=${VECTORS:-50000}
indexed_vectors=${INDEXED_VECTORS:-5000}
original=RagFunctions.Tests/Migrations/Original

have psql || die "psql is needed to fill the databases"
eng/postgres.sh up 2>/dev/null
dotnet build RagFunctions.Cli -v q --nologo -clp:NoSummary

setting() { eng/postgres.sh url postgres | tr ';' '\n' | sed -n "s/^$1=//p"; }
PGHOST=$(setting Host) PGPORT=$(setting Port) PGUSER=$(setting Username) PGPASSWORD=$(setting Password)
export PGHOST PGPORT PGUSER PGPASSWORD
sql() { psql -qX -v ON_ERROR_STOP=1 -d measure "$@"; }
rag() {
  ConnectionStrings__Main=$(eng/postgres.sh url measure) ConnectionStrings__Rag=$(eng/postgres.sh url measure) \
    dotnet RagFunctions.Cli/bin/Debug/net10.0/rag.dll "$@"
}
anew() {
  psql -qX -d postgres -c "DROP DATABASE IF EXISTS measure WITH (FORCE)" -c "CREATE DATABASE measure TEMPLATE template0"
  printf '\n== %s\n' "$1"
}
fill_index() { # rows, how many of the kinds, of which the last two are removed by the upgrade
  sql -c "INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash)
          SELECT 1 + n % 10, (ARRAY['wb_orders', 'wb_sales', 'wb_reviews', 'wb_products', 'wb_stocks'])[1 + n % $2], n,
                 (ARRAY['order', 'sale', 'review', 'product', 'stock'])[1 + n % $2], repeat('слово ', 40) || n, md5(n::text) || md5('x' || n)
          FROM generate_series(1, $1) AS n" \
    -c "INSERT INTO rag_embeddings (embedding, metadata_id)
          SELECT (SELECT array_agg(random()::real) FROM generate_series(1, 1536 + 0 * m.id))::vector, m.id FROM rag_metadata m" \
    -c "VACUUM ANALYZE rag_metadata, rag_embeddings"
}
fill_orders() { # rows
  sql -c "INSERT INTO wb_cabinets (api_key, is_active) SELECT n::text, true FROM generate_series(1, 10) AS n" \
    -c "INSERT INTO wb_orders (cabinet_id, order_id, nm_id, article, name, brand, size, barcode, category, subject, quantity, price,
               total_price, warehouse_from, warehouse_to, order_date, status, created_at, updated_at)
        SELECT 1 + n % 10, 'order-' || n, 100000 + n % 5000, 'article ' || n % 5000, 'name of the goods', 'brand', 'XL', '2000000000000',
               'category', 'subject', 1, 1000, 1200, 'warehouse', 'region', now() - n * interval '8 seconds', 'active',
               now() - n * interval '8 seconds', CASE WHEN n % 3 = 0 THEN now() - n * interval '7 seconds' END
        FROM generate_series(1, $1) AS n" -c "VACUUM ANALYZE wb_orders"
}

anew "a new installation"
time rag migrate

anew "an original-style database with 10,000 rows: up, back, up again"
sql -f $original/main.sql -f $original/rag-create-all.sql
fill_orders 10000
fill_index 10000 5
time rag migrate --yes
time rag rollback rag --to 0
time rag rollback main --to 0
time rag migrate --yes

anew "20 timestamp indexes, $orders rows in wb_orders"
sql -f $original/main.sql
fill_orders "$orders"
time rag migrate main

printf '\n== change capture: an update of 10,000 rows, without and with, five times each\n'
update="EXPLAIN (ANALYZE, TIMING OFF, SUMMARY ON) UPDATE wb_orders SET status = 'active', updated_at = now() WHERE id BETWEEN 500001 AND 510000"
for _ in 1 2 3 4 5; do sql -At -c "$update" | grep -E 'Execution Time'; done
rag migrate main --capture-changes
for _ in 1 2 3 4 5; do sql -At -c "$update" | grep -E 'Execution Time|rag_capture'; sql -c "DELETE FROM rag_changes"; done

anew "the upgrade of $vectors chunks and vectors, no HNSW index"
sql -f $original/rag-create-all.sql
fill_index "$vectors" 3
time rag migrate rag --yes

anew "the upgrade of $indexed_vectors chunks and vectors with an HNSW index"
sql -f $original/rag-001-create.sql -f $original/rag-001-chunk-hash.sql
fill_index "$indexed_vectors" 3
time rag migrate rag --yes
rag ann status

psql -qX -d postgres -c "DROP DATABASE measure WITH (FORCE)"
