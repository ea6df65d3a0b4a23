-- 30-fusion.sql - properties of rankings, fuse and mmr on random lists; the shape of the catalogue.
BEGIN;
SELECT no_plan();

-- Forty sets of three lists, with many ties, repeated ids and gaps; the rows in two orders.
CREATE TEMP TABLE hits AS
SELECT s, l, i, (i * 7919 + s * 104729 + l * 31) % 50 AS id, ((i * 6151 + s * 389 + l * 97) % 16) / 8.0::float8 AS d
FROM generate_series(1, 40) s, generate_series(1, 3) l, generate_series(1, 30) i WHERE (i + s * l) % 7 > 1;
CREATE TEMP TABLE forward AS SELECT s, array_agg(r ORDER BY l) AS lists FROM (SELECT s, l, vecstore.ranking(id, d ORDER BY i) r FROM hits GROUP BY s, l) x GROUP BY s;
CREATE TEMP TABLE backward AS SELECT s, array_agg(r ORDER BY l) AS lists FROM (SELECT s, l, vecstore.ranking(id, d ORDER BY -d, i % 5, i) r FROM hits GROUP BY s, l) x GROUP BY s;
SELECT is_empty($$ SELECT s FROM forward f JOIN backward b USING (s) WHERE f.lists::text <> b.lists::text $$, 'the order of rows does not matter');
SELECT is_empty($$ SELECT s FROM forward WHERE lists::text::vecstore.ranking[]::text <> lists::text $$, 'rankings to text and back');

CREATE TEMP TABLE strategies AS SELECT unnest(string_to_array('weighted_sum rrf dbsf relative_score max min harmonic_mean geometric_mean combsum combmnz combanz combmed combgmnz isr log_isr rbc borda condorcet rrf_qdrant', ' ')) AS strategy;
CREATE TEMP TABLE fused AS SELECT s, strategy, f.* FROM forward, strategies, vecstore.fuse(strategy, lists) f;
SELECT is_empty($$ SELECT s, strategy FROM fused GROUP BY s, strategy HAVING count(*) <> count(DISTINCT id) OR max(rank) <> count(*) OR min(rank) <> 1 $$,
  'every id has one row, and ranks are 1 to n');
SELECT is_empty($$ SELECT s, strategy FROM fused f GROUP BY s, strategy HAVING count(*) <> (SELECT count(DISTINCT id) FROM hits h WHERE h.s = f.s) $$,
  'every id of a list is in the result');
SELECT is_empty($$ SELECT s FROM (SELECT s, score, lag(score) OVER (PARTITION BY s, strategy ORDER BY rank) AS before FROM fused) x WHERE before < score $$,
  'scores do not rise');
SELECT is_empty(
  $$ SELECT s, strategy, id, score FROM fused EXCEPT
     SELECT s, strategy, f.id, f.score FROM forward, strategies, vecstore.fuse(strategy, ARRAY[lists[3], lists[1], lists[2]]) f $$,
  'the order of lists does not change a bit of a score');
SELECT is_empty(
  $$ SELECT f.s FROM fused f JOIN (SELECT s, id, l, min(d) AS d FROM hits GROUP BY s, id, l) h ON h.s = f.s AND h.id = f.id WHERE f.scores[h.l] IS DISTINCT FROM -h.d $$,
  'scores of a list are minus the nearest distance');
SELECT is_empty(
  $$ SELECT s, strategy, id, rank FROM fused WHERE rank <= 5 EXCEPT
     SELECT s, strategy, f.id, f.rank FROM forward, strategies, vecstore.fuse(strategy, lists, top_k => 5) f $$, 'top_k is the beginning');
SELECT is_empty(
  $$ SELECT strategy FROM strategies, forward, vecstore.fuse(strategy, lists) f
     JOIN LATERAL (SELECT e.score, sum(contribution) AS sum FROM vecstore.explain_fuse(strategy, lists) e WHERE e.id = f.id::text GROUP BY e.score) e ON true
     WHERE s <= 5 AND strategy IN ('weighted_sum', 'rrf', 'dbsf', 'relative_score', 'combsum', 'rbc', 'borda') AND (e.score <> f.score OR abs(e.sum - f.score) > 1e-12) $$,
  'contributions make the score of strategies that add');
SELECT is_empty(
  $$ SELECT s, id::text, score FROM fused WHERE strategy = 'rrf' EXCEPT
     SELECT s, f.id, f.score FROM (SELECT s, array_agg(r ORDER BY l) AS lists FROM (SELECT s, l, vecstore.ranking(id::text, d) r FROM hits GROUP BY s, l) x GROUP BY s) t,
       vecstore.fuse_text('rrf', lists) f $$, 'ids of text give the same scores');
SELECT is_empty(
  $$ SELECT s FROM forward f WHERE vecstore.as_ranking('dbsf', lists)::text <> (SELECT vecstore.ranking_sim(id, score)::text FROM vecstore.fuse('dbsf', f.lists)) $$,
  'as_ranking is a ranking of what fuse gives');

-- MMR on random vectors, both element types.
CREATE TEMP TABLE items AS SELECT i AS id, vecstore.random_vector(24, i) AS v, (i * 37 % 101) / 101.0::float8 AS d FROM generate_series(1, 60) i;
CREATE TEMP TABLE chosen AS SELECT lambda, m.* FROM unnest(ARRAY[0, 0.3, 0.7, 1]::float8[]) lambda, vecstore.mmr((SELECT vecstore.candidates(id, d, v) FROM items), 15, lambda) m;
SELECT is_empty($$ SELECT lambda FROM chosen GROUP BY lambda HAVING count(DISTINCT id) <> 15 OR max(rank) <> 15 $$, 'mmr chooses as many as asked, each once');
SELECT is_empty(
  $$ SELECT c.lambda, c.rank FROM chosen c JOIN items i USING (id) WHERE c.relevance <> 1 - i.d OR
     abs(c.max_similarity - (SELECT max(vecstore.cosine_similarity(i.v, j.v)) FROM chosen e JOIN items j USING (id) WHERE e.lambda = c.lambda AND e.rank < c.rank)) > 1e-5 $$,
  'relevance and similarity are what they are called');
SELECT is_empty(
  $$ SELECT c.lambda, c.rank, i.id FROM chosen c, items i
     WHERE c.rank > 1 AND NOT EXISTS (SELECT FROM chosen e WHERE e.lambda = c.lambda AND e.rank <= c.rank AND e.id = i.id) AND
       c.lambda * (1 - i.d) - (1 - c.lambda) * (SELECT max(vecstore.cosine_similarity(i.v, j.v)) FROM chosen e JOIN items j USING (id)
                                               WHERE e.lambda = c.lambda AND e.rank < c.rank) > c.mmr_score + 1e-5 $$,
  'nothing that is left would have been a better choice');
SELECT results_eq($$ SELECT id FROM chosen WHERE lambda = 1 ORDER BY rank $$, $$ SELECT id::bigint FROM items ORDER BY d, id LIMIT 15 $$, 'lambda 1 is the plain order');
SELECT results_eq($$ SELECT vecstore.mmr_agg(id::bigint, d, v, 15, 0.7) FROM items $$, $$ SELECT array_agg(id ORDER BY rank) FROM chosen WHERE lambda = 0.7 $$,
  'mmr_agg chooses what mmr chooses');

-- Anyone may call everything, and it is safe in parallel plans.
SELECT is_empty(
  $$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'vecstore'::regnamespace AND proname ~ 'fuse|mmr|ranking|decay|candidates|rrf|comb|isr|rbc|borda'
     AND (proparallel <> 's' OR provolatile <> 'i' OR NOT has_function_privilege('public', oid, 'EXECUTE')) $$, 'functions are immutable and parallel safe');
SELECT * FROM finish();
ROLLBACK;
