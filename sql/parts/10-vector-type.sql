-- 10-vector-type.sql - the type vector: single-precision elements, text and binary form, modifier.

CREATE TYPE vector;

CREATE FUNCTION vector_in(cstring, oid, integer) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_in';
COMMENT ON FUNCTION vector_in(cstring, oid, integer) IS
  'input of vector: "[1,2,3]", 1 to 16000 finite numbers; error 22P02 for other text, 22003 for a number beyond real, 22000 for NaN, infinity or a dimension other than the declared one';

CREATE FUNCTION vector_out(vector) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_out';
COMMENT ON FUNCTION vector_out(vector) IS
  'output of vector: "[1,2,3]", each number in the shortest form that reads back as the same real';

CREATE FUNCTION vector_typmod_in(cstring[]) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_typmod_in';
COMMENT ON FUNCTION vector_typmod_in(cstring[]) IS
  'type modifier of vector(n): the dimension, 1 to 16000; error 22023 outside';

CREATE FUNCTION vector_recv(internal, oid, integer) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_recv';
COMMENT ON FUNCTION vector_recv(internal, oid, integer) IS
  'binary input of vector, big-endian: int16 dimension, int16 zero, float4 elements; error 22000 for NaN, infinity or a wrong dimension';

CREATE FUNCTION vector_send(vector) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_send';
COMMENT ON FUNCTION vector_send(vector) IS
  'binary output of vector, big-endian: int16 dimension, int16 zero, float4 elements';

-- Storage "main" keeps a vector in its row as long as the row fits a page: about 2000 dimensions.
-- "external", the other choice, moves values of more than 2 kB (500 dimensions) to the TOAST table,
-- and every distance computed from such a row costs several more page accesses.  "main" may try to
-- compress, but gives up after the first kilobyte of numbers that do not repeat.
CREATE TYPE vector (
  INPUT = vector_in, OUTPUT = vector_out, TYPMOD_IN = vector_typmod_in,
  RECEIVE = vector_recv, SEND = vector_send,
  ALIGNMENT = int4, STORAGE = main
);
COMMENT ON TYPE vector IS
  'vector of 1 to 16000 single-precision numbers, 8 + 4n bytes, optionally of a fixed dimension vector(n). Kept in the row up to about 8 kB; ALTER TABLE ... ALTER COLUMN ... SET STORAGE EXTERNAL moves large vectors of a column out of line, which makes rows narrow for queries that do not read them';
