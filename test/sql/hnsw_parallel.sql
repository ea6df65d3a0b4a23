-- Builds with parallel workers: the same indexes as without.
CREATE TABLE items (id int, v vector(8), kind int) WITH (parallel_workers = 2);
INSERT INTO items SELECT i, (SELECT array_agg((hashint8extended(i * 100 + j, 0) & 1023)::int) FROM generate_series(1, 8) j), i % 3
  FROM generate_series(1, 5000) i;
INSERT INTO items SELECT i, NULL, 0 FROM generate_series(5001, 5100) i;
INSERT INTO items SELECT id + 10000, v, kind FROM items WHERE id <= 300;
SET max_parallel_maintenance_workers = 2;

-- The share of the true ten nearest rows that the index finds for 50 rows; what is wrong with it; its rows.
CREATE FUNCTION judge(index regclass, OUT good bool, OUT faults bigint, OUT entries bigint) LANGUAGE plpgsql
SET enable_seqscan = off SET hnsw.ef_search = 100 AS $$
DECLARE
  query vector;
  nearest float[];
  found int := 0;
BEGIN
  FOR query IN SELECT v FROM items WHERE id % 100 = 7 AND id < 5000 AND kind = 1 LOOP
    SELECT array_agg(d ORDER BY d) INTO nearest FROM (SELECT (v <-> query) + 0 AS d FROM items WHERE kind = 1 ORDER BY (v <-> query) + 0 LIMIT 10) s;
    found := found + (SELECT count(*) FROM (SELECT v <-> query AS d FROM items WHERE kind = 1 ORDER BY v <-> query LIMIT 10) s WHERE d <= nearest[10] + 1e-6);
  END LOOP;
  good := found >= 0.97 * 10 * (SELECT count(*) FROM items WHERE id % 100 = 7 AND id < 5000 AND kind = 1);
  faults := (SELECT count(*) FROM vecstore.check_index(index) WHERE severity = 'error');
  entries := (SELECT rows FROM vecstore.index_stats(index));
END $$;

CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SELECT * FROM judge('items_idx');
REINDEX INDEX items_idx;
SELECT * FROM judge('items_idx');
REINDEX INDEX CONCURRENTLY items_idx;
SELECT * FROM judge('items_idx');
DROP INDEX items_idx;
CREATE INDEX CONCURRENTLY items_idx ON items USING hnsw (v vector_l2_ops);
SELECT * FROM judge('items_idx');
DROP INDEX items_idx;

-- Workers evaluate predicates and expressions.
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WHERE kind = 1;
SELECT * FROM judge('items_idx');
DROP INDEX items_idx;
CREATE INDEX items_idx ON items USING hnsw ((subvector(v, 1, 4)::vector(4)) vector_cosine_ops) WHERE v IS NOT NULL;
SELECT faults, entries FROM judge('items_idx');
DROP INDEX items_idx;

-- No worker can be had; unlogged; nothing to build; rows of the same transaction.
SET max_parallel_workers = 0;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SELECT * FROM judge('items_idx');
RESET max_parallel_workers;
ALTER TABLE items SET UNLOGGED;
SELECT * FROM judge('items_idx');
CREATE TABLE empty (v vector(8)) WITH (parallel_workers = 2);
CREATE INDEX empty_idx ON empty USING hnsw (v vector_l2_ops);
SELECT * FROM vecstore.check_index('empty_idx') WHERE severity = 'error';
BEGIN;
TRUNCATE empty;
INSERT INTO empty SELECT v FROM items;
REINDEX INDEX empty_idx;
COMMIT;
SELECT rows FROM vecstore.index_stats('empty_idx');
DROP TABLE empty;

-- More rows than fit: workers leave them to the leader, and help to link them.
DROP INDEX items_idx;
SET maintenance_work_mem = '1MB';
SET client_min_messages = warning; -- the number of parts depends on who read which rows
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SELECT * FROM judge('items_idx');
RESET client_min_messages;
RESET maintenance_work_mem;
DROP INDEX items_idx;

-- An error in a worker ends the build.  The leader waits for it, but not while it looks at its sample.
CREATE FUNCTION only_leader(v vector) RETURNS vector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF pg_backend_pid() <> current_setting('test.leader')::int THEN
    RAISE 'not the leader';
  END IF;
  PERFORM pg_stat_clear_snapshot();  -- or the phase of the sample is what we see for ever
  IF EXISTS (SELECT FROM pg_stat_progress_create_index WHERE pid = pg_backend_pid() AND phase LIKE '%loading%') THEN
    PERFORM pg_sleep(60);
  END IF;
  RETURN v;
END $$;
SELECT set_config('test.leader', pg_backend_pid()::text, false) <> '' AS ok;
SET statement_timeout = '60s';
\set SHOW_CONTEXT never
CREATE INDEX items_idx ON items USING hnsw ((only_leader(v)::vector(8)) vector_l2_ops);
CREATE INDEX CONCURRENTLY items_idx ON items USING hnsw ((only_leader(v)::vector(8)) vector_l2_ops);
SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_idx'::regclass;
DROP INDEX items_idx;

-- Canceled while workers are at work: nothing stays behind.
CREATE FUNCTION wait_for_cancel(v vector) RETURNS vector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  IF EXISTS (SELECT FROM pg_stat_progress_create_index WHERE pid = current_setting('test.leader')::int AND phase LIKE '%loading%') THEN
    PERFORM pg_sleep(60);
  END IF;
  RETURN v;
END $$;
SET statement_timeout = '1s';
CREATE INDEX items_idx ON items USING hnsw ((wait_for_cancel(v)::vector(8)) vector_l2_ops);
RESET statement_timeout;
DO $$
BEGIN
  WHILE EXISTS (SELECT FROM pg_stat_activity WHERE leader_pid = pg_backend_pid()) LOOP
    PERFORM pg_sleep(.01);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
END $$;
SELECT to_regclass('items_idx');
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SELECT * FROM judge('items_idx');

DROP TABLE items;
DROP FUNCTION judge, only_leader, wait_for_cancel;
