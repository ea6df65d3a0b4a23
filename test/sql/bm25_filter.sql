-- Conditions that the index does not know: a ranked scan goes on, batch after batch, until there are as many rows as the LIMIT
-- says, or no more.

-- The longer, the worse.  The planner takes columns for independent, so it expects every other match to be of kind 1; it is
-- one of 500, and the others of that kind do not match.  Thirty documents each have the same score.
CREATE TABLE goods (id int, kind int, v tsvector) WITH (autovacuum_enabled = off);
INSERT INTO goods SELECT i, CASE WHEN i > 3000 OR i % 500 = 0 THEN 1 ELSE 0 END,
  (CASE WHEN i <= 3000 THEN 'tea:1 leaf:2' ELSE 'cup:1' END || ' x:' || (SELECT string_agg(p::text, ',') FROM generate_series(10, 11 + (i - 1) / 30) p))::tsvector
FROM generate_series(1, 6000) i;
CREATE INDEX goods_v ON goods USING bm25 (v);
VACUUM ANALYZE goods;
SELECT documents, segments FROM vecstore.bm25_stats('goods_v');

SET enable_seqscan = off;
SET enable_bitmapscan = off;
-- fewer rows are asked for first than have to be read
EXPLAIN (COSTS OFF) SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 10;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 10;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 4;
-- the one match that ranks last
EXPLAIN (COSTS OFF) SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 AND id > 2500 ORDER BY v <@> 'tea'::tsquery LIMIT 1;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 AND id > 2500 ORDER BY v <@> 'tea'::tsquery LIMIT 1;
-- it reads all that rank before, each of them once
CREATE FUNCTION scan_of(statement text, OUT node text, OUT index text, OUT returned int, OUT rejected int) LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || statement INTO plan;
  plan := plan->0->'Plan'->'Plans'->0;
  SELECT plan->>'Node Type', plan->>'Index Name', (plan->>'Actual Rows')::float8, plan->>'Rows Removed by Filter' INTO node, index, returned, rejected;
END $$;
SELECT * FROM scan_of($$SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 10$$);
SELECT * FROM scan_of($$SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 4$$);
SELECT * FROM scan_of($$SELECT id FROM goods WHERE kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 10$$);

-- The same as from the table, whichever the condition; what matches but scores nothing comes last.
CREATE FUNCTION differing() RETURNS TABLE (condition text, query text, ranking text, k int) LANGUAGE plpgsql AS $$
DECLARE
  matching text;
  by_index text;
  by_table text;
BEGIN
  FOR condition, query, ranking, k IN
    SELECT * FROM unnest('{kind = 1,id % 500 = 1,id = 2999 OR id = 17,abs(id - 1500) < 3,id > 2970 AND kind = 0,kind > 1}'::text[]) c,
                  unnest('{tea,tea | cup,tea <-> leaf,tea & !cup}'::text[]) q, unnest(ARRAY['tea', q]) r, unnest('{1,10,1000}'::int[]) l LOOP
    matching := format('SELECT id, ctid, v <@> %1$L::tsquery AS s FROM goods WHERE v @@ %2$L::tsquery AND (%3$s)', ranking, query, condition);
    PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'on', true);
    EXECUTE format('SELECT string_agg(id || '':'' || s, '' '') FROM (%1$s ORDER BY v <@> %2$L::tsquery LIMIT %3$s) x', matching, ranking, k) INTO by_index;
    PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_indexscan', 'off', true);
    EXECUTE format('SELECT string_agg(id || '':'' || s, '' '') FROM (SELECT * FROM (%1$s) y ORDER BY s, ctid LIMIT %2$s) x', matching, k) INTO by_table;
    IF by_index IS DISTINCT FROM by_table THEN RETURN NEXT; END IF;
  END LOOP;
END $$;
SELECT * FROM differing();
-- Some wait, in one place and another; some are dead.
INSERT INTO goods SELECT id + 10000, kind, v FROM goods WHERE id % 20 = 0;
DELETE FROM goods WHERE id % 30 IN (1, 2, 3);
UPDATE goods SET kind = 1 - kind WHERE id % 77 = 0;
SELECT waiting > 0 AS some_wait FROM vecstore.bm25_stats('goods_v');
SELECT * FROM differing();

-- Equal scores: the scan goes on behind a row, not behind a score.
TRUNCATE goods;
INSERT INTO goods SELECT i, 0, 'tea:1' FROM generate_series(1, 1500) i;
VACUUM ANALYZE goods;
SELECT waiting FROM vecstore.bm25_stats('goods_v');
SELECT count(*), count(DISTINCT id), bool_and(id > before) AS in_order
FROM (SELECT id, lag(id, 1, 0) OVER () AS before FROM (SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 0 ORDER BY v <@> 'tea'::tsquery) x) y;
UPDATE goods SET kind = 1 WHERE id % 500 = 0;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind < 1 ORDER BY v <@> 'tea'::tsquery OFFSET 1490 LIMIT 10;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND id % 500 = 7 ORDER BY v <@> 'tea'::tsquery LIMIT 10;
SELECT id FROM goods WHERE v @@ 'tea'::tsquery AND kind = 1 ORDER BY v <@> 'tea'::tsquery LIMIT 10;
DROP TABLE goods;
DROP FUNCTION scan_of, differing;
