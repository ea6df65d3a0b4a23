-- Ways an executor drives a scan: cursors, rescans, joins, subqueries, prepared statements, limits.
CREATE TABLE items (id int PRIMARY KEY, v vector(2));
INSERT INTO items SELECT i, ARRAY[i, 0] FROM generate_series(1, 500) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
CREATE TABLE queries (id int, q vector(2));
INSERT INTO queries VALUES (1, '[10.2,0]'), (2, '[250.2,0]'), (3, '[10.2,0]'), (4, NULL), (5, '[490.2,0]');
SET enable_seqscan = off;
SET enable_sort = off;

-- A cursor takes rows as it wants them, past any candidate list, and can be held over the transaction.
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM items ORDER BY v <-> '[100.2,0]';
FETCH 3 FROM c;
MOVE 200 IN c;
FETCH 2 FROM c;
MOVE ALL IN c;
FETCH 1 FROM c;
CLOSE c;
DECLARE c SCROLL CURSOR FOR SELECT id FROM items ORDER BY v <-> '[100.2,0]';
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH ABSOLUTE 1 FROM c;
CLOSE c;
DECLARE h CURSOR WITH HOLD FOR SELECT id FROM items ORDER BY v <-> '[200.2,0]' LIMIT 4;
FETCH 1 FROM h;
COMMIT;
FETCH 2 FROM h;
CLOSE h;

-- Two scans of one index at once.
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM items ORDER BY v <-> '[100.2,0]';
DECLARE b CURSOR FOR SELECT id FROM items ORDER BY v <-> '[400.2,0]';
FETCH 2 FROM a;
FETCH 2 FROM b;
FETCH 2 FROM a;
FETCH 2 FROM b;
COMMIT;

-- One scan, rescanned for every outer row; a NULL among them.
EXPLAIN (COSTS OFF)
  SELECT queries.id, near.id FROM queries, LATERAL (SELECT id FROM items ORDER BY v <-> q LIMIT 2) near WHERE q IS NOT NULL;
SELECT queries.id, near.id FROM queries, LATERAL (SELECT id FROM items ORDER BY v <-> q LIMIT 2) near WHERE q IS NOT NULL;
SELECT queries.id, count(*) FROM queries, LATERAL (SELECT id FROM items ORDER BY v <-> q LIMIT 2) near GROUP BY 1 ORDER BY 1;
SELECT id, (SELECT id FROM items ORDER BY v <-> q LIMIT 1) AS nearest FROM queries WHERE q IS NOT NULL ORDER BY id;

-- Rescans of different depth.
SELECT n, (SELECT max(id) FROM (SELECT id FROM items ORDER BY v <-> ARRAY[n + 0.2, 0]::vector LIMIT n) s) AS deepest
  FROM (VALUES (1), (500), (3), (499), (2)) AS depths(n);

-- Prepared: with a plan for the value, and with a plan for any value.
PREPARE nearest(vector, int) AS SELECT id FROM items ORDER BY v <-> $1 LIMIT $2;
EXECUTE nearest('[33.2,0]', 2);
SET plan_cache_mode = force_generic_plan;
EXECUTE nearest('[33.2,0]', 2);
EXECUTE nearest('[499.2,0]', 4);
EXECUTE nearest('[1,2,3]', 2);
RESET plan_cache_mode;

-- A query vector from a subquery, an expression, a function; a row compared with the others.
SELECT id FROM items ORDER BY v <-> (SELECT v FROM items WHERE id = 77) LIMIT 3;
SELECT id FROM items ORDER BY v <-> ('[70,0]'::vector + '[7,0]') LIMIT 1;
SELECT b.id FROM items a, LATERAL (SELECT id FROM items WHERE id <> a.id ORDER BY v <-> a.v LIMIT 2) b WHERE a.id = 77 ORDER BY 1;

-- Filters: the scan goes on until LIMIT rows match.
SELECT id FROM items WHERE id % 100 = 0 ORDER BY v <-> '[1,0]' LIMIT 5;
SELECT id FROM items WHERE id > 495 ORDER BY v <-> '[1,0]' LIMIT 10;
SELECT id FROM items WHERE id > 500 ORDER BY v <-> '[1,0]' LIMIT 10;
SELECT id FROM items WHERE v <-> '[300,0]' < 2 ORDER BY v <-> '[300.2,0]';

-- LIMIT 0, OFFSET past the end, WITH TIES, DISTINCT ON.
SELECT id FROM items ORDER BY v <-> '[1,0]' LIMIT 0;
SELECT id FROM items ORDER BY v <-> '[1,0]' OFFSET 498;
SELECT id FROM items ORDER BY v <-> '[1,0]' OFFSET 500;
SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM items ORDER BY v <-> '[100.5,0]' FETCH FIRST 1 ROW WITH TIES) s;

-- Rows that change under an open cursor are seen as they were when it was opened.
BEGIN;
DECLARE c CURSOR FOR SELECT id, v FROM items ORDER BY v <-> '[100.2,0]';
FETCH 1 FROM c;
UPDATE items SET v = '[-1,0]' WHERE id = 101;
DELETE FROM items WHERE id = 99;
INSERT INTO items VALUES (501, '[100.1,0]');
FETCH 3 FROM c;
ROLLBACK;

-- FOR UPDATE over the index.
BEGIN;
SELECT id FROM items ORDER BY v <-> '[100.2,0]' LIMIT 2 FOR UPDATE;
ROLLBACK;

-- A scan that is read to its end: rows found late come last, in order among themselves.  So the distance falls
-- once at the most.
SELECT setseed(0.5);
CREATE TABLE clouds (v vector(8));
INSERT INTO clouds SELECT ARRAY(SELECT random() FROM generate_series(1, 8) k WHERE k + i > 0)::vector
  FROM generate_series(1, 4000) i;
CREATE INDEX ON clouds USING hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 8);
SET hnsw.ef_search = 10;
SELECT count(*), count(*) FILTER (WHERE d < previous) <= 1 AS in_order
  FROM (SELECT d, lag(d) OVER () AS previous
    FROM (SELECT v <-> '[.5,.5,.5,.5,.5,.5,.5,.5]' AS d FROM clouds ORDER BY v <-> '[.5,.5,.5,.5,.5,.5,.5,.5]') s) s;
RESET hnsw.ef_search;

DROP TABLE items, queries, clouds;
