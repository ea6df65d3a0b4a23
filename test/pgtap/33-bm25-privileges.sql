-- Full-text ranking: who may see scores, and what is found in which statement.
\set ECHO none
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
BEGIN;
SELECT no_plan();

CREATE TABLE secret (id int, v tsvector, w tsvector);
INSERT INTO secret SELECT i, to_tsvector('simple', CASE WHEN i % 10 = 0 THEN 'hidden' ELSE '' END || ' word ' || i), 'other' FROM generate_series(1, 200) i;
CREATE INDEX secret_v ON secret USING bm25 (v);
CREATE ROLE bm25_reader;
CREATE VIEW shown AS SELECT id, v FROM secret;
CREATE VIEW named AS SELECT id, v <@> vecstore.bm25query('hidden', 'secret_v') AS score FROM secret;
GRANT SELECT ON shown, named TO bm25_reader;
CREATE FUNCTION scores(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM (%s) s(x) WHERE x < 0', statement) INTO n;
  RETURN n;
END $$;
CREATE FUNCTION with_seqscan(scan boolean) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('enable_seqscan', scan::text, true), set_config('enable_indexscan', (NOT scan)::text, true)
$$;

-- As a reader of the views alone.
SET LOCAL ROLE bm25_reader;
SELECT throws_ok($$ SELECT 'hidden'::tsvector <@> vecstore.bm25query('hidden', 'secret_v') $$, '42501', NULL,
                 'a document of one''s own does not tell how many rows of a table have its words');
SELECT throws_ok($$ SELECT v <@> 'hidden'::tsquery FROM secret $$, '42501', NULL, 'nor does the table');
-- a scan of one's own index with a query that names that one, which is not known when the statement is planned
CREATE TEMP TABLE own (v tsvector);
CREATE INDEX own_v ON own USING bm25 (v);
INSERT INTO own VALUES ('hidden'), ('other');
SELECT with_seqscan(false);
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE rank_own(vecstore.bm25query) AS SELECT v FROM own ORDER BY v <@> $1 LIMIT 2;
SELECT lives_ok($$ EXECUTE rank_own('hidden @ own_v') $$, 'one may rank by one''s own index');
SELECT throws_ok($$ EXECUTE rank_own('hidden | other @ secret_v') $$, '42501', NULL, 'but not one''s own rows by the index of others');
SET LOCAL plan_cache_mode = auto;
SELECT throws_ok($$ SELECT * FROM vecstore.bm25_term_stats('secret_v', 'hidden') $$, '42501', NULL, 'nor do the statistics');
SELECT with_seqscan(true);
SELECT is(scores($$ SELECT v <@> 'hidden'::tsquery FROM shown $$), 20::bigint, 'a view of another role is ranked, in a sequential scan');
SELECT is(scores($$ SELECT score FROM named $$), 20::bigint, 'one that names the index, too');
SELECT with_seqscan(false);
SELECT is(scores($$ SELECT v <@> 'hidden'::tsquery FROM shown ORDER BY v <@> 'hidden'::tsquery LIMIT 50 $$), 20::bigint, 'a view is ranked by the index');
SELECT is(scores($$ SELECT score FROM named ORDER BY score LIMIT 50 $$), 20::bigint, 'one that names the index is, too');
RESET ROLE;

GRANT SELECT (id, w) ON secret TO bm25_reader;
SET LOCAL ROLE bm25_reader;
SELECT throws_ok($$ SELECT w <@> vecstore.bm25query('hidden', 'secret_v') FROM secret $$, '42501', NULL, 'another column is not enough');
RESET ROLE;
GRANT SELECT (v) ON secret TO bm25_reader;
SET LOCAL ROLE bm25_reader;
SELECT is(scores($$ SELECT v <@> 'hidden'::tsquery FROM secret $$), 20::bigint, 'the column that is indexed is');
SELECT lives_ok($$ SELECT 'hidden'::tsvector <@> vecstore.bm25query('hidden', 'secret_v') $$, 'then every document may be scored');
RESET ROLE;

-- A query's text keeps nothing of who made it.
SELECT is((SELECT count(DISTINCT q::text) FROM (VALUES (vecstore.bm25query('a', 'secret_v')), ('''a'' @ secret_v'::vecstore.bm25query)) x(q)), 1::bigint,
          'the mark of the planner is not part of the text');

-- One score for one document, however the statement reaches it.
SELECT with_seqscan(true);
CREATE TABLE expected AS SELECT id, v <@> 'hidden | 7'::tsquery AS score FROM secret WHERE v @@ 'hidden | 7'::tsquery;
PREPARE generic(tsquery) AS SELECT id, v <@> $1 FROM secret WHERE v @@ $1;
PREPARE expected AS SELECT * FROM expected ORDER BY id;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT bag_eq($$ EXECUTE generic('hidden | 7') $$, 'expected', 'with a parameter, in a sequential scan');
SELECT bag_eq($$ SELECT s.id, s.v <@> q FROM secret s JOIN (VALUES ('hidden | 7'::tsquery)) x(q) ON s.v @@ q $$, 'expected', 'from a join');
SELECT bag_eq($$ WITH found AS MATERIALIZED (SELECT id, v <@> 'hidden | 7'::tsquery AS score FROM secret) SELECT * FROM found WHERE score < 0 $$, 'expected', 'in a WITH query');
SELECT with_seqscan(false);
SELECT bag_eq($$ SELECT id, v <@> 'hidden | 7'::tsquery FROM secret ORDER BY v <@> 'hidden | 7'::tsquery LIMIT 100 $$, 'expected', 'by the index');
DEALLOCATE generic;
PREPARE generic(tsquery) AS SELECT id, v <@> $1 FROM secret ORDER BY v <@> $1 LIMIT 100;
SELECT bag_eq($$ EXECUTE generic('hidden | 7') $$, 'expected', 'by the index, with a parameter');

-- All functions of full-text ranking that say so give null for null.
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                   WHERE p.proname ~ '^bm25|_or_tsquery$|^or_tsquery$|^phrase_boost_query$' AND NOT p.proisstrict AND p.proname <> 'bm25handler'
                     AND p.oid::regprocedure::text !~ '^vecstore.bm25query\(tsquery,regclass,double precision,integer\)$' $$, 'strict, but for bm25query with options');
SELECT ok(vecstore.bm25query(NULL, 'secret_v', 1, 1) IS NULL, 'which gives null for a null query');

SELECT * FROM finish();
ROLLBACK;
