-- 12-vector-operators.sql - operators of vector: distances, arithmetic, comparison, btree.

CREATE OPERATOR <-> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = l2_distance, COMMUTATOR = <->);
COMMENT ON OPERATOR <-> (vector, vector) IS 'Euclidean distance';

CREATE OPERATOR <#> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_negative_inner_product, COMMUTATOR = <#>);
COMMENT ON OPERATOR <#> (vector, vector) IS
  'negative inner product: negative, so that ascending order puts the largest product first';

CREATE OPERATOR <=> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = cosine_distance, COMMUTATOR = <=>);
COMMENT ON OPERATOR <=> (vector, vector) IS 'cosine distance, 0 to 2; NaN, which sorts last, for a zero vector';

CREATE OPERATOR <+> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = l1_distance, COMMUTATOR = <+>);
COMMENT ON OPERATOR <+> (vector, vector) IS 'taxicab distance';

CREATE FUNCTION vector_add(vector, vector) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_add';
COMMENT ON FUNCTION vector_add(vector, vector) IS
  'implementation of +: element-wise sum; error 22003 on overflow, 22000 if the dimensions differ';

CREATE FUNCTION vector_sub(vector, vector) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_sub';
COMMENT ON FUNCTION vector_sub(vector, vector) IS
  'implementation of -: element-wise difference; error 22003 on overflow, 22000 if the dimensions differ';

CREATE FUNCTION vector_mul(vector, vector) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_mul';
COMMENT ON FUNCTION vector_mul(vector, vector) IS
  'implementation of *: element-wise product; error 22003 on overflow or underflow, 22000 if the dimensions differ';

CREATE FUNCTION vector_concat(vector, vector) RETURNS vector
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_concat';
COMMENT ON FUNCTION vector_concat(vector, vector) IS
  'implementation of ||: one vector after the other; error 54000 above 16000 dimensions';

CREATE OPERATOR + (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_add, COMMUTATOR = +);
COMMENT ON OPERATOR + (vector, vector) IS 'add element by element';

CREATE OPERATOR - (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_sub);
COMMENT ON OPERATOR - (vector, vector) IS 'subtract element by element';

CREATE OPERATOR * (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_mul, COMMUTATOR = *);
COMMENT ON OPERATOR * (vector, vector) IS 'multiply element by element';

CREATE OPERATOR || (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_concat);
COMMENT ON OPERATOR || (vector, vector) IS 'concatenate';

-- The order is lexicographic, a prefix before the longer vector, as for arrays; -0 equals 0.

CREATE FUNCTION vector_lt(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_lt';
COMMENT ON FUNCTION vector_lt(vector, vector) IS 'implementation of <: lexicographic, then by dimension';

CREATE FUNCTION vector_le(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_le';
COMMENT ON FUNCTION vector_le(vector, vector) IS 'implementation of <=: lexicographic, then by dimension';

CREATE FUNCTION vector_eq(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_eq';
COMMENT ON FUNCTION vector_eq(vector, vector) IS 'implementation of =: same dimension and equal elements';

CREATE FUNCTION vector_ne(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_ne';
COMMENT ON FUNCTION vector_ne(vector, vector) IS 'implementation of <>: other dimension or other elements';

CREATE FUNCTION vector_ge(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_ge';
COMMENT ON FUNCTION vector_ge(vector, vector) IS 'implementation of >=: lexicographic, then by dimension';

CREATE FUNCTION vector_gt(vector, vector) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_gt';
COMMENT ON FUNCTION vector_gt(vector, vector) IS 'implementation of >: lexicographic, then by dimension';

CREATE FUNCTION vector_cmp(vector, vector) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_vector_cmp';
COMMENT ON FUNCTION vector_cmp(vector, vector) IS
  'btree order of vectors: -1, 0 or 1; lexicographic, then by dimension';

CREATE OPERATOR < (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_lt, COMMUTATOR = >, NEGATOR = >=,
  RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (vector, vector) IS 'less than';

CREATE OPERATOR <= (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_le, COMMUTATOR = >=, NEGATOR = >,
  RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (vector, vector) IS 'less than or equal';

CREATE OPERATOR = (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_eq, COMMUTATOR = =, NEGATOR = <>,
  RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (vector, vector) IS 'equal';

CREATE OPERATOR <> (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_ne, COMMUTATOR = <>, NEGATOR = =,
  RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (vector, vector) IS 'not equal';

CREATE OPERATOR >= (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_ge, COMMUTATOR = <=, NEGATOR = <,
  RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (vector, vector) IS 'greater than or equal';

CREATE OPERATOR > (
  LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_gt, COMMUTATOR = <, NEGATOR = <=,
  RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (vector, vector) IS 'greater than';

CREATE OPERATOR CLASS vector_ops DEFAULT FOR TYPE vector USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
  FUNCTION 1 vector_cmp(vector, vector);
COMMENT ON OPERATOR CLASS vector_ops USING btree IS
  'order of vectors for DISTINCT, ORDER BY and unique indexes: lexicographic, then by dimension';
COMMENT ON OPERATOR FAMILY vector_ops USING btree IS 'order of vectors';
