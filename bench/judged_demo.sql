-- SPDX-License-Identifier: PostgreSQL
-- judged_demo.sql - how well meaning, words and both answer the questions of the demo: psql -f this, connected as make demo says.
-- An entry is relevant when it has a word in common with the expected answer; nDCG@10 and MRR over questions that have one.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE FUNCTION pg_temp.fused(question_id int, strategy text, weights float8[], rrf_k float8) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  meaning vector := (SELECT embedding FROM questions WHERE id = question_id);
  words tsquery := (SELECT vecstore.or_tsquery('vecstore.english', question) FROM questions WHERE id = question_id);
BEGIN
  RETURN ARRAY(SELECT f.id FROM vecstore.fuse(strategy, ARRAY[
      (SELECT vecstore.ranking(s.id, s.d) FROM (SELECT id, embedding <=> meaning AS d FROM glosses ORDER BY embedding <=> meaning LIMIT 100) s),
      (SELECT vecstore.ranking(s.id, s.d) FROM (SELECT id, tsv <@> words AS d FROM glosses WHERE tsv @@ words ORDER BY tsv <@> words LIMIT 100) s)],
      weights => weights, rrf_k => rrf_k, top_k => 10) f ORDER BY f.rank);
END $$;
CREATE TEMP TABLE judged AS
SELECT q.id, g.id AS gloss FROM questions q JOIN glosses g ON answers(g.word, q.expected);
CREATE TEMP TABLE ways (n int, way text, strategy text, weights float8[], rrf_k float8);
INSERT INTO ways VALUES
  (1, 'meaning', 'rrf', '{1,0}', 60), (2, 'words', 'rrf', '{0,1}', 60),
  (3, 'rrf', 'rrf', '{1,1}', 60), (4, 'rrf, rrf_k 10', 'rrf', '{1,1}', 10), (5, 'rrf, rrf_k 2', 'rrf', '{1,1}', 2), (6, 'dbsf', 'dbsf', '{1,1}', 60),
  (7, 'relative_score', 'relative_score', '{1,1}', 60), (8, 'combmnz', 'combmnz', '{1,1}', 60), (9, 'isr', 'isr', '{1,1}', 60),
  (10, 'relative_score, weights 8:1', 'relative_score', '{8,1}', 60), (11, 'rrf, weights 4:1', 'rrf', '{4,1}', 60),
  (12, 'rrf, rrf_k 2, weights 5:1', 'rrf', '{5,1}', 2), (13, 'rrf, rrf_k 2, weights 8:1', 'rrf', '{8,1}', 2);
WITH found AS (
  SELECT w.n, w.way, q.id, pg_temp.fused(q.id, w.strategy, w.weights, w.rrf_k) AS ids
  FROM ways w, (SELECT DISTINCT id FROM judged) q),
scores AS (
  SELECT n, way, id,
    (SELECT coalesce(sum(1 / log(2, rank + 1)), 0) FROM unnest(ids) WITH ORDINALITY u(gloss, rank) JOIN judged j USING (gloss) WHERE j.id = found.id)
      / (SELECT sum(1 / log(2, i + 1)) FROM generate_series(1, least(10, (SELECT count(*) FROM judged j WHERE j.id = found.id))) i) AS ndcg,
    coalesce((SELECT 1.0 / min(rank) FROM unnest(ids) WITH ORDINALITY u(gloss, rank) JOIN judged j USING (gloss) WHERE j.id = found.id), 0) AS rr
  FROM found)
SELECT format('| %s | %s | %s | %s of %s |', way, round(avg(ndcg), 3), round(avg(rr), 3), count(*) FILTER (WHERE rr > 0), count(*))
FROM scores GROUP BY n, way ORDER BY n;
ROLLBACK;
