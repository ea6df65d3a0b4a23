
-- Access method bm25 and its operator class.

CREATE FUNCTION vecstore.bm25handler(internal) RETURNS index_am_handler
  AS 'MODULE_PATHNAME', 'vs_bm25_handler' LANGUAGE C;
COMMENT ON FUNCTION vecstore.bm25handler(internal) IS 'handler of the bm25 index access method';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_am WHERE amname OPERATOR(pg_catalog.=) 'bm25') THEN
    RAISE EXCEPTION 'another extension has an access method "bm25" in this database'
      USING ERRCODE = 'duplicate_object', HINT = 'Names of access methods are unique. Use vecstore in another database, or drop the other extension.';
  END IF;
END
$$;
CREATE ACCESS METHOD bm25 TYPE INDEX HANDLER vecstore.bm25handler;
COMMENT ON ACCESS METHOD bm25 IS 'full-text search ranked by BM25, with phrases: inverted index of tsvector';

CREATE OPERATOR CLASS tsvector_bm25_ops DEFAULT FOR TYPE tsvector USING bm25 AS
  OPERATOR 1 pg_catalog.@@ (tsvector, tsquery),
  OPERATOR 2 <@> (tsvector, vecstore.bm25query) FOR ORDER BY pg_catalog.float_ops;
COMMENT ON OPERATOR CLASS tsvector_bm25_ops USING bm25 IS 'WHERE column @@ query; ORDER BY column <@> query: minus the BM25 score';
COMMENT ON OPERATOR FAMILY tsvector_bm25_ops USING bm25 IS 'WHERE column @@ query; ORDER BY column <@> query: minus the BM25 score';

CREATE FUNCTION vecstore.bm25_stats(index regclass,
    OUT documents bigint, OUT dead bigint, OUT average_length float8, OUT segments integer, OUT terms bigint,
    OUT postings bigint, OUT waiting bigint, OUT waiting_pages bigint, OUT positions boolean, OUT bytes bigint)
  AS 'MODULE_PATHNAME', 'vs_bm25_stats' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.bm25_stats(regclass) IS
  'what a bm25 index holds: documents, dead ones among them, average length in positions, segments, terms and postings of all segments, documents waiting for a segment and their pages, whether positions are stored, size';
CREATE FUNCTION vecstore.bm25_term_stats(index regclass, lexeme text, OUT documents bigint, OUT idf float8)
  AS 'MODULE_PATHNAME', 'vs_bm25_term_stats' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION vecstore.bm25_term_stats(regclass, text) IS
  'how many documents of a bm25 index have a lexeme, and its inverse document frequency';
CREATE FUNCTION vecstore.bm25_merge(index regclass) RETURNS void
  AS 'MODULE_PATHNAME', 'vs_bm25_merge_index' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION vecstore.bm25_merge(regclass) IS
  'makes one segment of a bm25 index, without dead documents; for its owner';
