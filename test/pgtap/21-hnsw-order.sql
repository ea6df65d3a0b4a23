-- hnsw: for random data of many shapes a search with a long list gives the exact order, for each type and metric.
\set ECHO none
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
BEGIN;
SELECT no_plan();
SELECT setseed(0.42);

-- A random vector of dim numbers of one kind.
CREATE FUNCTION draw(kind text, dim int) RETURNS vector LANGUAGE sql VOLATILE AS $$
  SELECT array_agg(CASE kind
    WHEN 'uniform' THEN random() - 0.5
    WHEN 'positive' THEN random() * 100
    WHEN 'clustered' THEN floor(random() * 3) * 10 + random()
    WHEN 'sparse' THEN greatest(0, random() - 0.8)
    WHEN 'tiny' THEN (random() - 0.5) * 1e-3
    WHEN 'huge' THEN (random() - 0.5) * 6e4
    WHEN 'integer' THEN floor(random() * 3)
  END) FROM generate_series(1, dim)
$$;
-- compare(kind, dim, type, metric, operator) - distances of all rows through the index and by sorting agree; if
-- not, the report says from which row on.
CREATE FUNCTION compare(kind text, dim int, type text, metric text, operator text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  query text;
  ordered text;
  by_index float8[];
  by_sort float8[];
  difference text := 'none';
BEGIN
  EXECUTE format('CREATE TABLE drawn (id int, v %s(%s))', type, dim);
  EXECUTE 'INSERT INTO drawn SELECT i, draw($1, $2) FROM generate_series(1, 150) i' USING kind, dim;
  EXECUTE format('CREATE INDEX ON drawn USING hnsw (v %s_%s_ops)', type, metric);
  EXECUTE 'INSERT INTO drawn SELECT i, draw($1, $2) FROM generate_series(151, 300) i' USING kind, dim;
  EXECUTE 'SELECT draw($1, $2)::text' INTO query USING kind, dim;
  ordered := format('SELECT array_agg(d) FROM (SELECT v %s %L::%s AS d FROM drawn ORDER BY v %1$s %2$L::%3$s) s WHERE d <> ''NaN''',
    operator, query, type);
  PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
    set_config('enable_indexscan', 'on', true), set_config('hnsw.ef_search', '1000', true);
  EXECUTE ordered INTO by_index;
  PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true),
    set_config('enable_indexscan', 'off', true);
  EXECUTE ordered INTO by_sort;
  DROP TABLE drawn;
  IF by_index IS DISTINCT FROM by_sort THEN
    SELECT format('row %s of %s is %s, not %s', n, cardinality(by_sort), coalesce(by_index[n]::text, 'missing'), by_sort[n]) INTO difference
      FROM generate_series(1, cardinality(by_sort)) n WHERE by_index[n] IS DISTINCT FROM by_sort[n] ORDER BY n LIMIT 1;
  END IF;
  RETURN is(difference, 'none', format('%s(%s), %s numbers, by %s', type, dim, kind, operator));
END $$;

SELECT compare(kind, dim, type, metric, operator)
  FROM unnest('{uniform,positive,clustered,sparse,tiny,huge,integer}'::text[]) kind, unnest('{1,3,17,100}'::int[]) dim,
    unnest('{vector,halfvec}'::text[]) type,
    (VALUES ('l2', '<->'), ('ip', '<#>'), ('cosine', '<=>'), ('l1', '<+>')) AS metrics(metric, operator);

SELECT * FROM finish();
ROLLBACK;
