-- What a backend keeps from one scan to the next, searchers and hints, never shows.
CREATE TABLE items (id int, v vector(2));
INSERT INTO items SELECT i, ARRAY[i, i % 7] FROM generate_series(1, 2000) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;

-- How many pages a query reads, wherever they are found.
CREATE FUNCTION pages_read(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || query INTO plan;
  plan := plan->0->'Plan';
  RETURN (plan->>'Shared Hit Blocks')::int + (plan->>'Shared Read Blocks')::int;
END $$;

-- EXPLAIN counts the same pages with hints and without, and whether they are announced or not.  A new searcher also reads
-- the centroid, so what work_mem has no room for is seen, too.
\c -
SET enable_seqscan = off;
SET hnsw.ef_search = 1000;
\set query 'SELECT id FROM items ORDER BY v <-> ''[1000.4,6]'' LIMIT 3'
SELECT pages_read(:'query') AS first \gset
SELECT pages_read(:'query') AS second \gset
SET effective_io_concurrency = 0;
SELECT pages_read(:'query') AS unannounced \gset
SET work_mem = '64kB';
SELECT pages_read(:'query') AS still_kept \gset
SELECT pages_read(:'query') AS not_kept \gset
SELECT :second > 1000 AS counted, :first - :second AS first, :unannounced - :second AS unannounced,
  :still_kept - :second AS still_kept, :not_kept - :second AS not_kept;
RESET work_mem;
RESET effective_io_concurrency;
RESET hnsw.ef_search;

-- Two searches of one index at once.
SELECT a.id, b.id FROM (SELECT * FROM items ORDER BY v <-> '[5.2,5]' LIMIT 2) a,
  LATERAL (SELECT id FROM items ORDER BY v <-> a.v LIMIT 2) b;

-- A cursor keeps its search while others come and go, and after an error.
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM items ORDER BY v <-> '[100.2,2]';
FETCH 2 FROM c;
SELECT id FROM items ORDER BY v <-> '[700.2,0]' LIMIT 2;
SAVEPOINT s;
SELECT id / 0 FROM items ORDER BY v <-> '[700.2,0]' LIMIT 2;
ROLLBACK TO s;
FETCH 2 FROM c;
DECLARE d CURSOR FOR SELECT id FROM items ORDER BY v <-> '[300.2,6]';
FETCH 2 FROM d;
SAVEPOINT s;
FETCH 2 FROM d;
ROLLBACK TO s;
COMMIT;
SELECT id FROM items ORDER BY v <-> '[700.2,0]' LIMIT 2;

-- An index that is built anew, in a new file or in place.
REINDEX INDEX items_idx;
SELECT id FROM items ORDER BY v <-> '[700.2,0]' LIMIT 2;
TRUNCATE items;
SELECT id FROM items ORDER BY v <-> '[700.2,0]' LIMIT 2;
INSERT INTO items SELECT i, ARRAY[-i, 0] FROM generate_series(1, 100) i;
SELECT id FROM items ORDER BY v <-> '[-50.2,0]' LIMIT 2;
BEGIN;
CREATE TABLE fresh (id int, v vector(2));
CREATE INDEX fresh_idx ON fresh USING hnsw (v vector_cosine_ops);
INSERT INTO fresh VALUES (1, '[1,1]'), (2, '[1,2]'), (3, '[1,3]');
SELECT id FROM fresh ORDER BY v <=> '[1,2.1]';
TRUNCATE fresh;
INSERT INTO fresh VALUES (4, '[1,1]'), (5, '[1,2]');
SELECT id FROM fresh ORDER BY v <=> '[1,2.1]';
COMMIT;
SELECT id FROM fresh ORDER BY v <=> '[1,2.1]';

-- Another kernel, another width, a dropped index.
SET vecstore.simd = 'scalar';
SELECT id FROM fresh ORDER BY v <=> '[1,1.1]';
RESET vecstore.simd;
SET hnsw.ef_search = 500;
SELECT id FROM items ORDER BY v <-> '[-50.2,0]' LIMIT 2;
RESET hnsw.ef_search;
DROP INDEX items_idx;
CREATE INDEX items_idx ON items USING hnsw (v vector_l1_ops);
SELECT id FROM items ORDER BY v <+> '[-50.2,0]' LIMIT 2;

-- Nodes with several rows, the first of which is gone.
INSERT INTO items SELECT 1000 + i, '[-50,0]' FROM generate_series(1, 5) i;
DELETE FROM items WHERE id IN (50, 1001);
VACUUM items;
SELECT id FROM items ORDER BY v <+> '[-50.2,0]', id LIMIT 4;

DROP FUNCTION pages_read;
DROP TABLE items, fresh;
