-- A scan without LIMIT returns every indexed row once, whatever the candidate list; with a list that holds the
-- whole table the order is exact.
CREATE FUNCTION sample(rows int, dim int, seed int) RETURNS TABLE(id int, v vector) LANGUAGE sql AS $$
  SELECT i, (SELECT array_agg((hashint8extended(i::bigint * 1000 + j, seed) & 1023)::int - 511.5) FROM generate_series(1, dim) j)::vector
  FROM generate_series(1, rows) i
$$;

-- report(table, operator, query): rows that came through the index, how many of them different, how many out
-- of order, and whether their distances are those of a sequential scan.
CREATE FUNCTION report(rel regclass, op text, q text, OUT returned bigint,
  OUT different bigint, OUT misplaced bigint, OUT same_distances bool) LANGUAGE plpgsql AS $$
DECLARE
  ordered text := format('SELECT id, v OPERATOR(public.%s) %L AS d FROM %s ORDER BY v OPERATOR(public.%1$s) %2$L', op, q, rel);
  by_index float8[];
  exact float8[];
BEGIN
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_sort = off;
  EXECUTE format('SELECT array_agg(d ORDER BY n), count(*), count(DISTINCT id), count(*) FILTER (WHERE d < previous)
    FROM (SELECT *, lag(d) OVER (ORDER BY n) AS previous FROM (SELECT *, row_number() OVER () AS n FROM (%s) a) b) c', ordered)
    INTO by_index, returned, different, misplaced;
  SET LOCAL enable_seqscan = on;
  SET LOCAL enable_sort = on;
  SET LOCAL enable_indexscan = off;
  EXECUTE format('SELECT array_agg(d) FROM (%s) a', ordered) INTO exact;
  SET LOCAL enable_indexscan = on;
  same_distances := by_index = exact;
END $$;

CREATE TABLE items (id int, v vector(8));
INSERT INTO items SELECT * FROM sample(2000, 8, 1);
CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
CREATE INDEX items_ip ON items USING hnsw (v vector_ip_ops);
CREATE INDEX items_cosine ON items USING hnsw (v vector_cosine_ops);
CREATE INDEX items_l1 ON items USING hnsw (v vector_l1_ops);
\set q '[1,-20,300,-400,50,60,-7,88]'
SET hnsw.ef_search = 10000;
SELECT * FROM report('items', '<->', :'q');
SELECT * FROM report('items', '<#>', :'q');
SELECT * FROM report('items', '<=>', :'q');
SELECT * FROM report('items', '<+>', :'q');

-- A short list finds some rows late, but all of them.
SET hnsw.ef_search = 1;
SELECT returned, different FROM report('items', '<->', :'q');
SELECT returned, different FROM report('items', '<#>', :'q');
SELECT returned, different FROM report('items', '<=>', :'q');
SELECT returned, different FROM report('items', '<+>', :'q');
SET hnsw.iterative_scan = relaxed_order;
SELECT returned, different FROM report('items', '<->', :'q');
RESET hnsw.iterative_scan;
SET hnsw.ef_search = 10000;

-- After a third was replaced.
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
INSERT INTO items SELECT id + 2000, v FROM sample(2000, 8, 2) WHERE id % 3 = 0;
SELECT * FROM report('items', '<->', :'q');
SELECT * FROM report('items', '<#>', :'q');
SELECT * FROM report('items', '<=>', :'q');
SELECT * FROM report('items', '<+>', :'q');
SELECT indexrelid::regclass AS index, problems.*
  FROM pg_index, LATERAL vecstore.check_index(indexrelid) AS problems WHERE indrelid = 'items'::regclass AND severity = 'error';

-- Clusters far apart, inserted one after the other: no cluster may be left behind.
CREATE TABLE clusters (id int, v vector(8));
CREATE INDEX clusters_idx ON clusters USING hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 8);
INSERT INTO clusters SELECT c * 1000 + id, v + array_fill(c * 100000, ARRAY[8])::vector
  FROM generate_series(0, 9) c, sample(100, 8, 3);
SELECT * FROM report('clusters', '<->', '[0,0,0,0,0,0,0,0]');
SET hnsw.ef_search = 20;
SELECT returned, different FROM report('clusters', '<->', '[1e6,1e6,1e6,1e6,1e6,1e6,1e6,1e6]');
SET hnsw.ef_search = 10000;
SELECT * FROM vecstore.check_index('clusters_idx') WHERE severity = 'error';
REINDEX INDEX clusters_idx;
SELECT * FROM report('clusters', '<->', '[0,0,0,0,0,0,0,0]');

-- One dimension, in ascending order: the worst order for a graph that grows.
CREATE TABLE line (id int, v vector(1));
CREATE INDEX line_idx ON line USING hnsw (v vector_l2_ops) WITH (m = 2, ef_construction = 4);
INSERT INTO line SELECT i, ARRAY[i] FROM generate_series(1, 2000) i;
SELECT * FROM report('line', '<->', '[0]');
SELECT * FROM report('line', '<->', '[1e6]');
SELECT * FROM vecstore.check_index('line_idx') WHERE severity = 'error';

-- The most links there can be, the list full with all of them.
CREATE INDEX line_dense ON line USING hnsw (v vector_l1_ops) WITH (m = 100, ef_construction = 400);
SELECT * FROM report('line', '<+>', '[1000.3]');
INSERT INTO line SELECT i, ARRAY[i] FROM generate_series(2001, 2400) i;
SELECT * FROM report('line', '<+>', '[1000.3]');
SELECT * FROM vecstore.check_index('line_dense') WHERE severity = 'error';

-- halfvec
CREATE TABLE halves (id int, v halfvec(8));
INSERT INTO halves SELECT id, v FROM sample(1000, 8, 4);
CREATE INDEX halves_idx ON halves USING hnsw (v halfvec_l2_ops);
SELECT * FROM report('halves', '<->', :'q');

DROP TABLE items, clusters, line, halves;
DROP FUNCTION report, sample;
