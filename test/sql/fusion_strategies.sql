-- Every strategy and normaliser of vecstore.fuse against values computed by hand.
--
-- The lists: a has 1, 2, 3 at distances 0, 2, 4; b has 3, 4, 1 at 1, 2, 5.  Similarities are minus the
-- distances; minmax makes of a 1, .5, 0 and of b 1, .75, 0.  Ranks are 1, 2, 3 in both.
CREATE VIEW lists AS SELECT
  '{"id": "bigint", "items": [[1, 0], [2, 2], [3, 4]]}'::vecstore.ranking AS a,
  '{"id": "bigint", "items": [[3, 1], [4, 2], [1, 5]]}'::vecstore.ranking AS b;

-- Everything fuse returns.
SELECT f.* FROM lists, vecstore.fuse('rrf', ARRAY[a, b]) f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', ARRAY[a, b], alpha => 0.75) f;

-- Expected scores of ids 1 to 4, as SQL.
CREATE FUNCTION check_scores(strategy text, expected float8[], weights float8[] = NULL, normalizer text = NULL,
  missing text = NULL, rrf_k float8 = 60, alpha float8 = NULL) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(format('id %s: %s, not %s', id, score, e), '; ' ORDER BY id), 'as expected')
  FROM (SELECT (f).id, (f).score, expected[(f).id] AS e
        FROM (SELECT vecstore.fuse(strategy, ARRAY[a, b], weights => weights, normalizer => normalizer, missing => missing,
                                   rrf_k => rrf_k, alpha => alpha) f FROM lists) s) t
  WHERE abs(score - e) > 1e-12 OR score <> score OR e IS NULL
$$;

SELECT name, check_scores(name, expected::float8[]) FROM (VALUES
  -- (a + b) / 2
  ('weighted_sum', ARRAY[0.5, 0.25, 0.5, 0.375]),
  ('rrf', ARRAY[1/61.0 + 1/63.0, 1/62.0, 1/63.0 + 1/61.0, 1/62.0]),
  -- a: mean -2, deviation 2: z = 1, 0, -1, (z + 3) / 6 = 2/3, 1/2, 1/3
  -- b: mean -8/3, deviation sqrt(13/3): z = (5/3, 2/3, -7/3) / 2.0816659994661
  ('dbsf', ARRAY[(2/3.0 + (3 - 7/3.0/sqrt(13/3.0)) / 6) / 2, 0.25, (1/3.0 + (3 + 5/3.0/sqrt(13/3.0)) / 6) / 2, (3 + 2/3.0/sqrt(13/3.0)) / 12]),
  ('relative_score', ARRAY[0.5, 0.25, 0.5, 0.375]),
  ('max', ARRAY[1, 0.5, 1, 0.75]),
  ('min', ARRAY[0, 0, 0, 0]),
  ('harmonic_mean', ARRAY[0, 0, 0, 0]),
  ('geometric_mean', ARRAY[0, 0, 0, 0]),
  ('combsum', ARRAY[1, 0.5, 1, 0.75]),
  ('combmnz', ARRAY[2, 0.5, 2, 0.75]),
  ('combanz', ARRAY[0.5, 0.5, 0.5, 0.75]),
  ('combmed', ARRAY[0.5, 0.5, 0.5, 0.75]),
  ('combgmnz', ARRAY[sqrt(2.0), 0.5, sqrt(2.0), 0.75]),
  ('isr', ARRAY[2 * (1 + 1/9.0), 0.25, 2 * (1 + 1/9.0), 0.25]),
  ('log_isr', ARRAY[ln(2.0) * (1 + 1/9.0), 0, ln(2.0) * (1 + 1/9.0), 0]),
  ('rbc', ARRAY[0.2 + 0.2 * 0.64, 0.2 * 0.8, 0.2 * 0.64 + 0.2, 0.2 * 0.8]),
  -- four candidates: 1, 3/4, 2/4; what is not ranked gets the rest, 1/4
  ('borda', ARRAY[1.5, 1.0, 1.5, 1.0]),
  -- 1 is before 2 in a, and b has only 1; so is 3 before 4; all other pairs tie
  ('condorcet', ARRAY[2/3.0, 1/3.0, 2/3.0, 1/3.0]),
  -- k = 60: 1 / (rank + 59)
  ('rrf_qdrant', ARRAY[1/60.0 + 1/62.0, 1/61.0, 1/62.0 + 1/60.0, 1/61.0])
) e(name, expected);

-- The same with values above 0 only (cosine: 1 - d / 2 of distances 0, 2, 4 and 1, 2, 5 is 1, 0, -1 and .5, 0, -1.5;
-- borda as normaliser: 1, .75, .5 with .25 for the rest).
SELECT name, check_scores(name, expected::float8[], normalizer => 'borda') FROM (VALUES
  ('harmonic_mean', ARRAY[2 / (1 + 2.0), 2 / (1/0.75 + 4), 2 / (2 + 1.0), 2 / (4 + 1/0.75)]),
  ('geometric_mean', ARRAY[sqrt(0.5), sqrt(0.75 * 0.25), sqrt(0.5), sqrt(0.75 * 0.25)]),
  ('min', ARRAY[0.5, 0.25, 0.5, 0.25]),
  ('max', ARRAY[1, 0.75, 1, 0.75]),
  ('weighted_sum', ARRAY[0.75, 0.5, 0.75, 0.5]),
  ('relative_score', ARRAY[0.5, 0.25, 0.5, 0.375])
) e(name, expected);

-- Weights 1 and 3.
SELECT name, check_scores(name, expected::float8[], weights => '{1,3}', normalizer => 'borda') FROM (VALUES
  ('weighted_sum', ARRAY[1 + 1.5, 0.75 + 0.75, 0.5 + 3, 0.25 + 2.25]),
  ('max', ARRAY[1.5, 0.75, 3, 2.25]),
  ('min', ARRAY[1, 0.75, 0.5, 0.25]),
  ('harmonic_mean', ARRAY[4 / (1 + 6.0), 4 / (1/0.75 + 12), 4 / (2 + 3.0), 4 / (4 + 4.0)]),
  ('geometric_mean', ARRAY[0.5 ^ 0.75, (0.75 * 0.25 ^ 3) ^ 0.25, 0.5 ^ 0.25, (0.25 * 0.75 ^ 3) ^ 0.25]),
  ('rrf', ARRAY[1/61.0 + 3/63.0, 1/62.0, 1/63.0 + 3/61.0, 3/62.0]),
  ('isr', ARRAY[2 * (1 + 3/9.0), 0.25, 2 * (1/9.0 + 3), 0.75]),
  ('borda', ARRAY[1 + 1.5, 0.75 + 0.75, 0.5 + 3, 0.25 + 2.25]),
  ('rrf_qdrant', ARRAY[1/60.0 + 1/(1 + 59.0), 1/61.0, 1/62.0 + 1/(1/3.0 + 59), 1/(2/3.0 + 59)]),
  -- b decides: 3 before 4 before 1 before 2
  ('condorcet', ARRAY[1/3.0, 0, 1, 2/3.0])
) e(name, expected);

-- Every normaliser, seen through combsum.
SELECT name, check_scores('combsum', expected::float8[], normalizer => name) FROM (VALUES
  ('none', ARRAY[-5, -2, -5, -2]),
  ('minmax', ARRAY[1, 0.5, 1, 0.75]),
  ('max', ARRAY[1, 0.5, 1, 0.75]),
  -- shifted by the least: 4, 2, 0 of 6 and 4, 3, 0 of 7
  ('sum', ARRAY[4/6.0, 2/6.0, 4/7.0, 3/7.0]),
  ('zscore', ARRAY[1 - 7/3.0/sqrt(13/3.0), 0, -1 + 5/3.0/sqrt(13/3.0), 2/3.0/sqrt(13/3.0)]),
  ('zscore_sigmoid', ARRAY[1/(1 + exp(-1.0)) + 1/(1 + exp(7/3.0/sqrt(13/3.0))), 0.5,
                           1/(1 + exp(1.0)) + 1/(1 + exp(-5/3.0/sqrt(13/3.0))), 1/(1 + exp(-2/3.0/sqrt(13/3.0)))]),
  ('dbsf', ARRAY[2/3.0 + (3 - 7/3.0/sqrt(13/3.0)) / 6, 0.5, 1/3.0 + (3 + 5/3.0/sqrt(13/3.0)) / 6, (3 + 2/3.0/sqrt(13/3.0)) / 6]),
  ('l2', ARRAY[-5/sqrt(30.0), -2/sqrt(20.0), -4/sqrt(20.0) - 1/sqrt(30.0), -2/sqrt(30.0)]),
  ('rank', ARRAY[1 + 1/3.0, 2/3.0, 1/3.0 + 1, 2/3.0]),
  ('borda', ARRAY[1.5, 1, 1.5, 1]),
  ('atan_ip', ARRAY[0.5 + 0.5 - atan(5)/pi(), 0.5 - atan(2)/pi(), 1 - atan(4)/pi() - atan(1)/pi(), 0.5 - atan(2)/pi()]),
  ('atan_bm25', ARRAY[-2*atan(5)/pi(), -2*atan(2)/pi(), -2*(atan(4) + atan(1))/pi(), -2*atan(2)/pi()]),
  ('cosine', ARRAY[1 - 1.5, 0, -1 + 0.5, 0])
) e(name, expected);

-- max and sum of scores that are not negative: no shift
SELECT normalizer, string_agg(round(score::numeric, 6)::text, ' ' ORDER BY rank) AS scores
FROM (VALUES ('max'), ('sum'), ('l2')) n(normalizer),
     vecstore.fuse('combsum', ARRAY['{"id": "bigint", "items": [[1, -4], [2, -3], [3, -1]]}'::vecstore.ranking], normalizer => normalizer)
GROUP BY 1 ORDER BY 1;

-- What a list gives to ids it lacks.  Ids 2 and 4 are in one list each.
SELECT name, missing, check_scores(name, expected::float8[], missing => missing) FROM (VALUES
  ('weighted_sum', 'min', ARRAY[0.5, 0.25, 0.5, 0.375]),
  ('weighted_sum', 'skip', ARRAY[0.5, 0.5, 0.5, 0.75]),
  ('combsum', 'skip', ARRAY[0.5, 0.5, 0.5, 0.75]),
  ('max', 'skip', ARRAY[1, 0.5, 1, 0.75]),
  ('min', 'skip', ARRAY[0, 0.5, 0, 0.75]),
  ('harmonic_mean', 'skip', ARRAY[0, 0.5, 0, 0.75]),
  ('geometric_mean', 'skip', ARRAY[0, 0.5, 0, 0.75]),
  ('rrf', 'rank', ARRAY[1/61.0 + 1/63.0, 1/62.0 + 1/64.0, 1/63.0 + 1/61.0, 1/62.0 + 1/64.0]),
  ('rrf', 'min', ARRAY[1/61.0 + 1/63.0, 1/62.0 + 1/63.0, 1/63.0 + 1/61.0, 1/62.0 + 1/63.0]),
  ('rrf', 'skip', ARRAY[(1/61.0 + 1/63.0) / 2, 1/62.0, (1/63.0 + 1/61.0) / 2, 1/62.0]),
  ('borda', 'skip', ARRAY[0.75, 0.75, 0.75, 0.75]),
  ('borda', 'rank', ARRAY[1.5, 1, 1.5, 1]),
  ('isr', 'rank', ARRAY[2 * (1 + 1/9.0), 0.25 + 1/16.0, 2 * (1 + 1/9.0), 0.25 + 1/16.0]),
  ('rbc', 'rank', ARRAY[0.2 + 0.128, 0.16 + 0.2 * 0.512, 0.128 + 0.2, 0.16 + 0.2 * 0.512]),
  -- no opinion on what is missing: 1 - 2 and 3 - 4 are decided, 1 - 3 and the rest tie
  ('condorcet', 'skip', ARRAY[0.5, (1 + 0.5 + 0) / 3, 0.5, (1 + 0 + 0.5) / 3])
) e(name, missing, expected);
SELECT check_scores('combsum', ARRAY[-5, -7, -5, -6], normalizer => 'none', missing => 'min');

-- rrf_k, alpha
SELECT check_scores('rrf', ARRAY[1/2.0 + 1/4.0, 1/3.0, 1/4.0 + 1/2.0, 1/3.0], rrf_k => 1);
SELECT check_scores('rrf_qdrant', ARRAY[1/2.0 + 1/4.0, 1/3.0, 1/4.0 + 1/2.0, 1/3.0], rrf_k => 2);
SELECT check_scores('weighted_sum', ARRAY[0.7, 0.35, 0.3, 0.225], alpha => 0.7);

-- One row: the values of the reference for 0.8, 0.6 and alpha 0.7.
SELECT name, round(vecstore.fuse_scores(name, '{0.8,0.6}', weights)::numeric, 6) AS score FROM (VALUES
  ('weighted_sum', '{0.7,0.3}'::float8[]), ('dbsf', '{0.7,0.3}'), ('relative_score', '{0.7,0.3}'), ('max', NULL), ('min', NULL),
  ('harmonic_mean', NULL), ('geometric_mean', NULL), ('combsum', NULL), ('combmnz', NULL), ('combanz', NULL), ('combmed', NULL), ('combgmnz', NULL)) s(name, weights);
DROP FUNCTION check_scores(text, float8[], float8[], text, text, float8, float8);
DROP VIEW lists;
