-- avg and sum of vector and halfvec

SELECT avg(v), sum(v) FROM unnest('{"[1,2,3]","[3,5,7]"}'::vector[]) v;
SELECT avg(v), sum(v) FROM unnest('{"[1,2,3]","[3,5,7]"}'::halfvec[]) v;
SELECT avg(v), sum(v) FROM unnest('{"[1,2,3]",NULL,"[3,5,7]"}'::vector[]) v;
SELECT avg(v), sum(v) FROM unnest('{}'::vector[]) v;
SELECT avg(v), sum(v) FROM unnest('{NULL}'::halfvec[]) v;
SELECT avg(v), sum(v) FROM unnest('{"[-0]","[-0]"}'::vector[]) v;

-- avg sums in double precision, sum in the type itself
SELECT avg(v) FROM unnest('{"[3e38]","[3e38]"}'::vector[]) v;
SELECT sum(v) FROM unnest('{"[3e38]","[3e38]"}'::vector[]) v;
SELECT avg(v) FROM unnest('{"[65504]","[65504]"}'::halfvec[]) v;
SELECT sum(v) FROM unnest('{"[65504]","[65504]"}'::halfvec[]) v;
SELECT sum(v), avg(v) FROM unnest('{"[2048]","[1]","[1]"}'::halfvec[]) v;

SELECT avg(v) FROM unnest('{"[1,2]","[3]"}'::vector[]) v;
SELECT avg(v) FROM unnest('{"[1,2]","[3]"}'::halfvec[]) v;
SELECT sum(v) FROM unnest('{"[1,2]","[3]"}'::vector[]) v;
SELECT sum(v) FROM unnest('{"[1,2]","[3]"}'::halfvec[]) v;

-- grouped, ordered, filtered, over a window
CREATE TABLE items AS SELECT i, i % 3 AS part, ARRAY[i, -i]::vector AS v FROM generate_series(1, 9) i;
SELECT part, avg(v), sum(v::halfvec), avg(v) FILTER (WHERE i > 7) FROM items GROUP BY part ORDER BY part;
SELECT i, avg(v) OVER (ORDER BY i ROWS 1 PRECEDING), sum(v) OVER (ORDER BY i) FROM items WHERE i < 5;

-- states
SELECT vector_accum('{0}', '[1,2,3]'), vector_accum('{1,4,5,6}', '[1,2,3]'), halfvec_accum('{0}', '[1,2]');
SELECT vector_combine('{0}', '{0}'), vector_combine('{1,2,3}', '{0}'), vector_combine('{0}', '{1,2,3}'), vector_combine('{1,2,3}', '{4,5,6}'), halfvec_combine('{1,2}', '{3,4}');
SELECT vector_avg('{2,1,2}'), vector_avg('{0}'), vector_avg('{0,1}'), halfvec_avg('{2,1,2}');
-- the state a caller passes is not changed
SELECT vector_accum(s, '[1]'), vector_combine(s, s), s FROM (SELECT ARRAY[1, 2]::float8[] AS s OFFSET 0) t;

SELECT vector_accum('{}', '[1]');
SELECT vector_accum('{{0}}', '[1]');
SELECT vector_accum('{NULL}', '[1]');
SELECT halfvec_accum('{}', '[1]');
SELECT vector_accum('{1,2}', '[1,2]');
SELECT vector_accum('{1,1.7e308}', '[3e38]');
SELECT vector_accum('{1,Infinity}', '[1]');
SELECT vector_combine('{}', '{0}');
SELECT vector_combine('{0}', '{}');
SELECT halfvec_combine('{}', '{0}');
SELECT vector_combine('{1,2}', '{1,2,3}');
SELECT vector_combine('{1,1.7e308}', '{1,1.7e308}');
SELECT vector_combine('{0}', '{1,Infinity}'), vector_combine('{0}', '{1,-0}');
SELECT vector_combine('{1}', array_fill(1::float8, ARRAY[16002]));
SELECT vector_avg('{}');
SELECT halfvec_avg('{}');
SELECT vector_avg('{1}');
SELECT vector_avg(array_fill(1::float8, ARRAY[16002]));
SELECT vector_avg('{1,1e39}');
SELECT vector_avg('{1,NaN}');
SELECT halfvec_avg('{1,65520}');

-- in parallel
CREATE TABLE many AS SELECT ARRAY[i % 7, i % 11, 1]::vector AS v FROM generate_series(1, 20000) i;
ANALYZE many;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT avg(v), sum(v), avg(v::halfvec) FROM many;
SELECT avg(v), sum(v), avg(v::halfvec) FROM many;
SET max_parallel_workers_per_gather = 0;
SELECT avg(v), sum(v), avg(v::halfvec) FROM many;
DROP TABLE items, many;
