-- Fusion in plain SQL: aggregates, functions of one row, window functions, decay.
CREATE TABLE hits (branch int, id int, score float8);
INSERT INTO hits VALUES (1, 1, 0.9), (1, 2, 0.5), (1, 3, 0.5), (1, 4, 0.1), (2, 3, 12), (2, 5, 8), (2, 1, 4);

-- The aggregates give what fuse gives.
CREATE VIEW ranked AS SELECT *, rank() OVER (PARTITION BY branch ORDER BY score DESC) AS r,
  vecstore.minmax(score) OVER (PARTITION BY branch) AS s FROM hits;
CREATE VIEW lists AS SELECT array_agg(r ORDER BY branch) AS l FROM (SELECT branch, vecstore.ranking_sim(id, score) r FROM hits GROUP BY branch) b;
SELECT id, vecstore.rrf(r), vecstore.rrf(r, branch), vecstore.rrf(r, branch, 1) AS rrf1, vecstore.isr(r), vecstore.isr(r, branch) AS isrw,
  round(vecstore.rbc(r)::numeric, 6) AS rbc, round(vecstore.rbc(r, branch, 0.5)::numeric, 6) AS rbc5 FROM ranked GROUP BY id ORDER BY id;
SELECT id, vecstore.combsum(s), vecstore.combsum(s, branch) AS weighted, vecstore.combmnz(s), vecstore.combmnz(s, branch) AS weighted,
  vecstore.borda(r, 5), vecstore.borda(r, 5, branch) AS weighted FROM ranked GROUP BY id ORDER BY id;
SELECT strategy, count(*) FROM lists, unnest(ARRAY['rrf', 'isr', 'rbc', 'combsum', 'combmnz']) strategy, vecstore.fuse(strategy, l) f
  JOIN (SELECT id, vecstore.rrf(r), vecstore.isr(r), vecstore.rbc(r), vecstore.combsum(s), vecstore.combmnz(s) FROM ranked GROUP BY id) a USING (id)
WHERE f.score = CASE strategy WHEN 'rrf' THEN rrf WHEN 'isr' THEN isr WHEN 'rbc' THEN rbc WHEN 'combsum' THEN combsum ELSE combmnz END
GROUP BY strategy ORDER BY strategy;
SELECT count(*) FROM lists, vecstore.fuse('rrf', l, weights => '{1,2}') f WHERE f.score = vecstore.rrf_score(f.ranks, '{1,2}');

-- Rows without rank or score add nothing, no rows give 0; the order of rows does not show.
SELECT vecstore.rrf(NULL), vecstore.rrf(r) FILTER (WHERE false), vecstore.combsum('NaN'), vecstore.combmnz(NULL), vecstore.isr(NULL), vecstore.borda(NULL, 3) FROM ranked;
SELECT count(DISTINCT s) FROM (
  SELECT vecstore.combsum(x ORDER BY x) s FROM (SELECT 1 / i::float8 x FROM generate_series(1, 1000) i) t UNION ALL
  SELECT vecstore.combsum(x ORDER BY -x) FROM (SELECT 1 / i::float8 x FROM generate_series(1, 1000) i) t UNION ALL
  SELECT vecstore.combsum(x ORDER BY sin(1 / x)) FROM (SELECT 1 / i::float8 x FROM generate_series(1, 1000) i) t) u;

-- One row.
SELECT vecstore.rrf_score('{1,NULL,3}'), vecstore.rrf_score('{1,3}', '{1,0}', 1) AS weighted, vecstore.rrf_score('{}') AS none, vecstore.rrf_score(NULL) AS unknown;
SELECT s, vecstore.fuse_scores(s, '{0.5,NULL,1}') AS missing, round(vecstore.fuse_scores(s, '{0.5,1}', '{3,1}')::numeric, 6) AS weighted, vecstore.fuse_scores(s, '{NaN}') AS nothing
FROM unnest(ARRAY['weighted_sum', 'max', 'min', 'harmonic_mean', 'geometric_mean', 'combsum', 'combmnz', 'combanz', 'combmed']) s;
SELECT vecstore.fuse_scores('max', '{}'), vecstore.fuse_scores('max', NULL);

-- Window functions: the partition is normalised, whatever the order or the frame.
SELECT branch, id, vecstore.minmax(score) OVER w, round((vecstore.zscore(score) OVER w)::numeric, 6) AS zscore,
  round(((score - avg(score) OVER w) / stddev(score) OVER w)::numeric, 6) AS plain,
  round((vecstore.dbsf(score) OVER w)::numeric, 6) AS dbsf, round((vecstore.rank_score(score) OVER w)::numeric, 6) AS rank_score
FROM hits WINDOW w AS (PARTITION BY branch) ORDER BY branch, id;
SELECT x, vecstore.minmax(x) OVER (ORDER BY x ROWS 1 PRECEDING), vecstore.rank_score(x) OVER () FROM
  (VALUES (1::float8), (NULL), ('NaN'), (3), ('Infinity'), ('-Infinity'), (2)) v(x) ORDER BY x;
SELECT x, vecstore.minmax(x) OVER (), vecstore.zscore(x) OVER (), vecstore.dbsf(x) OVER (), vecstore.rank_score(x) OVER () FROM (VALUES (7), (7)) v(x);
SELECT x, vecstore.minmax(x) OVER () FROM (VALUES (NULL::float8)) v(x);
SELECT count(*), min(m), max(m), sum(m) FROM (SELECT vecstore.minmax(i) OVER () m FROM generate_series(0, 10000) i) s;

-- Decay: 1 at the target, the midpoint at a distance of scale.
SELECT x, round(vecstore.decay_exp(x, 10, 5)::numeric, 6) AS exp, round(vecstore.decay_gauss(x, 10, 5)::numeric, 6) AS gauss, vecstore.decay_linear(x, 10, 5) AS linear,
  round(vecstore.decay_exp(x, 10, 5, 0.1)::numeric, 6) AS exp_1, round(vecstore.decay_gauss(x, 10, 5, 0.1)::numeric, 6) AS gauss_1,
  round(vecstore.decay_linear(x, 10, 5, 0.1)::numeric, 6) AS linear_1
FROM unnest(ARRAY[10, 15, 5, 20, 'Infinity', '-Infinity', 'NaN']::float8[]) x;
SELECT vecstore.decay_exp('Infinity', 'Infinity', 1), vecstore.decay_exp(NULL, 1, 1);
DROP VIEW ranked, lists;
DROP TABLE hits;
