-- The edges of vecstore.fuse: ties, missing and degenerate lists, weights, autocut, other kinds of ids.
CREATE FUNCTION r(VARIADIC distances float8[]) RETURNS vecstore.ranking LANGUAGE sql IMMUTABLE AS $$
  SELECT vecstore.ranking(i, d) FROM unnest(distances) WITH ORDINALITY u(d, i)
$$;
CREATE FUNCTION show(strategy text, rankings vecstore.ranking[], normalizer text = NULL, missing text = NULL, weights float8[] = NULL,
  ties text = NULL, top_k int = NULL, autocut int = 0, rrf_k float8 = 60) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(id || '=' || trim_scale(round(score::numeric, 6)), ' ' ORDER BY rank)
  FROM vecstore.fuse(strategy, rankings, normalizer => normalizer, missing => missing, weights => weights, ties => ties,
                     top_k => top_k, autocut => autocut, rrf_k => rrf_k)
$$;

-- Ties in a list: ranks 1, 1, 3, or 1, 2, 3 on request.
SELECT f.id, f.ranks FROM vecstore.fuse('rrf', ARRAY[r(5, 5, 7)]) f;
SELECT f.id, f.ranks FROM vecstore.fuse('rrf', ARRAY[r(5, 5, 7)], ties => 'ordinal') f;
SELECT t, show(s, ARRAY[r(5, 5, 7)], ties => t) FROM unnest(ARRAY['rrf', 'isr', 'rbc', 'borda']) s, unnest(ARRAY['competition', 'ordinal']) t;

-- Ties in the result: best rank, then number of lists, then id.
SELECT show('max', ARRAY[r('NaN', 1, 1), r(1, 'NaN', 1)]) AS "3 is in two lists";
SELECT show('combsum', ARRAY['{"id": "bigint", "items": [[9, 0], [7, 0], [8, 0]]}'::vecstore.ranking]) AS "by id";
SELECT f.* FROM vecstore.fuse('combsum', ARRAY['{"id": "bigint", "items": [[1, 0], [2, 1], [3, 4]]}'::vecstore.ranking,
                                               '{"id": "bigint", "items": [[4, 3], [2, 5]]}'::vecstore.ranking], normalizer => 'none') f;
-- relative_score: first by the score in the first list
SELECT show('relative_score', ARRAY[r(4, 0, 2), r(0, 4, 2)]), show('weighted_sum', ARRAY[r(4, 0, 2), r(0, 4, 2)]);

-- No spread: minmax 1, dbsf and the sigmoid 0.5, zscore 0; the same for a single entry and for many.
SELECT n, show('combsum', ARRAY[r(3)], normalizer => n) AS one, show('combsum', ARRAY[r(3, 3)], normalizer => n) AS two,
  show('combsum', ARRAY[r(0, 0)], normalizer => n) AS zeros
FROM unnest(ARRAY['none', 'minmax', 'max', 'sum', 'zscore', 'zscore_sigmoid', 'dbsf', 'l2', 'rank', 'borda']) n;
-- the reference's example of dbsf, as similarities; the reference divides by n, here it is the sample deviation
SELECT show('dbsf', ARRAY[r(-1, -2, -3, -4, -100)]);
-- values that squares cannot hold
SELECT n, show('combsum', ARRAY[r(1e308, -1e308, 0)], normalizer => n) AS large, show('combsum', ARRAY[r(1e-300, 0, 2e-300)], normalizer => n) AS small
FROM unnest(ARRAY['minmax', 'max', 'sum', 'zscore', 'zscore_sigmoid', 'dbsf', 'l2']) n;

-- Negative scores: means are 0.
SELECT s, show(s, ARRAY[r(1, -1), r(2, -2)], normalizer => 'none') FROM unnest(ARRAY['harmonic_mean', 'geometric_mean', 'max', 'min']) s;

-- Lists that are null or empty.
SELECT show('rrf', ARRAY[r(1, 2), NULL]), show('rrf', ARRAY[NULL, r(1, 2), '{"id": "text", "items": []}']);
SELECT show('weighted_sum', ARRAY[r(1, 2), NULL]), show('min', ARRAY[r(1, 2), NULL]), show('weighted_sum', ARRAY[r(1, 2), NULL], missing => 'skip');
SELECT show('borda', ARRAY[r(1, 2), NULL]) AS "rest is all";
SELECT show('rrf', ARRAY[r(1, 2), NULL], missing => 'rank'), show('rrf', ARRAY[r(1, 2), NULL], missing => 'min');
SELECT count(*) FROM vecstore.fuse('rrf', ARRAY[NULL, NULL]::vecstore.ranking[]);
SELECT count(*) FROM vecstore.fuse('rrf', ARRAY[r('NaN')]);
SELECT count(*) FROM vecstore.fuse('rrf', NULL);
SELECT vecstore.as_ranking('rrf', ARRAY[NULL]::vecstore.ranking[]) IS NULL AS null_ranking;
SELECT f.* FROM vecstore.fuse('rrf', ARRAY[NULL, r(1)]) f;

-- Lists of different length; infinities count as the extreme finite distance.
SELECT show('weighted_sum', ARRAY[r(0, 1, 2, 3, 4), r('Infinity', 1, 2)]);

-- Weights.  A list of weight 0 brings no candidates, and Borda does not count them.
SELECT show('rrf', ARRAY[r(1, 2), '{"id": "bigint", "items": [[2, 0], [7, 0]]}'], weights => '{2,0}');
SELECT show('min', ARRAY[r(1, 2), '{"id": "bigint", "items": [[2, 0], [7, 0]]}'], weights => '{2,0}');
SELECT show('borda', ARRAY[r(1, 2), '{"id": "bigint", "items": [[2, 0], [7, 0]]}'], weights => '{1,0}');
SELECT f.* FROM vecstore.fuse('rrf', ARRAY[r(1, 2), '{"id": "bigint", "items": [[2, 0], [7, 0]]}'], weights => '{2,0}') f;
SELECT show('weighted_sum', ARRAY[r(1, 2), r(2, 1)], weights => '{1e15,1e-308}');
SELECT show('weighted_sum', ARRAY[r(1, 2), r(1, 2)], weights => '{1e308,1e308}');
SELECT show('combsum', ARRAY[r(-1e308), r(-1e308)], normalizer => 'none');

-- top_k and autocut: 5 drops of .02 and two steep ones.
CREATE VIEW steep AS SELECT ARRAY[r(0, 0.02, 0.04, 0.54, 0.56, 0.58, 0.98, 1)] AS lists;
SELECT show('combsum', lists) FROM steep;
SELECT n, show('combsum', lists, autocut => n) FROM steep, generate_series(0, 3) n;
SELECT show('combsum', lists, top_k => 2), show('combsum', lists, top_k => 2, autocut => 1), show('combsum', lists, top_k => 5, autocut => 1),
  show('combsum', lists, top_k => 2000000000) FROM steep;
SELECT show('combsum', ARRAY[r(1)], autocut => 1) AS one, show('combsum', ARRAY[r(1, 1)], autocut => 1) AS two,
  show('rrf', ARRAY[r(1, 2, 3)], autocut => 1) AS "drops below .01";

-- Other ids.
SELECT f.* FROM vecstore.fuse_text('rrf', ARRAY[(SELECT vecstore.ranking(t, d) FROM (VALUES ('b', 1), ('B', 1), ('ä', 1)) v(t, d)),
                                               (SELECT vecstore.ranking(t, d) FROM (VALUES ('ä', 1)) v(t, d))]) f;
SELECT f.* FROM vecstore.fuse_uuid('rrf', ARRAY[(SELECT vecstore.ranking(('0000000' || i || '-0000-0000-0000-000000000000')::uuid, i % 3)
                                               FROM generate_series(1, 5) i)], top_k => 3) f;
SELECT f.* FROM vecstore.fuse('rrf', ARRAY[(SELECT vecstore.ranking(i, i) FROM unnest(ARRAY[9223372036854775807, -9223372036854775808, 0]) i)]) f;

-- Nesting: by the aggregate, or as a value.
SELECT f.id, f.score, f.ranks FROM vecstore.fuse('rrf', ARRAY[
  (SELECT vecstore.ranking_sim(id, score) FROM vecstore.fuse('dbsf', ARRAY[r(1, 2, 3), r(3, 2, 1)])), r(1, 2, 4)]) f;
SELECT f.id, f.score, f.ranks FROM vecstore.fuse('rrf', ARRAY[vecstore.as_ranking('dbsf', ARRAY[r(1, 2, 3), r(3, 2, 1)]), r(1, 2, 4)]) f;
SELECT vecstore.as_ranking('combsum', ARRAY[r(0, 2, 4)], top_k => 2);

-- Where scores come from.
SELECT f.* FROM vecstore.explain_fuse('rrf', ARRAY[r(1, 'NaN', 2), r(2, 1, 'NaN')], weights => '{1,2}', top_k => 2) f;
SELECT f.* FROM vecstore.explain_fuse('weighted_sum', ARRAY[r(1, 'NaN', 3), r(2, 1, 5)]) f;
SELECT f.* FROM vecstore.explain_fuse('condorcet', ARRAY[r(1, 2), r('NaN', 1)], top_k => 1) f;
SELECT f.id, f.contribution FROM vecstore.explain_fuse('combanz', ARRAY[r(1, 2), r('NaN', 1)]) f;

-- Circular majorities: everyone wins once, so all tie.
SELECT show('condorcet', ARRAY[r(1, 2, 3), r(3, 1, 2), r(2, 3, 1)]);

-- Rows as the planner sees them.
CREATE FUNCTION plan_rows(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE plan json; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan; RETURN plan->0->'Plan'->>'Plan Rows'; END $$;
SELECT plan_rows($$ SELECT * FROM vecstore.fuse('rrf', ARRAY[r(1), r(2)], top_k => 7) $$) AS top_k,
  plan_rows($$ SELECT * FROM vecstore.fuse('rrf', ARRAY[(SELECT r(1) LIMIT 1), (SELECT r(2) LIMIT 1), (SELECT r(2) LIMIT 1)]) $$) AS three_branches,
  plan_rows($$ SELECT * FROM vecstore.fuse_text('rrf', ARRAY[NULL, NULL]::vecstore.ranking[]) $$) AS two_constants;
PREPARE q(int) AS SELECT * FROM vecstore.fuse('rrf', ARRAY[r(1), r(2)], top_k => $1);
SELECT plan_rows('EXECUTE q(3)');
DEALLOCATE q;
DROP VIEW steep;
DROP FUNCTION show, plan_rows, r;
