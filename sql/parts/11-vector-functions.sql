-- 11-vector-functions.sql - distances of vectors, and functions that measure, scale and cut them.
--
-- COST 10: a distance of a few hundred dimensions takes about ten times as long as comparing integers.

CREATE FUNCTION l2_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_l2_distance';
COMMENT ON FUNCTION l2_distance(vector, vector) IS
  'Euclidean distance, the function of <->: 0 to Infinity (overflow of single precision); error 22000 if the dimensions differ';

CREATE FUNCTION inner_product(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_inner_product';
COMMENT ON FUNCTION inner_product(vector, vector) IS
  'inner product, the negative of <#>; infinite when single precision overflows; error 22000 if the dimensions differ';

CREATE FUNCTION cosine_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_cosine_distance';
COMMENT ON FUNCTION cosine_distance(vector, vector) IS
  'cosine distance, 1 - cosine of the angle, the function of <=>: 0 (same direction) to 2 (opposite), NaN if a vector is zero; error 22000 if the dimensions differ';

CREATE FUNCTION l1_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_l1_distance';
COMMENT ON FUNCTION l1_distance(vector, vector) IS
  'taxicab distance, the sum of absolute differences, the function of <+>: 0 to Infinity; error 22000 if the dimensions differ';

CREATE FUNCTION vector_l2_squared_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_l2_squared_distance';
COMMENT ON FUNCTION vector_l2_squared_distance(vector, vector) IS
  'squared Euclidean distance, orders as l2_distance does; error 22000 if the dimensions differ';

CREATE FUNCTION vector_negative_inner_product(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_negative_inner_product';
COMMENT ON FUNCTION vector_negative_inner_product(vector, vector) IS
  'minus the inner product, the function of <#>: the smaller, the more alike; error 22000 if the dimensions differ';

CREATE FUNCTION vector_spherical_distance(vector, vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_vector_spherical_distance';
COMMENT ON FUNCTION vector_spherical_distance(vector, vector) IS
  'angle between two unit vectors as a share of pi: 0 to 1; the norms are not checked; error 22000 if the dimensions differ';

CREATE FUNCTION vector_dims(vector) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_dims';
COMMENT ON FUNCTION vector_dims(vector) IS 'number of dimensions, 1 to 16000';

CREATE FUNCTION vector_norm(vector) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_norm';
COMMENT ON FUNCTION vector_norm(vector) IS 'Euclidean norm, in double precision: the length of the vector';

CREATE FUNCTION l2_normalize(vector) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_l2_normalize';
COMMENT ON FUNCTION l2_normalize(vector) IS
  'the vector scaled to Euclidean norm 1; a zero vector stays zero';

CREATE FUNCTION binary_quantize(vector) RETURNS bit
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_binary_quantize';
COMMENT ON FUNCTION binary_quantize(vector) IS
  'one bit per dimension: 1 where the element is greater than 0; cast to bit(n) to index it';

CREATE FUNCTION subvector(vector, integer, integer) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_subvector';
COMMENT ON FUNCTION subvector(vector, integer, integer) IS
  'subvector(vector, start, count): count elements from start, counted from 1 and clipped to the vector; error 22000 if none is left';
