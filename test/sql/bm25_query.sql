-- Full-text queries: builders, the type bm25query, the plain score.

-- any of the words, in their order; stop words leave nothing
SELECT vecstore.or_tsquery('english', 'The cats chased a dog''s tail \ again and again');
SELECT vecstore.or_tsquery('english', 'the of and'), vecstore.or_tsquery('simple', '');
SELECT vecstore.or_tsquery('pg_catalog.simple', 'b a b') @@ 'a'::tsvector, 'b | a'::tsquery = vecstore.or_tsquery('simple', 'b a b');
SELECT vecstore.websearch_or_tsquery('english', 'blue "sad cats" -dogs tails');
SELECT vecstore.websearch_or_tsquery('english', 'blue cats or sad dogs -tails');
SELECT vecstore.websearch_or_tsquery('english', '-dogs'), vecstore.websearch_or_tsquery('english', '-dogs -cats');
SELECT vecstore.websearch_or_tsquery('english', ''), vecstore.websearch_or_tsquery('english', 'cats'), vecstore.websearch_or_tsquery('english', '"sad cats"');
SELECT vecstore.phrase_boost_query('english', 'sad blue cats'), vecstore.phrase_boost_query('english', 'cats'), vecstore.phrase_boost_query('english', 'the');
SET default_text_search_config = 'simple';
SELECT vecstore.or_tsquery('The cats'), vecstore.websearch_or_tsquery('The cats'), vecstore.phrase_boost_query('The cats');
SELECT vecstore.or_tsquery('english', NULL) IS NULL, vecstore.websearch_or_tsquery('english', NULL) IS NULL;

-- terms: distinct, in the order of the query
SELECT vecstore.bm25_terms('b & a & (c:* | b) & !d & a:A & a:AC'::tsquery), vecstore.bm25_terms('') = '{}';

-- bm25query and its text
CREATE TABLE pets (id int, v tsvector);
CREATE INDEX "Pets @ home" ON pets USING bm25 (v);
SELECT vecstore.bm25query('cat & ''it''''s''', '"Pets @ home"');
SELECT vecstore.bm25query('cat', '"Pets @ home"', 3, 20), vecstore.bm25query('cat', '"Pets @ home"', NULL, NULL);
SELECT q, q::text::vecstore.bm25query::text = q::text FROM (SELECT vecstore.bm25query('''a @ b'' & ''c\\d''', '"Pets @ home"', 0.5, 7)) x(q);
SELECT '''cat'' @ -'::vecstore.bm25query, 'cat@"Pets @ home"   k=3'::vecstore.bm25query;
SELECT 'cat'::vecstore.bm25query;
-- and its binary form
SELECT vecstore.bm25query_send(vecstore.bm25query('cat', '"Pets @ home"', 3, 20));
CREATE TABLE asked (q vecstore.bm25query);
CREATE TABLE received (q vecstore.bm25query);
INSERT INTO asked VALUES ('cat'), (vecstore.bm25query('a <-> ''b @ c''', '"Pets @ home"', 0.5, 7));
DO $$
DECLARE file text := current_setting('data_directory') || '/bm25_queries.bin';
BEGIN
  EXECUTE format('COPY asked TO %L WITH (FORMAT binary)', file);
  EXECUTE format('COPY received FROM %L WITH (FORMAT binary)', file);
END $$;
SELECT q FROM received;
DROP TABLE asked, received;
SELECT 'cat @ nowhere'::vecstore.bm25query;
SELECT 'cat @ "Pets @ home" boost=x'::vecstore.bm25query;
SELECT 'cat @ "Pets @ home" boost=NaN'::vecstore.bm25query;
SELECT 'cat @ "Pets @ home" k='::vecstore.bm25query;
SELECT '& @ "Pets @ home"'::vecstore.bm25query;
SELECT vecstore.bm25query('cat', 'pets', -1);
SELECT vecstore.bm25query('cat', 'pets', 1000.5);
SELECT vecstore.bm25query('cat', 'pets', 'Infinity');
SELECT vecstore.bm25query('cat', 'pets', 1, -1);
SELECT 'a'::tsvector <@> vecstore.bm25query('a', 'pets');
SELECT 'a'::tsvector <@> vecstore.bm25query('a', 4000000000::oid::regclass);

-- without an index there is no score, unless asked for
SELECT 'a b'::tsvector <@> 'a'::tsquery;
SET vecstore.bm25_without_index = on;
SELECT 'a b'::tsvector <@> 'a'::tsquery < 0, 'a b'::tsvector <@> 'c'::tsquery, ''::tsvector <@> ''::tsquery;
RESET vecstore.bm25_without_index;
SELECT 'a b'::tsvector <@> 'a @ -'::vecstore.bm25query;
-- a bare literal is a query without an index: it gets the one on the column
INSERT INTO pets VALUES (1, 'cat dog'), (2, 'cat'), (3, 'bird');
EXPLAIN (COSTS OFF) SELECT id FROM pets ORDER BY v <@> 'cat & dog' LIMIT 3;
SELECT id, v <@> 'cat | dog' = v <@> 'cat | dog'::tsquery AS same FROM pets ORDER BY v <@> 'cat | dog' LIMIT 3;
SELECT id FROM pets ORDER BY v <@> 'cat &' LIMIT 3;
SELECT 'cat'::tsvector <@> 'cat';
SELECT 'cat @'::vecstore.bm25query;

-- the plain score against the formula in SQL: documents of random words, classes and stripped ones
CREATE FUNCTION slow_score(d tsvector, t text[], n float8, avg float8, dfs float8[], k1 float8, b float8, w int[]) RETURNS float8 LANGUAGE sql AS $$
  WITH tf AS (SELECT u.lexeme, CASE WHEN u.positions IS NULL THEN 1 ELSE (SELECT sum(w[position(c IN 'DCBA')]) FROM unnest(u.weights) c) END AS f FROM unnest(d) u),
       len AS (SELECT least(coalesce(sum(f), 0), 65535) AS l FROM tf)
  SELECT coalesce(sum(ln(1 + (n - dfs[i] + 0.5) / (dfs[i] + 0.5)) * (f * (k1 + 1) / (f + k1 * (1 - b + b * l / avg)))), 0)
  FROM generate_subscripts(t, 1) i JOIN tf ON lexeme = t[i], len WHERE f > 0 $$;
SELECT count(*), count(*) FILTER (WHERE abs(fast - slow) > 1e-12 * (1 + slow)) AS wrong, count(*) FILTER (WHERE slow > 0) > 100 AS some
FROM (SELECT vecstore.bm25_score(d, q, 1000, 20, dfs, k1, b, 2, w) AS fast,
             slow_score(d, vecstore.bm25_terms(q), 1000, 20, dfs, k1, b, w) AS slow
      FROM (SELECT (SELECT string_agg(format('w%s%s', (i * j * 7) % 23, CASE i % 5 WHEN 0 THEN '' ELSE ':' || j || substr('ABCD', 1 + (i + j) % 4, 1) END), ' ')
                    FROM generate_series(1, i % 30) j)::tsvector AS d,
                   format('w%s | w%s | w%s', i % 23, (i * 5) % 23, (i * 3 + 1) % 23)::tsquery AS q,
                   (ARRAY[0, 1.2, 2])[1 + i % 3]::float8 AS k1, (ARRAY[0, 0.75, 1])[1 + i / 3 % 3]::float8 AS b,
                   (ARRAY['{1,1,1,1}', '{0,1,2,255}', '{3,0,0,1}'])[1 + i / 9 % 3]::int[] AS w, i
            FROM generate_series(1, 600) i WHERE i % 30 > 0) x,
           LATERAL (SELECT array_agg(((k * 37) % 1000)::float8) FROM generate_subscripts(vecstore.bm25_terms(q), 1) k) y(dfs)) z;

-- phrases: the boost is for the terms of a phrase that the document has
SELECT vecstore.bm25_score('a:1 b:2 c:3', 'a <-> b', 9, 3, '{2,2}') / vecstore.bm25_score('a:1 b:2 c:3', 'a & b', 9, 3, '{2,2}') AS twice,
       vecstore.bm25_score('a:1 b:2 c:3', 'a <-> c', 9, 3, '{2,2}') AS none,
       vecstore.bm25_score('a:1 b:2 c:3', 'a | b | a <-> b', 9, 3, '{2,2}', phrase_boost => 3) / vecstore.bm25_score('a:1 b:2 c:3', 'a | b', 9, 3, '{2,2}') AS thrice,
       abs(vecstore.bm25_score('a:1 b:2 c:3', 'a | b | a <-> c', 9, 3, '{2,2,2}') - vecstore.bm25_score('a:1 b:2 c:3', 'a | b | c', 9, 3, '{2,2,2}')) < 1e-12 AS no_boost;
-- what is excluded does not score; a document of nothing but exclusions scores 0
SELECT vecstore.bm25_score('a b', 'a & !c', 9, 3, '{2,2}') = vecstore.bm25_score('a b', 'a', 9, 3, '{2}') AS same, vecstore.bm25_score('a b', '!c', 9, 3, '{2}') AS zero,
       vecstore.bm25_score('a b', 'a & !b', 9, 3, '{2,2}') AS excluded;
-- prefixes are one term: frequencies add up
SELECT vecstore.bm25_score('ab:1 ac:2,3', 'a:*', 9, 3, '{2}') = vecstore.bm25_score('x:1,2,3', 'x', 9, 3, '{2}') AS same;

-- bad input
SELECT vecstore.bm25_score('a', 'a', 'NaN', 3, '{2}');
SELECT vecstore.bm25_score('a', 'a', 9, 'Infinity', '{2}');
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{2,3}');
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{NULL}');
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{2}', -1);
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{2}', 1, 1.5);
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{2}', weights => '{1,1,1}');
SELECT vecstore.bm25_score('a', 'a', 9, 3, '{2}', weights => '{1,1,1,256}');
SELECT vecstore.bm25_score('a', 'a', 1, 3, '{5}') > 0 AS df_larger_than_n, vecstore.bm25_score('a', 'a', 9, 0, '{2}') > 0 AS no_average;
-- long: a thousand terms, lexemes of 2 kB, positions at their limit
SELECT vecstore.bm25_score(d, q, 1000, 500, array_fill(5::float8, '{1000}')) > 0
FROM (SELECT string_agg('t' || i, ' ')::tsvector, string_agg('t' || i, ' | ')::tsquery FROM generate_series(1, 1000) i) x(d, q);
SELECT vecstore.bm25_score(format('%s:16383', repeat('x', 2046))::tsvector, repeat('x', 2046)::tsquery, 9, 3, '{2}') > 0 AS long_lexeme,
       vecstore.bm25_score('a:16382 b:16383,16384,20000', 'a <-> b', 9, 3, '{2,2}') > 0 AS last_positions;
DROP FUNCTION slow_score;
DROP TABLE pets;
