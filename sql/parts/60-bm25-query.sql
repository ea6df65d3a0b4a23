
-- Full-text ranking: queries and scores.

CREATE TYPE vecstore.bm25query;
CREATE FUNCTION vecstore.bm25query_in(cstring) RETURNS vecstore.bm25query
  AS 'MODULE_PATHNAME', 'vs_bm25query_in' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query_in(cstring) IS 'internal: text form of bm25query';
CREATE FUNCTION vecstore.bm25query_out(vecstore.bm25query) RETURNS cstring
  AS 'MODULE_PATHNAME', 'vs_bm25query_out' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query_out(vecstore.bm25query) IS 'internal: text form of bm25query';
CREATE FUNCTION vecstore.bm25query_recv(internal) RETURNS vecstore.bm25query
  AS 'MODULE_PATHNAME', 'vs_bm25query_recv' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query_recv(internal) IS 'internal: binary form to bm25query: a version byte, then the text form';
CREATE FUNCTION vecstore.bm25query_send(vecstore.bm25query) RETURNS bytea
  AS 'MODULE_PATHNAME', 'vs_bm25query_send' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query_send(vecstore.bm25query) IS 'internal: bm25query to binary form: a version byte, then the text form';
-- Preferred: the literal in column <@> 'cat & dog' is one of these, where it could also be a tsquery.
CREATE TYPE vecstore.bm25query (
  INPUT = vecstore.bm25query_in, OUTPUT = vecstore.bm25query_out,
  RECEIVE = vecstore.bm25query_recv, SEND = vecstore.bm25query_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended, PREFERRED = true);
COMMENT ON TYPE vecstore.bm25query IS
  'a tsquery and the bm25 index whose statistics count, as in: ''cat'' & ''dog'' @ pets_idx; without @, the one index on the column';

CREATE FUNCTION vecstore.bm25query(query tsquery, index regclass) RETURNS vecstore.bm25query
  AS 'MODULE_PATHNAME', 'vs_bm25query_make' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query(tsquery, regclass) IS
  'a query to rank by with the statistics of a bm25 index, also of a partitioned one';
CREATE FUNCTION vecstore.bm25query(query tsquery, index regclass, phrase_boost float8, k integer DEFAULT NULL)
  RETURNS vecstore.bm25query
  AS 'MODULE_PATHNAME', 'vs_bm25query_make' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25query(tsquery, regclass, float8, integer) IS
  'the same with a factor for terms of phrases (0 to 1000; null: vecstore.phrase_boost) and the number of rows that are probably wanted';

CREATE FUNCTION vecstore.bm25_support(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_bm25_support' LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25_support(internal) IS 'internal: finds the index of tsvector <@> tsquery';

-- Not parallel safe: all parts of a statement see the same statistics, which a backend remembers.
CREATE FUNCTION vecstore.bm25_distance(tsvector, tsquery) RETURNS float8
  AS 'MODULE_PATHNAME', 'vs_bm25_distance_tsquery' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
  COST 20 SUPPORT vecstore.bm25_support;
COMMENT ON FUNCTION vecstore.bm25_distance(tsvector, tsquery) IS
  'minus the BM25 score, 0 for no match; the statistics are those of the one bm25 index on the left operand';
CREATE FUNCTION vecstore.bm25_distance(tsvector, vecstore.bm25query) RETURNS float8
  AS 'MODULE_PATHNAME', 'vs_bm25_distance' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 20
  SUPPORT vecstore.bm25_support;
COMMENT ON FUNCTION vecstore.bm25_distance(tsvector, vecstore.bm25query) IS
  'minus the BM25 score, 0 for no match, with the statistics of the index that the query names';

CREATE OPERATOR <@> (LEFTARG = tsvector, RIGHTARG = tsquery, FUNCTION = vecstore.bm25_distance);
COMMENT ON OPERATOR <@> (tsvector, tsquery) IS 'minus the BM25 score: ORDER BY it to rank, best first';
CREATE OPERATOR <@> (LEFTARG = tsvector, RIGHTARG = vecstore.bm25query, FUNCTION = vecstore.bm25_distance);
COMMENT ON OPERATOR <@> (tsvector, vecstore.bm25query) IS 'minus the BM25 score: ORDER BY it to rank, best first';

CREATE FUNCTION vecstore.bm25_score(
    document tsvector, query tsquery, n_docs float8, avg_len float8, dfs float8[],
    k1 float8 DEFAULT 1.2, b float8 DEFAULT 0.75, phrase_boost float8 DEFAULT 2,
    weights integer[] DEFAULT '{1,1,1,1}') RETURNS float8
  AS 'MODULE_PATHNAME', 'vs_bm25_score_plain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION vecstore.bm25_score(tsvector, tsquery, float8, float8, float8[], float8, float8, float8, integer[]) IS
  'the BM25 score (>= 0) from given statistics: documents, average length, and documents that have each of bm25_terms(query); weights of the classes D, C, B, A';
CREATE FUNCTION vecstore.bm25_terms(query tsquery) RETURNS text[]
  AS 'MODULE_PATHNAME', 'vs_bm25_terms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.bm25_terms(tsquery) IS 'the distinct terms of a query, in the order of bm25_score''s dfs';

CREATE FUNCTION vecstore.or_tsquery(config regconfig, query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_or_tsquery' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.or_tsquery(regconfig, text) IS 'any of the words of a text: a | b | c';
CREATE FUNCTION vecstore.or_tsquery(query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_or_tsquery_default' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.or_tsquery(text) IS 'any of the words of a text, with default_text_search_config';
CREATE FUNCTION vecstore.websearch_or_tsquery(config regconfig, query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_websearch_or_tsquery' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.websearch_or_tsquery(regconfig, text) IS
  'as websearch_to_tsquery, but any of the words: "quoted phrases" stay phrases, -words are excluded';
CREATE FUNCTION vecstore.websearch_or_tsquery(query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_websearch_or_tsquery_default' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.websearch_or_tsquery(text) IS 'websearch_or_tsquery with default_text_search_config';
CREATE FUNCTION vecstore.phrase_boost_query(config regconfig, query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_phrase_boost_query' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.phrase_boost_query(regconfig, text) IS
  'any of the words of a text, and more for all of them in a row: a | b | (a <-> b)';
CREATE FUNCTION vecstore.phrase_boost_query(query text) RETURNS tsquery
  AS 'MODULE_PATHNAME', 'vs_phrase_boost_query_default' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION vecstore.phrase_boost_query(text) IS 'phrase_boost_query with default_text_search_config';
