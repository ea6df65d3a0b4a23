-- 14-halfvec-functions.sql - distances of halfvecs, and functions that measure, scale and cut them.
--
-- Halves are widened to single precision before any arithmetic.

CREATE FUNCTION l2_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_l2_distance';
COMMENT ON FUNCTION l2_distance(halfvec, halfvec) IS
  'Euclidean distance, the function of <->: 0 to Infinity (overflow of single precision); error 22000 if the dimensions differ';

CREATE FUNCTION inner_product(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_inner_product';
COMMENT ON FUNCTION inner_product(halfvec, halfvec) IS
  'inner product, the negative of <#>; infinite when single precision overflows; error 22000 if the dimensions differ';

CREATE FUNCTION cosine_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_cosine_distance';
COMMENT ON FUNCTION cosine_distance(halfvec, halfvec) IS
  'cosine distance, 1 - cosine of the angle, the function of <=>: 0 (same direction) to 2 (opposite), NaN if a vector is zero; error 22000 if the dimensions differ';

CREATE FUNCTION l1_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_l1_distance';
COMMENT ON FUNCTION l1_distance(halfvec, halfvec) IS
  'taxicab distance, the sum of absolute differences, the function of <+>: 0 to Infinity; error 22000 if the dimensions differ';

CREATE FUNCTION halfvec_l2_squared_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_l2_squared_distance';
COMMENT ON FUNCTION halfvec_l2_squared_distance(halfvec, halfvec) IS
  'squared Euclidean distance, orders as l2_distance does; error 22000 if the dimensions differ';

CREATE FUNCTION halfvec_negative_inner_product(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_negative_inner_product';
COMMENT ON FUNCTION halfvec_negative_inner_product(halfvec, halfvec) IS
  'minus the inner product, the function of <#>: the smaller, the more alike; error 22000 if the dimensions differ';

CREATE FUNCTION halfvec_spherical_distance(halfvec, halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_halfvec_spherical_distance';
COMMENT ON FUNCTION halfvec_spherical_distance(halfvec, halfvec) IS
  'angle between two unit vectors as a share of pi: 0 to 1; the norms are not checked; error 22000 if the dimensions differ';

CREATE FUNCTION vector_dims(halfvec) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_dims';
COMMENT ON FUNCTION vector_dims(halfvec) IS 'number of dimensions, 1 to 16000';

CREATE FUNCTION l2_norm(halfvec) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_norm';
COMMENT ON FUNCTION l2_norm(halfvec) IS 'Euclidean norm, in double precision: the length of the vector';

CREATE FUNCTION l2_normalize(halfvec) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_l2_normalize';
COMMENT ON FUNCTION l2_normalize(halfvec) IS
  'the vector scaled to Euclidean norm 1; a zero vector stays zero';

CREATE FUNCTION binary_quantize(halfvec) RETURNS bit
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_binary_quantize';
COMMENT ON FUNCTION binary_quantize(halfvec) IS
  'one bit per dimension: 1 where the element is greater than 0; cast to bit(n) to index it';

CREATE FUNCTION subvector(halfvec, integer, integer) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_subvector';
COMMENT ON FUNCTION subvector(halfvec, integer, integer) IS
  'subvector(vector, start, count): count elements from start, counted from 1 and clipped to the vector; error 22000 if none is left';
