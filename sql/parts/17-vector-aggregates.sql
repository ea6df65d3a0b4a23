-- 17-vector-aggregates.sql - avg and sum of vector and halfvec, also in parallel.

CREATE FUNCTION vector_accum(double precision[], vector) RETURNS double precision[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_accum';
COMMENT ON FUNCTION vector_accum(double precision[], vector) IS
  'transition function of avg(vector); the state is {count, sum of each element}; error 22000 if the dimensions differ';

CREATE FUNCTION vector_avg(double precision[]) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_avg';
COMMENT ON FUNCTION vector_avg(double precision[]) IS
  'final function of avg(vector): sums divided by the count, null if the count is 0';

CREATE FUNCTION vector_combine(double precision[], double precision[]) RETURNS double precision[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_combine';
COMMENT ON FUNCTION vector_combine(double precision[], double precision[]) IS
  'combine function of avg(vector): adds two states; error 22000 if the dimensions differ';

CREATE FUNCTION halfvec_accum(double precision[], halfvec) RETURNS double precision[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_accum';
COMMENT ON FUNCTION halfvec_accum(double precision[], halfvec) IS
  'transition function of avg(halfvec); the state is {count, sum of each element}; error 22000 if the dimensions differ';

CREATE FUNCTION halfvec_avg(double precision[]) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_avg';
COMMENT ON FUNCTION halfvec_avg(double precision[]) IS
  'final function of avg(halfvec): sums divided by the count, null if the count is 0';

CREATE FUNCTION halfvec_combine(double precision[], double precision[]) RETURNS double precision[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_combine';
COMMENT ON FUNCTION halfvec_combine(double precision[], double precision[]) IS
  'combine function of avg(halfvec): adds two states; error 22000 if the dimensions differ';

CREATE AGGREGATE avg(vector) (
  SFUNC = vector_accum, STYPE = double precision[], INITCOND = '{0}',
  COMBINEFUNC = vector_combine, FINALFUNC = vector_avg, PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(vector) IS
  'the average (centroid) of all vectors that are not null, summed in double precision; null without any; error 22000 if the dimensions differ';

CREATE AGGREGATE sum(vector) (
  SFUNC = vector_add, STYPE = vector, COMBINEFUNC = vector_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(vector) IS
  'element-wise sum of all vectors that are not null, in single precision; null without any; error 22003 on overflow, 22000 if the dimensions differ';

CREATE AGGREGATE avg(halfvec) (
  SFUNC = halfvec_accum, STYPE = double precision[], INITCOND = '{0}',
  COMBINEFUNC = halfvec_combine, FINALFUNC = halfvec_avg, PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(halfvec) IS
  'the average (centroid) of all vectors that are not null, summed in double precision; null without any; error 22000 if the dimensions differ';

CREATE AGGREGATE sum(halfvec) (
  SFUNC = halfvec_add, STYPE = halfvec, COMBINEFUNC = halfvec_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(halfvec) IS
  'element-wise sum of all vectors that are not null, rounded to half precision at each step; null without any; error 22003 on overflow, 22000 if the dimensions differ';
