-- 13-halfvec-type.sql - the type halfvec: half-precision elements, text and binary form, modifier.

CREATE TYPE halfvec;

CREATE FUNCTION halfvec_in(cstring, oid, integer) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_in';
COMMENT ON FUNCTION halfvec_in(cstring, oid, integer) IS
  'input of halfvec: "[1,2,3]", 1 to 16000 finite numbers; error 22P02 for other text, 22003 for a number of 65520 or more, 22000 for NaN, infinity or a dimension other than the declared one';

CREATE FUNCTION halfvec_out(halfvec) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_out';
COMMENT ON FUNCTION halfvec_out(halfvec) IS
  'output of halfvec: "[1,2,3]", each number in the shortest form that reads back as the same real, and so as the same half';

CREATE FUNCTION halfvec_typmod_in(cstring[]) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_typmod_in';
COMMENT ON FUNCTION halfvec_typmod_in(cstring[]) IS
  'type modifier of halfvec(n): the dimension, 1 to 16000; error 22023 outside';

CREATE FUNCTION halfvec_recv(internal, oid, integer) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_recv';
COMMENT ON FUNCTION halfvec_recv(internal, oid, integer) IS
  'binary input of halfvec, big-endian: int16 dimension, int16 zero, 2-byte IEEE half elements; error 22000 for NaN, infinity or a wrong dimension';

CREATE FUNCTION halfvec_send(halfvec) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_send';
COMMENT ON FUNCTION halfvec_send(halfvec) IS
  'binary output of halfvec, big-endian: int16 dimension, int16 zero, 2-byte IEEE half elements';

-- Storage "main" as for vector: in the row up to about 4000 dimensions.
CREATE TYPE halfvec (
  INPUT = halfvec_in, OUTPUT = halfvec_out, TYPMOD_IN = halfvec_typmod_in,
  RECEIVE = halfvec_recv, SEND = halfvec_send,
  ALIGNMENT = int4, STORAGE = main
);
COMMENT ON TYPE halfvec IS
  'vector of 1 to 16000 half-precision numbers (3 digits, up to 65504), 8 + 2n bytes, optionally of a fixed dimension halfvec(n). Kept in the row up to about 8 kB; ALTER TABLE ... ALTER COLUMN ... SET STORAGE EXTERNAL moves large vectors of a column out of line, which makes rows narrow for queries that do not read them';
