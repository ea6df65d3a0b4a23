-- report.sql - what the demo shows: questions with answers, recall, a plan, sizes.
--
-- Needs the psql variable width, the columns of the screen.  Lines are cut to it here.
\pset pager off
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;

-- All questions once, which also warms the cache: what follows shows a server at work.
CREATE TEMP TABLE asked AS
SELECT q.id AS question_id, a.* FROM questions q CROSS JOIN LATERAL ask(q.id, 10) AS a;

SELECT E'\nQuestions and answers (* marks an expected word; the figure is the cosine distance)';

WITH chosen (id, place) AS (
  SELECT * FROM unnest(ARRAY[1, 7, 20, 41, 48, 50, 52, 54]) WITH ORDINALITY
), answered AS (
  SELECT c.place, q.question, q.expected, a.*
  FROM chosen c JOIN questions q USING (id) CROSS JOIN LATERAL ask(c.id, 4) AS a
)
SELECT line FROM (
  SELECT place, 0 AS rank,
         E'\n  ' || rpad(question, :width - 14) || lpad(round(milliseconds::numeric, 2) || ' ms', 12) AS line
  FROM answered WHERE rank = 1
  UNION ALL
  SELECT place, rank,
         format('  %s %s  %s  %s', CASE WHEN answers(word, expected) THEN '*' ELSE ' ' END,
                rpad(left(word, 26), 26), rpad(left(gloss, :width - 42), :width - 42),
                to_char(distance, '0.000'))
  FROM answered
) AS lines
ORDER BY place, rank;

SELECT E'\nHow good, how fast\n';

WITH per_question AS (
  SELECT q.id, q.expected <> '' AS has_expected,
         count(e.id) / 10.0 AS recall,
         coalesce(bool_or(answers(a.word, q.expected)), false) AS found,
         min(a.milliseconds) AS ms
  FROM questions q
  JOIN asked a ON a.question_id = q.id
  LEFT JOIN exact_answers e ON e.question_id = q.id AND e.id = a.id
  GROUP BY q.id
), exact AS (
  SELECT avg(ms) AS ms FROM (SELECT min(milliseconds) AS ms FROM exact_answers GROUP BY question_id) AS x
)
SELECT format(E'  recall@10 against exact search   %s over all %s questions\n'
              '  expected word in the top 10      %s of %s\n'
              '  time of a search                 %s ms in the middle, %s ms at most; exact search %s ms',
              to_char(avg(p.recall), '0.000'), count(*),
              count(*) FILTER (WHERE found), count(*) FILTER (WHERE has_expected),
              round(percentile_cont(0.5) WITHIN GROUP (ORDER BY p.ms)::numeric, 2),
              round(max(p.ms)::numeric, 2), round((SELECT ms FROM exact)::numeric, 1))
FROM per_question p;

SELECT format(E'  size                             table %s, hnsw index %s',
              pg_size_pretty(pg_table_size('glosses')),
              pg_size_pretty(pg_relation_size('glosses_embedding')));

SELECT E'\nOne query and its plan\n\n'
       '  EXPLAIN (ANALYZE, COSTS OFF)\n'
       '  SELECT word FROM glosses\n'
       '  ORDER BY embedding <=> (SELECT embedding FROM questions WHERE id = 1) LIMIT 10;\n';

\pset format aligned
\pset border 0
EXPLAIN (ANALYZE, COSTS OFF)
SELECT word FROM glosses
ORDER BY embedding <=> (SELECT embedding FROM questions WHERE id = 1) LIMIT 10;
