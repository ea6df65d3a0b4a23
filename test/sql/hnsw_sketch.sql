-- storage = sketch: nodes that know sketches of their neighbours.
SET client_min_messages = warning; -- how many parts a build has depends on the processor's rounding
CREATE TABLE items (id int PRIMARY KEY, v vector(24), h halfvec(24));
INSERT INTO items SELECT i, vecstore.random_vector(24, i), vecstore.random_vector(24, i)::halfvec FROM generate_series(1, 1500) i;
CREATE TABLE probes AS SELECT i, vecstore.random_vector(24, 100000 + i) AS v FROM generate_series(1, 15) i;

-- How many of the ten nearest of 15 probes an index finds, whether a whole scan has every row once and in order, and what is
-- wrong with the index.
CREATE FUNCTION try(index_name text, index_column text, operator text, OUT storage text, OUT recall_ok bool, OUT complete bool, OUT problems text)
LANGUAGE plpgsql AS $$
DECLARE
  type text := CASE index_column WHEN 'h' THEN 'halfvec' ELSE 'vector' END;
  near text := format('SELECT id FROM items WHERE %1$I IS NOT NULL ORDER BY %1$I %2$s p.v::%3$s', index_column, operator, type);
  ordered text := format('SELECT count(DISTINCT id) || md5(string_agg(d::text, '' '' ORDER BY n)) FROM (SELECT id, d, row_number() OVER () AS n FROM (%s) s) s',
    replace(replace(near, 'SELECT id', format('SELECT id, %I %s p.v::%s AS d', index_column, operator, type)), 'p.v', '(SELECT v FROM probes WHERE i = 3)'));
  expected int[];
  found int[];
  all_expected text;
  all_found text;
BEGIN
  SET LOCAL enable_indexscan = off;
  SET LOCAL enable_seqscan = on;
  EXECUTE format('SELECT array_agg(p.i * 100000 + a.id) FROM probes p, LATERAL (%s LIMIT 10) a', near) INTO expected;
  EXECUTE ordered INTO all_expected;
  SET LOCAL enable_indexscan = on;
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_sort = off;
  EXECUTE format('SELECT array_agg(p.i * 100000 + a.id) FROM probes p, LATERAL (%s LIMIT 10) a', near) INTO found;
  SET LOCAL hnsw.ef_search = 10000;
  EXECUTE ordered INTO all_found;
  storage := (SELECT s.storage FROM vecstore.index_stats(index_name) s);
  recall_ok := (SELECT count(*) FROM unnest(expected) e WHERE e = ANY (found)) >= 0.9 * cardinality(expected);
  complete := all_found = all_expected;
  problems := (SELECT string_agg(location || ' ' || problem, '; ') FROM vecstore.check_index(index_name) WHERE severity = 'error');
END $$;

-- All metrics that there are sketches for, both types.
CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops) WITH (storage = sketch);
SELECT reloptions FROM pg_class WHERE relname = 'items_l2';
SELECT * FROM try('items_l2', 'v', '<->');
CREATE INDEX items_ip ON items USING hnsw (v vector_ip_ops) WITH (m = 12, storage = sketch);
SELECT * FROM try('items_ip', 'v', '<#>');
CREATE INDEX items_cosine ON items USING hnsw (v vector_cosine_ops) WITH (storage = sketch);
SELECT * FROM try('items_cosine', 'v', '<=>');
CREATE INDEX items_half ON items USING hnsw (h halfvec_l2_ops) WITH (storage = sketch);
SELECT * FROM try('items_half', 'h', '<->');
DROP INDEX items_ip, items_cosine, items_half;

-- Inserts, also of equal rows and of updates, and slots that VACUUM made free.
INSERT INTO items SELECT i, vecstore.random_vector(24, i) FROM generate_series(2001, 2400) i;
UPDATE items SET v = v + v WHERE id % 10 = 3;
SELECT * FROM try('items_l2', 'v', '<->');
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
SELECT * FROM try('items_l2', 'v', '<->');
INSERT INTO items SELECT i, vecstore.random_vector(24, i) FROM generate_series(3001, 3400) i;
SELECT * FROM try('items_l2', 'v', '<->');
-- a whole region is gone
DELETE FROM items WHERE v <-> vecstore.random_vector(24, 1) < (SELECT percentile_cont(0.4) WITHIN GROUP (ORDER BY v <-> vecstore.random_vector(24, 1)) FROM items);
VACUUM items;
SELECT * FROM try('items_l2', 'v', '<->');

-- A graph of inserts alone.
TRUNCATE items;
INSERT INTO items SELECT i, vecstore.random_vector(24, i) FROM generate_series(1, 900) i;
INSERT INTO items SELECT i + 10000, vecstore.random_vector(24, 7) FROM generate_series(1, 20) i;
SELECT rows, duplicates, storage FROM vecstore.index_stats('items_l2');
DELETE FROM items WHERE id > 10000;
VACUUM items;
SELECT * FROM try('items_l2', 'v', '<->');

-- Built by several processes, and in parts.
INSERT INTO items SELECT i, vecstore.random_vector(24, i) FROM generate_series(1001, 6000) i;
ALTER TABLE items SET (parallel_workers = 2);
REINDEX INDEX items_l2;
SELECT * FROM try('items_l2', 'v', '<->');
SET maintenance_work_mem = '1MB';
REINDEX INDEX items_l2;
SELECT * FROM try('items_l2', 'v', '<->');
ALTER TABLE items RESET (parallel_workers);
INSERT INTO items SELECT i, vecstore.random_vector(24, i) FROM generate_series(7001, 7200) i;
DELETE FROM items WHERE id % 4 = 0;
VACUUM items;
SELECT * FROM try('items_l2', 'v', '<->');
RESET maintenance_work_mem;

-- Every row, without a limit on what is looked at, and none of them twice.
SET enable_seqscan = off;
SET enable_sort = off;
SELECT count(*) = (SELECT count(*) FROM items) AS complete, count(*) = count(DISTINCT id) AS distinct_rows FROM (SELECT id FROM items ORDER BY v <-> vecstore.random_vector(24, 5)) s;
SET hnsw.iterative_scan = off;
SELECT count(*) BETWEEN 10 AND 2000 AS some_rows, count(*) = count(DISTINCT id) AS distinct_rows FROM (SELECT id FROM items ORDER BY v <-> vecstore.random_vector(24, 5)) s;
RESET hnsw.iterative_scan;
SELECT count(*) = (SELECT count(*) FROM items) AS complete FROM (SELECT id FROM items ORDER BY v <-> NULL) s;

-- The option counts when an index is built.
ALTER INDEX items_l2 SET (storage = plain);
SELECT storage FROM vecstore.index_stats('items_l2');
INSERT INTO items VALUES (0, vecstore.random_vector(24, 0));
SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error';
SELECT pg_relation_size('items_l2') AS size_with_sketches \gset
REINDEX INDEX items_l2;
SELECT storage, index_bytes < :size_with_sketches / 2 AS smaller FROM vecstore.index_stats('items_l2');
ALTER INDEX items_l2 RESET (storage);
CREATE INDEX items_plain ON items USING hnsw (v vector_l2_ops) WITH (storage = plain);
SELECT storage FROM vecstore.index_stats('items_plain');

-- An unlogged table.
CREATE UNLOGGED TABLE unlogged (v vector(3));
CREATE INDEX unlogged_idx ON unlogged USING hnsw (v vector_l2_ops) WITH (storage = sketch);
INSERT INTO unlogged VALUES ('[1,2,3]'), ('[3,2,1]'), ('[0,0,0]');
SELECT v FROM unlogged ORDER BY v <-> '[1,1,3]';

-- What there are no sketches for.
CREATE INDEX ON items USING hnsw (v vector_l1_ops) WITH (storage = sketch);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (storage = cloud);
CREATE TABLE wide (v vector(1700));
CREATE INDEX ON wide USING hnsw (v vector_l2_ops) WITH (storage = sketch);
CREATE INDEX wide_idx ON wide USING hnsw (v vector_l2_ops) WITH (m = 8, storage = sketch);
INSERT INTO wide SELECT vecstore.random_vector(1700, i) FROM generate_series(1, 40) i;
SELECT * FROM vecstore.check_index('wide_idx') WHERE severity = 'error';
SELECT count(*) FROM (SELECT FROM wide ORDER BY v <-> vecstore.random_vector(1700, 3)) s;

DROP TABLE items, probes, unlogged, wide;
DROP FUNCTION try;
