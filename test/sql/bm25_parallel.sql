-- Builds with parallel workers: the same answers, to the bit, as from an index that one process built.
CREATE TABLE parallel_texts (id int, kind int, tsv tsvector) WITH (parallel_workers = 2);
INSERT INTO parallel_texts
SELECT i, i % 3, array_to_tsvector(ARRAY(SELECT DISTINCT 'w' || abs(hashint8(i * 100::bigint + j)) % (1 + j * j) FROM generate_series(1, 5 + i % 20) j))
FROM generate_series(1, 4000) i;
INSERT INTO parallel_texts SELECT i, 0, NULL FROM generate_series(4001, 4100) i;
UPDATE parallel_texts SET tsv = to_tsvector('simple', repeat('w7 long ', 300)) WHERE id IN (5, 3999);
DELETE FROM parallel_texts WHERE id % 50 = 3;
SET enable_seqscan = off;

-- What the index answers, and what is wrong with it.  Shares of workers end with pages that are not full: they are larger together.
CREATE FUNCTION answers(OUT ranking text, OUT matches bigint, OUT faults bigint, OUT documents bigint, OUT segments int, OUT pages bigint) LANGUAGE plpgsql AS $$
BEGIN
  SELECT md5(string_agg(id || ':' || score, ' ' ORDER BY score, id)) INTO ranking FROM (
    SELECT id, tsv <@> 'w7 | w11 & !w2 | w1:*'::tsquery AS score FROM parallel_texts
    WHERE tsv @@ 'w7 | w11 & !w2 | w1:*'::tsquery ORDER BY tsv <@> 'w7 | w11 & !w2 | w1:*'::tsquery LIMIT 3000) s;
  SELECT count(*) INTO matches FROM parallel_texts WHERE tsv @@ 'w3 & w7';
  SELECT count(*) INTO faults FROM vecstore.check_index('parallel_texts_idx') WHERE severity = 'error';
  SELECT s.documents, s.segments INTO documents, segments FROM vecstore.bm25_stats('parallel_texts_idx') s;
  pages = pg_relation_size('parallel_texts_idx') / 8192;
END $$;

SET max_parallel_maintenance_workers = 0;
VACUUM parallel_texts;
CREATE INDEX parallel_texts_idx ON parallel_texts USING bm25 (tsv);
SELECT documents, faults, segments FROM answers();
CREATE TABLE built_alone AS SELECT ranking, matches, documents, pages FROM answers();
DROP INDEX parallel_texts_idx;

SET max_parallel_maintenance_workers = 2;
CREATE INDEX parallel_texts_idx ON parallel_texts USING bm25 (tsv);
SELECT a.ranking = s.ranking AS ranking, a.matches = s.matches AS matches, a.documents = s.documents AS documents, faults, segments, a.pages > s.pages AS shares FROM answers() a, built_alone s;
REINDEX INDEX CONCURRENTLY parallel_texts_idx;
SELECT a.ranking = s.ranking AS ranking, a.matches = s.matches AS matches, a.documents = s.documents AS documents, faults, segments, a.pages > s.pages AS shares FROM answers() a, built_alone s;
DROP INDEX parallel_texts_idx;
CREATE INDEX CONCURRENTLY parallel_texts_idx ON parallel_texts USING bm25 (tsv);
SELECT a.ranking = s.ranking AS ranking, a.matches = s.matches AS matches, a.documents = s.documents AS documents, faults, segments, a.pages > s.pages AS shares FROM answers() a, built_alone s;

DROP INDEX parallel_texts_idx;

-- No worker can be had: one process builds one segment.
SET max_parallel_workers = 0;
CREATE INDEX parallel_texts_idx ON parallel_texts USING bm25 (tsv);
SELECT a.ranking = s.ranking AS ranking, faults, segments, a.pages > s.pages AS shares FROM answers() a, built_alone s;
RESET max_parallel_workers;
DROP INDEX parallel_texts_idx;

-- Workers evaluate predicates; unlogged; rows of the same transaction; nothing to build; fewer pages than participants.
CREATE INDEX parallel_texts_idx ON parallel_texts USING bm25 (tsv) WHERE kind = 1;
SELECT documents = (SELECT count(tsv) FROM parallel_texts WHERE kind = 1) AS documents, segments FROM vecstore.bm25_stats('parallel_texts_idx');
SELECT * FROM vecstore.check_index('parallel_texts_idx');
ALTER TABLE parallel_texts SET UNLOGGED;
SELECT documents = (SELECT count(tsv) FROM parallel_texts WHERE kind = 1) AS documents, segments FROM vecstore.bm25_stats('parallel_texts_idx');
SELECT * FROM vecstore.check_index('parallel_texts_idx');
CREATE TABLE parallel_few (tsv tsvector) WITH (parallel_workers = 2);
CREATE INDEX parallel_few_idx ON parallel_few USING bm25 (tsv);
BEGIN;
TRUNCATE parallel_few;
INSERT INTO parallel_few SELECT tsv FROM parallel_texts WHERE id < 10;
REINDEX INDEX parallel_few_idx;
COMMIT;
SELECT documents FROM vecstore.bm25_stats('parallel_few_idx');
SELECT * FROM vecstore.check_index('parallel_few_idx');
-- Little memory and long lexemes: more parts than there is room for, so some are merged before the others are there.
CREATE TABLE parallel_long (id int, tsv tsvector) WITH (parallel_workers = 15);
INSERT INTO parallel_long SELECT i, array_to_tsvector(ARRAY(SELECT repeat('x', 1500) || i * 20 + j FROM generate_series(1, 20) j) || ('w' || i % 7))
FROM generate_series(1, 3600) i;
SET maintenance_work_mem = '1MB';
CREATE FUNCTION faults_of_build(workers int, OUT documents bigint, OUT segments int, OUT faults bigint, OUT matches bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('max_parallel_maintenance_workers', workers::text, true);
  DROP INDEX IF EXISTS parallel_long_idx;
  CREATE INDEX parallel_long_idx ON parallel_long USING bm25 (tsv);
  SELECT s.documents, s.segments INTO documents, segments FROM vecstore.bm25_stats('parallel_long_idx') s;
  SELECT count(*) INTO faults FROM vecstore.check_index('parallel_long_idx');
  SELECT count(*) INTO matches FROM parallel_long WHERE tsv @@ 'w3';
END $$;
SELECT workers, build.* FROM (VALUES (0), (2), (15)) v (workers), faults_of_build(workers) build;
RESET maintenance_work_mem;
DROP FUNCTION faults_of_build;
DROP TABLE parallel_long;
DROP TABLE parallel_texts, parallel_few, built_alone;
DROP FUNCTION answers;
