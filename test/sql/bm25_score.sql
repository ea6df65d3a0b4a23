-- The score as a plain function: against the formula in SQL, at its edges, and its errors.
SET extra_float_digits = 0;

-- One term, by hand: idf = ln(1 + (100 - 10 + .5) / (10 + .5)), tf 2, length 4, average 5.
SELECT round(vecstore.bm25_score('a:1,2 b:3 c:4', 'a', 100, 5, '{10}')::numeric, 9) AS score,
       round((ln(1 + (100 - 10 + .5) / (10 + .5)) * 2 * 2.2 / (2 + 1.2 * (1 - .75 + .75 * 4 / 5)))::numeric, 9) AS expected;

-- Terms: distinct, in the order of the query.
SELECT q, vecstore.bm25_terms(q::tsquery)
FROM unnest(ARRAY['a', 'b & a', 'a | b:* & a', 'a:A | a | a:*AB | a:D', '!a', 'a & !b & !(c | a)', 'a <-> !b', 'b | a <-> !b', '''it''''s'' | "',
                  '']) q;

-- What is not matched scores 0, whatever terms it has; an excluded term adds nothing.
SELECT vecstore.bm25_score('a:1 b:2', 'a & c', 10, 2, '{1,1}') AS no_match,
       vecstore.bm25_score('a:1 b:2', 'a & !b', 10, 2, '{1,1}') AS excluded,
       vecstore.bm25_score('a:1 b:2', '!c', 10, 2, '{1}') AS only_negation,
       vecstore.bm25_score('a:1 b:2', '', 10, 2, '{}') AS empty_query,
       vecstore.bm25_score('', 'a', 10, 2, '{1}') AS empty_document,
       vecstore.bm25_score('a:1 b:2', 'a | c', 10, 2, '{1,1}') = vecstore.bm25_score('a:1 b:2', 'a', 10, 2, '{1}') AS missing_adds_nothing;

-- The formula in SQL, for words joined by |: over random documents, weights and parameters, to the bit
-- but for the order of multiplication.
CREATE FUNCTION plain_score(document tsvector, terms text[], n float8, avg_len float8, dfs float8[], k1 float8, b float8, weights int[])
RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  WITH words AS (
    SELECT lexeme, CASE WHEN positions IS NULL THEN 1
                        ELSE (SELECT sum(plain_score.weights[ascii('E') - ascii(w)]) FROM unnest(d.weights) w) END AS tf
    FROM unnest(document) d
  ), length AS (SELECT least(coalesce(sum(tf), 0), 65535)::float8 AS len FROM words)
  SELECT coalesce(sum(ln(1 + (greatest(n, df) - df + .5) / (df + .5)) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / avg_len)) ORDER BY o)
                    FILTER (WHERE tf > 0), 0)
  FROM unnest(terms, dfs) WITH ORDINALITY t(term, df, o) JOIN words ON lexeme = term, length
$$;

CREATE FUNCTION random_numbers(n int, below int) RETURNS int[] LANGUAGE sql VOLATILE AS $$
  SELECT array_agg(floor(random() * below)::int) FROM generate_series(1, n)
$$;
CREATE FUNCTION random_document(n int) RETURNS tsvector LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(string_agg(chr(97 + floor(random() * 6)::int) ||
                             CASE WHEN random() < 0.9 THEN ':' || 1 + floor(random() * 40)::int || (ARRAY['', 'A', 'B', 'C'])[1 + floor(random() * 4)::int] ELSE '' END, ' '), '')::tsvector
  FROM generate_series(1, n)
$$;
SELECT setseed(0.5);
CREATE TABLE samples AS
SELECT random_document(i % 20) AS document, ARRAY['a', 'b', 'c', 'd', 'z'] AS terms,
       floor(random() * 50) + 50 AS n, random() * 30 + 0.1 AS avg_len, random_numbers(5, 50)::float8[] AS dfs,
       CASE WHEN random() < 0.1 THEN 0 ELSE random() * 3 END AS k1, CASE WHEN random() < 0.1 THEN 1 ELSE random() END AS b,
       random_numbers(4, 5) AS weights
FROM generate_series(1, 2000) i;
SELECT count(*) AS documents, count(*) FILTER (WHERE ours > 0) > 1500 AS most_match,
       count(*) FILTER (WHERE abs(ours - plain) > 1e-12 * greatest(1, plain)) AS differ
FROM samples, LATERAL (SELECT vecstore.bm25_score(document, array_to_string(terms, '|')::tsquery, n, avg_len, dfs, k1, b, 2, weights) ours,
                              plain_score(document, terms, n, avg_len, dfs, k1, b, weights) plain) s;

-- Phrases: the terms of a phrase that is there count twice, or as often as asked.
SELECT score / base AS factor, what
FROM (VALUES ('a:1 b:2', 'a <-> b', 2.0, 'phrase'),
             ('a:1 b:2', 'a <-> b', 3.0, 'phrase, 3'),
             ('a:1 b:3', 'a <-> b', 2.0, 'no phrase'),
             ('a:1 b:3', 'a <2> b', 2.0, 'distance'),
             ('a:1 b:3', 'a | b | (a <-> b)', 2.0, 'soft, no phrase'),
             ('a:1 b:2', 'a | b | (a <-> b)', 2.0, 'soft'),
             ('a:1 b:2', '(a & b) | !(a <-> b)', 2.0, 'excluded phrase'),
             ('a b', 'a <-> b', 2.0, 'no positions')) v(document, query, boost, what),
  LATERAL (SELECT vecstore.bm25_score(document::tsvector, query::tsquery, 10, 2, '{3,4}', phrase_boost => boost) AS score,
                  vecstore.bm25_score(document::tsvector, 'a & b', 10, 2, '{3,4}') AS base) s;

-- A term of a phrase is boosted, its neighbour in the query is not.
SELECT round((vecstore.bm25_score('a:1 b:2 c:3', 'a <-> b | c', 10, 3, '{3,4,5}')
       - 2 * vecstore.bm25_score('a:1 b:2 c:3', 'a & b', 10, 3, '{3,4}') - vecstore.bm25_score('a:1 b:2 c:3', 'c', 10, 3, '{5}'))::numeric, 12) AS nothing_left;
-- What a phrase excludes does not belong to it.
SELECT vecstore.bm25_score('a:1 b:3', 'b | a <-> !b', 10, 2, '{3,4}')
     = vecstore.bm25_score('a:1 b:3', 'b', 10, 2, '{3}') + 2 * vecstore.bm25_score('a:1 b:3', 'a', 10, 2, '{4}') AS excluded_is_not_boosted;

-- A prefix has the occurrences of all its lexemes; classes those of the wanted ones.
SELECT vecstore.bm25_score('ab:1 ac:2,3 b:4', 'a:*', 10, 4, '{3}') = vecstore.bm25_score('x:1,2,3 b:4', 'x', 10, 4, '{3}') AS prefix,
       vecstore.bm25_score('a:1A,2B,3 b:4', 'a:AB', 10, 4, '{3}') = vecstore.bm25_score('x:1,2 b:4,5', 'x', 10, 4, '{3}') AS classes,
       vecstore.bm25_score('a:1A,2B,3 b:4', 'a', 10, 4, '{3}', weights => '{1,2,3,4}') = vecstore.bm25_score('x:1,2,3,4,5,6,7,8 b:9', 'x', 10, 4, '{3}') AS weighted;

-- Lengths end at 65535.
SELECT vecstore.bm25_score(d, 'w0', 10, 100, '{3}', weights => '{255,1,1,1}')
     = vecstore.bm25_score(d || 'x:1', 'w0', 10, 100, '{3}', weights => '{255,1,1,1}') AS saturated
FROM (SELECT string_agg('w' || i || ':' || 1 + i, ' ')::tsvector AS d FROM generate_series(0, 999) i) s;

-- More documents with a term than documents: as many documents.
SELECT vecstore.bm25_score('a:1', 'a', 1, 1, '{5}') = vecstore.bm25_score('a:1', 'a', 5, 1, '{5}') AS at_least_df,
       vecstore.bm25_score('a:1', 'a', 0, 1, '{0}') > 0 AS nothing_known;

-- Null in, null out.
SELECT vecstore.bm25_score(NULL, 'a', 1, 1, '{1}'), vecstore.bm25_score('a', 'a', NULL, 1, '{1}'), vecstore.bm25_terms(NULL);

-- Bad numbers, and odd ones that will do.
SELECT vecstore.bm25_score('a:1', 'a & !b', 10, 2, '{1}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{NULL}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{{1}}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{-1}');
SELECT vecstore.bm25_score('a:1', 'a', 'NaN', 2, '{1}');
SELECT vecstore.bm25_score('a:1', 'a', 'infinity', 2, '{1}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 0, '{1}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 'NaN', '{1}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{NaN}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', k1 => -1);
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', k1 => 'NaN');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', b => 1.5);
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', phrase_boost => 0.5);
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', weights => '{1,1,1}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', weights => '{1,1,1,256}');
SELECT vecstore.bm25_score('a:1', 'a', 10, 2, '{1}', weights => '{1,1,1,NULL}');

DROP TABLE samples;
DROP FUNCTION plain_score, random_numbers, random_document;

-- What is remembered between calls is of constants only: variables of PL/pgSQL change.
DO $$
DECLARE q tsquery; scores text[];
BEGIN
  FOREACH q IN ARRAY '{a,b,"a & b",c,a}'::tsquery[] LOOP
    scores := scores || round(vecstore.bm25_score('a:1,2 b:3', q, 10, 3, array_fill(2::float8, ARRAY[cardinality(vecstore.bm25_terms(q))]))::numeric, 4)::text;
  END LOOP;
  RAISE NOTICE '%', scores;
END $$;
SELECT v, round(vecstore.bm25_score(v, 'a | b', 10, 3, '{2,5}')::numeric, 4) AS score FROM unnest('{a:1,b:1,"a:1 b:2",c:1}'::tsvector[]) v;
