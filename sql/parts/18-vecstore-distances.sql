-- 18-vecstore-distances.sql - measures that pgvector does not have, and reproducible random vectors.

CREATE FUNCTION vecstore.cosine_similarity(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_cosine_similarity';
COMMENT ON FUNCTION vecstore.cosine_similarity(vector, vector) IS
  'cosine of the angle: -1 (opposite) to 1 (same direction), 0 if a vector is zero; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.cosine_similarity(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_cosine_similarity';
COMMENT ON FUNCTION vecstore.cosine_similarity(halfvec, halfvec) IS
  'cosine of the angle: -1 (opposite) to 1 (same direction), 0 if a vector is zero; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.chebyshev_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_chebyshev_distance';
COMMENT ON FUNCTION vecstore.chebyshev_distance(vector, vector) IS
  'largest absolute difference of two elements, 0 or more; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.chebyshev_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_chebyshev_distance';
COMMENT ON FUNCTION vecstore.chebyshev_distance(halfvec, halfvec) IS
  'largest absolute difference of two elements, 0 or more; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.canberra_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_canberra_distance';
COMMENT ON FUNCTION vecstore.canberra_distance(vector, vector) IS
  'sum of |a - b| / (|a| + |b|), where elements with |a| + |b| of at most 1e-10 add 0: from 0 to the dimension; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.canberra_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_canberra_distance';
COMMENT ON FUNCTION vecstore.canberra_distance(halfvec, halfvec) IS
  'sum of |a - b| / (|a| + |b|), where elements with |a| + |b| of at most 1e-10 add 0: from 0 to the dimension; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.bray_curtis_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_bray_curtis_distance';
COMMENT ON FUNCTION vecstore.bray_curtis_distance(vector, vector) IS
  'sum of |a - b| divided by the sum of |a| + |b|: 0 to 1, 0 if the latter is at most 1e-10; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.bray_curtis_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_bray_curtis_distance';
COMMENT ON FUNCTION vecstore.bray_curtis_distance(halfvec, halfvec) IS
  'sum of |a - b| divided by the sum of |a| + |b|: 0 to 1, 0 if the latter is at most 1e-10; error 22000 if the dimensions differ';

CREATE FUNCTION vecstore.random_vector(dim integer, seed bigint) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_random_vector';
COMMENT ON FUNCTION vecstore.random_vector(integer, bigint) IS
  'a vector of dim elements uniform in [-1, 1), the same for a seed on every machine; for tests and demonstrations; error 22000 or 54000 unless dim is 1 to 16000';
