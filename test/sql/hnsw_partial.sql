-- Partial and expression indexes, and indexes on partitions.
CREATE TABLE items (id int, kind text, v vector(2), raw real[]);
INSERT INTO items SELECT i, CASE WHEN i % 10 = 0 THEN 'rare' ELSE 'common' END, ARRAY[i, 0], ARRAY[i, i]
  FROM generate_series(1, 200) i;
CREATE INDEX items_rare ON items USING hnsw (v vector_l2_ops) WHERE kind = 'rare';
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE kind = 'rare' ORDER BY v <-> '[52,0]' LIMIT 3;
SELECT id FROM items WHERE kind = 'rare' ORDER BY v <-> '[52,0]' LIMIT 3;
SELECT rows FROM vecstore.index_stats('items_rare');

-- Without the predicate the index does not know all rows.
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> '[52,0]' LIMIT 3;

-- Rows move in and out of the predicate.
UPDATE items SET kind = 'rare' WHERE id = 53;
UPDATE items SET kind = 'common' WHERE id = 50;
SELECT id FROM items WHERE kind = 'rare' ORDER BY v <-> '[52,0]' LIMIT 3;
VACUUM items;
SELECT rows FROM vecstore.index_stats('items_rare');
SELECT * FROM vecstore.check_index('items_rare') WHERE severity = 'error';

-- An expression over another type, and a smaller type over a larger one.
CREATE INDEX items_raw ON items USING hnsw ((raw::vector(2)) vector_cosine_ops);
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY raw::vector(2) <=> '[1,1]' LIMIT 3;
SELECT count(*) FROM (SELECT id FROM items ORDER BY raw::vector(2) <=> '[1,1]') s;
CREATE INDEX items_half ON items USING hnsw ((v::halfvec(2)) halfvec_l2_ops);
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v::halfvec(2) <-> '[70.4,0]' LIMIT 3;
SELECT id FROM items ORDER BY v::halfvec(2) <-> '[70.4,0]' LIMIT 3;
CREATE INDEX items_head ON items USING hnsw ((subvector(v, 1, 1)::vector(1)) vector_l2_ops);
SELECT id FROM items ORDER BY subvector(v, 1, 1)::vector(1) <-> '[70.4]' LIMIT 3;

-- An expression that fails for one row fails the statement and leaves index and table as they were.
INSERT INTO items VALUES (201, 'common', '[1,1]', '{1,2,3}');
SELECT count(*) FROM items;
SELECT * FROM vecstore.check_index('items_raw') WHERE severity = 'error';
CREATE INDEX ON items USING hnsw ((array_fill(1, ARRAY[id % 3 + 1])::vector(2)) vector_l2_ops);

DROP TABLE items;

-- Partitions: one index each, merged in order.
CREATE TABLE parted (id int, v vector(2)) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (101);
CREATE INDEX parted_idx ON parted USING hnsw (v vector_l2_ops);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (101) TO (201);
INSERT INTO parted SELECT i, ARRAY[i * 7 % 200, 0] FROM generate_series(1, 200) i;
EXPLAIN (COSTS OFF) SELECT id FROM parted ORDER BY v <-> '[100.3,0]' LIMIT 5;
SELECT v FROM parted ORDER BY v <-> '[100.3,0]' LIMIT 5;
SELECT count(*) FROM (SELECT id FROM parted ORDER BY v <-> '[100.3,0]') s;
SELECT inhrelid::regclass AS index, rows FROM pg_inherits, LATERAL vecstore.index_stats(inhrelid)
  WHERE inhparent = 'parted_idx'::regclass ORDER BY 1;

-- A partitioned index has no pages of its own, and other relations are no hnsw index.
SELECT * FROM vecstore.index_stats('parted_idx');
SELECT * FROM vecstore.check_index('parted_idx');
SELECT * FROM vecstore.check_index('parted');
SELECT * FROM vecstore.index_stats('pg_class_oid_index');
SELECT * FROM vecstore.check_index(NULL);

DROP TABLE parted;
