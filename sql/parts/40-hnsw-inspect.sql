-- Looking into indexes: consistency and contents.

CREATE FUNCTION vecstore.check_index(index regclass)
  RETURNS TABLE (severity text, location text, problem text)
  AS 'MODULE_PATHNAME', 'vs_check_index' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.check_index(regclass) IS
  'verifies an hnsw or bm25 index: pages, nodes, links, levels and reachability, or terms, postings, bounds and counts, and that it has every row of its table exactly once; one row per problem, no "error" and no "warning" row for a sound index. Reads the whole index and table like a query does; needs SELECT on the table';

CREATE FUNCTION vecstore.index_stats(
  index regclass,
  OUT rows bigint, OUT nodes bigint, OUT dimensions int, OUT metric text, OUT m int,
  OUT ef_construction int, OUT pages bigint, OUT index_bytes bigint, OUT bytes_per_vector float8,
  OUT levels int, OUT average_degree float8, OUT dead_share float8, OUT duplicates bigint,
  OUT code text, OUT calibration jsonb, OUT storage text)
  RETURNS record
  AS 'MODULE_PATHNAME', 'vs_index_stats' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.index_stats(regclass) IS
  'contents of an hnsw index, counted in one pass over its pages: heap rows, nodes (rows with equal vectors share one), shape, size in bytes, links per node at level 0, share of records waiting for VACUUM, beam widths of the presets when calibrated, storage of the links. Needs SELECT on the table';

CREATE FUNCTION vecstore.probe_cost(index regclass, probes int DEFAULT 200000)
  RETURNS TABLE (access text, nanoseconds float8)
  AS 'MODULE_PATHNAME', 'vs_probe_cost' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.probe_cost(regclass, int) IS
  'benchmark: nanoseconds it takes to reach and measure one random node of an hnsw index, by each way of reaching a page; reads the whole index first. The last row is what searches pay. Needs SELECT on the table';
