-- Rows inserted into an index that was built empty, one by one and in bulk.
CREATE TABLE items (id int, v vector(3));
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
SELECT rows, levels FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

INSERT INTO items VALUES (1, '[1,1,1]');
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
INSERT INTO items VALUES (2, '[0,0,1]');
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
COPY items FROM STDIN;
3	[2,2,2]
4	[0,1,1]
5	[3,0,0]
\.
SELECT * FROM items ORDER BY v <-> '[0,0,0]';

-- A row of the wrong length is refused by its type, and the index does not see it.
INSERT INTO items VALUES (6, '[1,2]');

-- Rows of a rolled back transaction stay invisible; the index holds them until VACUUM.
BEGIN;
INSERT INTO items VALUES (7, '[0,0,0.5]');
SELECT id FROM items ORDER BY v <-> '[0,0,0]' LIMIT 1;
SAVEPOINT s;
INSERT INTO items VALUES (8, '[0,0,0.25]');
ROLLBACK TO s;
SELECT id FROM items ORDER BY v <-> '[0,0,0]' LIMIT 1;
ROLLBACK;
SELECT id FROM items ORDER BY v <-> '[0,0,0]' LIMIT 1;
VACUUM items;
SELECT rows FROM vecstore.index_stats('items_idx');

-- In bulk: a grid, so that every answer is known.
INSERT INTO items SELECT 1000 + i, ARRAY[i % 20, i / 20, 10] FROM generate_series(0, 399) i;
SELECT id, v FROM items ORDER BY v <-> '[7.1,13.2,10.1]' LIMIT 1;
SELECT round((v <-> '[0,0,10]')::numeric, 3) AS distance FROM items ORDER BY v <-> '[0,0,10]' LIMIT 6;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[5,5,5]') s;
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

-- Emptied and filled again.
TRUNCATE items;
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
INSERT INTO items VALUES (1, '[1,1,1]');
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
BEGIN;
TRUNCATE items;
INSERT INTO items VALUES (2, '[2,2,2]');
ROLLBACK;
SELECT * FROM items ORDER BY v <-> '[0,0,0]';
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

DROP TABLE items;
