-- 53-mmr.sql - results that are relevant and unlike each other.

CREATE TYPE vecstore.candidates;

CREATE FUNCTION vecstore.candidates_in(cstring) RETURNS vecstore.candidates
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_candidates_in';
COMMENT ON FUNCTION vecstore.candidates_in(cstring) IS 'raises error 0A000: candidates are made by the aggregate only';

CREATE FUNCTION vecstore.candidates_out(vecstore.candidates) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_candidates_out';
COMMENT ON FUNCTION vecstore.candidates_out(vecstore.candidates) IS 'a summary: number and type';

CREATE TYPE vecstore.candidates (
  INPUT = vecstore.candidates_in, OUTPUT = vecstore.candidates_out, STORAGE = extended, ALIGNMENT = double
);
COMMENT ON TYPE vecstore.candidates IS
  'ids with distances and vectors, for mmr within one query; cannot be read back from text';

CREATE FUNCTION vecstore.candidates_final(internal) RETURNS vecstore.candidates
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_candidates_final';
COMMENT ON FUNCTION vecstore.candidates_final(internal) IS 'final function of the aggregate candidates';

CREATE FUNCTION vecstore.candidates_accum(internal, anyelement, double precision, vector) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_candidates_accum';
COMMENT ON FUNCTION vecstore.candidates_accum(internal, anyelement, double precision, vector) IS 'transition function of the aggregate candidates';

CREATE AGGREGATE vecstore.candidates(id anyelement, distance double precision, embedding vector) (
  SFUNC = vecstore.candidates_accum, STYPE = internal, FINALFUNC = vecstore.candidates_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.candidates(anyelement, double precision, vector) IS
  'the rows as candidates for mmr; what ranking does about nulls, NaN, infinities and repeated ids holds here, too. A null embedding is similar to nothing. Null without rows; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.candidates_accum(internal, anyelement, double precision, halfvec) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_candidates_accum';
COMMENT ON FUNCTION vecstore.candidates_accum(internal, anyelement, double precision, halfvec) IS 'transition function of the aggregate candidates';

CREATE AGGREGATE vecstore.candidates(id anyelement, distance double precision, embedding halfvec) (
  SFUNC = vecstore.candidates_accum, STYPE = internal, FINALFUNC = vecstore.candidates_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.candidates(anyelement, double precision, halfvec) IS
  'the rows as candidates for mmr; what ranking does about nulls, NaN, infinities and repeated ids holds here, too. A null embedding is similar to nothing. Null without rows; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.mmr(candidates vecstore.candidates, top_k integer DEFAULT 10, lambda double precision DEFAULT 0.5, relevance_mode text DEFAULT 'cosine')
  RETURNS TABLE (id bigint, rank integer, mmr_score double precision, relevance double precision, max_similarity double precision)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vs_mmr_bigint';
COMMENT ON FUNCTION vecstore.mmr(vecstore.candidates, integer, double precision, text) IS
  'chooses up to top_k (null: all) candidates one after the other: first the most relevant, then whichever has the largest lambda * relevance - (1 - lambda) * max_similarity, where max_similarity is the largest cosine similarity to those chosen before (null for the first). lambda 1 keeps the order of the candidates, 0 looks at diversity alone. relevance_mode cosine: 1 - distance, which has to be a cosine distance; minmax: 0 to 1, for any distance; raw: minus the distance. Ties: relevance, then id. Error 22023 for a lambda outside 0 to 1 or a top_k below 1, 42804 for other ids';

CREATE FUNCTION vecstore.mmr_uuid(candidates vecstore.candidates, top_k integer DEFAULT 10, lambda double precision DEFAULT 0.5, relevance_mode text DEFAULT 'cosine')
  RETURNS TABLE (id uuid, rank integer, mmr_score double precision, relevance double precision, max_similarity double precision)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vs_mmr_uuid';
COMMENT ON FUNCTION vecstore.mmr_uuid(vecstore.candidates, integer, double precision, text) IS
  'as mmr, for uuid ids';

CREATE FUNCTION vecstore.mmr_text(candidates vecstore.candidates, top_k integer DEFAULT 10, lambda double precision DEFAULT 0.5, relevance_mode text DEFAULT 'cosine')
  RETURNS TABLE (id text, rank integer, mmr_score double precision, relevance double precision, max_similarity double precision)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vs_mmr_text';
COMMENT ON FUNCTION vecstore.mmr_text(vecstore.candidates, integer, double precision, text) IS
  'as mmr, for text ids';

CREATE FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, vector, integer, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_mmr_accum';
COMMENT ON FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, vector, integer, double precision) IS 'transition function of the aggregate mmr_agg';

CREATE FUNCTION vecstore.mmr_final(internal, anyelement, double precision, vector, integer, double precision) RETURNS anyarray
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_mmr_final';
COMMENT ON FUNCTION vecstore.mmr_final(internal, anyelement, double precision, vector, integer, double precision) IS 'final function of the aggregate mmr_agg';

CREATE AGGREGATE vecstore.mmr_agg(id anyelement, distance double precision, embedding vector, top_k integer, lambda double precision) (
  SFUNC = vecstore.mmr_accum, STYPE = internal, FINALFUNC = vecstore.mmr_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.mmr_agg(anyelement, double precision, vector, integer, double precision) IS
  'what mmr chooses from the rows, as an array of ids in the order of choice; top_k, lambda are those of the first row; null without rows';

CREATE FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, vector, integer, double precision, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_mmr_accum';
COMMENT ON FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, vector, integer, double precision, text) IS 'transition function of the aggregate mmr_agg';

CREATE FUNCTION vecstore.mmr_final(internal, anyelement, double precision, vector, integer, double precision, text) RETURNS anyarray
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_mmr_final';
COMMENT ON FUNCTION vecstore.mmr_final(internal, anyelement, double precision, vector, integer, double precision, text) IS 'final function of the aggregate mmr_agg';

CREATE AGGREGATE vecstore.mmr_agg(id anyelement, distance double precision, embedding vector, top_k integer, lambda double precision, relevance_mode text) (
  SFUNC = vecstore.mmr_accum, STYPE = internal, FINALFUNC = vecstore.mmr_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.mmr_agg(anyelement, double precision, vector, integer, double precision, text) IS
  'what mmr chooses from the rows, as an array of ids in the order of choice; top_k, lambda and relevance_mode are those of the first row; null without rows';

CREATE FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, halfvec, integer, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_mmr_accum';
COMMENT ON FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, halfvec, integer, double precision) IS 'transition function of the aggregate mmr_agg';

CREATE FUNCTION vecstore.mmr_final(internal, anyelement, double precision, halfvec, integer, double precision) RETURNS anyarray
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_mmr_final';
COMMENT ON FUNCTION vecstore.mmr_final(internal, anyelement, double precision, halfvec, integer, double precision) IS 'final function of the aggregate mmr_agg';

CREATE AGGREGATE vecstore.mmr_agg(id anyelement, distance double precision, embedding halfvec, top_k integer, lambda double precision) (
  SFUNC = vecstore.mmr_accum, STYPE = internal, FINALFUNC = vecstore.mmr_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.mmr_agg(anyelement, double precision, halfvec, integer, double precision) IS
  'what mmr chooses from the rows, as an array of ids in the order of choice; top_k, lambda are those of the first row; null without rows';

CREATE FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, halfvec, integer, double precision, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_mmr_accum';
COMMENT ON FUNCTION vecstore.mmr_accum(internal, anyelement, double precision, halfvec, integer, double precision, text) IS 'transition function of the aggregate mmr_agg';

CREATE FUNCTION vecstore.mmr_final(internal, anyelement, double precision, halfvec, integer, double precision, text) RETURNS anyarray
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_mmr_final';
COMMENT ON FUNCTION vecstore.mmr_final(internal, anyelement, double precision, halfvec, integer, double precision, text) IS 'final function of the aggregate mmr_agg';

CREATE AGGREGATE vecstore.mmr_agg(id anyelement, distance double precision, embedding halfvec, top_k integer, lambda double precision, relevance_mode text) (
  SFUNC = vecstore.mmr_accum, STYPE = internal, FINALFUNC = vecstore.mmr_final, FINALFUNC_EXTRA, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.mmr_agg(anyelement, double precision, halfvec, integer, double precision, text) IS
  'what mmr chooses from the rows, as an array of ids in the order of choice; top_k, lambda and relevance_mode are those of the first row; null without rows';
