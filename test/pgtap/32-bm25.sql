-- bm25: who may do what, and what its functions promise.
BEGIN;
SELECT plan(17);

CREATE ROLE bm25_owner;
CREATE ROLE bm25_reader;
CREATE ROLE bm25_stranger;
GRANT CREATE ON SCHEMA public TO bm25_owner;
SET ROLE bm25_owner;
CREATE TABLE texts (id int, tenant name DEFAULT current_user, v tsvector);
CREATE INDEX texts_v ON texts USING bm25 (v);
INSERT INTO texts SELECT i, CASE i % 2 WHEN 0 THEN 'bm25_reader' ELSE 'nobody' END, to_tsvector('simple', 'word number ' || i) FROM generate_series(1, 20) i;
GRANT SELECT ON texts TO bm25_reader;
ALTER TABLE texts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON texts TO bm25_reader USING (tenant = current_user);
SELECT lives_ok($$ SELECT vecstore.bm25_merge('texts_v') $$, 'the owner merges');
SELECT is((SELECT documents FROM vecstore.bm25_stats('texts_v')), 20::bigint, 'the owner sees statistics');
SELECT is_empty($$ SELECT * FROM vecstore.check_index('texts_v') $$, 'the owner checks');

SET ROLE bm25_reader;
SELECT throws_ok($$ SELECT vecstore.bm25_merge('texts_v') $$, '42501', NULL, 'a reader may not merge');
SELECT is((SELECT documents FROM vecstore.bm25_term_stats('texts_v', 'word')), 20::bigint, 'a reader of the table sees statistics');
SET enable_seqscan = off;
SELECT is((SELECT count(*) FROM (SELECT id FROM texts ORDER BY v <@> 'word'::tsquery LIMIT 100) s), 10::bigint, 'row-level security holds in ranked scans');
SELECT is((SELECT count(*) FROM texts WHERE v @@ 'word'), 10::bigint, 'and for conditions');
SELECT is((SELECT array_agg(id) FROM (SELECT id FROM texts WHERE v @@ 'word' ORDER BY v <@> 'word'::tsquery LIMIT 3) s), '{2,4,6}'::int[], 'LIMIT counts visible rows');

SET ROLE bm25_stranger;
SELECT throws_ok($$ SELECT * FROM vecstore.bm25_stats('texts_v') $$, '42501', NULL, 'a stranger sees no statistics');
SELECT throws_ok($$ SELECT * FROM vecstore.bm25_term_stats('texts_v', 'word') $$, '42501', NULL, 'nor those of a term');
SELECT throws_ok($$ SELECT * FROM vecstore.check_index('texts_v') $$, '42501', NULL, 'nor a check');
RESET ROLE;

SELECT is((SELECT provolatile FROM pg_proc WHERE oid = 'vecstore.bm25_score(tsvector, tsquery, float8, float8, float8[], float8, float8, float8, int[])'::regprocedure), 'i', 'the plain score is immutable');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE proname IN ('or_tsquery', 'websearch_or_tsquery', 'phrase_boost_query') AND (provolatile <> CASE pronargs WHEN 2 THEN 'i' ELSE 's' END OR NOT proisstrict OR proparallel <> 's') $$,
  'builders with a configuration are immutable, all are strict and parallel safe');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE proname = 'bm25_distance' AND (provolatile <> 's' OR proparallel <> 'r' OR NOT proisstrict OR proleakproof) $$,
  'scores are stable, not parallel, not leakproof');

-- under a search_path that knows nothing, and one that means harm
SET search_path = '';
CREATE TEMP TABLE found AS SELECT count(*) AS n FROM public.texts WHERE v OPERATOR(pg_catalog.@@) 'word'::pg_catalog.tsquery;
RESET search_path;
SELECT is((SELECT n FROM found), 20::bigint, 'no search_path is needed for conditions');
CREATE SCHEMA evil;
CREATE FUNCTION evil.bm25query(tsquery, regclass) RETURNS vecstore.bm25query LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
SET search_path = evil, public;
PREPARE ranked(tsquery) AS SELECT id FROM public.texts ORDER BY v <@> $1 LIMIT 1;
SET plan_cache_mode = force_generic_plan;
SELECT lives_ok('EXECUTE ranked(''word'')', 'a function of the same name elsewhere is not called');
SELECT bag_eq($$ SELECT amopstrategy::int, amoppurpose::text FROM pg_amop o JOIN pg_am a ON a.oid = amopmethod WHERE amname = 'bm25' $$,
  $$ VALUES (1, 's'), (2, 'o') $$, 'the operator class has its two operators');
SELECT * FROM finish();
ROLLBACK;
