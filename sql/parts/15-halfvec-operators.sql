-- 15-halfvec-operators.sql - operators of halfvec: distances, arithmetic, comparison, btree.

CREATE OPERATOR <-> (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = l2_distance, COMMUTATOR = <->);
COMMENT ON OPERATOR <-> (halfvec, halfvec) IS 'Euclidean distance';

CREATE OPERATOR <#> (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_negative_inner_product, COMMUTATOR = <#>);
COMMENT ON OPERATOR <#> (halfvec, halfvec) IS
  'negative inner product: negative, so that ascending order puts the largest product first';

CREATE OPERATOR <=> (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = cosine_distance, COMMUTATOR = <=>);
COMMENT ON OPERATOR <=> (halfvec, halfvec) IS 'cosine distance, 0 to 2; NaN, which sorts last, for a zero vector';

CREATE OPERATOR <+> (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = l1_distance, COMMUTATOR = <+>);
COMMENT ON OPERATOR <+> (halfvec, halfvec) IS 'taxicab distance';

CREATE FUNCTION halfvec_add(halfvec, halfvec) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_add';
COMMENT ON FUNCTION halfvec_add(halfvec, halfvec) IS
  'implementation of +: element-wise sum; error 22003 on overflow, 22000 if the dimensions differ';

CREATE FUNCTION halfvec_sub(halfvec, halfvec) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_sub';
COMMENT ON FUNCTION halfvec_sub(halfvec, halfvec) IS
  'implementation of -: element-wise difference; error 22003 on overflow, 22000 if the dimensions differ';

CREATE FUNCTION halfvec_mul(halfvec, halfvec) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_mul';
COMMENT ON FUNCTION halfvec_mul(halfvec, halfvec) IS
  'implementation of *: element-wise product; error 22003 on overflow or underflow, 22000 if the dimensions differ';

CREATE FUNCTION halfvec_concat(halfvec, halfvec) RETURNS halfvec
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_concat';
COMMENT ON FUNCTION halfvec_concat(halfvec, halfvec) IS
  'implementation of ||: one vector after the other; error 54000 above 16000 dimensions';

CREATE OPERATOR + (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_add, COMMUTATOR = +);
COMMENT ON OPERATOR + (halfvec, halfvec) IS 'add element by element';

CREATE OPERATOR - (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_sub);
COMMENT ON OPERATOR - (halfvec, halfvec) IS 'subtract element by element';

CREATE OPERATOR * (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_mul, COMMUTATOR = *);
COMMENT ON OPERATOR * (halfvec, halfvec) IS 'multiply element by element';

CREATE OPERATOR || (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_concat);
COMMENT ON OPERATOR || (halfvec, halfvec) IS 'concatenate';

-- The order is lexicographic, a prefix before the longer halfvec, as for arrays; -0 equals 0.

CREATE FUNCTION halfvec_lt(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_lt';
COMMENT ON FUNCTION halfvec_lt(halfvec, halfvec) IS 'implementation of <: lexicographic, then by dimension';

CREATE FUNCTION halfvec_le(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_le';
COMMENT ON FUNCTION halfvec_le(halfvec, halfvec) IS 'implementation of <=: lexicographic, then by dimension';

CREATE FUNCTION halfvec_eq(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_eq';
COMMENT ON FUNCTION halfvec_eq(halfvec, halfvec) IS 'implementation of =: same dimension and equal elements';

CREATE FUNCTION halfvec_ne(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_ne';
COMMENT ON FUNCTION halfvec_ne(halfvec, halfvec) IS 'implementation of <>: other dimension or other elements';

CREATE FUNCTION halfvec_ge(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_ge';
COMMENT ON FUNCTION halfvec_ge(halfvec, halfvec) IS 'implementation of >=: lexicographic, then by dimension';

CREATE FUNCTION halfvec_gt(halfvec, halfvec) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_gt';
COMMENT ON FUNCTION halfvec_gt(halfvec, halfvec) IS 'implementation of >: lexicographic, then by dimension';

CREATE FUNCTION halfvec_cmp(halfvec, halfvec) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_halfvec_cmp';
COMMENT ON FUNCTION halfvec_cmp(halfvec, halfvec) IS
  'btree order of vectors: -1, 0 or 1; lexicographic, then by dimension';

CREATE OPERATOR < (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_lt, COMMUTATOR = >, NEGATOR = >=,
  RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (halfvec, halfvec) IS 'less than';

CREATE OPERATOR <= (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_le, COMMUTATOR = >=, NEGATOR = >,
  RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (halfvec, halfvec) IS 'less than or equal';

CREATE OPERATOR = (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_eq, COMMUTATOR = =, NEGATOR = <>,
  RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (halfvec, halfvec) IS 'equal';

CREATE OPERATOR <> (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_ne, COMMUTATOR = <>, NEGATOR = =,
  RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (halfvec, halfvec) IS 'not equal';

CREATE OPERATOR >= (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_ge, COMMUTATOR = <=, NEGATOR = <,
  RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (halfvec, halfvec) IS 'greater than or equal';

CREATE OPERATOR > (
  LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_gt, COMMUTATOR = <, NEGATOR = <=,
  RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (halfvec, halfvec) IS 'greater than';

CREATE OPERATOR CLASS halfvec_ops DEFAULT FOR TYPE halfvec USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
  FUNCTION 1 halfvec_cmp(halfvec, halfvec);
COMMENT ON OPERATOR CLASS halfvec_ops USING btree IS
  'order of vectors for DISTINCT, ORDER BY and unique indexes: lexicographic, then by dimension';
COMMENT ON OPERATOR FAMILY halfvec_ops USING btree IS 'order of vectors';
