-- What index_stats and check_index say about a healthy index, and who may ask.
CREATE TABLE items (id int, v vector(16), h halfvec(16));
INSERT INTO items SELECT i, v, v FROM (SELECT i,
  (SELECT array_agg((hashint8extended(i::bigint * 100 + j, 0) & 255)::int - 128) FROM generate_series(1, 16) j)::vector AS v
  FROM generate_series(1, 1000) i) s;
CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
CREATE INDEX items_ip ON items USING hnsw (v vector_ip_ops) WITH (m = 8, ef_construction = 40);
CREATE INDEX items_cosine ON items USING hnsw (h halfvec_cosine_ops);
CREATE INDEX items_l1 ON items USING hnsw (h halfvec_l1_ops);
SELECT c.relname, rows, dimensions, metric, m, ef_construction, levels >= 1 AS has_levels, dead_share, duplicates
  FROM pg_class c, LATERAL vecstore.index_stats(c.oid) WHERE relname LIKE 'items\__%' ORDER BY 1;
SELECT index_bytes = pg_relation_size('items_l2') AS size, index_bytes = pages * current_setting('block_size')::int AS pages,
  bytes_per_vector BETWEEN 100 AND 400 AS per_vector, average_degree BETWEEN 8 AND 32 AS degree
  FROM vecstore.index_stats('items_l2');
SELECT c.relname, problems.* FROM pg_class c, LATERAL vecstore.check_index(c.oid) problems WHERE relname LIKE 'items\__%' AND severity = 'error';

-- Between DELETE and VACUUM the index does not know; after a VACUUM that leaves nodes behind it says so.
DELETE FROM items WHERE id = 1;
SELECT rows, dead_share FROM vecstore.index_stats('items_l2');
VACUUM items;
SELECT rows, dead_share < 0.01 AS few_dead FROM vecstore.index_stats('items_l2');
SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error';

-- Progress is reported under phases with names.
SELECT a.amname, count(*) > 0 AS phases FROM pg_am a, generate_series(1, 10) n
  WHERE amname = 'hnsw' AND pg_indexam_progress_phasename(a.oid, n) IS NOT NULL GROUP BY 1;

-- Whoever may read the table may look into its index.
CREATE ROLE hnsw_stats_reader;
SET ROLE hnsw_stats_reader;
SELECT rows FROM vecstore.index_stats('items_l2');
SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error';
RESET ROLE;
GRANT SELECT ON items TO hnsw_stats_reader;
SET ROLE hnsw_stats_reader;
SELECT rows FROM vecstore.index_stats('items_l2');
SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error';
RESET ROLE;

-- Not an hnsw index.
CREATE INDEX items_btree ON items (id);
SELECT * FROM vecstore.index_stats('items_btree');
SELECT * FROM vecstore.check_index('items_btree');
SELECT * FROM vecstore.check_index('items');
SELECT * FROM vecstore.check_index('items_nowhere');

DROP TABLE items;
DROP ROLE hnsw_stats_reader;
