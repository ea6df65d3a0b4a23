-- 52-fusion-primitives.sql - fusion in plain SQL: aggregates, functions of one row, window functions, decay.

CREATE FUNCTION vecstore.terms_sum(internal) RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_terms_sum';
COMMENT ON FUNCTION vecstore.terms_sum(internal) IS 'final function of rrf, rbc, borda and combsum: the sum, in the order of the values';

CREATE FUNCTION vecstore.terms_mnz(internal) RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_terms_mnz';
COMMENT ON FUNCTION vecstore.terms_mnz(internal) IS 'final function of isr and combmnz: the sum times the number of terms';

CREATE FUNCTION vecstore.rrf_accum(internal, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rrf_accum';
COMMENT ON FUNCTION vecstore.rrf_accum(internal, bigint) IS 'transition function of rrf';

CREATE FUNCTION vecstore.rrf_accum(internal, bigint, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rrf_accum';
COMMENT ON FUNCTION vecstore.rrf_accum(internal, bigint, double precision) IS 'transition function of rrf';

CREATE FUNCTION vecstore.rrf_accum(internal, bigint, double precision, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rrf_accum';
COMMENT ON FUNCTION vecstore.rrf_accum(internal, bigint, double precision, double precision) IS 'transition function of rrf';

CREATE AGGREGATE vecstore.rrf(rank bigint) (
  SFUNC = vecstore.rrf_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rrf(bigint) IS
  'reciprocal rank fusion of the rows of one id: sum of weight / (k + rank); weight is 1 and k is 60 unless given; rows with a null rank add nothing, 0 without any; error 22023 for a rank below 1, a negative weight or a k of 0 or less';

CREATE AGGREGATE vecstore.rrf(rank bigint, weight double precision) (
  SFUNC = vecstore.rrf_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rrf(bigint, double precision) IS
  'reciprocal rank fusion of the rows of one id: sum of weight / (k + rank); weight is 1 and k is 60 unless given; rows with a null rank add nothing, 0 without any; error 22023 for a rank below 1, a negative weight or a k of 0 or less';

CREATE AGGREGATE vecstore.rrf(rank bigint, weight double precision, k double precision) (
  SFUNC = vecstore.rrf_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rrf(bigint, double precision, double precision) IS
  'reciprocal rank fusion of the rows of one id: sum of weight / (k + rank); weight is 1 and k is 60 unless given; rows with a null rank add nothing, 0 without any; error 22023 for a rank below 1, a negative weight or a k of 0 or less';

CREATE FUNCTION vecstore.isr_accum(internal, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_isr_accum';
COMMENT ON FUNCTION vecstore.isr_accum(internal, bigint) IS 'transition function of isr';

CREATE FUNCTION vecstore.isr_accum(internal, bigint, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_isr_accum';
COMMENT ON FUNCTION vecstore.isr_accum(internal, bigint, double precision) IS 'transition function of isr';

CREATE AGGREGATE vecstore.isr(rank bigint) (
  SFUNC = vecstore.isr_accum, STYPE = internal, FINALFUNC = vecstore.terms_mnz, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.isr(bigint) IS
  'inverse square ranks of the rows of one id: their number times the sum of weight / rank^2; rows with a null rank do not count; error 22023 for a rank below 1 or a negative weight';

CREATE AGGREGATE vecstore.isr(rank bigint, weight double precision) (
  SFUNC = vecstore.isr_accum, STYPE = internal, FINALFUNC = vecstore.terms_mnz, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.isr(bigint, double precision) IS
  'inverse square ranks of the rows of one id: their number times the sum of weight / rank^2; rows with a null rank do not count; error 22023 for a rank below 1 or a negative weight';

CREATE FUNCTION vecstore.rbc_accum(internal, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rbc_accum';
COMMENT ON FUNCTION vecstore.rbc_accum(internal, bigint) IS 'transition function of rbc';

CREATE FUNCTION vecstore.rbc_accum(internal, bigint, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rbc_accum';
COMMENT ON FUNCTION vecstore.rbc_accum(internal, bigint, double precision) IS 'transition function of rbc';

CREATE FUNCTION vecstore.rbc_accum(internal, bigint, double precision, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rbc_accum';
COMMENT ON FUNCTION vecstore.rbc_accum(internal, bigint, double precision, double precision) IS 'transition function of rbc';

CREATE AGGREGATE vecstore.rbc(rank bigint) (
  SFUNC = vecstore.rbc_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rbc(bigint) IS
  'rank-biased centroids of the rows of one id: sum of weight * (1 - phi) * phi^(rank - 1); phi is 0.8 unless given; rows with a null rank add nothing; error 22023 for a rank below 1, a negative weight or a phi outside 0 to 1';

CREATE AGGREGATE vecstore.rbc(rank bigint, weight double precision) (
  SFUNC = vecstore.rbc_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rbc(bigint, double precision) IS
  'rank-biased centroids of the rows of one id: sum of weight * (1 - phi) * phi^(rank - 1); phi is 0.8 unless given; rows with a null rank add nothing; error 22023 for a rank below 1, a negative weight or a phi outside 0 to 1';

CREATE AGGREGATE vecstore.rbc(rank bigint, weight double precision, phi double precision) (
  SFUNC = vecstore.rbc_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.rbc(bigint, double precision, double precision) IS
  'rank-biased centroids of the rows of one id: sum of weight * (1 - phi) * phi^(rank - 1); phi is 0.8 unless given; rows with a null rank add nothing; error 22023 for a rank below 1, a negative weight or a phi outside 0 to 1';

CREATE FUNCTION vecstore.borda_accum(internal, bigint, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_borda_accum';
COMMENT ON FUNCTION vecstore.borda_accum(internal, bigint, bigint) IS 'transition function of borda';

CREATE FUNCTION vecstore.borda_accum(internal, bigint, bigint, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_borda_accum';
COMMENT ON FUNCTION vecstore.borda_accum(internal, bigint, bigint, double precision) IS 'transition function of borda';

CREATE AGGREGATE vecstore.borda(rank bigint, candidates bigint) (
  SFUNC = vecstore.borda_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.borda(bigint, bigint) IS
  'Borda points of the rows of one id: sum of weight * (candidates - rank + 1) / candidates; rows with a null rank add nothing; error 22023 for a rank outside 1 to candidates or a negative weight';

CREATE AGGREGATE vecstore.borda(rank bigint, candidates bigint, weight double precision) (
  SFUNC = vecstore.borda_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.borda(bigint, bigint, double precision) IS
  'Borda points of the rows of one id: sum of weight * (candidates - rank + 1) / candidates; rows with a null rank add nothing; error 22023 for a rank outside 1 to candidates or a negative weight';

CREATE FUNCTION vecstore.comb_accum(internal, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_comb_accum';
COMMENT ON FUNCTION vecstore.comb_accum(internal, double precision) IS 'transition function of combsum and combmnz';

CREATE FUNCTION vecstore.comb_accum(internal, double precision, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_comb_accum';
COMMENT ON FUNCTION vecstore.comb_accum(internal, double precision, double precision) IS 'transition function of combsum and combmnz';

CREATE AGGREGATE vecstore.combsum(score double precision) (
  SFUNC = vecstore.comb_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.combsum(double precision) IS
  'sum of weight * score of the rows of one id; rows with a null or NaN score add nothing, 0 without any; error 22023 for an infinite score or a negative weight';

CREATE AGGREGATE vecstore.combsum(score double precision, weight double precision) (
  SFUNC = vecstore.comb_accum, STYPE = internal, FINALFUNC = vecstore.terms_sum, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.combsum(double precision, double precision) IS
  'sum of weight * score of the rows of one id; rows with a null or NaN score add nothing, 0 without any; error 22023 for an infinite score or a negative weight';

CREATE AGGREGATE vecstore.combmnz(score double precision) (
  SFUNC = vecstore.comb_accum, STYPE = internal, FINALFUNC = vecstore.terms_mnz, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.combmnz(double precision) IS
  'sum of weight * score of the rows of one id times their number; rows with a null or NaN score do not count; error 22023 for an infinite score or a negative weight';

CREATE AGGREGATE vecstore.combmnz(score double precision, weight double precision) (
  SFUNC = vecstore.comb_accum, STYPE = internal, FINALFUNC = vecstore.terms_mnz, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.combmnz(double precision, double precision) IS
  'sum of weight * score of the rows of one id times their number; rows with a null or NaN score do not count; error 22023 for an infinite score or a negative weight';

CREATE FUNCTION vecstore.rrf_score(ranks integer[], weights double precision[] DEFAULT NULL, k double precision DEFAULT 60) RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_rrf_score';
COMMENT ON FUNCTION vecstore.rrf_score(integer[], double precision[], double precision) IS
  'sum of weight / (k + rank) over the ranks that are not null; weights are 1 unless given; null for null';

CREATE FUNCTION vecstore.fuse_scores(strategy text, scores double precision[], weights double precision[] DEFAULT NULL) RETURNS double precision
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_fuse_scores';
COMMENT ON FUNCTION vecstore.fuse_scores(text, double precision[], double precision[]) IS
  'one strategy of scores (not of ranks) applied to scores that are comparable already; null and NaN are missing and count as 0, or not at all for the strategies comb*; null for null or an empty array';

CREATE FUNCTION vecstore.minmax(x double precision) RETURNS double precision
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_window_minmax';
COMMENT ON FUNCTION vecstore.minmax(double precision) IS
  'window function: (x - least) / (largest - least) over the partition, 1 where all are equal. x is a similarity, larger is better; nulls and NaN give null and do not count; infinities count as the extreme finite value. Frame and order of the window do not matter';

CREATE FUNCTION vecstore.zscore(x double precision) RETURNS double precision
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_window_zscore';
COMMENT ON FUNCTION vecstore.zscore(double precision) IS
  'window function: (x - mean) / sample deviation over the partition, 0 where all are equal. x is a similarity, larger is better; nulls and NaN give null and do not count; infinities count as the extreme finite value. Frame and order of the window do not matter';

CREATE FUNCTION vecstore.dbsf(x double precision) RETURNS double precision
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_window_dbsf';
COMMENT ON FUNCTION vecstore.dbsf(double precision) IS
  'window function: x between mean - 3 and mean + 3 sample deviations of the partition, as 0 to 1 and clamped to it; 0.5 where all are equal. x is a similarity, larger is better; nulls and NaN give null and do not count; infinities count as the extreme finite value. Frame and order of the window do not matter';

CREATE FUNCTION vecstore.rank_score(x double precision) RETURNS double precision
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_window_rank_score';
COMMENT ON FUNCTION vecstore.rank_score(double precision) IS
  'window function: 1 - (rank - 1) / rows over the partition, the largest x having rank 1, equal ones the same. x is a similarity, larger is better; nulls and NaN give null and do not count; infinities count as the extreme finite value. Frame and order of the window do not matter';

CREATE FUNCTION vecstore.decay_exp(x double precision, target double precision, scale double precision, midpoint double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_decay_exp';
COMMENT ON FUNCTION vecstore.decay_exp(double precision, double precision, double precision, double precision) IS
  'midpoint ^ (|x - target| / scale): 1 at the target, midpoint at a distance of scale, towards 0 beyond; 0 for NaN; error 22023 unless scale is above 0 and midpoint between 0 and 1';

CREATE FUNCTION vecstore.decay_gauss(x double precision, target double precision, scale double precision, midpoint double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_decay_gauss';
COMMENT ON FUNCTION vecstore.decay_gauss(double precision, double precision, double precision, double precision) IS
  'midpoint ^ ((|x - target| / scale) ^ 2): 1 at the target, midpoint at a distance of scale, towards 0 beyond; 0 for NaN; error 22023 unless scale is above 0 and midpoint between 0 and 1';

CREATE FUNCTION vecstore.decay_linear(x double precision, target double precision, scale double precision, midpoint double precision DEFAULT 0.5) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_decay_linear';
COMMENT ON FUNCTION vecstore.decay_linear(double precision, double precision, double precision, double precision) IS
  'greatest(0, 1 - (1 - midpoint) * |x - target| / scale): 1 at the target, midpoint at a distance of scale, towards 0 beyond; 0 for NaN; error 22023 unless scale is above 0 and midpoint between 0 and 1';
