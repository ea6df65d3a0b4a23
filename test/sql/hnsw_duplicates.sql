-- Equal vectors share a node, however many there are, and every row of them is found.
CREATE TABLE copies (id int, v vector(3));
INSERT INTO copies SELECT i, '[1,1,1]' FROM generate_series(1, 3000) i;
INSERT INTO copies SELECT 3000 + i, ARRAY[i, 0, 0] FROM generate_series(2, 11) i;
CREATE INDEX copies_idx ON copies USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;

SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM copies ORDER BY v <-> '[1,1,1]' LIMIT 3000) s WHERE id <= 3000;
SELECT id FROM copies ORDER BY v <-> '[1,1,1]' OFFSET 3000;
SELECT count(DISTINCT id) FROM (SELECT id FROM copies ORDER BY v <-> '[9,9,9]') s;
SELECT rows, duplicates FROM vecstore.index_stats('copies_idx');

-- Added later, one by one and after others were removed.
INSERT INTO copies SELECT 4000 + i, '[1,1,1]' FROM generate_series(1, 500) i;
DELETE FROM copies WHERE id % 2 = 0;
VACUUM copies;
SELECT rows, duplicates FROM vecstore.index_stats('copies_idx');
SELECT * FROM vecstore.check_index('copies_idx') WHERE severity = 'error';
INSERT INTO copies SELECT 5000 + i, '[1,1,1]' FROM generate_series(1, 500) i;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM copies ORDER BY v <-> '[1,1,1]') s;

-- A new version of a row whose vector stays the same is one more duplicate until VACUUM.
CREATE INDEX copies_id ON copies (id);
UPDATE copies SET id = -id;
SELECT count(*), count(DISTINCT id), max(id) FROM (SELECT id FROM copies ORDER BY v <-> '[1,1,1]') s;
VACUUM copies;
SELECT rows, duplicates FROM vecstore.index_stats('copies_idx');
SELECT * FROM vecstore.check_index('copies_idx') WHERE severity = 'error';

-- The last of them goes, and one comes back.
DELETE FROM copies WHERE v = '[1,1,1]';
VACUUM copies;
SELECT id FROM copies ORDER BY v <-> '[1,1,1]';
INSERT INTO copies VALUES (1, '[1,1,1]'), (2, '[1,1,1]');
SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM copies ORDER BY v <-> '[1,1,1]' LIMIT 2) s;
SELECT rows, duplicates FROM vecstore.index_stats('copies_idx');
SELECT * FROM vecstore.check_index('copies_idx') WHERE severity = 'error';

-- Vectors at distance 0 that are no copies of each other.
CREATE TABLE signs (id int, v vector(2));
INSERT INTO signs VALUES (1, '[0,1]'), (2, '[-0,1]'), (3, '[0,2]');
CREATE INDEX signs_l2 ON signs USING hnsw (v vector_l2_ops);
CREATE INDEX signs_cosine ON signs USING hnsw (v vector_cosine_ops);
SELECT * FROM (SELECT id, v, v <-> '[0,1]' AS distance FROM signs ORDER BY v <-> '[0,1]') s ORDER BY distance, id;
SELECT * FROM (SELECT id, v, v <=> '[0,1]' AS distance FROM signs ORDER BY v <=> '[0,1]') s ORDER BY distance, id;
SELECT * FROM vecstore.check_index('signs_cosine') WHERE severity = 'error';

DROP TABLE copies, signs;
