-- 62-bm25-explain.sql - where a score comes from.

CREATE FUNCTION vecstore.bm25_explain(document tsvector, query vecstore.bm25query,
    OUT term text, OUT tf integer, OUT len integer, OUT df float8, OUT idf float8, OUT avg_len float8, OUT boost float8, OUT score float8)
  RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'vs_bm25_explain' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 5;
COMMENT ON FUNCTION vecstore.bm25_explain(tsvector, vecstore.bm25query) IS
  'a BM25 score term by term, in the order of the query: what the document and the index have of each, the phrase boost, and what it adds; 0 throughout where the document does not match';
