-- The configurations of schema vecstore: lexemes, queries, headlines.
\pset format unaligned
\pset tuples_only on

SELECT to_tsvector('vecstore.simple', 'The QUICK brown-fox, it''s ÉCOLE Ünïcode ΣΊΣΥΦΟΣ 3.14');
SELECT to_tsvector('vecstore.words', '“Don’t” – ÉCOLE…');
SELECT to_tsvector('vecstore.whitespace', 'Don''t PANIC! e-mail me@example.org 3.14');
SELECT to_tsvector('vecstore.english', 'The “running” dogs’ houses 42 東京都 were ÉTÉS');
SELECT to_tsvector('vecstore.english_stop', 'The running dogs were not very quick, and I shall HAVE been here');
SELECT to_tsvector('vecstore.simple', ''), to_tsvector('vecstore.english', '...'), to_tsvector('vecstore.english_stop', 'the');
SELECT to_tsvector('vecstore.simple', NULL) IS NULL;

-- Stop words leave gaps: what stood apart is no phrase.
SELECT to_tsvector('vecstore.english_stop', 'state of the art') @@ phraseto_tsquery('vecstore.english_stop', 'state of the art'),
       to_tsvector('vecstore.english_stop', 'state of the art') @@ 'state <-> art'::tsquery;

-- Case folding, one character for one: final sigma, long s, Kelvin, dotted I, sharp s, titlecase; beyond the first plane.
SELECT to_tsvector('vecstore.simple', 'ΣΣ σς ſ K İ ẞ ß ǅ Ⱥ') ;
SELECT ts_lexize('vecstore.fold', U&'\+010400'), ts_lexize('vecstore.fold', 'ᾈ'), ts_lexize('vecstore.fold', 'ﬁ');
-- Folding what is folded changes nothing.
SELECT count(*) FROM generate_series(1, 1114111) c
WHERE c NOT BETWEEN 55296 AND 57343
  AND (ts_lexize('vecstore.fold', chr(c)))[1] IS DISTINCT FROM (ts_lexize('vecstore.fold', (ts_lexize('vecstore.fold', chr(c)))[1]))[1];

-- The 92 stop words, in any case.
SELECT count(*), count(*) FILTER (WHERE ts_lexize('vecstore.english_stop', upper(w)) = '{}')
FROM regexp_split_to_table('a an the and or but nor in on at to for of with from by about i you he she it we they me him her us
 them my your his its our their this that these those am is are was were be been being have has had having do does did doing will
 would shall should can could may might must not no yes very too so just only all any some more most other such what which who
 when where why how as if than then there here', '\s+') w;
SELECT w, ts_lexize('vecstore.english_stop', w) FROM unnest('{th,ther,thee,into,same,own,ab,zz,é}'::text[]) w;

-- Query builders work as with any configuration.
SELECT to_tsquery('vecstore.english', '(Running & !dogs) | hous:*A'), plainto_tsquery('vecstore.english', 'The running dogs'),
       phraseto_tsquery('vecstore.english', 'dogs in the house'), websearch_to_tsquery('vecstore.english', '"running dogs" or cats -mice');
SELECT to_tsquery('vecstore.simple', '東京都 & x'), plainto_tsquery('vecstore.simple', '東京都 x'),
       phraseto_tsquery('vecstore.simple', '東京都 x'), websearch_to_tsquery('vecstore.simple', '"東京都" -大阪');
SELECT to_tsquery('vecstore.ngram3', 'data:*'), plainto_tsquery('vecstore.ngram3', 'A data'), phraseto_tsquery('vecstore.ngram3', 'A data'),
       websearch_to_tsquery('vecstore.ngram3', 'data -base');
SELECT to_tsquery('vecstore.simple', 'ab''s'), plainto_tsquery('vecstore.english_stop', 'the'), plainto_tsquery('vecstore.simple', '');
-- A phrase of n-grams is a substring, whatever the case.
SELECT t, to_tsvector('vecstore.ngram3', t) @@ phraseto_tsquery('vecstore.ngram3', 'QL is') FROM unnest('{PostgreSQL is,sql isn''t,SQLis,is SQL}'::text[]) t;
SELECT t, to_tsvector('vecstore.simple', t) @@ phraseto_tsquery('vecstore.simple', '東京都') FROM unnest('{東京都庁,東京と京都,京都}'::text[]) t;

-- Every language of the server has a configuration, which stems as its dictionary does.
SELECT count(*) > 20, count(*) FILTER (WHERE c.cfgname IS NULL) FROM pg_ts_config p
LEFT JOIN pg_ts_config c ON c.cfgname = p.cfgname AND c.cfgnamespace = 'vecstore'::regnamespace
WHERE p.cfgnamespace = 'pg_catalog'::regnamespace AND p.oid < 16384;
SELECT to_tsvector('vecstore.german', 'Die GRÖßTEN Häuser'), to_tsvector('vecstore.french', 'Les ÉCOLES françaises'),
       to_tsvector('vecstore.russian', 'Большие ДОМА'), to_tsvector('vecstore.greek', 'ΟΔΟΣ οδός'), to_tsvector('vecstore.turkish', 'KİTAPLAR');

-- Headlines: the text is shown once, whatever overlaps.
SELECT ts_headline('vecstore.english', 'The “Running” dogs’ houses — and cats.', to_tsquery('vecstore.english', 'run & cat'));
SELECT ts_headline('vecstore.simple', 'ここは東京都庁です。大阪ではない。', phraseto_tsquery('vecstore.simple', '京都'), 'HighlightAll=true');
SELECT ts_headline('vecstore.simple', 'ここは東京都庁です。大阪ではない。', phraseto_tsquery('vecstore.simple', '東京都'));
SELECT ts_headline('vecstore.simple', '東京都、京都x東', to_tsquery('vecstore.simple', '京都 | 東'), 'StartSel=[, StopSel=]');
SELECT ts_headline('vecstore.ngram3', 'PostgreSQL is an SQL Database', phraseto_tsquery('vecstore.ngram3', 'sql'), 'HighlightAll=true');
SELECT ts_headline('vecstore.ngram2', repeat('abc ', 30) || 'needle ' || repeat('xyz ', 30), phraseto_tsquery('vecstore.ngram2', 'needle'), 'MaxWords=20, MinWords=10');
SELECT ts_headline('vecstore.ngram4', 'x', plainto_tsquery('vecstore.ngram4', 'x')), ts_headline('vecstore.ngram4', '', plainto_tsquery('vecstore.ngram4', 'x'));
SELECT ts_headline('vecstore.whitespace', 'Don''t PANIC!', plainto_tsquery('vecstore.whitespace', 'panic!'));
SELECT ts_headline('vecstore.simple', repeat('one two three ', 50) || 'HIT ' || repeat('four five six ', 50) || 'HIT 7', to_tsquery('vecstore.simple', 'hit'), 'MaxFragments=2, MaxWords=5, MinWords=3');
-- Without a match the headline is the beginning; with everything marked it is the text.
SELECT p, replace(ts_headline(('vecstore.' || p)::regconfig, t, plainto_tsquery(('vecstore.' || p)::regconfig, t), 'HighlightAll=true, StartSel=<, StopSel=>'), '<', '') <> t AS marked,
       translate(ts_headline(('vecstore.' || p)::regconfig, t, plainto_tsquery(('vecstore.' || p)::regconfig, t), 'HighlightAll=true, StartSel=<, StopSel=>'), '<>', '') = t AS same
FROM unnest('{simple,words,whitespace,ngram2,ngram3,ngram4,english}'::text[]) p, (VALUES ('日本語の text, 2 ภาษาไทย é! 東')) v(t);

-- Indexes and generated columns use them.
CREATE TABLE docs (id int, body text, tsv tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.english', body)) STORED);
INSERT INTO docs VALUES (1, 'Running dogs'), (2, 'a sleeping cat');
CREATE INDEX ON docs USING gin (tsv);
CREATE INDEX ON docs USING gin (to_tsvector('vecstore.ngram3', body));
SELECT id FROM docs WHERE tsv @@ to_tsquery('vecstore.english', 'dog');
SELECT id FROM docs WHERE to_tsvector('vecstore.ngram3', body) @@ phraseto_tsquery('vecstore.ngram3', 'ing cat');
SELECT * FROM ts_debug('vecstore.english', 'Dogs 4 東京') WHERE alias <> 'blank';
