-- halfvec columns: rounding to half precision is part of the type, not of the index.
CREATE TABLE items (id int, h halfvec(4));
INSERT INTO items SELECT i, ARRAY[i, -i, i / 2.0, 1] FROM generate_series(1, 500) i;
CREATE INDEX items_idx ON items USING hnsw (h halfvec_l2_ops);
SET enable_seqscan = off;
SELECT id, h, round((h <-> '[100.25,-100,50,1]')::numeric, 3) AS distance FROM items ORDER BY h <-> '[100.25,-100,50,1]' LIMIT 3;

-- The query may be a vector: it is rounded to halfvec by the implicit cast.
EXPLAIN (COSTS OFF) SELECT id FROM items ORDER BY h <-> '[100.01,-100,50,1]'::vector LIMIT 1;
SELECT id FROM items ORDER BY h <-> '[100.01,-100,50,1]'::vector LIMIT 1;

-- The largest and the smallest half-precision numbers.
INSERT INTO items VALUES (1001, '[65504,65504,65504,65504]'), (1002, '[-65504,65504,65504,65504]'), (1003, '[6e-8,0,0,0]');
SELECT id, h FROM items ORDER BY h <-> '[65504,65504,65504,65504]' LIMIT 2;
SELECT id, h FROM items ORDER BY h <-> '[0,0,0,0]' LIMIT 2;
SELECT count(*) FROM (SELECT id FROM items ORDER BY h <-> '[0,0,0,0]') s;
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';
DROP INDEX items_idx;

-- Different vectors that round to one halfvec are duplicates.
TRUNCATE items;
INSERT INTO items VALUES (1, '[1.0001,1,1,1]'), (2, '[1.0002,1,1,1]'), (3, '[1.002,1,1,1]');
CREATE INDEX items_idx ON items USING hnsw (h halfvec_ip_ops);
SELECT * FROM (SELECT id, h FROM items ORDER BY h <#> '[1,1,1,1]') s ORDER BY h DESC, id;
SELECT rows, duplicates FROM vecstore.index_stats('items_idx');

DROP TABLE items;
