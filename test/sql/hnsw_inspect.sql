-- check_index and index_stats on indexes of every shape.

-- An empty index, one whose rows are all left out, and one node.
CREATE TABLE items (id int PRIMARY KEY, v vector(3));
CREATE INDEX items_cosine ON items USING hnsw (v vector_cosine_ops);
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, levels, average_degree, bytes_per_vector, dead_share, code FROM vecstore.index_stats('items_cosine');
INSERT INTO items VALUES (1, NULL), (2, '[0,0,0]');
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, levels FROM vecstore.index_stats('items_cosine');
INSERT INTO items VALUES (3, '[1,2,3]');
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, levels >= 1 AS has_levels, average_degree FROM vecstore.index_stats('items_cosine');

-- Rows of equal direction share a node; the row in the record and the rows in its cells go one by one.
INSERT INTO items SELECT 100 + i, '[1,2,3]' FROM generate_series(1, 40) i;
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, duplicates FROM vecstore.index_stats('items_cosine');
DELETE FROM items WHERE id = 3;
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, duplicates FROM vecstore.index_stats('items_cosine');
SET enable_seqscan = off;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM items ORDER BY v <=> '[1,2,3]' LIMIT 40) s;
-- The last, the middle and the first cell of the chain, and then the node.
DELETE FROM items WHERE id BETWEEN 101 AND 108;
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
DELETE FROM items WHERE id BETWEEN 117 AND 126;
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
DELETE FROM items WHERE id BETWEEN 133 AND 140;
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
SELECT count(*), min(id), max(id) FROM (SELECT id FROM items ORDER BY v <=> '[1,2,3]' LIMIT 40) s;
SELECT rows, nodes, duplicates FROM vecstore.index_stats('items_cosine');
DELETE FROM items WHERE id > 100;
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
SELECT rows, nodes, duplicates, levels FROM vecstore.index_stats('items_cosine');

-- Freed cells are used again: many rounds of duplicates take no more pages than the first.
INSERT INTO items SELECT 1000 + i, ARRAY[3, i % 10, i / 10 % 10] FROM generate_series(1, 2000) i;
SELECT pages AS first_pages FROM vecstore.index_stats('items_cosine') \gset
DELETE FROM items WHERE id > 1000;
VACUUM items;
INSERT INTO items SELECT 1000 + i, ARRAY[4, i % 10, i / 10 % 10] FROM generate_series(1, 2000) i;
SELECT pages <= :first_pages AS reused FROM vecstore.index_stats('items_cosine');
DELETE FROM items WHERE id % 2 = 0;
VACUUM items;
INSERT INTO items SELECT 1000 + 2 * i, ARRAY[5, i % 10, i / 10 % 10] FROM generate_series(1, 1000) i;
SELECT pages <= :first_pages + 2 AS reused FROM vecstore.index_stats('items_cosine');
VACUUM items;
SELECT * FROM vecstore.check_index('items_cosine');
DROP TABLE items;

-- Expressions, predicates, HOT chains and dead rows: the index has what it must have.
CREATE FUNCTION hnsw_inspect_vector(n int) RETURNS vector LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN CASE WHEN n % 7 = 0 THEN NULL ELSE ARRAY[n % 20, n / 20]::vector END; END $$;
CREATE TABLE items (id int, note text);
INSERT INTO items SELECT i, 'x' FROM generate_series(1, 700) i;
CREATE INDEX items_expression ON items USING hnsw ((hnsw_inspect_vector(id)::vector(2)) vector_l2_ops) WHERE id % 2 = 0;
SELECT * FROM vecstore.check_index('items_expression');
SELECT rows, dimensions FROM vecstore.index_stats('items_expression');
UPDATE items SET note = 'hot' WHERE id % 5 = 0;
UPDATE items SET id = id + 1 WHERE id BETWEEN 301 AND 400;
SELECT * FROM vecstore.check_index('items_expression');
VACUUM items;
SELECT * FROM vecstore.check_index('items_expression');
BEGIN;
INSERT INTO items SELECT i, 'rolled back' FROM generate_series(1001, 1100) i;
SELECT * FROM vecstore.check_index('items_expression');
ROLLBACK;
SELECT * FROM vecstore.check_index('items_expression');
VACUUM items;
SELECT * FROM vecstore.check_index('items_expression');

-- A function that is not as immutable as it said: the index lacks a row.
CREATE OR REPLACE FUNCTION hnsw_inspect_vector(n int) RETURNS vector LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN CASE WHEN n % 7 = 0 AND n <> 14 THEN NULL ELSE ARRAY[n % 20, n / 20]::vector END; END $$;
SELECT severity, problem FROM vecstore.check_index('items_expression');
DROP TABLE items;
DROP FUNCTION hnsw_inspect_vector(int);

-- Expressions run as the owner of the table, restricted as in REINDEX.
CREATE ROLE hnsw_inspect_owner;
CREATE ROLE hnsw_inspect_reader;
CREATE FUNCTION hnsw_inspect_vector(int) RETURNS vector LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'hnsw_inspect_owner' THEN RAISE EXCEPTION 'runs as %', current_user; END IF;
  RETURN ARRAY[$1, 1];
END $$;
CREATE TABLE items (id int);
INSERT INTO items SELECT generate_series(1, 3);
ALTER TABLE items OWNER TO hnsw_inspect_owner;
CREATE INDEX items_owned ON items USING hnsw ((hnsw_inspect_vector(id)::vector(2)) vector_l2_ops);
GRANT SELECT ON items TO hnsw_inspect_reader;
SET ROLE hnsw_inspect_reader;
SELECT * FROM vecstore.check_index('items_owned');
SELECT current_user;
RESET ROLE;
REVOKE SELECT ON items FROM hnsw_inspect_reader;
SET ROLE hnsw_inspect_reader;
SELECT * FROM vecstore.check_index('items_owned');
RESET ROLE;
SET ROLE hnsw_inspect_owner;
SELECT * FROM vecstore.check_index('items_owned');
RESET ROLE;
DROP TABLE items;
DROP FUNCTION hnsw_inspect_vector(int);
DROP ROLE hnsw_inspect_owner, hnsw_inspect_reader;

-- Partitions have pages, the partitioned index has not.
CREATE TABLE items (id int, v vector(2)) PARTITION BY RANGE (id);
CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (100);
CREATE TABLE items_2 PARTITION OF items FOR VALUES FROM (100) TO (200);
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
INSERT INTO items SELECT i, ARRAY[i, 0] FROM generate_series(0, 199) i;
SELECT * FROM vecstore.check_index('items_idx');
SELECT * FROM vecstore.index_stats('items_idx');
SELECT c.relname, s.rows FROM pg_inherits, pg_class c, LATERAL vecstore.index_stats(c.oid) s
  WHERE inhparent = 'items_idx'::regclass AND c.oid = inhrelid ORDER BY 1;
SELECT p.* FROM pg_inherits, LATERAL vecstore.check_index(inhrelid) p WHERE inhparent = 'items_idx'::regclass;
DROP TABLE items;

-- Unlogged and temporary tables.
CREATE UNLOGGED TABLE items (id int, v halfvec(4));
INSERT INTO items SELECT i, ARRAY[i % 10, i / 10 % 10, i / 100, 1] FROM generate_series(1, 1000) i;
CREATE INDEX items_idx ON items USING hnsw (v halfvec_l1_ops);
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
INSERT INTO items SELECT i, ARRAY[i % 10, i / 10 % 10, i / 100, 2] FROM generate_series(1001, 1300) i;
VACUUM items;
SELECT * FROM vecstore.check_index('items_idx');
DROP TABLE items;
CREATE TEMP TABLE items (id int, v vector(4));
INSERT INTO items SELECT i, ARRAY[i % 10, i / 10 % 10, i / 100, 1] FROM generate_series(1, 1000) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_ip_ops);
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
INSERT INTO items SELECT i, ARRAY[i % 10, i / 10 % 10, i / 100, 2] FROM generate_series(1001, 1300) i;
VACUUM items;
SELECT * FROM vecstore.check_index('items_idx');
DROP TABLE items;

-- Groups of vectors far from each other, which inserts tend to cut off: VACUUM connects them again.
CREATE TABLE items (id int, v vector(2));
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 2, ef_construction = 4);
INSERT INTO items SELECT i, ARRAY[i % 40 + 1000 * (i % 5), i / 40] FROM generate_series(1, 2000) i;
VACUUM items;
SELECT * FROM vecstore.check_index('items_idx');
DELETE FROM items WHERE id % 2 = 0;
VACUUM items;
SELECT * FROM vecstore.check_index('items_idx');
DROP TABLE items;
