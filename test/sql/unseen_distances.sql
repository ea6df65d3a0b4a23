-- Distances that are not shown are not computed where an index delivers the order; everywhere else they are.
CREATE SEQUENCE calls;
CREATE FUNCTION document(body text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM nextval('calls'); RETURN to_tsvector('simple', body); END $$;
CREATE FUNCTION place(n int) RETURNS vector LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM nextval('calls'); RETURN ARRAY[n, n % 7, 1]::float4[]::vector(3); END $$;
-- Runs a statement; how often were documents and places computed?
CREATE FUNCTION computed(statement text, OUT rows text, OUT times bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM setval('calls', 1);
  EXECUTE format('WITH s AS MATERIALIZED (%s) SELECT string_agg(s::text, '' '') FROM s', statement) INTO rows;
  times := nextval('calls') - 2;
END $$;

CREATE TABLE items (id int PRIMARY KEY, body text);
INSERT INTO items SELECT i, repeat('cat ', i % 5 + 1) || 'dog w' || i % 10 FROM generate_series(1, 500) i;
CREATE INDEX items_text ON items USING bm25 (document(body));
CREATE INDEX items_place ON items USING hnsw ((place(id)::vector(3)) vector_l2_ops);
ANALYZE items;
SET enable_seqscan = off;
SET enable_sort = off;

-- not shown
EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM items ORDER BY document(body) <@> 'cat'::tsquery LIMIT 3;
SELECT * FROM computed($$SELECT id FROM items ORDER BY document(body) <@> 'cat'::tsquery LIMIT 3$$);
SELECT * FROM computed($$SELECT id FROM items WHERE document(body) @@ 'cat & w3' ORDER BY document(body) <@> 'cat & w3'::tsquery LIMIT 2 OFFSET 2$$);
EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM items ORDER BY place(id)::vector(3) <-> '[40.3,5,1]' LIMIT 3;
-- (the scan itself computes some, to put rows in exact order)
SELECT hidden.rows, shown.rows, shown.times - hidden.times AS more
FROM computed($$SELECT id FROM items ORDER BY place(id)::vector(3) <-> '[40.3,5,1]' LIMIT 3$$) hidden,
     computed($$SELECT id, place(id)::vector(3) <-> '[40.3,5,1]' FROM items ORDER BY 2 LIMIT 3$$) shown;
SELECT * FROM computed($$SELECT x.id, y.id FROM (SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery LIMIT 2) x,
                         LATERAL (SELECT id FROM items i WHERE i.id <> x.id ORDER BY document(body) <@> 'w3'::tsquery LIMIT 1) y$$);
SELECT * FROM computed($$(SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery LIMIT 2) UNION ALL
                         (SELECT id FROM items ORDER BY document(body) <@> 'w4'::tsquery LIMIT 2)$$);
SELECT * FROM computed($$SELECT ARRAY(SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery LIMIT 2)$$);
SELECT count(*), sum(times) AS times FROM computed($$SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery$$), string_to_table(rows, ' ');
PREPARE search (text) AS SELECT id FROM items ORDER BY document(body) <@> plainto_tsquery('simple', $1) LIMIT 2;
SET plan_cache_mode = force_generic_plan;
SELECT setval('calls', 1);
EXECUTE search ('w4');
SELECT nextval('calls') - 2 AS times;
DEALLOCATE search;
RESET plan_cache_mode;

-- shown, or somebody needs them
SELECT * FROM computed($$SELECT id, round((document(body) <@> 'cat'::tsquery)::numeric, 4) FROM items ORDER BY document(body) <@> 'cat'::tsquery LIMIT 3$$);
SELECT * FROM computed($$SELECT id FROM (SELECT id, document(body) <@> 'cat'::tsquery AS s FROM items ORDER BY 2 LIMIT 3) x WHERE s < 0$$);
SELECT array_length(string_to_array(rows, ' '), 1) AS tied, times > 0 AS computed
FROM computed($$SELECT id FROM items WHERE document(body) @@ 'w3' ORDER BY document(body) <@> 'w3'::tsquery FETCH FIRST 1 ROWS WITH TIES$$);
SELECT rows, times > 0 AS computed FROM computed($$SELECT id FROM items ORDER BY document(body) <@> 'cat'::tsquery, id DESC LIMIT 3$$);
SELECT rows, times > 0 AS computed
FROM computed($$SELECT DISTINCT ON (document(body) <@> 'cat'::tsquery) id % 5 FROM items ORDER BY document(body) <@> 'cat'::tsquery LIMIT 3$$);
SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery LIMIT 2 FOR UPDATE;
-- other statements around: of two plans for a subquery one is left out
SELECT count(*) FROM generate_series(1, 3) g WHERE g > 2 OR EXISTS (SELECT FROM items WHERE id = g AND id > 1);
UPDATE items SET body = body || ' seen' WHERE id IN (SELECT id FROM items ORDER BY document(body) <@> 'w3'::tsquery LIMIT 2);
SELECT id, body FROM items WHERE body LIKE '%seen' ORDER BY id;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM items ORDER BY place(id)::vector(3) <-> '[40.3,5,1]' LIMIT 3;
FETCH ALL FROM c;
FETCH BACKWARD 2 FROM c;
COMMIT;
CREATE TABLE parts (id int, v tsvector) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES FROM (100) TO (1000);
INSERT INTO parts SELECT id, to_tsvector('simple', body) FROM items;
CREATE INDEX ON parts USING bm25 (v);
ANALYZE parts;
SELECT id % 10 AS w, id % 5 AS cats FROM parts ORDER BY v <@> 'w3 & cat'::tsquery LIMIT 3;
DROP TABLE items, parts;
DROP FUNCTION document, place, computed;
DROP SEQUENCE calls;
