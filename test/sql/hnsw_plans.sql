-- When the planner takes the index, without being pushed.
CREATE TABLE items (id int PRIMARY KEY, kind int, v vector(12));
INSERT INTO items SELECT i, i % 1000,
  (SELECT array_agg((hashint8extended(i::bigint * 100 + j, 0) & 255)::int) FROM generate_series(1, 12) j)
  FROM generate_series(1, 5000) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
CREATE INDEX items_kind ON items (kind);
ANALYZE items;

-- A few nearest rows.
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> array_fill(100, ARRAY[12])::vector LIMIT 10;
-- With a weak filter as well.
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE id > 1000 ORDER BY v <-> array_fill(100, ARRAY[12])::vector LIMIT 10;
-- All rows: sorting is cheaper than walking the graph.
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY v <-> array_fill(100, ARRAY[12])::vector;
-- Five rows that another index finds: sorting them is cheaper too.
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE kind = 7 ORDER BY v <-> array_fill(100, ARRAY[12])::vector LIMIT 10;
-- Never without an order, even when nothing else is allowed.
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SET enable_indexscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM items;
RESET enable_indexscan;
EXPLAIN (COSTS OFF) SELECT v FROM items WHERE v = array_fill(100, ARRAY[12])::vector;
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;

-- For every row of an outer query.
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM (SELECT * FROM items WHERE id < 4) a,
  LATERAL (SELECT id FROM items ORDER BY v <-> a.v LIMIT 3) b;

-- EXPLAIN shows changed settings.
SET hnsw.ef_search = 123;
SET vecstore.search_preset = max;
EXPLAIN (COSTS OFF, SETTINGS) SELECT id FROM items ORDER BY v <-> array_fill(100, ARRAY[12])::vector LIMIT 10;
RESET hnsw.ef_search;
RESET vecstore.search_preset;

-- A longer candidate list costs more; the planner knows.
CREATE FUNCTION startup_cost(ef int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  PERFORM set_config('hnsw.ef_search', ef::text, true);
  EXECUTE 'EXPLAIN (FORMAT JSON) SELECT id FROM items ORDER BY v <-> array_fill(100, ARRAY[12])::vector LIMIT 10' INTO plan;
  RETURN plan -> 0 -> 'Plan' -> 'Startup Cost';
END $$;
SET enable_seqscan = off;
SELECT startup_cost(10) < startup_cost(100) AND startup_cost(100) < startup_cost(1000) AS cost_grows;

DROP FUNCTION startup_cost;
DROP TABLE items;
