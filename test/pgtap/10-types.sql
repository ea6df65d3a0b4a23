-- 10-types.sql - properties of vector and halfvec: round trips, algebra, the shape of the catalogue.
--
-- Random vectors are reproducible: the seed is the row number, and grows the dimension with it.
BEGIN;
SELECT no_plan();

CREATE TEMP TABLE sample AS
SELECT i, vecstore.random_vector(1 + (i * 7) % 300, i) AS v,
       vecstore.random_vector(1 + (i * 7) % 300, -i) AS w
FROM generate_series(1, 300) i;
ALTER TABLE sample ADD h halfvec, ADD g halfvec;
UPDATE sample SET h = v, g = w;

-- every way out leads back in
SELECT is_empty($$ SELECT i FROM sample WHERE v::text::vector <> v $$, 'vector to text and back');
SELECT is_empty($$ SELECT i FROM sample WHERE h::text::halfvec <> h $$, 'halfvec to text and back');
SELECT is_empty($$ SELECT i FROM sample WHERE v::real[]::vector <> v $$, 'vector to real[] and back');
SELECT is_empty($$ SELECT i FROM sample WHERE h::real[]::halfvec <> h $$, 'halfvec to real[] and back');
SELECT is_empty($$ SELECT i FROM sample WHERE v::real[]::float8[]::vector <> v $$, 'vector to float8[] and back');
SELECT is_empty($$ SELECT i FROM sample WHERE v::jsonb::vector <> v $$, 'vector to jsonb and back');
SELECT is_empty($$ SELECT i FROM sample WHERE h::jsonb::halfvec <> h $$, 'halfvec to jsonb and back');
SELECT is_empty($$ SELECT i FROM sample WHERE v::json::jsonb <> v::jsonb $$, 'json and jsonb of a vector agree');
SELECT is_empty($$ SELECT i FROM sample WHERE h::vector::halfvec <> h $$, 'halfvec to vector and back');
SELECT is_empty($$ SELECT i FROM sample WHERE (ARRAY[v, w]::text)::vector[] <> ARRAY[v, w] $$, 'vector[] to text and back');

-- the binary form, through a file of the server
CREATE TEMP TABLE copied (LIKE sample);
DO $$
DECLARE file text := current_setting('data_directory') || '/sample.bin';
BEGIN
  EXECUTE format('COPY sample TO %L WITH (FORMAT binary)', file);
  EXECUTE format('COPY copied FROM %L WITH (FORMAT binary)', file);
END $$;
SELECT bag_eq('SELECT i, v, h FROM copied', 'SELECT i, v, h FROM sample', 'binary form out and in');
SELECT is_empty(
  $$ SELECT i FROM sample WHERE length(vector_send(v)) <> 4 + 4 * vector_dims(v) OR length(halfvec_send(h)) <> 4 + 2 * vector_dims(h) $$,
  'length of the binary form');

-- all halves that are finite: exact in text, real[] and order
CREATE TEMP TABLE half AS
SELECT bits, CASE WHEN bits & 32768 = 0 THEN 1 ELSE -1 END *
       CASE WHEN (bits >> 10) & 31 = 0 THEN (bits & 1023) * 2 ^ -24
            ELSE (1024 + (bits & 1023)) * 2 ^ (((bits >> 10) & 31) - 25) END AS value
FROM generate_series(0, 65535) bits WHERE (bits >> 10) & 31 <> 31;
SELECT is_empty(
  $$ SELECT bits FROM half WHERE (ARRAY[value]::float8[]::halfvec::real[])[1] <> value $$, 'every half survives a cast');
SELECT is_empty(
  $$ SELECT bits FROM half WHERE ('[' || value::real || ']')::halfvec <> ARRAY[value]::float8[]::halfvec $$, 'every half survives text');
SELECT is_empty(
  $$ SELECT bits FROM half WHERE bits <> 32768 AND right(halfvec_send(ARRAY[value]::float8[]::halfvec)::text, 4) <> lpad(to_hex(bits), 4, '0') $$,
  'every half has the bits of IEEE 754');

-- algebra
SELECT is_empty($$ SELECT i FROM sample WHERE v <-> w <> w <-> v OR v <#> w <> w <#> v OR v <=> w <> w <=> v OR v <+> w <> w <+> v $$,
  'distances of vectors commute');
SELECT is_empty($$ SELECT i FROM sample WHERE h <-> g <> g <-> h OR h <#> g <> g <#> h OR h <=> g <> g <=> h OR h <+> g <> g <+> h $$,
  'distances of halfvecs commute');
SELECT is_empty($$ SELECT i FROM sample WHERE v <-> v <> 0 OR v <+> v <> 0 OR abs(v <=> v) > 1e-6 OR h <-> h <> 0 OR h <+> h <> 0 $$,
  'the distance to itself is 0');
SELECT is_empty($$ SELECT i FROM sample WHERE v + w <> w + v OR v * w <> w * v OR v - v <> v * (w - w) OR (h + g)::text <> (g + h)::text $$,
  'addition and multiplication commute');
SELECT is_empty($$ SELECT i FROM sample WHERE abs((v <-> w) - vector_norm(v - w)) > 1e-4 $$, '<-> is the norm of the difference');
SELECT is_empty($$ SELECT i FROM sample WHERE abs(-(v <#> v) - vector_norm(v) ^ 2) > 1e-3 $$, 'a vector times itself is its squared norm');
SELECT is_empty($$ SELECT i FROM sample WHERE abs(vector_norm(l2_normalize(v)) - 1) > 1e-6 OR abs(l2_norm(l2_normalize(h)) - 1) > 1e-3 $$,
  'normalized vectors have norm 1');
SELECT is_empty($$ SELECT i FROM sample WHERE abs((v <=> w) + vecstore.cosine_similarity(v, w) - 1) > 1e-9 $$,
  'cosine similarity is 1 - cosine distance');
SELECT is_empty(
  $$ SELECT i FROM sample WHERE vecstore.chebyshev_distance(v, w) > (v <-> w) + 1e-5 OR v <-> w > (v <+> w) + 1e-4
     OR vecstore.bray_curtis_distance(v, w) NOT BETWEEN 0 AND 1 OR vecstore.canberra_distance(v, w) NOT BETWEEN 0 AND vector_dims(v) $$,
  'chebyshev <= euclidean <= taxicab; bray-curtis and canberra stay in their ranges');
SELECT is_empty(
  $$ SELECT i FROM sample s, LATERAL (SELECT max(abs(a - b)) AS chebyshev, sum(abs(a - b)) AS difference,
            sum(abs(a) + abs(b)) AS total, sum(abs(a - b) / (abs(a) + abs(b))) AS canberra
            FROM unnest(v::real[]::float8[], w::real[]::float8[]) AS e(a, b)) expected
     WHERE abs(vecstore.chebyshev_distance(v, w) - chebyshev) > 1e-9 OR abs(vecstore.canberra_distance(v, w) - canberra) > 1e-9
        OR abs(vecstore.bray_curtis_distance(v, w) - difference / total) > 1e-9 $$,
  'chebyshev, canberra and bray-curtis by definition');
SELECT is_empty($$ SELECT i FROM sample WHERE subvector(v, 1, i) || subvector(v || v, vector_dims(v) + 1, 1) <> subvector(v, 1, i) || subvector(v, 1, 1) $$,
  'parts put together');
SELECT is_empty(
  $$ SELECT i FROM sample WHERE binary_quantize(v)::text <> (SELECT string_agg((x > 0)::int::text, '' ORDER BY n) FROM unnest(v::real[]) WITH ORDINALITY e(x, n)) $$,
  'binary_quantize by definition');

-- order: total, and that of arrays
SELECT is_empty($$ SELECT a.i, b.i FROM sample a, sample b WHERE a.i <= 60 AND b.i <= 60 AND vector_cmp(a.v, b.v) <> -vector_cmp(b.v, a.v) $$,
  'the order is antisymmetric');
SELECT results_eq('SELECT i FROM sample ORDER BY v, i', 'SELECT i FROM sample ORDER BY v::real[], i', 'vectors sort as arrays do');
SELECT results_eq('SELECT i FROM sample ORDER BY h, i', 'SELECT i FROM sample ORDER BY h::real[], i', 'halfvecs sort as arrays do');

-- aggregates
SELECT is_empty(
  $$ SELECT n FROM (SELECT avg(a) AS average, sum(a) AS total FROM (SELECT vecstore.random_vector(50, i) AS a FROM generate_series(1, 99) i) r) agg,
     LATERAL unnest(average::real[], total::real[]) WITH ORDINALITY AS e(average_n, total_n, n),
     LATERAL (SELECT avg(x::float8) AS mean FROM generate_series(1, 99) i, unnest(vecstore.random_vector(50, i)::real[]) WITH ORDINALITY AS u(x, m) WHERE m = n) expected
     WHERE abs(average_n - mean) > 1e-6 OR abs(total_n - 99 * mean) > 1e-4 $$,
  'avg and sum by definition');

-- random vectors
SELECT is(vecstore.random_vector(100, 7), vecstore.random_vector(100, 7), 'a seed gives one vector');
SELECT is((SELECT count(DISTINCT vecstore.random_vector(8, i)) FROM generate_series(1, 1000) i), 1000::bigint, 'seeds give different vectors');
SELECT is_empty($$ SELECT x FROM unnest(vecstore.random_vector(16000, 1)::real[]) x WHERE x < -1 OR x >= 1 $$, 'random numbers are in [-1, 1)');
SELECT ok(abs(avg(x)) < 0.02 AND abs(stddev(x) - 1 / sqrt(3)) < 0.01, 'random numbers are uniform') FROM unnest(vecstore.random_vector(16000, 1)::real[]) x;

-- the catalogue
SELECT is_empty(
  $$ SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
     WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
       AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vecstore')
       AND obj_description(objid, classid::regclass::name) IS NULL
       -- an array type comes with its element type, a row type with its view
       AND NOT (classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = objid AND (typelem <> 0 OR typrelid <> 0))) $$,
  'every object of the extension has a comment');
-- (functions with internal arguments are parts of aggregates, which decide about nulls themselves)
CREATE TEMP VIEW type_function AS
SELECT p.* FROM pg_proc p, pg_depend d
WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vecstore')
  AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
  AND (prorettype IN ('vector'::regtype, 'halfvec'::regtype) OR 'vector'::regtype = ANY (proargtypes) OR 'halfvec'::regtype = ANY (proargtypes))
  AND 'internal'::regtype <> ALL (proargtypes);
SELECT cmp_ok((SELECT count(*) FROM type_function), '>=', 80::bigint, 'the functions of the types are found');
SELECT is_empty($$ SELECT oid::regprocedure FROM type_function WHERE provolatile <> 'i' OR NOT proisstrict OR proparallel <> 's' OR proleakproof $$,
  'functions of the types are immutable, strict, parallel safe, not leakproof');
SELECT is_empty(
  $$ SELECT oid::regoperator FROM pg_operator WHERE oprname IN ('<->', '<#>', '<=>', '<+>', '=', '<>', '+', '*')
     AND oprleft IN ('vector'::regtype, 'halfvec'::regtype) AND oprright = oprleft AND oprcom <> oid $$,
  'symmetric operators are their own commutators');
SELECT results_eq(
  $$ SELECT typname, typstorage, typalign, typmodout::oid FROM pg_type WHERE oid IN ('vector'::regtype, 'halfvec'::regtype) ORDER BY typname $$,
  $$ VALUES ('halfvec'::name, 'm'::"char", 'i'::"char", 0::oid), ('vector', 'm', 'i', 0) $$,
  'both types stay in the row, are aligned as int4 and print their modifier in the standard form');
SELECT bag_eq(
  $$ SELECT format_type(castsource, NULL) AS source, format_type(casttarget, NULL) AS target, castcontext FROM pg_cast
     WHERE castsource IN ('vector'::regtype, 'halfvec'::regtype) OR casttarget IN ('vector'::regtype, 'halfvec'::regtype) $$,
  $$ VALUES ('vector', 'vector', 'i'::"char"), ('halfvec', 'halfvec', 'i'), ('vector', 'halfvec', 'i'), ('halfvec', 'vector', 'a'),
     ('integer[]', 'vector', 'a'), ('real[]', 'vector', 'a'), ('double precision[]', 'vector', 'a'), ('numeric[]', 'vector', 'a'), ('vector', 'real[]', 'i'),
     ('integer[]', 'halfvec', 'a'), ('real[]', 'halfvec', 'a'), ('double precision[]', 'halfvec', 'a'), ('numeric[]', 'halfvec', 'a'), ('halfvec', 'real[]', 'a'),
     ('vector', 'json', 'a'), ('halfvec', 'json', 'a'), ('vector', 'jsonb', 'a'), ('halfvec', 'jsonb', 'a'), ('jsonb', 'vector', 'a'), ('jsonb', 'halfvec', 'a') $$,
  'casts and their contexts');
SELECT is(proparallel, 's'::"char", p.oid::regprocedure || ' runs in workers') FROM pg_proc p
WHERE p.oid IN ('avg(vector)'::regprocedure, 'sum(vector)'::regprocedure, 'avg(halfvec)'::regprocedure, 'sum(halfvec)'::regprocedure);

SELECT * FROM finish();
ROLLBACK;
