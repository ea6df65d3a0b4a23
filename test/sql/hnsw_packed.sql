-- Codes of 4 and 2 bits a dimension: the same index, coarser.
SET enable_seqscan = off;
CREATE TABLE shapes (dims int, code text);
INSERT INTO shapes VALUES (3072, 'sq4'), (8000, 'sq2');

-- For both codes, both types and all metrics: a build and inserts into it; after each step the index is sound
-- and returns what a sort returns, in its order.
CREATE FUNCTION check_answers(step text, type text, operator text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  query text := format('SELECT array_agg(id) FROM (SELECT id FROM packed ORDER BY (v %s $1::%s) %%s LIMIT 10) nearest', operator, type);
  probe text;
  by_index int[];
  by_sort int[];
BEGIN
  FOR probe IN SELECT v::text FROM probes LOOP
    EXECUTE format(query, '') INTO by_index USING probe;
    EXECUTE format(query, '+ 0') INTO by_sort USING probe;
    IF by_index <> by_sort OR cardinality(by_index) <> 10 THEN
      RETURN NEXT format('%s: %s instead of %s', step, by_index, by_sort);
    END IF;
  END LOOP;
  RETURN QUERY SELECT format('%s: %s %s %s', step, severity, location, problem) FROM vecstore.check_index('packed_v_idx');
END $$;

CREATE FUNCTION try_shape(dims int, code text, type text, metric text, operator text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  PERFORM set_config('client_min_messages', 'warning', true);
  DROP TABLE IF EXISTS packed, probes;
  EXECUTE format('CREATE TABLE packed (id int, v %s(%s))', type, dims);
  EXECUTE format('CREATE TABLE probes (v %s(%s))', type, dims);
  EXECUTE format('INSERT INTO packed SELECT i, vecstore.random_vector(%s, i)::%s FROM generate_series(1, 40) i', dims, type);
  EXECUTE format('INSERT INTO probes SELECT vecstore.random_vector(%s, 1000 + i)::%s FROM generate_series(1, 3) i', dims, type);
  EXECUTE format('CREATE INDEX ON packed USING hnsw (v %s_%s_ops)', type, metric);
  SELECT s.code INTO found FROM vecstore.index_stats('packed_v_idx') s;
  IF found <> code THEN
    RETURN NEXT format('code %s instead of %s', found, code);
  END IF;
  RETURN QUERY SELECT check_answers('built', type, operator);
  EXECUTE format('INSERT INTO packed SELECT i, vecstore.random_vector(%s, i)::%s FROM generate_series(41, 60) i', dims, type);
  -- Equal vectors share a node.
  INSERT INTO packed SELECT 100 + id, v FROM packed WHERE id IN (5, 45);
  RETURN QUERY SELECT check_answers('inserted', type, operator);
END $$;

-- Ties between equal vectors could come out either way: the probes are far from both.
SELECT dims, type, metric, problem FROM shapes,
  (VALUES ('vector'), ('halfvec')) types (type),
  (VALUES ('l2', '<->'), ('ip', '<#>'), ('cosine', '<=>'), ('l1', '<+>')) metrics (metric, operator),
  LATERAL try_shape(dims, code, type, metric, operator) AS problem;

-- The last table that was tried (VACUUM does not run in a function).
SELECT duplicates, nodes FROM vecstore.index_stats('packed_v_idx');
DELETE FROM packed WHERE id % 3 = 0;
VACUUM packed;
SELECT check_answers('vacuumed', 'halfvec', '<+>');
INSERT INTO packed SELECT i, vecstore.random_vector(8000, i)::halfvec FROM generate_series(201, 230) i;
SELECT check_answers('reused', 'halfvec', '<+>');
SELECT rows, dead_share FROM vecstore.index_stats('packed_v_idx');
UPDATE packed SET v = vecstore.random_vector(8000, 900)::halfvec WHERE id = 7;
SELECT id FROM packed ORDER BY v <+> vecstore.random_vector(8000, 900)::halfvec LIMIT 1;
SELECT check_answers('updated', 'halfvec', '<+>');

-- Vectors of two parts of unlike size, and queries that lack a part of a row: bounds must hold for them, too, or
-- the executor would complain about the order.
CREATE TABLE parts (id int, head vector(2050), tail vector(2050), v vector(4100));
INSERT INTO parts SELECT i, vecstore.random_vector(2050, i), vecstore.random_vector(2050, 500 + i) * array_fill(0.02, ARRAY[2050])::vector
  FROM generate_series(1, 50) i;
UPDATE parts SET v = head || tail;
CREATE INDEX parts_idx ON parts USING hnsw (v vector_l2_ops);
SELECT code FROM vecstore.index_stats('parts_idx');
SELECT p.id FROM parts p,
  LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM parts ORDER BY v <-> (p.head || array_fill(0, ARRAY[2050])::vector) LIMIT 5) n) a,
  LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM parts ORDER BY (v <-> (p.head || array_fill(0, ARRAY[2050])::vector)) + 0 LIMIT 5) n) b
  WHERE a.ids IS DISTINCT FROM b.ids;
SELECT p.id FROM parts p,
  LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM parts ORDER BY v <-> (array_fill(0, ARRAY[2050])::vector || p.tail) LIMIT 5) n) a,
  LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM parts ORDER BY (v <-> (array_fill(0, ARRAY[2050])::vector || p.tail)) + 0 LIMIT 5) n) b
  WHERE a.ids IS DISTINCT FROM b.ids;

DROP TABLE parts, packed, probes, shapes;
DROP FUNCTION try_shape, check_answers;
