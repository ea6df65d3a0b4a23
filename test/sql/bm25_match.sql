-- What matches is what @@ matches: in doubtful cases, at random, and at the limits of tsvector and tsquery.

-- Asked through the score: a term that every document has makes it positive where only negations match.
CREATE FUNCTION matches(document tsvector, query tsquery) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT vecstore.bm25_score(document || 'zz:1', query && 'zz', 10, 1, array_fill(1.0::float8, ARRAY[cardinality(vecstore.bm25_terms(query && 'zz'))])) > 0
$$;

-- Where positions are in doubt.
SELECT document, query, document::tsvector @@ query::tsquery AS postgres, matches(document::tsvector, query::tsquery) AS ours
FROM (VALUES ('a b', 'a <-> b'), ('a b', '!(a <-> b)'), ('a b', 'a:A'), ('a b', '!a:A'), ('a:1 ab', 'a:* <-> b'), ('ab b:2', 'a:* <-> b'),
             ('a:1 b:2', '!a <-> b'), ('b:2', '!a <-> b'), ('c:1', '!a <-> !b'), ('a:1 b:2', '!a <-> !b'),
             ('a:1 b:2 c:3', 'a <-> (b <-> c)'), ('a:1 b:2 c:3', '(a <-> b) <-> c'), ('a:1 c:3', 'a <-> !b <-> c'),
             ('a:1 b:2 c:3', 'a <-> !b <-> c'), ('a:1,2', 'a <-> a'), ('a:1', 'a <0> a'), ('a:1A b:1B', 'a:A <0> b:B'),
             ('a:16383 b:16383', 'a <-> b'), ('a:16383 b:1', '(a | (c <-> b)) <-> b'), ('a:1 b:16383', 'a <16382> b'), ('a:16383 b:5 c:1 d:1', '(a & !(c <-> b)) <-> d'),
             ('', 'a'), ('', '!a'), ('a:1', '!!a')) v(document, query);

-- At random: small alphabets, so that words meet; trees of every shape.
SELECT setseed(0.125);
CREATE FUNCTION random_document(stripped float8) RETURNS tsvector LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(string_agg((ARRAY['a', 'b', 'c', 'ab', 'abc', 'd'])[1 + floor(random() * 6)::int] ||
                             CASE WHEN random() < stripped THEN ''
                                  ELSE ':' || CASE WHEN random() < 0.05 THEN 16380 + floor(random() * 4) ELSE 1 + floor(random() * 8) END::int
                                       || (ARRAY['', 'A', 'B', 'C'])[1 + floor(random() * 4)::int] END, ' '), '')::tsvector
  FROM generate_series(1, floor(random() * 8)::int)
$$;
CREATE FUNCTION random_query(depth int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  kind float8 := random();
BEGIN
  IF depth = 0 OR kind < 0.15 THEN
    RETURN (ARRAY['a', 'b', 'c', 'ab', 'abc', 'e', 'a:*', 'ab:*', 'a:A', 'a:*BC', 'b:D', 'c:AB'])[1 + floor(random() * 12)::int];
  ELSIF kind < 0.3 THEN
    RETURN '!(' || random_query(depth - 1) || ')';
  END IF;
  RETURN '(' || random_query(depth - 1) ||
    CASE WHEN kind < 0.45 THEN ' & ' WHEN kind < 0.6 THEN ' | ' WHEN kind < 0.85 THEN ' <-> ' ELSE ' <' || floor(random() * 4)::int || '> ' END
    || random_query(depth - 1) || ')';
END $$;
CREATE TABLE pairs AS
SELECT random_document(CASE WHEN i % 4 = 0 THEN 0.3 ELSE 0 END) AS document, random_query(1 + i % 5)::tsquery AS query
FROM generate_series(1, 20000) i;
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE document @@ query) BETWEEN 5000 AND 15000 AS both_kinds,
       count(*) FILTER (WHERE query::text LIKE '%<%') > 8000 AS phrases,
       count(*) FILTER (WHERE (document @@ query) IS DISTINCT FROM matches(document, query)) AS differ
FROM pairs;
SELECT document, query, document @@ query AS postgres FROM pairs WHERE (document @@ query) IS DISTINCT FROM matches(document, query) LIMIT 5;

-- A thousand terms, and lexemes as long as they can be.
SELECT matches('w7:1', string_agg('w' || i, '|')::tsquery) AS any_of_thousand, matches('w7:1', string_agg('w' || i, '&')::tsquery) AS all_of_thousand
FROM generate_series(1, 1000) i;
SELECT matches(string_agg('w' || i || ':' || i, ' ')::tsvector, string_agg('w' || i, '<->' ORDER BY i)::tsquery) AS long_phrase,
       matches(string_agg('w' || i || ':' || i, ' ')::tsvector, string_agg('w' || i, '<2>' ORDER BY i)::tsquery) AS other_distance
FROM generate_series(1, 1000) i;
SELECT matches((repeat('x', 2046) || ':1')::tsvector, repeat('x', 2046)::tsquery) AS long_lexeme,
       matches((repeat('x', 2046) || ':1')::tsvector, (repeat('x', 2045) || ':*')::tsquery) AS long_prefix,
       matches((repeat('x', 2045) || ':1')::tsvector, repeat('x', 2046)::tsquery) AS shorter;
-- Nesting that only a deep stack could follow.
SELECT matches('a:1', (repeat('a & ', 20000) || 'a')::tsquery) AS long_conjunction;

DROP TABLE pairs;
DROP FUNCTION matches;
DROP FUNCTION random_query;
DROP FUNCTION random_document;
