-- Long work ends when it is told to, and leaves everything usable.  Timeouts are parts of what the same work takes on this machine.
CREATE TABLE texts (id int, v tsvector) WITH (autovacuum_enabled = off, parallel_workers = 2);
CREATE TABLE samples AS
SELECT i, array_to_tsvector(ARRAY(SELECT DISTINCT 'w' || abs(hashint8(i::bigint * 100 + j)) % 6000 FROM generate_series(1, 60) j)) || ('all:1 s' || i)::tsvector AS v
FROM generate_series(1, 300) i;
INSERT INTO texts SELECT row_number() OVER (), v FROM samples, generate_series(1, 80);

-- Milliseconds.
CREATE FUNCTION time_of(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE begun timestamptz := clock_timestamp();
BEGIN
  EXECUTE statement;
  RETURN 1000 * extract(epoch FROM clock_timestamp() - begun);
END $$;
-- early: after less time than it takes to the end
CREATE FUNCTION interrupted(statement text, whole float8, OUT cancelled boolean, OUT early boolean) LANGUAGE plpgsql AS $$
DECLARE begun timestamptz := clock_timestamp();
BEGIN
  EXECUTE statement;
  cancelled := false;
EXCEPTION WHEN query_canceled THEN
  cancelled := true;
  early := 1000 * extract(epoch FROM clock_timestamp() - begun) < 0.75 * whole;
END $$;
-- The index and the table agree.
CREATE FUNCTION sound(OUT errors bigint, OUT same_matches boolean, OUT same_ranking boolean) LANGUAGE plpgsql AS $$
DECLARE
  matches text;
  ranking text;
BEGIN
  errors := (SELECT count(*) FROM vecstore.check_index('texts_v') WHERE severity = 'error');
  PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'on', true), set_config('enable_bitmapscan', 'off', true);
  matches := (SELECT md5(string_agg(id::text, ' ' ORDER BY id)) FROM texts WHERE v @@ 's1 | s30 | w7');
  ranking := (SELECT md5(string_agg(id || ':' || s, ' ')) FROM (SELECT id, v <@> 's1 | s30 | w7'::tsquery AS s FROM texts ORDER BY v <@> 's1 | s30 | w7'::tsquery LIMIT 300) x);
  PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_indexscan', 'off', true);
  same_matches := matches = (SELECT md5(string_agg(id::text, ' ' ORDER BY id)) FROM texts WHERE v @@ 's1 | s30 | w7');
  same_ranking := ranking = (SELECT md5(string_agg(id || ':' || s, ' ')) FROM (SELECT id, s FROM (SELECT id, ctid, v <@> 's1 | s30 | w7'::tsquery AS s FROM texts) y WHERE s < 0 ORDER BY s, ctid LIMIT 300) x);
END $$;
\set SHOW_CONTEXT never

-- a build, in its first step and later, by one process and with workers
SET max_parallel_maintenance_workers = 0;
SET maintenance_work_mem = '8MB';
SELECT time_of('CREATE INDEX texts_v ON texts USING bm25 (v)') AS build \gset
DROP INDEX texts_v;
SELECT greatest(:build * 0.1, 1)::int AS early, greatest(:build * 0.5, 1)::int AS late \gset
SET statement_timeout = :early;
SELECT * FROM interrupted('CREATE INDEX texts_v ON texts USING bm25 (v)', :build);
SET statement_timeout = :late;
SELECT cancelled IS NOT NULL AS ended FROM interrupted('CREATE INDEX texts_v ON texts USING bm25 (v)', :build);
SET client_min_messages = warning; -- it may have been in time
DROP INDEX IF EXISTS texts_v;
RESET client_min_messages;
SET max_parallel_maintenance_workers = 2;
SET statement_timeout = :early;
SELECT cancelled FROM interrupted('CREATE INDEX texts_v ON texts USING bm25 (v)', :build);
CREATE INDEX CONCURRENTLY texts_v ON texts USING bm25 (v);
RESET statement_timeout;
SELECT (SELECT count(*) FROM pg_ls_tmpdir()) AS files, (SELECT count(*) FROM pg_stat_activity WHERE leader_pid = pg_backend_pid() AND pid <> leader_pid) AS workers;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'texts_v'::regclass;
DROP INDEX texts_v;
RESET max_parallel_maintenance_workers;
RESET maintenance_work_mem;
CREATE INDEX texts_v ON texts USING bm25 (v);
SELECT * FROM sound();

-- searches: a prefix that stands for all words; a thousand words, which all have to be looked up for each row; without a ranking
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT format('SELECT count(*) FROM (SELECT id FROM texts WHERE v @@ %L ORDER BY v <@> %1$L::tsquery LIMIT 10) x', 'w:*') AS prefix,
       format('SELECT count(*) FROM (SELECT id FROM texts WHERE v @@ %L ORDER BY v <@> %1$L::tsquery LIMIT 5000) x', string_agg('w' || i, '|')) AS words,
       format('SELECT count(*) FROM texts WHERE v @@ %L', string_agg('w' || i, '|') || '| !all') AS matching FROM generate_series(1, 1000) i \gset
SELECT time_of(:'prefix') AS whole \gset
SELECT greatest(:whole * 0.2, 1)::int AS early \gset
SET statement_timeout = :early;
SELECT * FROM interrupted(:'prefix', :whole);
RESET statement_timeout;
SELECT time_of(:'words') AS whole \gset
SELECT greatest(:whole * 0.2, 1)::int AS early \gset
SET statement_timeout = :early;
SELECT * FROM interrupted(:'words', :whole);
RESET statement_timeout;
SELECT time_of(:'matching') AS whole \gset
SELECT greatest(:whole * 0.2, 1)::int AS early \gset
SET statement_timeout = :early;
SELECT * FROM interrupted(:'matching', :whole);
RESET statement_timeout;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT * FROM sound();

-- a merge: the segments are as they were
INSERT INTO texts VALUES (-1, 'w7 one');
SELECT time_of($$SELECT vecstore.bm25_merge('texts_v')$$) AS merge \gset
SELECT greatest(:merge * 0.2, 1)::int AS early \gset
INSERT INTO texts VALUES (-2, 'w7 two');
SET statement_timeout = :early;
SELECT cancelled FROM interrupted($$SELECT vecstore.bm25_merge('texts_v')$$, :merge);
RESET statement_timeout;
SELECT segments, waiting FROM vecstore.bm25_stats('texts_v');
SELECT * FROM sound();

-- inserts: what they have brought is not there, but the statistics may count it
SELECT documents FROM vecstore.bm25_stats('texts_v') \gset
SET statement_timeout = '100ms';
INSERT INTO texts SELECT -id, v FROM texts, generate_series(1, 20);
RESET statement_timeout;
SELECT count(*), count(*) FILTER (WHERE id < 0) AS of_inserts FROM texts;
SELECT documents > :documents AS some_are_counted FROM vecstore.bm25_stats('texts_v');
SELECT * FROM sound();

-- VACUUM, which drops those, and most others
DELETE FROM texts WHERE id > 0 AND id % 5 > 1;
SET statement_timeout = :early;
VACUUM texts;
RESET statement_timeout;
SELECT * FROM sound();

-- Afterwards: VACUUM takes back what was left behind, and all is well.
VACUUM texts;
SELECT vecstore.bm25_merge('texts_v');
SELECT documents = (SELECT count(*) FROM texts) AS documents, segments, waiting FROM vecstore.bm25_stats('texts_v');
SELECT * FROM vecstore.check_index('texts_v');
SELECT * FROM sound();
DROP TABLE texts, samples;
DROP FUNCTION time_of, interrupted, sound;
