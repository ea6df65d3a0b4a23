-- What statements cost beside the search: scores of returned rows, plans for a LIMIT, statistics of the column.
CREATE FUNCTION plan_of(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || statement INTO plan;
  RETURN plan->0->'Plan';
END $$;
CREATE FUNCTION pages_touched(statement text) RETURNS int LANGUAGE sql AS $$
  SELECT (p->>'Shared Hit Blocks')::int + (p->>'Shared Read Blocks')::int FROM plan_of(statement) p
$$;
CREATE FUNCTION rows_expected(statement text) RETURNS int LANGUAGE sql AS $$ SELECT (plan_of(statement)->>'Plan Rows')::int $$;
-- A document, and the same as an expression, which is scored again wherever it stands.
CREATE FUNCTION anew(tsvector) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';

-- The longest documents are stored out of line.  Rows are wide enough that updates of n move few of them.
CREATE TABLE docs (id int PRIMARY KEY, n int, other tsvector, v tsvector) WITH (fillfactor = 60);
INSERT INTO docs SELECT i, 0, ('w' || i % 7 || ':1')::tsvector,
  array_to_tsvector(ARRAY(SELECT DISTINCT md5((i * j)::text) FROM generate_series(1, CASE WHEN i % 3 = 0 THEN 400 ELSE 3 END) j)
                    || ARRAY['all'] || CASE WHEN i % 3 = 0 THEN ARRAY['long'] ELSE ARRAY['short'] END || ARRAY['w' || i % 5])
FROM generate_series(1, 900) i;
CREATE INDEX docs_v ON docs USING bm25 (v);
VACUUM ANALYZE docs;
SELECT pg_relation_size(reltoastrelid) > 0 AS out_of_line FROM pg_class WHERE oid = 'docs'::regclass;

-- Ordering by the score, or showing it, does not read the documents.
SELECT pages_touched($$SELECT id FROM docs WHERE v @@ 'long & w1' ORDER BY v <@> 'long & w1'::tsquery LIMIT 10$$) + 20 <
       pages_touched($$SELECT id, anew(v) <@> vecstore.bm25query('long & w1', 'docs_v') FROM docs
                       WHERE v @@ 'long & w1' ORDER BY v <@> 'long & w1'::tsquery LIMIT 10$$) AS order_reads_less,
       pages_touched($$SELECT id, v <@> 'long & w1'::tsquery FROM docs WHERE v @@ 'long & w1' ORDER BY v <@> 'long & w1'::tsquery LIMIT 10$$) + 20 <
       pages_touched($$SELECT id, anew(v) <@> vecstore.bm25query('long & w1', 'docs_v') FROM docs
                       WHERE v @@ 'long & w1' ORDER BY v <@> 'long & w1'::tsquery LIMIT 10$$) AS showing_reads_less;

-- The scores are those of the documents: after updates in place, of other columns, queries, rows and tables.
CREATE FUNCTION differing(query tsquery, OUT shown int, OUT differ int) LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  SELECT count(*), count(*) FILTER (WHERE ours IS DISTINCT FROM truth OR elsewhere IS DISTINCT FROM elsewhere_truth) INTO shown, differ
  FROM (SELECT v <@> query AS ours, anew(v) <@> vecstore.bm25query(query, 'docs_v') AS truth,
               other <@> vecstore.bm25query(query, 'docs_v') AS elsewhere, anew(other) <@> vecstore.bm25query(query, 'docs_v') AS elsewhere_truth
        FROM docs ORDER BY v <@> query LIMIT 200) x;
END $$;
SELECT q, d.* FROM unnest('{all,long,"short & w1","w1 | w2","all & !w3",none}'::tsquery[]) q, differing(q) d;
UPDATE docs SET n = n + 1 WHERE id % 2 = 0;
UPDATE docs SET n = n + 1 WHERE id % 4 = 0;
SELECT q, d.* FROM unnest('{long,"short & w1","w1 | w2"}'::tsquery[]) q, differing(q) d;
SELECT sum(n) FROM docs; -- prunes: row versions are redirected to
UPDATE docs SET v = v || 'w1:9' WHERE id % 10 = 1;
DELETE FROM docs WHERE id % 10 = 2;
SELECT q, d.* FROM unnest('{long,"short & w1","w1 | w2"}'::tsquery[]) q, differing(q) d;
VACUUM docs;
INSERT INTO docs SELECT 1000 + i, 0, '', 'all w1 short' FROM generate_series(1, 50) i;
SELECT q, d.* FROM unnest('{long,"short & w1","w1 | w2"}'::tsquery[]) q, differing(q) d;

SET enable_seqscan = off;
SET enable_bitmapscan = off;
-- Two scans in turns, and a row of another table between.
BEGIN;
DECLARE one CURSOR FOR SELECT id, round((v <@> 'w1'::tsquery)::numeric, 6) FROM docs WHERE v @@ 'w1' AND id < 1000 ORDER BY v <@> 'w1'::tsquery, id;
DECLARE two CURSOR FOR SELECT id, round((v <@> 'long'::tsquery)::numeric, 6) FROM docs WHERE v @@ 'long' ORDER BY v <@> 'long'::tsquery, id;
FETCH 2 FROM one;
FETCH 2 FROM two;
FETCH 2 FROM one;
SELECT id, v <@> 'w1'::tsquery = anew(v) <@> vecstore.bm25query('w1', 'docs_v') AS same FROM docs WHERE id = 1;
FETCH 2 FROM two;
COMMIT;
CREATE TABLE others AS SELECT id, v FROM docs WHERE id < 50;
SELECT count(*), count(*) FILTER (WHERE o.v <@> vecstore.bm25query('w1', 'docs_v') IS DISTINCT FROM anew(o.v) <@> vecstore.bm25query('w1', 'docs_v')) AS differ
FROM (SELECT * FROM docs WHERE v @@ 'w1' ORDER BY v <@> 'w1'::tsquery LIMIT 20) d, others o;
-- A scan that ended with an error is forgotten.
DO $$
BEGIN
  PERFORM id / (id - id) FROM docs WHERE v @@ 'w1' ORDER BY v <@> 'w1'::tsquery LIMIT 5;
EXCEPTION WHEN division_by_zero THEN
  RAISE NOTICE 'scores agree: %', (SELECT bool_and(v <@> vecstore.bm25query('w1', 'docs_v') = anew(v) <@> vecstore.bm25query('w1', 'docs_v')) FROM docs);
END $$;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- Words that go together: many rows match, few are expected, and still only those that are wanted are fetched.
CREATE TABLE pairs (id int, v tsvector);
INSERT INTO pairs SELECT i, CASE WHEN i % 100 = 0 THEN 'hong kong city' ELSE 'city w' || i % 50 END::tsvector FROM generate_series(1, 30000) i;
CREATE INDEX pairs_v ON pairs USING bm25 (v);
ANALYZE pairs;
SELECT plan->>'Node Type' AS above, plan->'Plans'->0->>'Node Type' AS scan, plan->'Plans'->0->>'Actual Rows' AS rows
FROM plan_of($$SELECT id FROM pairs WHERE v @@ 'hong & kong' ORDER BY v <@> 'hong & kong'::tsquery LIMIT 10$$) plan;

-- Prepared statements come to use the generic plan, which is the same for every query.
PREPARE search (text) AS SELECT id FROM pairs WHERE v @@ plainto_tsquery('simple', $1) ORDER BY v <@> plainto_tsquery('simple', $1) LIMIT 1;
EXECUTE search ('hong kong');
EXECUTE search ('city w1');
EXECUTE search ('kong');
EXECUTE search ('hong city');
EXECUTE search ('city w2');
EXECUTE search ('hong');
SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'search';
DEALLOCATE search;

-- The planner expects what it expects of a table without the index, also after another ANALYZE.
CREATE TABLE twins AS SELECT * FROM pairs;
ANALYZE twins;
CREATE FUNCTION compare(query text, OUT rows int, OUT same bool) LANGUAGE plpgsql AS $$
DECLARE twin int;
BEGIN
  rows := rows_expected(format('SELECT id FROM pairs WHERE v @@ %L', query));
  twin := rows_expected(format('SELECT id FROM twins WHERE v @@ %L', query));
  same := rows = twin;
END $$;
SELECT q, c.same, c.rows BETWEEN least / 2 AND 2 * least AS about
FROM (VALUES ('hong', 300), ('city', 30000), ('hong & kong', 3), ('w1 | w2', 1200)) x(q, least), compare(q) c;
UPDATE pairs SET v = 'moved' WHERE id % 100 = 0;
UPDATE twins SET v = 'moved' WHERE id % 100 = 0;
VACUUM ANALYZE pairs;
VACUUM ANALYZE twins;
SELECT q, c.same, c.rows BETWEEN least / 2 AND 2 * least AS about
FROM (VALUES ('moved', 300), ('city', 29700), ('w1 | w2', 1200)) x(q, least), compare(q) c;
ALTER TABLE pairs ALTER v SET STATISTICS 0;
ALTER TABLE twins ALTER v SET STATISTICS 0;
DELETE FROM pg_statistic WHERE starelid IN ('pairs'::regclass, 'twins'::regclass);
SELECT q, c.same FROM (VALUES ('moved'), ('city'), ('w1 | w2')) x(q), compare(q) c;

DROP TABLE docs, others, pairs, twins;
DROP FUNCTION plan_of, pages_touched, rows_expected, anew, differing, compare;

-- functions of others that make queries are not taken for bm25query()
CREATE TABLE bag (id int, v tsvector);
INSERT INTO bag SELECT i, ('word' || i % 7)::tsvector FROM generate_series(1, 300) i;
CREATE INDEX bag_v ON bag USING bm25 (v);
ANALYZE bag;
CREATE FUNCTION asks(number int8, other int4) RETURNS vecstore.bm25query STABLE LANGUAGE plpgsql AS
  $$ BEGIN RETURN vecstore.bm25query(('word' || number)::tsquery, 'bag_v'); END $$;
EXPLAIN (COSTS OFF) SELECT id FROM bag ORDER BY v <@> asks(3, 5) LIMIT 2;
SELECT id FROM bag ORDER BY v <@> asks(3, 5) LIMIT 2;

-- an index that is named beside a query which is not known yet
CREATE INDEX bag_w ON bag USING bm25 (v) WITH (weights = '{2,2,2,2}');
SET plan_cache_mode = force_generic_plan;
PREPARE by_v(tsquery) AS SELECT id FROM bag ORDER BY v <@> vecstore.bm25query($1, 'bag_v') LIMIT 2;
PREPARE by_w(tsquery) AS SELECT id FROM bag ORDER BY v <@> vecstore.bm25query($1, 'bag_w') LIMIT 2;
PREPARE boosted(tsquery) AS SELECT id FROM bag ORDER BY v <@> vecstore.bm25query($1, 'bag_w', 3) LIMIT 2;
EXPLAIN (COSTS OFF) EXECUTE by_v('word3');
EXPLAIN (COSTS OFF) EXECUTE by_w('word3');
EXPLAIN (COSTS OFF) EXECUTE boosted('word3');
-- and one that is not known either: the index chosen may have been built otherwise
PREPARE by_any(vecstore.bm25query) AS SELECT id FROM bag ORDER BY v <@> $1 LIMIT 2;
SET enable_seqscan = off;
DO $$
DECLARE refused int := 0; answered int := 0; name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bag_v', 'bag_w'] LOOP
    BEGIN
      EXECUTE format('EXECUTE by_any(%L)', 'word3 @ ' || name);
      answered := answered + 1;
    EXCEPTION WHEN object_not_in_prerequisite_state THEN refused := refused + 1;
    END;
  END LOOP;
  RAISE NOTICE '% answered, % refused', answered, refused;
END $$;
RESET enable_seqscan;
RESET plan_cache_mode;
DROP INDEX bag_w;

-- rows as a whole, where an index is on an expression
CREATE INDEX bag_e ON bag USING bm25 ((v || 'more'::tsvector));
ANALYZE bag;
SELECT count(*) FROM (SELECT DISTINCT b FROM bag b) x;
SELECT count(*) FROM bag b WHERE b IS NOT NULL;
SELECT count(*) FROM (SELECT b FROM bag b GROUP BY b) x;
DROP TABLE bag;
DROP FUNCTION asks;
