-- report.sql - what the demo shows: questions with answers, recall and time, sizes, a plan.
--
-- Needs the psql variable width, the columns of the screen.
\pset pager off
\pset tuples_only on
\pset format unaligned

CREATE FUNCTION pg_temp.cut(line text, columns int) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN length(line) <= columns THEN rpad(line, columns)
            ELSE rpad(regexp_replace(left(line, columns - 3), '[ ,;:(]+[^ ]*$', '') || ' ..', columns) END;

-- All questions with every preset.  The first round only warms the cache, as on a server at work.
CREATE TEMP TABLE asked (preset text, question_id int, id int, milliseconds float8);
DO $$
DECLARE
  round text;
BEGIN
  FOREACH round IN ARRAY ARRAY['warm-up', 'fast', 'balanced', 'high_recall', 'max'] LOOP
    PERFORM set_config('vecstore.search_preset', replace(round, 'warm-up', 'max'), false);
    INSERT INTO asked
    SELECT round, q.id, a.id, a.milliseconds FROM questions q CROSS JOIN LATERAL ask(q.id, 10) AS a;
  END LOOP;
END $$;
RESET vecstore.search_preset;
ANALYZE asked;

SELECT E'\nQuestions and answers (* marks an expected word; the figure is the cosine distance)';

WITH chosen (id, place) AS (
  SELECT * FROM unnest(ARRAY[1, 7, 20, 41, 48, 50, 52, 54]) WITH ORDINALITY
), answered AS (
  SELECT c.place, q.question, q.expected, a.*
  FROM chosen c JOIN questions q USING (id) CROSS JOIN LATERAL ask(c.id, 4) AS a
), lines AS (
  SELECT place, 0 AS rank,
         E'\n  ' || rpad(question, :width - 13) || to_char(milliseconds, '9990.00') || ' ms' AS line
  FROM answered WHERE rank = 1
  UNION ALL
  SELECT place, rank,
         format('  %s %s %s %s', CASE WHEN answers(word, expected) THEN '*' ELSE ' ' END,
                pg_temp.cut(word, 27), pg_temp.cut(split_part(gloss, '; "', 1), :width - 39),
                to_char(distance, '0.000'))
  FROM answered
)
SELECT line FROM lines ORDER BY place, rank;

SELECT E'\nAll questions, with every preset\n';

WITH exact AS (
  SELECT NULL::text AS preset, question_id, id, milliseconds FROM exact_answers
), per_question AS (
  SELECT coalesce(a.preset, '(exact search)') AS preset, q.id, q.expected <> '' AS has_expected,
         count(e.id) / 10.0 AS recall, bool_or(answers(g.word, q.expected)) AS found, min(a.milliseconds) AS ms
  FROM (TABLE asked UNION ALL TABLE exact) AS a
  JOIN questions q ON q.id = a.question_id
  JOIN glosses g ON g.id = a.id
  LEFT JOIN exact_answers e ON e.question_id = a.question_id AND e.id = a.id
  WHERE a.preset IS DISTINCT FROM 'warm-up'
  GROUP BY a.preset, q.id
), rows AS (
  SELECT format('  %s %s %s %s', rpad(preset, 18), lpad(to_char(avg(recall), '0.000'), 9),
                lpad(format('%s of %s', count(*) FILTER (WHERE found), count(*) FILTER (WHERE has_expected)), 24),
                lpad(to_char(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), '9990.00') || ' ms', 20)) AS line,
         array_position(ARRAY['fast', 'balanced', 'high_recall', 'max', '(exact search)'], preset) AS place
  FROM per_question GROUP BY preset
)
SELECT '  preset             recall@10   expected word in top 10       median search'
UNION ALL (SELECT line FROM rows ORDER BY place);

SELECT format(E'\n  %s entries in a table of %s; the hnsw index has %s, the bm25 index %s.',
              to_char(count(*), 'FM999,999'), pg_size_pretty(pg_table_size('glosses')),
              pg_size_pretty(pg_relation_size('glosses_embedding')), pg_size_pretty(pg_relation_size('glosses_tsv')))
FROM glosses;

SELECT E'\nBy meaning, by words (BM25), and both lists fused\n';

CREATE TEMP TABLE compared AS
SELECT 'meaning' AS way, q.id AS question_id, a.rank::int, a.word, a.milliseconds FROM questions q, ask(q.id, 10) a
UNION ALL SELECT 'words', q.id, a.rank::int, a.word, a.milliseconds FROM questions q, ask_words(q.id, 10) a
UNION ALL SELECT 'both', q.id, a.rank, a.word, a.milliseconds FROM questions q, ask_both(q.id, 10) a;

WITH chosen (id, place) AS (
  SELECT * FROM unnest(ARRAY[1, 7, 20, 41, 48, 50, 52, 54, 2, 15, 33]) WITH ORDINALITY
), places AS (
  SELECT c.place, q.question, q.expected, r.rank,
         (SELECT word FROM compared WHERE way = 'meaning' AND question_id = c.id AND rank = r.rank) AS meaning,
         (SELECT word FROM compared WHERE way = 'words' AND question_id = c.id AND rank = r.rank) AS words,
         (SELECT word FROM compared WHERE way = 'both' AND question_id = c.id AND rank = r.rank) AS fused
  FROM chosen c JOIN questions q USING (id), generate_series(1, 3) AS r(rank)
), lines AS (
  SELECT place, 0 AS rank, '  ' || question AS line FROM places WHERE rank = 1
  UNION ALL
  SELECT place, rank, '    ' || (
    SELECT string_agg(CASE WHEN answers(word, expected) THEN '* ' ELSE '  ' END || pg_temp.cut(coalesce(word, '-'), (:width - 12) / 3), ' ' ORDER BY n)
    FROM unnest(ARRAY[meaning, words, fused]) WITH ORDINALITY AS w(word, n))
  FROM places
)
SELECT line FROM (
  SELECT 0 AS place, 0 AS rank, '      ' || rpad('by meaning', (:width - 12) / 3 + 3) || rpad('by words', (:width - 12) / 3 + 3) || 'both' AS line
  UNION ALL TABLE lines) l ORDER BY place, rank;

SELECT format(E'\n  %s expected word in top 10: %s   median %s ms', rpad(way, 8), lpad(found || ' of ' || asked, 9), to_char(ms, '0.00'))
FROM (SELECT way, count(DISTINCT question_id) FILTER (WHERE answers(word, expected)) AS found, count(DISTINCT question_id) AS asked,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds) AS ms
      FROM compared c JOIN questions q ON q.id = question_id WHERE expected <> '' GROUP BY way) t
ORDER BY array_position(ARRAY['meaning', 'words', 'both'], way);

SELECT E'\nThe nearest five entries to "kitten, kitty", and five that differ (maximal marginal relevance)\n';

WITH near AS (
  SELECT id, word, embedding, embedding <=> k.e AS distance FROM glosses, (SELECT embedding AS e FROM glosses WHERE word = 'kitten, kitty' LIMIT 1) k
  ORDER BY embedding <=> k.e LIMIT 30
)
SELECT '  nearest:  ' || (SELECT string_agg(split_part(word, ', ', 1), ', ' ORDER BY distance) FROM (SELECT * FROM near ORDER BY distance LIMIT 5) n) || E'\n  diverse:  ' ||
       (SELECT string_agg(split_part(g.word, ', ', 1), ', ' ORDER BY m.rank)
        FROM vecstore.mmr((SELECT vecstore.candidates(id, distance, embedding) FROM near), top_k => 5, lambda => 0.4) m JOIN glosses g ON g.id = m.id);

SELECT E'\nOne query and its plan\n\n'
       '  EXPLAIN (ANALYZE, COSTS OFF)\n'
       '  SELECT word FROM glosses\n'
       '  ORDER BY embedding <=> (SELECT embedding FROM questions WHERE id = 1) LIMIT 10;\n';

EXPLAIN (ANALYZE, COSTS OFF)
SELECT word FROM glosses
ORDER BY embedding <=> (SELECT embedding FROM questions WHERE id = 1) LIMIT 10;
