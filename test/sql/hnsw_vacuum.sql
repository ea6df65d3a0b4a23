-- UPDATE, DELETE and VACUUM: every answer follows, and freed slots are used again.
CREATE TABLE items (id int PRIMARY KEY, v vector(2), note text) WITH (fillfactor = 50);
INSERT INTO items SELECT i, ARRAY[i % 30, i / 30] FROM generate_series(0, 899) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;

SELECT id FROM items ORDER BY v <-> '[10.1,10.2]' LIMIT 1;
DELETE FROM items WHERE id = 310;
SELECT id FROM items ORDER BY v <-> '[10.1,10.2]' LIMIT 1;
UPDATE items SET v = '[10,10]' WHERE id = 5;
SELECT id FROM items ORDER BY v <-> '[10.1,10.2]' LIMIT 1;
SELECT id FROM items ORDER BY v <-> '[5.1,-1]' LIMIT 1;
VACUUM items;
SELECT id FROM items ORDER BY v <-> '[10.1,10.2]' LIMIT 1;
SELECT rows FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

-- HOT updates make no index entries; others make one, until VACUUM.
UPDATE items SET note = 'hot' WHERE id < 10;
SELECT rows FROM vecstore.index_stats('items_idx');
CREATE INDEX items_note ON items (note);
UPDATE items SET note = 'not hot' WHERE id < 10;
SELECT rows, duplicates FROM vecstore.index_stats('items_idx');
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[3,0]') s;

-- A region is emptied; what lies around it stays reachable.
DELETE FROM items WHERE v <-> '[15,15]' < 10;
SELECT count(*) AS left_over FROM items;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[15,15]') s;
VACUUM items;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[15,15]') s;
SELECT rows, dead_share FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

-- All but one, all, and then new rows; the index does not grow past what it had.
SELECT pages AS pages_before FROM vecstore.index_stats('items_idx') \gset
DELETE FROM items WHERE id <> 42;
VACUUM items;
SELECT id, v FROM items ORDER BY v <-> '[29,29]';
DELETE FROM items;
VACUUM items;
SELECT id, v FROM items ORDER BY v <-> '[29,29]';
SELECT rows, levels FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';
INSERT INTO items SELECT i, ARRAY[i % 30, i / 30] FROM generate_series(0, 899) i;
SELECT id FROM items ORDER BY v <-> '[10.1,10.2]' LIMIT 1;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[15,15]') s;
SELECT pages <= :pages_before AS reused FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

-- Ten rounds of replacing a fifth of the rows.
DO $$
BEGIN
  FOR round IN 0..9 LOOP
    DELETE FROM items WHERE id % 5 = round % 5;
    INSERT INTO items SELECT i, ARRAY[i % 30, i / 30] FROM generate_series(0, 899) i WHERE i % 5 = round % 5;
  END LOOP;
END $$;
VACUUM items;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[15,15]') s;
SELECT rows FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

-- The other ways to vacuum.
DELETE FROM items WHERE id < 100;
VACUUM (INDEX_CLEANUP OFF) items;
SELECT id FROM items ORDER BY v <-> '[0,0]' LIMIT 1;
VACUUM (INDEX_CLEANUP ON, PARALLEL 2) items;
VACUUM (FREEZE, ANALYZE) items;
SELECT rows FROM vecstore.index_stats('items_idx');
VACUUM FULL items;
SELECT count(DISTINCT id) FROM (SELECT id FROM items ORDER BY v <-> '[15,15]') s;
SELECT reltuples FROM pg_class WHERE relname = 'items_idx';
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';

DROP TABLE items;
