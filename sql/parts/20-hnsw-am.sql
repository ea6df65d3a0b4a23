-- Access method hnsw and its operator classes.

CREATE FUNCTION hnswhandler(internal) RETURNS index_am_handler
  AS 'MODULE_PATHNAME', 'vs_hnsw_handler' LANGUAGE C;
COMMENT ON FUNCTION hnswhandler(internal) IS 'handler of the hnsw index access method';

CREATE ACCESS METHOD hnsw TYPE INDEX HANDLER hnswhandler;
COMMENT ON ACCESS METHOD hnsw IS
  'approximate nearest neighbours: hierarchical navigable small world graph of quantised vectors';

CREATE FUNCTION vecstore.hnsw_vector_l2(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_vector_l2' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_vector_l2(internal) IS 'internal: metric and element type of vector_l2_ops';
CREATE OPERATOR CLASS vector_l2_ops FOR TYPE vector USING hnsw AS
  OPERATOR 1 <-> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_vector_l2(internal);
COMMENT ON OPERATOR CLASS vector_l2_ops USING hnsw IS 'ORDER BY column <-> query: Euclidean distance';
COMMENT ON OPERATOR FAMILY vector_l2_ops USING hnsw IS 'ORDER BY column <-> query: Euclidean distance';

CREATE FUNCTION vecstore.hnsw_vector_ip(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_vector_ip' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_vector_ip(internal) IS 'internal: metric and element type of vector_ip_ops';
CREATE OPERATOR CLASS vector_ip_ops FOR TYPE vector USING hnsw AS
  OPERATOR 1 <#> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_vector_ip(internal);
COMMENT ON OPERATOR CLASS vector_ip_ops USING hnsw IS 'ORDER BY column <#> query: negative inner product';
COMMENT ON OPERATOR FAMILY vector_ip_ops USING hnsw IS 'ORDER BY column <#> query: negative inner product';

CREATE FUNCTION vecstore.hnsw_vector_cosine(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_vector_cosine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_vector_cosine(internal) IS 'internal: metric and element type of vector_cosine_ops';
CREATE OPERATOR CLASS vector_cosine_ops FOR TYPE vector USING hnsw AS
  OPERATOR 1 <=> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_vector_cosine(internal);
COMMENT ON OPERATOR CLASS vector_cosine_ops USING hnsw IS 'ORDER BY column <=> query: cosine distance; zero vectors are not indexed';
COMMENT ON OPERATOR FAMILY vector_cosine_ops USING hnsw IS 'ORDER BY column <=> query: cosine distance; zero vectors are not indexed';

CREATE FUNCTION vecstore.hnsw_vector_l1(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_vector_l1' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_vector_l1(internal) IS 'internal: metric and element type of vector_l1_ops';
CREATE OPERATOR CLASS vector_l1_ops FOR TYPE vector USING hnsw AS
  OPERATOR 1 <+> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_vector_l1(internal);
COMMENT ON OPERATOR CLASS vector_l1_ops USING hnsw IS 'ORDER BY column <+> query: taxicab distance';
COMMENT ON OPERATOR FAMILY vector_l1_ops USING hnsw IS 'ORDER BY column <+> query: taxicab distance';

CREATE FUNCTION vecstore.hnsw_halfvec_l2(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_halfvec_l2' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_halfvec_l2(internal) IS 'internal: metric and element type of halfvec_l2_ops';
CREATE OPERATOR CLASS halfvec_l2_ops FOR TYPE halfvec USING hnsw AS
  OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_halfvec_l2(internal);
COMMENT ON OPERATOR CLASS halfvec_l2_ops USING hnsw IS 'ORDER BY column <-> query: Euclidean distance';
COMMENT ON OPERATOR FAMILY halfvec_l2_ops USING hnsw IS 'ORDER BY column <-> query: Euclidean distance';

CREATE FUNCTION vecstore.hnsw_halfvec_ip(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_halfvec_ip' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_halfvec_ip(internal) IS 'internal: metric and element type of halfvec_ip_ops';
CREATE OPERATOR CLASS halfvec_ip_ops FOR TYPE halfvec USING hnsw AS
  OPERATOR 1 <#> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_halfvec_ip(internal);
COMMENT ON OPERATOR CLASS halfvec_ip_ops USING hnsw IS 'ORDER BY column <#> query: negative inner product';
COMMENT ON OPERATOR FAMILY halfvec_ip_ops USING hnsw IS 'ORDER BY column <#> query: negative inner product';

CREATE FUNCTION vecstore.hnsw_halfvec_cosine(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_halfvec_cosine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_halfvec_cosine(internal) IS 'internal: metric and element type of halfvec_cosine_ops';
CREATE OPERATOR CLASS halfvec_cosine_ops FOR TYPE halfvec USING hnsw AS
  OPERATOR 1 <=> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_halfvec_cosine(internal);
COMMENT ON OPERATOR CLASS halfvec_cosine_ops USING hnsw IS 'ORDER BY column <=> query: cosine distance; zero vectors are not indexed';
COMMENT ON OPERATOR FAMILY halfvec_cosine_ops USING hnsw IS 'ORDER BY column <=> query: cosine distance; zero vectors are not indexed';

CREATE FUNCTION vecstore.hnsw_halfvec_l1(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_hnsw_halfvec_l1' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.hnsw_halfvec_l1(internal) IS 'internal: metric and element type of halfvec_l1_ops';
CREATE OPERATOR CLASS halfvec_l1_ops FOR TYPE halfvec USING hnsw AS
  OPERATOR 1 <+> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 vecstore.hnsw_halfvec_l1(internal);
COMMENT ON OPERATOR CLASS halfvec_l1_ops USING hnsw IS 'ORDER BY column <+> query: taxicab distance';
COMMENT ON OPERATOR FAMILY halfvec_l1_ops USING hnsw IS 'ORDER BY column <+> query: taxicab distance';

