#!/usr/bin/env bash
# Measures what a run costs on Azure Storage: requests, and milliseconds from the POST until the vectors are searchable; ten changed
# rows several times, then a rebuild. On an Azurite and a database of its own, with the offline embedder.
#   ROWS=15000 TIMES=7 eng/measure-storage.sh      RAG=path/to/rag.dll RAG_DEV=path/to/rag-dev.dll measures a build that is there
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
cd "$root"

rows=${ROWS:-15000}
times=${TIMES:-7}
rag=${RAG:-RagFunctions.Cli/bin/Release/net10.0/rag.dll}
rag_dev=${RAG_DEV:-RagFunctions.Dev/bin/Release/net10.0/rag-dev.dll}
key='key-of-the-measurement'

have psql || die "psql is needed to fill the database"
have curl || die "curl is needed to ask for runs"
work=$(mktemp -d)
export RAG_AZURITE_STATE=$work/azurite
unset RAG_TEST_AZURITE
host=
# shellcheck disable=SC2317 # called by the trap
clean() {
  [ -z "$host" ] || { kill -9 "$host" && wait "$host"; } 2>/dev/null || true
  eng/azurite.sh down 2>/dev/null
  psql -qX -d postgres -c "DROP DATABASE IF EXISTS measure_storage WITH (FORCE)"
  rm -rf "$work"
}

eng/postgres.sh up 2>/dev/null
setting() { eng/postgres.sh url postgres | tr ';' '\n' | sed -n "s/^$1=//p"; }
PGHOST=$(setting Host) PGPORT=$(setting Port) PGUSER=$(setting Username) PGPASSWORD=$(setting Password)
export PGHOST PGPORT PGUSER PGPASSWORD
trap clean EXIT
eng/azurite.sh up
[ -n "${RAG:-}" ] || step "build (Release)" dotnet build RagFunctions.Dev -c Release -v q --nologo -clp:NoSummary

psql -qX -d postgres -c "DROP DATABASE IF EXISTS measure_storage WITH (FORCE)" -c "CREATE DATABASE measure_storage" 2>/dev/null
sql() { psql -qX -v ON_ERROR_STOP=1 -d measure_storage "$@"; }
ConnectionStrings__Main=$(eng/postgres.sh url measure_storage)
export ConnectionStrings__Main ConnectionStrings__Rag=$ConnectionStrings__Main
export Embeddings__Provider=offline Api__Keys__0__Key=$key TaskHubName=Measure
export SyncSchedule='0 0 0 31 12 *' SweepSchedule='0 0 0 31 12 *' # nothing fires by itself
step "schema" dotnet "$rag" migrate

# A third orders, the proportions of the benchmarks' cabinet.
cabinet=$(sql -Atc "INSERT INTO wb_cabinets (api_key, name, is_active) VALUES ('made up', 'measured', true) RETURNING id")
sql -v c="$cabinet" -v n="$rows" <<'SQL'
INSERT INTO wb_products (cabinet_id, nm_id, name, vendor_code, brand, category, price, discount_price, rating, reviews_count)
SELECT :c, n, 'Футболка ' || n, 'ART-' || n, 'brand ' || n % 50, 'Футболки', 1000 + n, 900 + n, 4.5, n % 300
FROM generate_series(1, :n / 15) AS n;
INSERT INTO wb_orders (cabinet_id, order_id, nm_id, article, name, brand, size, price, total_price, warehouse_from, warehouse_to, order_date, status)
SELECT :c, 'o' || n, 1 + n % (:n / 15), 'ART-' || n % (:n / 15), 'Футболки', 'brand', 'XL', 500 + n % 4000, 700 + n % 8000, 'Коледино',
       'region ' || n % 80, now() - n * interval '60 seconds', 'active'
FROM generate_series(1, :n / 3) AS n;
INSERT INTO wb_stocks (cabinet_id, nm_id, article, size, quantity, in_way_to_client, in_way_from_client, warehouse_name, last_updated)
SELECT :c, 1 + n % (:n / 15), 'ART-' || n % (:n / 15), 'S' || n, n % 60, n % 9, n % 4, 'Коледино', now() - n * interval '60 seconds'
FROM generate_series(1, :n / 5) AS n;
INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, rating, is_answered, created_date, pros, cons)
SELECT :c, 1 + n % (:n / 15), 'r' || n, 'Отличный товар номер ' || n || '. Пришло быстро.', 1 + n % 5, true, now() - n * interval '60 seconds',
       'быстро', 'нет'
FROM generate_series(1, :n * 2 / 15) AS n;
INSERT INTO wb_sales (cabinet_id, sale_id, order_id, nm_id, product_name, brand, size, amount, customer_price, sale_date, type, status)
SELECT :c, 'S' || n, 'o' || n, 1 + n % (:n / 15), 'Футболки', 'brand', 'XL', 600 + n % 7000, 500 + n % 4000, now() - n * interval '60 seconds',
       'buyout', 'completed'
FROM generate_series(1, :n - :n / 15 - :n / 3 - :n / 5 - :n * 2 / 15) AS n;
ANALYZE wb_products, wb_orders, wb_stocks, wb_reviews, wb_sales;
SQL

: >"$work/host"
dotnet "$rag_dev" serve --port 0 --storage "$(eng/azurite.sh url)" >"$work/host" 2>&1 &
host=$!
until address=$(grep -o 'http://[0-9.:]*' "$work/host"); do
  kill -0 "$host" 2>/dev/null || die "rag-dev serve ended: $(tail -5 "$work/host")"
  sleep 0.1
done

now() { date +%s%N; }
requests() { grep -c '" [0-9]\{3\} ' "$work/azurite/log" || true; }
becomes_true() { # condition
  sql -c "DO \$\$ BEGIN WHILE ($1) IS NOT TRUE LOOP PERFORM pg_sleep(0.002); END LOOP; END \$\$"
}

# run WHAT SEARCHABLE QUERY [BODY]: asks for a run and waits until it has ended; prints and keeps its figures.
run() {
  local before started searchable ended until_searchable ending
  becomes_true "$2" &
  ending=$!
  sleep 0.5
  before=$(requests)
  started=$(now)
  curl -sfS -o /dev/null -X POST -H "X-API-KEY: $key" -H 'Content-Type: application/json' ${4:+-d "$4"} "$address/v1/rag/index/$cabinet$3"
  wait "$ending"
  searchable=$(now)
  until_searchable=$(requests)
  becomes_true "(SELECT lease_owner IS NULL AND requested_mode IS NULL FROM rag_index_status WHERE cabinet_id = $cabinet)"
  ended=$(now)
  sleep 2 # its orchestration ends after it
  printf '%-26s searchable %6d ms, %5d requests; ended %6d ms, with all that follows %5d requests\n' "$1" $(((searchable - started) / 1000000)) \
    $((until_searchable - before)) $(((ended - started) / 1000000)) $(($(requests) - before)) | tee -a "$work/figures"
  [[ $1 != ten* ]] || sed -E '/" [0-9]{3} /!d' "$work/azurite/log" | tail -n +$((before + 1)) |
    sed -E 's/.*"([A-Z]+) [^ ]*\/devstoreaccount1\/([^? (]*)[^"]*" ([0-9]+).*/  \1 \2 \3/; s/(messages)\/[^ ]*/\1/' >"$work/last-small"
}

indexed="(SELECT count(*) >= $rows * 0.9 AND bool_and(embedded_hash IS NOT DISTINCT FROM chunk_hash) FROM rag_metadata)"
run "first, $rows rows" "$indexed" "?full_rebuild=true"
sleep 15 # polling has become slow again
quiet=$(requests)
sleep 30
printf '%-26s %d requests in 30 s\n' idle $(($(requests) - quiet))

sql -c "CREATE TABLE measured (id bigint, old text)"
for ((i = 1; i <= times; i++)); do
  ids=$(sql -At -v i="$i" <<'SQL'
WITH chosen AS (SELECT id FROM wb_orders WHERE id % 400 = :i LIMIT 10),
     changed AS (UPDATE wb_orders SET total_price = total_price + 0.5, updated_at = now() WHERE id IN (SELECT id FROM chosen) RETURNING id),
     former AS (DELETE FROM measured),
     noted AS (INSERT INTO measured SELECT m.id, m.chunk_hash FROM rag_metadata AS m JOIN changed ON m.source_table = 'wb_orders' AND m.source_id = changed.id)
SELECT string_agg(id::text, ',') FROM changed;
SQL
  )
  run "ten changed rows ($i)" \
    "(SELECT count(*) = 10 AND bool_and(m.chunk_hash <> old AND m.embedded_hash = m.chunk_hash) FROM measured JOIN rag_metadata AS m USING (id))" \
    "" "{\"changed_ids\":{\"orders\":[$ids]}}"
  sleep 12
done

sql -c "UPDATE wb_products SET price = price + 0.5" -c "UPDATE wb_orders SET total_price = total_price + 0.5" \
  -c "UPDATE wb_stocks SET quantity = quantity + 1" -c "UPDATE wb_reviews SET text = text || '!'" -c "UPDATE wb_sales SET amount = amount + 0.5" \
  -c "DROP TABLE measured" -c "CREATE TABLE measured AS SELECT id, chunk_hash AS old FROM rag_metadata"
run "rebuild, all rows changed" \
  "(SELECT bool_and(m.chunk_hash <> old AND m.embedded_hash = m.chunk_hash) FROM measured JOIN rag_metadata AS m USING (id))" "?full_rebuild=true"
sleep 12
run "rebuild, nothing changed" \
  "(SELECT full_completed_at > '$(date -u +%FT%T.%NZ)' FROM rag_index_status WHERE cabinet_id = $cabinet)" "?full_rebuild=true"

sql -Atc "SELECT mode || ': ' || outcome || ', ' || embedding_inputs || ' embedded' FROM rag_index_runs ORDER BY started_at" | sort | uniq -c
middle() { awk -v field="$1" '/^ten/ { print $field }' "$work/figures" | tr -d , | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
printf 'ten changed rows, medians: searchable after %s ms and %s requests, %s requests altogether\n' "$(middle 6)" "$(middle 8)" "$(middle 17)"
printf 'the last of them:\n%s\n' "$(sort "$work/last-small" | uniq -c | sort -rn)"
