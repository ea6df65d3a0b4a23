-- What pg_stat_progress_create_index says of a build: an expression of the index looks while its rows are read.
SELECT n, pg_indexam_progress_phasename(oid, n) FROM pg_am, generate_series(0, 8) n WHERE amname = 'bm25' ORDER BY n;

CREATE TABLE texts (id int, body text) WITH (parallel_workers = 0, autovacuum_enabled = off);
INSERT INTO texts SELECT i, CASE WHEN i % 10 > 0 THEN repeat(format('w%s is text %s ', i % 100, i), 10) END FROM generate_series(1, 3000) i;
CREATE VIEW block_of AS SELECT id, (ctid::text::point)[0]::int AS block, body FROM texts;
-- Only the leader has a row of its own.
CREATE FUNCTION seen(OUT phase text, OUT blocks_done bigint, OUT blocks_total bigint, OUT tuples_done bigint, OUT tuples_total bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  SELECT p.phase, p.blocks_done, p.blocks_total, p.tuples_done, p.tuples_total INTO phase, blocks_done, blocks_total, tuples_done, tuples_total
  FROM pg_stat_progress_create_index p WHERE pid = pg_backend_pid();
END $$;

-- Blocks that the scan has left behind, and the documents in them; NULL is none.  The total is what ANALYZE counted.
CREATE FUNCTION words(id int, body text) RETURNS tsvector IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE p record;
BEGIN
  SELECT * INTO p FROM seen() WHERE id IN (1, 2, 1500, 3000);
  IF p.phase IS NOT NULL THEN
    RAISE NOTICE 'row %: %, blocks %, total %, tuples %, total %', id, p.phase,
      p.blocks_done = (SELECT block FROM block_of b WHERE b.id = words.id), p.blocks_total = pg_relation_size('texts') / current_setting('block_size')::int,
      p.tuples_done = (SELECT count(b.body) FROM block_of b WHERE block < p.blocks_done), p.tuples_total;
  END IF;
  RETURN to_tsvector('simple', body);
END $$;
CREATE INDEX texts_words ON texts USING bm25 (words(id, body));
DROP INDEX texts_words;
ANALYZE texts;
-- parts are written meanwhile
SET maintenance_work_mem = '1MB';
CREATE INDEX texts_words ON texts USING bm25 (words(id, body));
RESET maintenance_work_mem;
DROP INDEX texts_words;

-- With a worker: the leader waits until that has read its half of the table, and reports both.
ALTER TABLE texts SET (parallel_workers = 1);
CREATE FUNCTION worker_is_there() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  RETURN EXISTS (SELECT FROM pg_stat_activity WHERE leader_pid = pg_backend_pid() AND pid <> leader_pid);
END $$;
CREATE FUNCTION wait_for_worker(there boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..1000 LOOP
    EXIT WHEN worker_is_there() = there;
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;
-- The first row of a half, and the last.
CREATE FUNCTION halves(OUT firsts int[], OUT lasts int[]) LANGUAGE sql AS $$
  SELECT array_agg(first), array_agg(last) FROM
    (SELECT min(id) AS first, max(id) AS last FROM block_of GROUP BY block >= pg_relation_size('texts') / current_setting('block_size')::int / 2) x $$;
CREATE OR REPLACE FUNCTION words(id int, body text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE p record;
BEGIN
  IF current_setting('texts.firsts')::int[] @> ARRAY[id] THEN
    IF (SELECT phase IS NOT NULL FROM seen()) THEN
      PERFORM wait_for_worker(true);
      PERFORM wait_for_worker(false);
    ELSE
      PERFORM pg_sleep(0.3);
    END IF;
  ELSIF current_setting('texts.lasts')::int[] @> ARRAY[id] THEN
    SELECT * INTO p FROM seen();
    IF p.phase IS NOT NULL THEN
      RAISE NOTICE '%, blocks %, tuples %', p.phase, p.blocks_done = p.blocks_total - 1,
        p.tuples_done = (SELECT count(t.body) FROM texts t) - (SELECT count(l.body) FROM block_of b JOIN block_of l USING (block) WHERE b.id = words.id);
    END IF;
  END IF;
  RETURN to_tsvector('simple', body);
END $$;
SELECT set_config('texts.firsts', firsts::text, false) IS NOT NULL AS firsts, set_config('texts.lasts', lasts::text, false) IS NOT NULL AS lasts FROM halves();
CREATE INDEX texts_words ON texts USING bm25 (words(id, body));
SELECT documents FROM vecstore.bm25_stats('texts_words');
SELECT * FROM vecstore.check_index('texts_words');
DROP VIEW block_of;
DROP TABLE texts;
DROP FUNCTION seen, words, worker_is_there, wait_for_worker, halves;
