-- 30-text.sql - text search objects: all of them described and complete, lexemes the same under any search_path,
-- for any text.
BEGIN;
SELECT no_plan();
-- A text of stop words alone makes an empty query, and a notice.
SET LOCAL client_min_messages = warning;

-- every object has a comment
SELECT is_empty($$ SELECT prsname FROM pg_ts_parser WHERE prsnamespace = 'vecstore'::regnamespace
                   AND obj_description(oid, 'pg_ts_parser') IS NULL $$, 'parsers are described');
SELECT is_empty($$ SELECT tmplname FROM pg_ts_template WHERE tmplnamespace = 'vecstore'::regnamespace
                   AND obj_description(oid, 'pg_ts_template') IS NULL $$, 'templates are described');
SELECT is_empty($$ SELECT dictname FROM pg_ts_dict WHERE dictnamespace = 'vecstore'::regnamespace
                   AND obj_description(oid, 'pg_ts_dict') IS NULL $$, 'dictionaries are described');
SELECT is_empty($$ SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'vecstore'::regnamespace
                   AND obj_description(oid, 'pg_ts_config') IS NULL $$, 'configurations are described');
SELECT is((SELECT count(*) FROM pg_ts_config c JOIN pg_depend d ON d.classid = 'pg_ts_config'::regclass AND d.objid = c.oid AND d.deptype = 'e'
           WHERE c.cfgnamespace = 'vecstore'::regnamespace), (SELECT count(*) FROM pg_ts_config WHERE cfgnamespace = 'vecstore'::regnamespace),
          'configurations belong to the extension');

-- every configuration says what happens to every token but blanks
SELECT is_empty($$ SELECT c.cfgname, t.alias FROM pg_ts_config c, ts_token_type(c.cfgparser) t
                   WHERE c.cfgnamespace = 'vecstore'::regnamespace
                   AND (t.alias = 'blank') = EXISTS (SELECT FROM pg_ts_config_map m WHERE m.mapcfg = c.oid AND m.maptokentype = t.tokid) $$,
                'mapped is what is not blank');
SELECT is_empty($$ SELECT p.cfgname FROM pg_ts_config p WHERE p.cfgnamespace = 'pg_catalog'::regnamespace AND p.oid < 16384
                   AND NOT EXISTS (SELECT FROM pg_ts_config c WHERE c.cfgnamespace = 'vecstore'::regnamespace AND c.cfgname = p.cfgname) $$,
                'each language of the server has a configuration');

-- random texts of words, numbers, marks, scripts without spaces, punctuation
CREATE TEMP TABLE texts AS
SELECT i, (SELECT string_agg(piece[1 + abs(hashint8(i * 1000 + j)) % array_length(piece, 1)], '' ORDER BY j) FROM generate_series(1, 1 + i % 60) j) AS t
FROM generate_series(1, 400) i,
     (SELECT ARRAY['a', 'B', 'é', 'É', E'e\u0301', 'Σ', 'ς', 'Ж', 'İ', 'I', 'ſ', '東', '京', 'か', E'\u3099', '한', 'ก', '7', '٣', ' ', ' ', E'\u3000', ',', '''', '“',
                   '。', '😀', 'the ', 'Running '] AS piece) p;
CREATE TEMP TABLE configurations AS
SELECT oid::regconfig AS c FROM pg_ts_config WHERE cfgnamespace = 'vecstore'::regnamespace;
CREATE TEMP TABLE lexemes AS SELECT c, i, to_tsvector(c, t) AS tsv, plainto_tsquery(c, t) AS q FROM texts, configurations;

SELECT is_empty($$ SELECT c, t FROM texts, configurations, unnest(to_tsvector(c, t)) u WHERE u.lexeme = '' $$, 'no lexeme is empty');
SELECT is_empty($$ SELECT c, i FROM lexemes WHERE numnode(q) > 0 AND NOT tsv @@ q $$, 'every text has its own words');
SELECT is_empty($$ SELECT c, i FROM lexemes JOIN texts USING (i) WHERE numnode(phraseto_tsquery(c, t)) > 0 AND NOT tsv @@ phraseto_tsquery(c, t) $$,
                'every text is a phrase of itself');
SELECT is_empty($$ SELECT c, i FROM texts, configurations
                   WHERE ts_headline(c, t, plainto_tsquery(c, t), 'HighlightAll=true, StartSel="", StopSel=""') <> t $$,
                'a headline of everything is the text');
SELECT is_empty($$ SELECT c, i FROM lexemes JOIN texts USING (i)
                   WHERE c::text ~ 'ngram' AND t <> ''
                   AND tsvector_to_array(tsv) IS DISTINCT FROM
                   (SELECT array_agg(DISTINCT (ts_lexize('vecstore.fold', g))[1] COLLATE "C" ORDER BY (ts_lexize('vecstore.fold', g))[1] COLLATE "C")
                    FROM (SELECT right(c::text, 1)::int AS n) x,
                         LATERAL (SELECT substr(t, k, n) AS g FROM generate_series(1, greatest(length(t) - n + 1, 1)) k) y) $$, 'n-grams are the windows of the text');

-- nothing is looked up by name: neither an empty path nor one with other objects of these names matters
CREATE SCHEMA decoy;
CREATE TEXT SEARCH DICTIONARY decoy.fold (TEMPLATE = pg_catalog.simple, accept = false);
CREATE TEXT SEARCH DICTIONARY decoy.english_stem (TEMPLATE = pg_catalog.simple, accept = false);
CREATE TEXT SEARCH CONFIGURATION decoy.simple (COPY = pg_catalog.simple);
CREATE FUNCTION differing() RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM pg_temp.texts JOIN pg_temp.lexemes USING (i) WHERE pg_catalog.to_tsvector(c, t) IS DISTINCT FROM tsv
$$;
ALTER FUNCTION differing() SET search_path = decoy, pg_catalog;
SELECT is(differing(), 0::bigint, 'the same lexemes with other objects first in the path');
ALTER FUNCTION differing() SET search_path = '';
SELECT is(differing(), 0::bigint, 'the same lexemes with an empty path');

SELECT * FROM finish();
ROLLBACK;
