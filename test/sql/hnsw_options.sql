-- Index options, and what CREATE INDEX refuses.
CREATE TABLE items (id int, v vector(3), h halfvec(3), untyped vector, a real[], tag text);
INSERT INTO items VALUES (1, '[1,2,3]', '[1,2,3]', '[1,2,3]', '{1,2,3}', 'x');

CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 32);
SELECT reloptions FROM pg_class WHERE relname = 'items_idx';
SELECT m, ef_construction FROM vecstore.index_stats('items_idx');
DROP INDEX items_idx;

CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SELECT reloptions FROM pg_class WHERE relname = 'items_idx';
SELECT m, ef_construction FROM vecstore.index_stats('items_idx');
DROP INDEX items_idx;

-- The ends of each range.
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 2, ef_construction = 4);
SELECT id FROM items ORDER BY v <-> '[0,0,0]';
DROP INDEX items_idx;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 100, ef_construction = 1000);
SELECT m, ef_construction FROM vecstore.index_stats('items_idx');
DROP INDEX items_idx;

CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (m = 1);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (m = 101);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (ef_construction = 3);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (ef_construction = 1001);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (m = 16, ef_construction = 31);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (m = 'many');
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (lists = 100);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) WITH (fillfactor = 90);

-- A per-index default of the candidate list, changeable without a rebuild.
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (ef_search = 10001);
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (ef_search = 100);
ALTER INDEX items_idx SET (ef_search = 200);
SELECT reloptions FROM pg_class WHERE relname = 'items_idx';
ALTER INDEX items_idx RESET (ef_search);
ALTER INDEX items_idx SET (ef_search = -1);

-- What the graph was built with is stored with it; a changed option counts from the next REINDEX on.
ALTER INDEX items_idx SET (m = 24, ef_construction = 96);
SELECT m, ef_construction FROM vecstore.index_stats('items_idx');
INSERT INTO items (id, v) VALUES (2, '[4,5,6]');
SELECT * FROM vecstore.check_index('items_idx') WHERE severity = 'error';
REINDEX INDEX items_idx;
SELECT m, ef_construction FROM vecstore.index_stats('items_idx');
CLUSTER items USING items_idx;
DROP INDEX items_idx;

-- Columns: one, of a type with dimensions, with the operator class named.
CREATE INDEX ON items USING hnsw (untyped vector_l2_ops);
CREATE INDEX ON items USING hnsw (v);
CREATE INDEX ON items USING hnsw (a);
CREATE INDEX ON items USING hnsw (a vector_l2_ops);
CREATE INDEX ON items USING hnsw (h vector_l2_ops);
CREATE INDEX ON items USING hnsw (v vector_l2_ops, h halfvec_l2_ops);
CREATE INDEX ON items USING hnsw (v vector_l2_ops) INCLUDE (id);
CREATE UNIQUE INDEX ON items USING hnsw (v vector_l2_ops);
CREATE INDEX ON items USING hnsw (v vector_l2_ops DESC);
CREATE INDEX ON items USING hnsw (v vector_l2_ops NULLS FIRST);
CREATE INDEX ON items USING hnsw (v vector_ops);
ALTER TABLE items ADD EXCLUDE USING hnsw (v vector_l2_ops WITH <->);

-- An expression gives a column of unknown dimensions its dimensions.
CREATE INDEX items_expr ON items USING hnsw ((untyped::vector(3)) vector_l2_ops);
INSERT INTO items (id, untyped) VALUES (3, '[1,2]');
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE untyped IS NOT NULL ORDER BY untyped::vector(3) <-> '[1,2,3]';
SELECT id FROM items WHERE untyped IS NOT NULL ORDER BY untyped::vector(3) <-> '[1,2,3]';

DROP TABLE items;
