-- 51-fuse.sql - several ranked lists to one.

CREATE FUNCTION vecstore.fuse_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_fuse_support';
COMMENT ON FUNCTION vecstore.fuse_support(internal) IS 'planner support of fuse: rows and cost';

CREATE FUNCTION vecstore.fuse(
  strategy text, rankings vecstore.ranking[], weights double precision[] DEFAULT NULL, rrf_k double precision DEFAULT 60,
  normalizer text DEFAULT NULL, missing text DEFAULT 'zero', top_k integer DEFAULT NULL, autocut integer DEFAULT 0,
  alpha double precision DEFAULT NULL, ties text DEFAULT 'competition')
  RETURNS TABLE (id bigint, score double precision, rank integer, ranks integer[], scores double precision[])
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 200 SUPPORT vecstore.fuse_support
  AS 'MODULE_PATHNAME', 'vs_fuse_bigint';
COMMENT ON FUNCTION vecstore.fuse(text, vecstore.ranking[], double precision[], double precision, text, text, integer, integer, double precision, text) IS
  'fuses rankings of integer ids, best first. Strategies: weighted_sum rrf dbsf relative_score max min harmonic_mean geometric_mean combsum combmnz combanz combmed combgmnz isr log_isr rbc borda condorcet rrf_qdrant. Normalizers: none minmax max sum zscore zscore_sigmoid dbsf l2 rank borda atan_ip atan_bm25 cosine. missing is zero, min, skip or rank. alpha, 0 to 1, is the first of two weights; autocut n keeps what comes before the n-th steep drop; ties is competition (1, 1, 3) or ordinal. ranks and scores have one element a list, null where the list lacks the id; a score is minus the distance. Equal scores: best rank, then number of lists, then id. A null ranking is an empty list. Errors 22023 and 2202E for bad arguments, 42804 for other ids';

CREATE FUNCTION vecstore.fuse_uuid(
  strategy text, rankings vecstore.ranking[], weights double precision[] DEFAULT NULL, rrf_k double precision DEFAULT 60,
  normalizer text DEFAULT NULL, missing text DEFAULT 'zero', top_k integer DEFAULT NULL, autocut integer DEFAULT 0,
  alpha double precision DEFAULT NULL, ties text DEFAULT 'competition')
  RETURNS TABLE (id uuid, score double precision, rank integer, ranks integer[], scores double precision[])
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 200 SUPPORT vecstore.fuse_support
  AS 'MODULE_PATHNAME', 'vs_fuse_uuid';
COMMENT ON FUNCTION vecstore.fuse_uuid(text, vecstore.ranking[], double precision[], double precision, text, text, integer, integer, double precision, text) IS
  'as fuse, for rankings of uuid';

CREATE FUNCTION vecstore.fuse_text(
  strategy text, rankings vecstore.ranking[], weights double precision[] DEFAULT NULL, rrf_k double precision DEFAULT 60,
  normalizer text DEFAULT NULL, missing text DEFAULT 'zero', top_k integer DEFAULT NULL, autocut integer DEFAULT 0,
  alpha double precision DEFAULT NULL, ties text DEFAULT 'competition')
  RETURNS TABLE (id text, score double precision, rank integer, ranks integer[], scores double precision[])
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 200 SUPPORT vecstore.fuse_support
  AS 'MODULE_PATHNAME', 'vs_fuse_text';
COMMENT ON FUNCTION vecstore.fuse_text(text, vecstore.ranking[], double precision[], double precision, text, text, integer, integer, double precision, text) IS
  'as fuse, for rankings of text; ids are ordered by their bytes';

CREATE FUNCTION vecstore.as_ranking(
  strategy text, rankings vecstore.ranking[], weights double precision[] DEFAULT NULL, rrf_k double precision DEFAULT 60,
  normalizer text DEFAULT NULL, missing text DEFAULT 'zero', top_k integer DEFAULT NULL, autocut integer DEFAULT 0,
  alpha double precision DEFAULT NULL, ties text DEFAULT 'competition')
  RETURNS vecstore.ranking
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'vs_as_ranking';
COMMENT ON FUNCTION vecstore.as_ranking(text, vecstore.ranking[], double precision[], double precision, text, text, integer, integer, double precision, text) IS
  'what fuse returns as a ranking, to be fused again; distances are minus the scores. Null without candidates. Ids of any kind';

CREATE FUNCTION vecstore.explain_fuse(
  strategy text, rankings vecstore.ranking[], weights double precision[] DEFAULT NULL, rrf_k double precision DEFAULT 60,
  normalizer text DEFAULT NULL, missing text DEFAULT 'zero', top_k integer DEFAULT NULL, autocut integer DEFAULT 0,
  alpha double precision DEFAULT NULL, ties text DEFAULT 'competition')
  RETURNS TABLE (id text, score double precision, rank integer, branch integer, branch_rank integer, branch_score double precision,
    normalized double precision, weight double precision, contribution double precision)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 200 SUPPORT vecstore.fuse_support
  AS 'MODULE_PATHNAME', 'vs_explain_fuse';
COMMENT ON FUNCTION vecstore.explain_fuse(text, vecstore.ranking[], double precision[], double precision, text, text, integer, integer, double precision, text) IS
  'where the scores of fuse come from: a row for each id and list. normalized is what the strategy sees, null where the list says nothing; contribution is that times the weight (for strategies that add, the contributions make the score)';
