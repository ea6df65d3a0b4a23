-- CREATE INDEX CONCURRENTLY, REINDEX and DROP INDEX CONCURRENTLY.
CREATE TABLE items (id int, v vector(2));
INSERT INTO items SELECT i, ARRAY[i, 0] FROM generate_series(1, 300) i;
CREATE INDEX CONCURRENTLY items_idx ON items USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT id FROM items ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

REINDEX INDEX items_idx;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[150.2,0]') s;
DELETE FROM items WHERE id % 3 = 0;
REINDEX INDEX CONCURRENTLY items_idx;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[150.2,0]') s;
SELECT rows FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';
REINDEX TABLE items;
REINDEX (CONCURRENTLY) TABLE items;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[150.2,0]') s;
SELECT indexrelid::regclass AS index, indisvalid, indisready FROM pg_index WHERE indrelid = 'items'::regclass;

-- Several indexes on one column: each operator finds its own.
CREATE INDEX items_l1 ON items USING hnsw (v vector_l1_ops);
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <+> '[150.2,0]' LIMIT 3;
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> '[150.2,0]' LIMIT 3;
DROP INDEX CONCURRENTLY items_idx;
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> '[150.2,0]' LIMIT 3;

-- A build that fails leaves nothing behind; one that fails concurrently leaves an invalid index.
CREATE TABLE ragged (v vector);
INSERT INTO ragged VALUES ('[1,2]'), ('[1,2,3]');
CREATE INDEX ragged_idx ON ragged USING hnsw ((v::vector(2)) vector_l2_ops);
SELECT count(*) FROM pg_class WHERE relname = 'ragged_idx';
CREATE INDEX CONCURRENTLY ragged_idx ON ragged USING hnsw ((v::vector(2)) vector_l2_ops);
SELECT indisvalid FROM pg_index WHERE indexrelid = 'ragged_idx'::regclass;
DELETE FROM ragged WHERE vector_dims(v) = 3;
REINDEX INDEX CONCURRENTLY ragged_idx;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'ragged_idx'::regclass;

-- A failed statement in a transaction takes a new index with it.
BEGIN;
CREATE INDEX items_new ON items USING hnsw (v vector_ip_ops);
INSERT INTO items VALUES (1000, '[1000,0]');
ROLLBACK;
SELECT count(*) FROM pg_class WHERE relname = 'items_new';
BEGIN;
CREATE TABLE fresh (id int, v vector(2));
INSERT INTO fresh VALUES (1, '[1,1]');
CREATE INDEX fresh_idx ON fresh USING hnsw (v vector_l2_ops);
INSERT INTO fresh VALUES (2, '[2,2]');
COMMIT;
SELECT id FROM fresh ORDER BY v <-> '[2,2]';
SELECT * FROM vecstore.check_index('fresh_idx') WHERE severity = 'error';

DROP TABLE items, ragged, fresh;
