-- vecstore.recall: an index measured against its own table.
CREATE TABLE items (id int PRIMARY KEY, owner text, v vector(12), h halfvec(12));
INSERT INTO items SELECT i, CASE WHEN i % 4 = 0 THEN 'hnsw_recall_reader' ELSE 'nobody' END, r, r
  FROM generate_series(1, 2400) i, LATERAL vecstore.random_vector(12, i) r;
CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
CREATE INDEX items_other ON items USING hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 8);
CREATE INDEX items_part ON items USING hnsw ((h::vector(12)) vector_cosine_ops) WHERE id <= 500;
CREATE INDEX items_half ON items USING hnsw (h halfvec_ip_ops);
ANALYZE items;

-- Every preset; wider finds more.  What the session is set to has a row of its own.
CREATE FUNCTION show(regclass, sample int = 50, k int = 10)
  RETURNS TABLE (search text, ef_search int, good bool, numbers bool) LANGUAGE sql AS
  $$ SELECT search, ef_search, recall >= .9 AND recall >= lowest AND recall <= 1, milliseconds > 0 AND pages >= 1
     FROM vecstore.recall($1, $2, $3) $$;
SELECT search, good, numbers, ef_search = (calibration ->> search)::int AS calibrated
  FROM show('items_l2'), vecstore.index_stats('items_l2');
SET vecstore.search_preset = high_recall;
SELECT a.ef_search = b.ef_search AS session_is_high_recall FROM show('items_l2') a, show('items_l2') b
  WHERE a.search = 'session' AND b.search = 'high_recall';
SET hnsw.ef_search = 300;
SELECT search, ef_search FROM show('items_l2') WHERE search = 'session';
RESET hnsw.ef_search;
ALTER INDEX items_l2 SET (ef_search = 77);
SELECT search, ef_search FROM show('items_l2') WHERE search IN ('exact', 'session');
ALTER INDEX items_l2 RESET (ef_search);
RESET ALL;

-- The index named is the one that is measured, though its twin is better; nothing else was changed.
SET enable_indexscan = off;
SELECT (SELECT recall FROM vecstore.recall('items_other') WHERE search = 'fast')
  < (SELECT recall FROM vecstore.recall('items_l2') WHERE search = 'max') AS other_is_worse;
SHOW enable_indexscan;
SHOW enable_seqscan;
SHOW hnsw.ef_search;
RESET ALL;

-- Partial, on an expression, of another type and metric.
SELECT search, good FROM show('items_part', 20) WHERE search IN ('exact', 'balanced', 'max');
SELECT search, good FROM show('items_half', 20) WHERE search IN ('exact', 'max');

-- Given queries; NULLs and queries that nothing is near to do not count.
SELECT search, recall > .9 AS good FROM vecstore.recall('items_l2', (SELECT array_agg(vecstore.random_vector(12, -i)) FROM generate_series(1, 30) i), 5)
  WHERE search IN ('exact', 'max');
SELECT search, recall FROM vecstore.recall('items_half', ARRAY[NULL, array_fill(0, ARRAY[12])::halfvec]) WHERE search IN ('exact', 'max');
SELECT search, recall FROM vecstore.recall('items_l2', '{}'::vector[]) WHERE search IN ('exact', 'max');
SELECT search, recall, lowest, milliseconds, pages FROM vecstore.recall('items_part', ARRAY[array_fill(0, ARRAY[12])::vector]) WHERE search IN ('exact', 'max');

-- Ties are no mistakes: every row is at the same distance.
CREATE TABLE same AS SELECT i AS id, '[1,2,3]'::vector(3) AS v FROM generate_series(1, 100) i;
CREATE INDEX same_idx ON same USING hnsw (v vector_l2_ops);
SELECT search, recall, lowest FROM vecstore.recall('same_idx');

-- Fewer rows than k, and none at all.
DELETE FROM same WHERE id > 4;
SELECT search, recall FROM vecstore.recall('same_idx', 10, 1000) WHERE search IN ('exact', 'balanced');
DELETE FROM same;
SELECT search, ef_search, recall, lowest, milliseconds, pages FROM vecstore.recall('same_idx');

-- Row level security: neighbours and queries are among the rows the caller sees.
CREATE ROLE hnsw_recall_reader;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON items USING (owner = current_user);
GRANT SELECT ON items TO hnsw_recall_reader;
SET ROLE hnsw_recall_reader;
SELECT count(*) FROM items;
SELECT search, recall > .9 AS good FROM vecstore.recall('items_l2', 20) WHERE search IN ('exact', 'balanced', 'max');
RESET ROLE;
REVOKE SELECT ON items FROM hnsw_recall_reader;
SET ROLE hnsw_recall_reader;
SELECT * FROM vecstore.recall('items_l2');
RESET ROLE;

-- What cannot be measured.
SELECT * FROM vecstore.recall('items_l2', 0);
SELECT * FROM vecstore.recall('items_l2', 100001);
SELECT * FROM vecstore.recall('items_l2', 10, 0);
SELECT * FROM vecstore.recall('items_l2', 10, 1001);
SELECT * FROM vecstore.recall('items_l2', ARRAY['[1]'::halfvec]);
SELECT * FROM vecstore.recall('items_l2', ARRAY['[1]'::vector]);
SELECT * FROM vecstore.recall('items_pkey');
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_l2'::regclass;
SELECT * FROM vecstore.recall('items_l2');
UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'items_l2'::regclass;
DROP INDEX same_idx;
INSERT INTO same VALUES (1, '[1,2,3]');
BEGIN;
UPDATE same SET v = '[3,2,1]';
CREATE INDEX same_new ON same USING hnsw (v vector_l2_ops);
SELECT * FROM vecstore.recall('same_new');
ROLLBACK;

-- A measurement within a measurement, and in a transaction that may not write.
CREATE TABLE nested AS SELECT i AS id, vecstore.random_vector(3, i)::vector(3) AS v FROM generate_series(1, 5) i;
CREATE INDEX nested_v ON nested USING hnsw (v vector_l2_ops);
CREATE FUNCTION measured(int) RETURNS bool STABLE LANGUAGE sql
  AS $$ SELECT bool_and(recall > 0) FROM vecstore.recall('items_part', 1, 1) $$;
ALTER TABLE nested ENABLE ROW LEVEL SECURITY;
CREATE POLICY measured ON nested USING (measured(id));
GRANT SELECT ON nested TO hnsw_recall_reader;
GRANT SELECT ON items TO hnsw_recall_reader;
SET ROLE hnsw_recall_reader;
BEGIN READ ONLY;
SELECT search, recall FROM vecstore.recall('nested_v', 2, 3);
COMMIT;
RESET ROLE;

-- After an error other indexes are back.
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT id FROM items WHERE id = 1;

DROP TABLE items, same, nested;
DROP FUNCTION measured;
DROP FUNCTION show;
DROP ROLE hnsw_recall_reader;
