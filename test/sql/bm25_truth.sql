-- bm25 indexes against the truth: matches as PostgreSQL's own @@ without an index, scores as the operator without one,
-- to the bit, and in the same order.  Random documents and queries; inserts, deletes, vacuum, merges.

SELECT setseed(0.42);
CREATE FUNCTION random_document(n int, words int) RETURNS tsvector LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN random() < 0.03 THEN strip(d) WHEN random() < 0.03 THEN strip(d) || 'w1:1,2A w12:3,4B w120:1'::tsvector ELSE d END
  FROM (SELECT coalesce(string_agg(format('w%s:%s%s', floor(words * random() ^ 3)::int, p + CASE WHEN random() < 0.1 THEN floor(random() * 5)::int ELSE 0 END,
                                          CASE WHEN random() < 0.1 THEN substr('ABCD', 1 + floor(random() * 4)::int, 1) ELSE '' END), ' '), '')::tsvector AS d
        FROM generate_series(1, n) p) x $$;
CREATE FUNCTION random_query(depth int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE r float8 := random();
BEGIN
  IF depth = 0 OR r < 0.2 THEN
    RETURN format('w%s%s', floor(200 * random() ^ 3)::int, CASE WHEN random() < 0.08 THEN ':*' WHEN random() < 0.04 THEN ':*AC' WHEN random() < 0.08 THEN ':A' WHEN random() < 0.06 THEN ':BD' ELSE '' END);
  ELSIF r < 0.5 THEN RETURN '(' || random_query(depth - 1) || ' | ' || random_query(depth - 1) || ')';
  ELSIF r < 0.7 THEN RETURN '(' || random_query(depth - 1) || ' & ' || random_query(depth - 1) || ')';
  ELSIF r < 0.78 THEN RETURN '!' || random_query(depth - 1);
  ELSIF r < 0.97 THEN RETURN '(' || random_query(depth - 1) || ' <-> ' || random_query(depth - 1) || ')';
  ELSE RETURN '(' || random_query(depth - 1) || ' <2> ' || random_query(depth - 1) || ')';
  END IF;
END $$;
CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
INSERT INTO docs SELECT i, CASE WHEN i % 97 > 0 THEN random_document(floor(random() * 40)::int, 200) END FROM generate_series(1, 1500) i;
CREATE TABLE queries AS SELECT i AS n, random_query(3)::tsquery AS q FROM generate_series(1, 80) i;
CREATE INDEX docs_v ON docs USING bm25 (v);

-- what a query finds, one way or the other
CREATE FUNCTION plan_with(index_scan boolean, bitmap boolean) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('enable_seqscan', CASE WHEN index_scan OR bitmap THEN 'off' ELSE 'on' END, true),
         set_config('enable_indexscan', CASE WHEN index_scan THEN 'on' ELSE 'off' END, true),
         set_config('enable_bitmapscan', CASE WHEN bitmap THEN 'on' ELSE 'off' END, true) $$;
CREATE FUNCTION differences() RETURNS TABLE (n int, q tsquery, problem text) LANGUAGE plpgsql AS $$
DECLARE by_index text; by_table text;
BEGIN
  FOR n, q IN SELECT queries.n, queries.q FROM queries ORDER BY queries.n LOOP
    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id::text, ',' ORDER BY id) FROM docs WHERE v @@ q);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id::text, ',' ORDER BY id) FROM docs WHERE v @@ q);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'matches'; RETURN NEXT; END IF;
    PERFORM plan_with(false, true);
    by_index := (SELECT string_agg(id::text, ',' ORDER BY id) FROM docs WHERE v @@ q);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'matches by bitmap'; RETURN NEXT; END IF;

    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id || ':' || s, ',') FROM (SELECT id, s FROM (SELECT id, ctid, v <@> q AS s FROM docs) y WHERE s < 0 ORDER BY s, ctid) x);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id || ':' || s, ',') FROM (SELECT id, v <@> q AS s FROM docs ORDER BY v <@> q LIMIT 1000000) x);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'scores'; RETURN NEXT; END IF;

    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id || ':' || s, ',') FROM (SELECT id, s FROM (SELECT id, ctid, v <@> q AS s FROM docs WHERE v @@ q) y ORDER BY s, ctid LIMIT 7) x);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id || ':' || s, ',') FROM (SELECT id, v <@> q AS s FROM docs WHERE v @@ q ORDER BY v <@> q LIMIT 7) x);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'best of the matches'; RETURN NEXT; END IF;
  END LOOP;
END $$;
-- the plans are what they are meant to be
SELECT plan_with(true, false);
BEGIN;
SELECT plan_with(true, false);
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'w1'::tsquery ORDER BY v <@> 'w1'::tsquery LIMIT 7;
SELECT plan_with(false, true);
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'w1'::tsquery;
COMMIT;
SELECT sum((SELECT count(*) FROM docs WHERE v @@ q)) > 10000 AS queries_find_something FROM queries;

SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
-- documents that wait in lanes, and segments of their own
INSERT INTO docs SELECT i, random_document(floor(random() * 40)::int, 200) FROM generate_series(1501, 4500) i;
SELECT segments > 1 AS several, waiting > 0 AS some_wait FROM vecstore.bm25_stats('docs_v');
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
DELETE FROM docs WHERE id % 13 = 0;
UPDATE docs SET v = random_document(10, 200) WHERE id % 17 = 1;
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
VACUUM docs;
SELECT dead > 0 AS some_dead, waiting FROM vecstore.bm25_stats('docs_v');
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
-- as many positions as a lexeme can have, one more than fits a byte
INSERT INTO docs SELECT 4990 + i, format('w0:%s w1:%s', (SELECT string_agg(p::text, ',') FROM generate_series(1, 254 + i) p), 255 + i)::tsvector
FROM generate_series(1, 5) i;
INSERT INTO queries VALUES (-1, 'w0 <-> w1'), (-2, 'w0 <2> w1');
SELECT max(cardinality(positions)) FROM docs, unnest(v) WHERE id BETWEEN 4991 AND 4995;
-- documents larger than a page
INSERT INTO docs SELECT i, random_document(3000, 20000) FROM generate_series(5001, 5020) i;
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
SELECT vecstore.bm25_merge('docs_v');
SELECT segments, dead, waiting FROM vecstore.bm25_stats('docs_v');
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('docs_v');
DELETE FROM docs;
VACUUM docs;
SELECT documents, segments, waiting FROM vecstore.bm25_stats('docs_v');
SELECT count(*) FROM docs WHERE v @@ 'w0'::tsquery;
DROP TABLE docs, queries;
DROP FUNCTION random_document, random_query, plan_with, differences;
