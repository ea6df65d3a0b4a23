-- casts of vector and halfvec: dimension, each other, arrays, JSON

-- each other: rounds to even; an unknown literal next to a halfvec is a halfvec
SELECT '[1,0.1,2049,65504,65519,1e-8,-0]'::vector::halfvec;
SELECT '[1,0.1,2049,65504,1e-8,-0]'::halfvec::vector;
SELECT '[65520]'::vector::halfvec;
SELECT '[1,2,3]'::vector::halfvec(3), '[1,2,3]'::halfvec::vector(3);
SELECT '[1,2,3]'::vector::halfvec(2);
SELECT '[1,2,3]'::halfvec::vector(2);
SELECT '[1,2]'::vector::vector(3);
SELECT '[1,2]'::halfvec::halfvec(3);
SELECT '[1,2]'::halfvec <-> '[1,3]'::vector;

-- from arrays
SELECT ARRAY[1,2,3]::vector, ARRAY[1.5,2]::real[]::vector, ARRAY[1.5,2]::float8[]::vector, ARRAY[1.5,2]::numeric[]::vector;
SELECT ARRAY[1,2,3]::halfvec, ARRAY[1.5,2]::real[]::halfvec, ARRAY[1.5,2]::float8[]::halfvec, ARRAY[1.5,2]::numeric[]::halfvec;
SELECT '{2147483647,16777217}'::int[]::vector, '{0.1,1e-46}'::float8[]::vector, '{0.1,3.4e38}'::numeric[]::vector, '[0:1]={1,2}'::int[]::vector;
SELECT '{1,2,3}'::real[]::vector(3), '{1,2,3}'::int[]::halfvec(3);
SELECT '{1,2,3}'::real[]::vector(2);
SELECT '{1,2,3}'::int[]::halfvec(2);
SELECT '{}'::real[]::vector;
SELECT '{}'::real[]::halfvec;
SELECT '{{1}}'::real[]::vector;
SELECT '{{1,2},{3,4}}'::real[]::halfvec;
SELECT '{1,NULL}'::int[]::vector;
SELECT '{NULL}'::real[]::halfvec;
SELECT '{NaN}'::real[]::vector;
SELECT '{-Infinity}'::real[]::vector;
SELECT '{Infinity}'::float8[]::halfvec;
SELECT '{NaN}'::numeric[]::halfvec;
SELECT '{1e40}'::float8[]::vector;
SELECT '{1e40}'::numeric[]::vector;
SELECT '{-65520}'::int[]::halfvec;
SELECT '{1,65520.5}'::float8[]::halfvec;
SELECT array_agg(i)::vector FROM generate_series(1, 16001) i;
-- an array that had a null and lost it keeps its null bitmap
SELECT array_replace('{1,NULL,3}'::real[], NULL, 2)::vector;
-- not from other types of arrays
SELECT '{1}'::bigint[]::vector;

-- to arrays
SELECT '[1,2.5,-0]'::vector::real[], '[1,2.5,0.1]'::halfvec::real[];
SELECT sum(x) FROM unnest('[1,2]'::vector::real[]) x;
SELECT '[1,2]'::vector::float8[];

-- assignment
CREATE TABLE cast_target (v vector(2), h halfvec(2), a real[]);
INSERT INTO cast_target SELECT ARRAY[1,2], ARRAY[1.5,2]::numeric[], '[1,2]'::vector;
INSERT INTO cast_target SELECT '[3,4]'::halfvec, '[3,4]'::vector, '[3,4]'::halfvec;
INSERT INTO cast_target SELECT '[5,6]'::jsonb, '[5,6]'::jsonb, NULL;
INSERT INTO cast_target (h) SELECT ARRAY[1,2,3];
SELECT * FROM cast_target;

-- JSON: real arrays, inside rows and aggregates too
SELECT '[1,2.5,1e38,-0,1e-05]'::vector::json, '[1,2.5,-0]'::halfvec::json;
SELECT '[1,2.5,1e10,-0,1e-05]'::vector::jsonb, '[1,2.5,-0]'::halfvec::jsonb;
SELECT to_json('[1,2]'::vector), to_jsonb('[1,2]'::halfvec), json_build_object('v', '[1,2]'::vector), jsonb_build_array('[1,2]'::halfvec);
SELECT row_to_json(t) FROM cast_target t;
SELECT json_agg(v), jsonb_agg(h) FROM cast_target;
SELECT to_json(ARRAY['[1,2]','[3,4]']::vector[]);
SELECT json_populate_record(NULL::cast_target, '{"v": [7,8], "h": "[7,8]"}');

SELECT '[1, 2.5, 3e10]'::jsonb::vector, '[1, 2.5, 65504]'::jsonb::halfvec, '[1,2]'::jsonb::vector(2);
SELECT '[1,2]'::jsonb::vector(3);
SELECT '[]'::jsonb::vector;
SELECT '{"a": 1}'::jsonb::vector;
SELECT '1'::jsonb::vector;
SELECT '"[1,2]"'::jsonb::halfvec;
SELECT 'null'::jsonb::vector;
SELECT 'true'::jsonb::vector;
SELECT '[1,"2"]'::jsonb::vector;
SELECT '[1,null]'::jsonb::vector;
SELECT '[[1,2]]'::jsonb::vector;
SELECT '[1,{"a":2}]'::jsonb::halfvec;
SELECT '[1e40]'::jsonb::vector;
SELECT '[65520]'::jsonb::halfvec;
SELECT jsonb_agg(i)::vector FROM generate_series(1, 16001) i;
