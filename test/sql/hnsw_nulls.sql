-- NULL vectors are not indexed; zero vectors are not indexed under cosine, where they have no distance.
CREATE TABLE items (id int, v vector(3), h halfvec(3));
INSERT INTO items (id, v) VALUES (1, '[1,1,1]'), (2, NULL), (3, '[0,0,0]'), (4, '[1,0,0]'), (5, NULL), (6, '[-0,0,0]');
UPDATE items SET h = v;
CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
CREATE INDEX items_cosine ON items USING hnsw (v vector_cosine_ops);
CREATE INDEX items_half ON items USING hnsw (h halfvec_cosine_ops);
SET enable_seqscan = off;

SELECT array_agg(id ORDER BY d, id) FROM (SELECT id, v <-> '[1,1,1]' AS d FROM items ORDER BY v <-> '[1,1,1]') s;
SELECT id FROM items ORDER BY v <=> '[1,1,1]';
SELECT id FROM items ORDER BY h <=> '[1,1,1]';
SELECT rows FROM vecstore.index_stats('items_l2');
SELECT rows FROM vecstore.index_stats('items_cosine');

-- The same for rows that come later, and for rows that change.
INSERT INTO items (id, v, h) VALUES (7, NULL, NULL), (8, '[0,0,0]', '[0,0,0]'), (9, '[0,1,0]', '[0,1,0]');
UPDATE items SET v = '[2,2,2.5]' WHERE id = 2;
UPDATE items SET v = NULL WHERE id = 4;
SELECT array_agg(id ORDER BY d, id) FROM (SELECT id, v <-> '[1,1,1]' AS d FROM items ORDER BY v <-> '[1,1,1]') s;
SELECT id FROM items ORDER BY v <=> '[1,1,1]';

-- A halfvec may become zero by rounding; it is what is stored that counts.
INSERT INTO items (id, h) VALUES (10, '[1e-9,0,0]');
SELECT array_agg(id ORDER BY d, id) FROM (SELECT id, h <=> '[1,1,1]' AS d FROM items ORDER BY h <=> '[1,1,1]') s;

-- A query that is NULL, or zero under cosine, orders nothing, but still returns every indexed row.
SET plan_cache_mode = force_generic_plan;
PREPARE nearest_l2(vector) AS SELECT id FROM items ORDER BY v <-> $1;
EXPLAIN (COSTS OFF) EXECUTE nearest_l2(NULL);
SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM items ORDER BY v <-> (SELECT NULL::vector)) s;
SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM items ORDER BY v <=> (SELECT '[0,0,0]'::vector)) s;
RESET plan_cache_mode;

SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error';
SELECT * FROM vecstore.check_index('items_cosine') WHERE severity = 'error';

-- Nothing but NULLs.
CREATE TABLE nothing (v vector(3));
INSERT INTO nothing SELECT NULL FROM generate_series(1, 100);
CREATE INDEX nothing_idx ON nothing USING hnsw (v vector_l2_ops);
SELECT * FROM nothing ORDER BY v <-> '[1,1,1]' LIMIT 1;
SELECT rows, levels FROM vecstore.index_stats('nothing_idx');
VACUUM nothing;
SELECT * FROM vecstore.check_index('nothing_idx') WHERE severity = 'error';

DROP TABLE items, nothing;
