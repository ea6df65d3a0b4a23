-- Long work ends when it is told to, and leaves everything usable.
CREATE TABLE items (id int, v vector(64));
INSERT INTO items SELECT i, (SELECT array_agg((hashint8extended(i::bigint * 100 + j, 0) & 1023)::int) FROM generate_series(1, 64) j)
  FROM generate_series(1, 4000) i;

-- a build
SET statement_timeout = '20ms';
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (ef_construction = 1000, m = 100);
CREATE INDEX CONCURRENTLY items_idx ON items USING hnsw (v vector_l2_ops) WITH (ef_construction = 1000, m = 100);
RESET statement_timeout;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_idx'::regclass;
DROP INDEX items_idx;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (ef_construction = 32);

-- a scan, in the middle of rescans
SET enable_seqscan = off;
SET hnsw.ef_search = 4000;
SET statement_timeout = '50ms';
SELECT count(near.id) FROM items a, LATERAL (SELECT id FROM items b ORDER BY b.v <-> a.v LIMIT 4000) near;
RESET statement_timeout;
RESET hnsw.ef_search;
SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> array_fill(500, ARRAY[64])::vector) s;

-- inserts
SET statement_timeout = '50ms';
INSERT INTO items SELECT -id, v + v FROM items, generate_series(1, 10);
RESET statement_timeout;
SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> array_fill(500, ARRAY[64])::vector) s;
VACUUM (INDEX_CLEANUP ON) items;
SELECT rows FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

DROP TABLE items;
