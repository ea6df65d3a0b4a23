-- 16-vector-casts.sql - casts of vector and halfvec: to a dimension, to each other, arrays, JSON.
--
-- Casts that keep every digit and cannot surprise are implicit; the others happen on assignment.

CREATE FUNCTION vector(vector, integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_to_typmod';
COMMENT ON FUNCTION vector(vector, integer, boolean) IS
  'checks a vector against the declared dimension; error 22000 if it has another one';

CREATE FUNCTION halfvec(halfvec, integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_to_typmod';
COMMENT ON FUNCTION halfvec(halfvec, integer, boolean) IS
  'checks a halfvec against the declared dimension; error 22000 if it has another one';

CREATE CAST (vector AS vector) WITH FUNCTION vector(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS vector) IS 'checks the declared dimension';

CREATE CAST (halfvec AS halfvec) WITH FUNCTION halfvec(halfvec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (halfvec AS halfvec) IS 'checks the declared dimension';

-- between the two types

CREATE FUNCTION vector_to_halfvec(vector, integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_to_halfvec';
COMMENT ON FUNCTION vector_to_halfvec(vector, integer, boolean) IS
  'rounds each element to half precision, ties to even; error 22003 for an element of 65520 or more';

CREATE FUNCTION halfvec_to_vector(halfvec, integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_to_vector';
COMMENT ON FUNCTION halfvec_to_vector(halfvec, integer, boolean) IS
  'widens each element to single precision, exactly';

CREATE CAST (vector AS halfvec) WITH FUNCTION vector_to_halfvec(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS halfvec) IS 'rounds to half precision; implicit, so that a vector can query a halfvec column';

CREATE CAST (halfvec AS vector) WITH FUNCTION halfvec_to_vector(halfvec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS vector) IS 'widens to single precision, exactly';

-- arrays of numbers

CREATE FUNCTION array_to_vector(integer[], integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_from_array';
COMMENT ON FUNCTION array_to_vector(integer[], integer, boolean) IS
  'one-dimensional array to vector, rounded to single precision; error 22000 for another shape or dimension, 22004 for a null';

CREATE FUNCTION array_to_vector(real[], integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_from_array';
COMMENT ON FUNCTION array_to_vector(real[], integer, boolean) IS
  'one-dimensional array to vector, exactly; error 22000 for another shape or dimension, NaN or infinity, 22004 for a null';

CREATE FUNCTION array_to_vector(double precision[], integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_from_array';
COMMENT ON FUNCTION array_to_vector(double precision[], integer, boolean) IS
  'one-dimensional array to vector, rounded to single precision; error 22000 for another shape or dimension, NaN, infinity or a number beyond real, 22004 for a null';

CREATE FUNCTION array_to_vector(numeric[], integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_from_array';
COMMENT ON FUNCTION array_to_vector(numeric[], integer, boolean) IS
  'one-dimensional array to vector, rounded to single precision; error 22000 for another shape or dimension, NaN or infinity, 22003 for a number beyond real, 22004 for a null';

CREATE FUNCTION vector_to_float4(vector, integer, boolean) RETURNS real[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_to_float4';
COMMENT ON FUNCTION vector_to_float4(vector, integer, boolean) IS 'vector to real[], exactly';

CREATE CAST (integer[] AS vector) WITH FUNCTION array_to_vector(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS vector) IS 'one-dimensional array without nulls to vector';

CREATE CAST (real[] AS vector) WITH FUNCTION array_to_vector(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS vector) IS 'one-dimensional array without nulls to vector';

CREATE CAST (double precision[] AS vector) WITH FUNCTION array_to_vector(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS vector) IS 'one-dimensional array without nulls to vector';

CREATE CAST (numeric[] AS vector) WITH FUNCTION array_to_vector(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS vector) IS 'one-dimensional array without nulls to vector';

CREATE CAST (vector AS real[]) WITH FUNCTION vector_to_float4(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS real[]) IS 'elements as an array, exactly';

CREATE FUNCTION array_to_halfvec(integer[], integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_from_array';
COMMENT ON FUNCTION array_to_halfvec(integer[], integer, boolean) IS
  'one-dimensional array to halfvec, rounded to half precision; error 22000 for another shape or dimension, 22003 for an element of 65520 or more, 22004 for a null';

CREATE FUNCTION array_to_halfvec(real[], integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_from_array';
COMMENT ON FUNCTION array_to_halfvec(real[], integer, boolean) IS
  'one-dimensional array to halfvec, rounded to half precision; error 22000 for another shape or dimension, NaN or infinity, 22003 for an element of 65520 or more, 22004 for a null';

CREATE FUNCTION array_to_halfvec(double precision[], integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_from_array';
COMMENT ON FUNCTION array_to_halfvec(double precision[], integer, boolean) IS
  'one-dimensional array to halfvec, rounded to half precision; error 22000 for another shape or dimension, NaN or infinity, 22003 for an element of 65520 or more, 22004 for a null';

CREATE FUNCTION array_to_halfvec(numeric[], integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_from_array';
COMMENT ON FUNCTION array_to_halfvec(numeric[], integer, boolean) IS
  'one-dimensional array to halfvec, rounded to half precision; error 22000 for another shape or dimension, NaN or infinity, 22003 for an element of 65520 or more, 22004 for a null';

CREATE FUNCTION halfvec_to_float4(halfvec, integer, boolean) RETURNS real[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_to_float4';
COMMENT ON FUNCTION halfvec_to_float4(halfvec, integer, boolean) IS 'halfvec to real[], exactly';

CREATE CAST (integer[] AS halfvec) WITH FUNCTION array_to_halfvec(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS halfvec) IS 'one-dimensional array without nulls to halfvec';

CREATE CAST (real[] AS halfvec) WITH FUNCTION array_to_halfvec(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS halfvec) IS 'one-dimensional array without nulls to halfvec';

CREATE CAST (double precision[] AS halfvec) WITH FUNCTION array_to_halfvec(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS halfvec) IS 'one-dimensional array without nulls to halfvec';

CREATE CAST (numeric[] AS halfvec) WITH FUNCTION array_to_halfvec(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS halfvec) IS 'one-dimensional array without nulls to halfvec';

CREATE CAST (halfvec AS real[]) WITH FUNCTION halfvec_to_float4(halfvec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS real[]) IS 'elements as an array, exactly';

-- JSON.  The casts to json are what makes to_json, row_to_json and json_agg write arrays, not strings.

CREATE FUNCTION vecstore.to_json(vector) RETURNS json
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_to_json';
COMMENT ON FUNCTION vecstore.to_json(vector) IS 'vector to a JSON array of numbers, exactly';

CREATE FUNCTION vecstore.to_json(halfvec) RETURNS json
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_to_json';
COMMENT ON FUNCTION vecstore.to_json(halfvec) IS 'halfvec to a JSON array of numbers, exactly';

CREATE FUNCTION vecstore.to_jsonb(vector) RETURNS jsonb
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_to_jsonb';
COMMENT ON FUNCTION vecstore.to_jsonb(vector) IS
  'vector to a JSON array of numbers; jsonb has no -0, so the sign of a zero is lost';

CREATE FUNCTION vecstore.to_jsonb(halfvec) RETURNS jsonb
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_to_jsonb';
COMMENT ON FUNCTION vecstore.to_jsonb(halfvec) IS
  'halfvec to a JSON array of numbers; jsonb has no -0, so the sign of a zero is lost';

CREATE FUNCTION vecstore.to_vector(jsonb, integer, boolean) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_from_jsonb';
COMMENT ON FUNCTION vecstore.to_vector(jsonb, integer, boolean) IS
  'JSON array of numbers to vector, rounded to single precision; error 22023 for other JSON, 22003 for a number beyond real, 22000 for a dimension other than the declared one';

CREATE FUNCTION vecstore.to_halfvec(jsonb, integer, boolean) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_from_jsonb';
COMMENT ON FUNCTION vecstore.to_halfvec(jsonb, integer, boolean) IS
  'JSON array of numbers to halfvec, rounded to half precision; error 22023 for other JSON, 22003 for an element of 65520 or more, 22000 for a dimension other than the declared one';

CREATE CAST (vector AS json) WITH FUNCTION vecstore.to_json(vector) AS ASSIGNMENT;
COMMENT ON CAST (vector AS json) IS 'array of numbers; used by to_json, row_to_json and json_agg';

CREATE CAST (halfvec AS json) WITH FUNCTION vecstore.to_json(halfvec) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS json) IS 'array of numbers; used by to_json, row_to_json and json_agg';

CREATE CAST (vector AS jsonb) WITH FUNCTION vecstore.to_jsonb(vector) AS ASSIGNMENT;
COMMENT ON CAST (vector AS jsonb) IS 'array of numbers';

CREATE CAST (halfvec AS jsonb) WITH FUNCTION vecstore.to_jsonb(halfvec) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS jsonb) IS 'array of numbers';

CREATE CAST (jsonb AS vector) WITH FUNCTION vecstore.to_vector(jsonb, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS vector) IS 'array of numbers to vector';

CREATE CAST (jsonb AS halfvec) WITH FUNCTION vecstore.to_halfvec(jsonb, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS halfvec) IS 'array of numbers to halfvec';
