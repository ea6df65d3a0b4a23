-- Temporary and unlogged tables, and switching between logged and unlogged.
SET enable_seqscan = off;
CREATE TEMP TABLE scratch (id int, v vector(2));
CREATE INDEX scratch_idx ON scratch USING hnsw (v vector_l2_ops);
INSERT INTO scratch SELECT i, ARRAY[i, 0] FROM generate_series(1, 300) i;
SELECT id FROM scratch ORDER BY v <-> '[150.2,0]' LIMIT 3;
DELETE FROM scratch WHERE id = 150;
VACUUM scratch;
SELECT id FROM scratch ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT rows FROM vecstore.index_stats('scratch_idx');
SELECT * FROM vecstore.check_index('scratch_idx') WHERE severity = 'error';
REINDEX INDEX scratch_idx;
SELECT count(*) FROM (SELECT id FROM scratch ORDER BY v <-> '[150.2,0]') s;

CREATE TEMP TABLE passing (id int, v vector(2)) ON COMMIT DELETE ROWS;
CREATE INDEX passing_idx ON passing USING hnsw (v vector_l2_ops);
BEGIN;
INSERT INTO passing VALUES (1, '[1,1]'), (2, '[2,2]');
SELECT id FROM passing ORDER BY v <-> '[2,2]';
COMMIT;
SELECT id FROM passing ORDER BY v <-> '[2,2]';
SELECT * FROM vecstore.check_index('passing_idx') WHERE severity = 'error';

CREATE UNLOGGED TABLE unlogged (id int, v vector(2));
CREATE INDEX unlogged_idx ON unlogged USING hnsw (v vector_l2_ops);
INSERT INTO unlogged SELECT i, ARRAY[i, 0] FROM generate_series(1, 300) i;
SELECT id FROM unlogged ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT pg_relation_size('unlogged_idx', 'init') > 0 AS has_init_fork;
ALTER TABLE unlogged SET LOGGED;
SELECT id FROM unlogged ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT pg_relation_size('unlogged_idx', 'init') > 0 AS has_init_fork;
ALTER TABLE unlogged SET UNLOGGED;
SELECT id FROM unlogged ORDER BY v <-> '[150.2,0]' LIMIT 3;
SELECT * FROM vecstore.check_index('unlogged_idx') WHERE severity = 'error';

-- A table rewrite builds the index anew, whatever the reason for the rewrite.
ALTER TABLE unlogged ALTER COLUMN id TYPE bigint;
SELECT id FROM unlogged ORDER BY v <-> '[150.2,0]' LIMIT 3;
ALTER TABLE unlogged ALTER COLUMN v TYPE vector(3) USING (v::real[] || 0::real)::vector;
SELECT id FROM unlogged ORDER BY v <-> '[150.2,0,0]' LIMIT 3;
SELECT dimensions FROM vecstore.index_stats('unlogged_idx');
SELECT * FROM vecstore.check_index('unlogged_idx') WHERE severity = 'error';

DROP TABLE scratch, passing, unlogged;
