-- How good the answers of an hnsw index are.

CREATE FUNCTION vecstore.recall(index regclass, sample int DEFAULT 100, k int DEFAULT 10)
  RETURNS TABLE (search text, ef_search int, recall float8, lowest float8, milliseconds float8, pages float8)
  AS 'MODULE_PATHNAME', 'vs_recall' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.recall(regclass, int, int) IS
  'recall@k of an hnsw index, measured: up to "sample" (1 to 100000) rows of its table, the same ones in every call, search for their k (1 to 1000) nearest other rows; exactly, with the settings of the session, and with the width of each preset. A row each: width, share of the true neighbours found (mean, and of the worst query; NULL when there are none), milliseconds and page accesses of a query (means). Reads the whole table once for every query; needs SELECT on the table and sees the rows the caller sees';

CREATE FUNCTION vecstore.recall(index regclass, queries anyarray, k int DEFAULT 10)
  RETURNS TABLE (search text, ef_search int, recall float8, lowest float8, milliseconds float8, pages float8)
  AS 'MODULE_PATHNAME', 'vs_recall_queries' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.recall(regclass, anyarray, int) IS
  'recall@k of an hnsw index for the given queries, an array of the type of the indexed column or expression; otherwise as recall(index, sample, k)';
