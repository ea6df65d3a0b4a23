-- 11-types-other-schema.sql - the types work in a schema that is not on the search path.
--
-- The extension is dropped and created again in schema "extensions", in one transaction that is rolled
-- back.  Only names with a schema are used from there on.
BEGIN;
SELECT plan(14);

DROP EXTENSION vecstore CASCADE;
CREATE SCHEMA extensions;
CREATE EXTENSION vecstore SCHEMA extensions;
SET LOCAL search_path = public;

SELECT is(to_regtype('vector'), NULL, 'the type is not on the search path');
SELECT is('[1,2]'::extensions.vector::text, '[1,2]', 'input and output');
SELECT is('[0,0]'::extensions.vector OPERATOR(extensions.<->) '[3,4]', 5::float8, 'operator with schema');
SELECT is(extensions.cosine_distance('[1,0]'::extensions.halfvec, '[0,1]'), 1::float8, 'function with schema');
SELECT is(('[1,2]'::extensions.vector::extensions.halfvec)::text, '[1,2]', 'casts');
SELECT is(ARRAY[1, 2]::extensions.vector(2)::real[], '{1,2}'::real[], 'casts of arrays');
SELECT is(to_json('[1,2]'::extensions.vector)::text, '[1,2]', 'cast to json');
SELECT is('[1,2]'::jsonb::extensions.vector::text, '[1,2]', 'cast from jsonb');
SELECT is(extensions.avg(v)::text, '[1.5]', 'aggregate') FROM unnest('{[1],[2]}'::extensions.vector[]) v;
SELECT is(vecstore.random_vector(3, 1)::text, vecstore.random_vector(3, 1)::text, 'own functions stay in schema vecstore');
SELECT is(vecstore.mmr_agg(i, i, v, 2, 0.5), '{1,2}'::int[], 'choosing by vectors') FROM unnest('{[1],[2]}'::extensions.vector[]) WITH ORDINALITY u(v, n), LATERAL (SELECT n::int) x(i);
SELECT is((SELECT array_agg(id ORDER BY rank) FROM vecstore.fuse('rrf', ARRAY[(SELECT vecstore.ranking(i, -i) FROM generate_series(1, 3) i)])),
  '{3,2,1}'::bigint[], 'fusing');
CREATE TABLE elsewhere (v extensions.vector(2) PRIMARY KEY);
INSERT INTO elsewhere VALUES ('[2,1]'), ('[1,2]');
SELECT results_eq('SELECT v::text FROM elsewhere ORDER BY v', ARRAY['[1,2]', '[2,1]'], 'btree order');
SELECT is((SELECT count(DISTINCT v) FROM elsewhere), 2::bigint, 'DISTINCT');

SELECT * FROM finish();
ROLLBACK;
