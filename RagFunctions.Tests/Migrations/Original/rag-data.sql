-- Two cabinets with chunks of every kind, in every deployment's columns. Cabinet 3 has only a product, and no status row.
-- Order 11 has three vectors: the first was refreshed last, as the original does it. Order 12 has two, never refreshed.
INSERT INTO rag_metadata (id, cabinet_id, source_table, source_id, chunk_type, chunk_text, created_at) VALUES
    (1, 1, 'wb_orders', 11, 'order', 'Заказ 11', '2026-01-01'),
    (2, 1, 'wb_orders', 12, 'order', 'Заказ 12', '2026-01-01'),
    (3, 1, 'wb_products', 777001, 'product', 'Товар 777001', '2026-01-01'),
    (4, 1, 'wb_stocks', 777001, 'stock', 'Остаток 777001', '2026-01-01'),
    (5, 1, 'wb_reviews', 21, 'review', 'Отзыв 21', '2026-01-01'),
    (6, 2, 'wb_sales', 31, 'sale', 'Продажа 31', '2026-01-01'),
    (7, 2, 'wb_stocks', 777002, 'stock', 'Остаток 777002', '2026-01-01'),
    (8, 3, 'wb_products', 777003, 'product', 'Товар 777003', '2026-01-01');
SELECT setval('rag_metadata_id_seq', 8);
INSERT INTO rag_embeddings (id, embedding, metadata_id, created_at, updated_at)
SELECT v.id, array_fill(v.id::real, ARRAY[1536])::vector, v.metadata_id, v.created_at::timestamptz, v.updated_at::timestamptz
FROM (VALUES
    (1, 1, '2026-01-01', '2026-03-01'), (2, 1, '2026-01-02', NULL), (3, 1, '2026-02-01', NULL),
    (4, 2, '2026-01-01', NULL), (5, 2, '2026-01-02', NULL),
    (6, 3, '2026-01-01', NULL), (7, 4, '2026-01-01', NULL), (8, 5, '2026-01-01', NULL),
    (9, 6, '2026-01-01', NULL), (10, 7, '2026-01-01', NULL), (11, 8, '2026-01-01', NULL)
) AS v (id, metadata_id, created_at, updated_at);
SELECT setval('rag_embeddings_id_seq', 11);
INSERT INTO rag_index_status (cabinet_id, indexing_status, total_chunks, last_indexed_at)
VALUES (1, 'completed', 5, '2026-01-01'), (2, 'completed', 2, '2026-01-01');
