-- Text search: parsers, dictionary templates, dictionaries, configurations.  All of it in schema vecstore.

-- Parsers.  A parser takes no options, so each has a start function; the others are shared.

CREATE FUNCTION vecstore.text_simple_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_simple_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_simple_start(internal, integer) IS 'internal: start of text search parser vecstore.simple';

CREATE FUNCTION vecstore.text_words_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_words_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_words_start(internal, integer) IS 'internal: start of text search parser vecstore.words';

CREATE FUNCTION vecstore.text_whitespace_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_whitespace_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_whitespace_start(internal, integer) IS 'internal: start of text search parser vecstore.whitespace';

CREATE FUNCTION vecstore.text_ngram2_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram2_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram2_start(internal, integer) IS 'internal: start of text search parser vecstore.ngram2';

CREATE FUNCTION vecstore.text_ngram3_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram3_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram3_start(internal, integer) IS 'internal: start of text search parser vecstore.ngram3';

CREATE FUNCTION vecstore.text_ngram4_start(internal, integer) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram4_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram4_start(internal, integer) IS 'internal: start of text search parser vecstore.ngram4';

CREATE FUNCTION vecstore.text_token_next(internal, internal, internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_token_next' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_token_next(internal, internal, internal) IS 'internal: next token of every text search parser of vecstore';

CREATE FUNCTION vecstore.text_tokens_end(internal) RETURNS void
  AS 'MODULE_PATHNAME', 'vs_tokens_end' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_tokens_end(internal) IS 'internal: end of every text search parser of vecstore';

CREATE FUNCTION vecstore.text_word_types(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_word_types' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_word_types(internal) IS 'internal: token types of text search parsers of vecstore';

CREATE FUNCTION vecstore.text_whitespace_types(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_whitespace_types' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_whitespace_types(internal) IS 'internal: token types of text search parsers of vecstore';

CREATE FUNCTION vecstore.text_ngram_types(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram_types' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram_types(internal) IS 'internal: token types of text search parsers of vecstore';

CREATE FUNCTION vecstore.text_word_headline(internal, internal, tsquery) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_word_headline' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_word_headline(internal, internal, tsquery) IS 'internal: ts_headline of text search parsers of vecstore';

CREATE FUNCTION vecstore.text_ngram_headline(internal, internal, tsquery) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram_headline' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram_headline(internal, internal, tsquery) IS 'internal: ts_headline of text search parsers of vecstore';

CREATE TEXT SEARCH PARSER vecstore.simple (
  START = vecstore.text_simple_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_word_types, HEADLINE = vecstore.text_word_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.simple IS 'words at white space and ASCII punctuation, numbers, bigrams of scripts without spaces';

CREATE TEXT SEARCH PARSER vecstore.words (
  START = vecstore.text_words_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_word_types, HEADLINE = vecstore.text_word_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.words IS 'words at white space and all punctuation, numbers, bigrams of scripts without spaces';

CREATE TEXT SEARCH PARSER vecstore.whitespace (
  START = vecstore.text_whitespace_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_whitespace_types, HEADLINE = vecstore.text_word_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.whitespace IS 'words at white space alone';

CREATE TEXT SEARCH PARSER vecstore.ngram2 (
  START = vecstore.text_ngram2_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_ngram_types, HEADLINE = vecstore.text_ngram_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.ngram2 IS 'every 2 characters that follow one another';

CREATE TEXT SEARCH PARSER vecstore.ngram3 (
  START = vecstore.text_ngram3_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_ngram_types, HEADLINE = vecstore.text_ngram_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.ngram3 IS 'every 3 characters that follow one another';

CREATE TEXT SEARCH PARSER vecstore.ngram4 (
  START = vecstore.text_ngram4_start, GETTOKEN = vecstore.text_token_next, END = vecstore.text_tokens_end,
  LEXTYPES = vecstore.text_ngram_types, HEADLINE = vecstore.text_ngram_headline);
COMMENT ON TEXT SEARCH PARSER vecstore.ngram4 IS 'every 4 characters that follow one another';

-- Dictionaries.

CREATE FUNCTION vecstore.text_fold_init(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_fold_init' LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_fold_init(internal) IS 'internal: reads the options of a dictionary of template vecstore.fold';

CREATE FUNCTION vecstore.text_fold_lexize(internal, internal, internal, internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_fold_lexize' LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_fold_lexize(internal, internal, internal, internal) IS 'internal: lexemes of a dictionary of template vecstore.fold';

CREATE TEXT SEARCH TEMPLATE vecstore.fold (INIT = vecstore.text_fold_init, LEXIZE = vecstore.text_fold_lexize);
COMMENT ON TEXT SEARCH TEMPLATE vecstore.fold IS 'Unicode case folding whatever the locale; options stopwords (a file), builtinstopwords (english), filter';

CREATE FUNCTION vecstore.text_ngram_init(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram_init' LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram_init(internal) IS 'internal: reads the options of a dictionary of template vecstore.ngram';

CREATE FUNCTION vecstore.text_ngram_lexize(internal, internal, internal, internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'vs_ngram_lexize' LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.text_ngram_lexize(internal, internal, internal, internal) IS 'internal: lexemes of a dictionary of template vecstore.ngram';

CREATE TEXT SEARCH TEMPLATE vecstore.ngram (INIT = vecstore.text_ngram_init, LEXIZE = vecstore.text_ngram_lexize);
COMMENT ON TEXT SEARCH TEMPLATE vecstore.ngram IS 'n-grams of a word; options min and max (1 to 32 characters, default 3), edge (only at the beginning)';

CREATE TEXT SEARCH DICTIONARY vecstore.fold (TEMPLATE = vecstore.fold);
COMMENT ON TEXT SEARCH DICTIONARY vecstore.fold IS 'the word itself, case folded';

CREATE TEXT SEARCH DICTIONARY vecstore.fold_filter (TEMPLATE = vecstore.fold, filter = true);
COMMENT ON TEXT SEARCH DICTIONARY vecstore.fold_filter IS 'hands the case folded word to the next dictionary';

CREATE TEXT SEARCH DICTIONARY vecstore.english_stop (TEMPLATE = vecstore.fold, builtinstopwords = english);
COMMENT ON TEXT SEARCH DICTIONARY vecstore.english_stop IS 'case folded words without 92 English stop words';

-- Configurations.

CREATE TEXT SEARCH CONFIGURATION vecstore.simple (PARSER = vecstore.simple);
ALTER TEXT SEARCH CONFIGURATION vecstore.simple ADD MAPPING FOR word, number, cjk WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.simple IS 'white space and ASCII punctuation separate words; no stemming, no stop words';

CREATE TEXT SEARCH CONFIGURATION vecstore.words (PARSER = vecstore.words);
ALTER TEXT SEARCH CONFIGURATION vecstore.words ADD MAPPING FOR word, number, cjk WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.words IS 'white space and all punctuation separate words; no stemming, no stop words';

CREATE TEXT SEARCH CONFIGURATION vecstore.whitespace (PARSER = vecstore.whitespace);
ALTER TEXT SEARCH CONFIGURATION vecstore.whitespace ADD MAPPING FOR word WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.whitespace IS 'white space separates words; no stemming, no stop words';

CREATE TEXT SEARCH CONFIGURATION vecstore.ngram2 (PARSER = vecstore.ngram2);
ALTER TEXT SEARCH CONFIGURATION vecstore.ngram2 ADD MAPPING FOR gram WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.ngram2 IS 'every 2 characters, case folded';

CREATE TEXT SEARCH CONFIGURATION vecstore.ngram3 (PARSER = vecstore.ngram3);
ALTER TEXT SEARCH CONFIGURATION vecstore.ngram3 ADD MAPPING FOR gram WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.ngram3 IS 'every 3 characters, case folded';

CREATE TEXT SEARCH CONFIGURATION vecstore.ngram4 (PARSER = vecstore.ngram4);
ALTER TEXT SEARCH CONFIGURATION vecstore.ngram4 ADD MAPPING FOR gram WITH vecstore.fold;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.ngram4 IS 'every 4 characters, case folded';

CREATE TEXT SEARCH CONFIGURATION vecstore.english_stop (PARSER = vecstore.simple);
ALTER TEXT SEARCH CONFIGURATION vecstore.english_stop ADD MAPPING FOR word, number, cjk WITH vecstore.english_stop;
COMMENT ON TEXT SEARCH CONFIGURATION vecstore.english_stop IS 'as simple, without 92 English stop words; no stemming';

-- One configuration for each stemmer the server came with: case folded, then stemmed.
DO $$
DECLARE
  stemmer pg_catalog.name;
  configuration pg_catalog.text;
BEGIN
  FOR stemmer IN
    SELECT d.dictname
    FROM pg_catalog.pg_ts_dict d
    JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
    WHERE t.tmplname = 'snowball' AND t.tmplnamespace = 'pg_catalog'::pg_catalog.regnamespace
      AND d.dictnamespace = 'pg_catalog'::pg_catalog.regnamespace
      AND d.dictname ~ '^[a-z]+_stem$' AND d.oid < 16384
    ORDER BY d.dictname
  LOOP
    configuration := pg_catalog.format('vecstore.%I', pg_catalog.replace(stemmer::pg_catalog.text, '_stem', ''));
    EXECUTE pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %s (PARSER = vecstore.words)', configuration);
    EXECUTE pg_catalog.format('ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR word WITH vecstore.fold_filter, pg_catalog.%I',
                              configuration, stemmer);
    EXECUTE pg_catalog.format('ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR number, cjk WITH vecstore.fold', configuration);
    EXECUTE pg_catalog.format('COMMENT ON TEXT SEARCH CONFIGURATION %s IS %L', configuration,
                              'as words, with the stemmer and stop words of ' || stemmer);
  END LOOP;
END
$$;
