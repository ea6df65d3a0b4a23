-- The parsers of schema vecstore: which tokens they cut a text into.
\pset format unaligned
\pset tuples_only on

SELECT * FROM ts_token_type('vecstore.simple');
SELECT * FROM ts_token_type('vecstore.words');
SELECT * FROM ts_token_type('vecstore.whitespace');
SELECT * FROM ts_token_type('vecstore.ngram2');

-- Tokens as type:text; _ is a blank one.
CREATE FUNCTION tokens(parser text, document text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(CASE tokid WHEN 12 THEN '_' ELSE tokid || ':' || token END, ' ') FROM ts_parse(parser, document)
$$;
CREATE FUNCTION all_tokens(document text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT rpad(parser, 11) || coalesce(tokens('vecstore.' || parser, document), '(none)')
  FROM unnest('{simple,words,whitespace}'::text[]) parser
$$;

SELECT all_tokens('It''s a test_case foo-bar.');
SELECT all_tokens('3.14 A4 42 x٣ ٣٤ a@b.example http://x/y?z=1');
SELECT all_tokens('');
SELECT all_tokens('   ');
SELECT all_tokens('!?');
SELECT all_tokens(E'tab\tline\r\nfeed\u00a0nbsp\u3000wide\u2003em\u0085next\u2028line');
-- Not white space of Unicode: zero width space, byte order mark, unit separator.
SELECT all_tokens(E'a\u200bb\ufeffc\x1fd');
-- Punctuation beyond ASCII separates in words only.
SELECT all_tokens('“Don’t” – she said…');
SELECT all_tokens('«Где?» ¿Qué! 「東京」、大阪。');
-- Marks stay with their base, composed or not; symbols are words.
SELECT all_tokens(E'cafe\u0301 caf\u00e9 \U0001F600 €5 c++ x²');
SELECT all_tokens(E'\u0301 a');

-- Scripts without spaces: overlapping bigrams, a single one alone.
SELECT all_tokens('東京都');
SELECT all_tokens('都');
SELECT all_tokens('ひらがなカタカナ漢字々ー');
SELECT all_tokens('한국어 텍스트');
SELECT all_tokens('ABC東京2024年x');
SELECT all_tokens('ภาษาไทย');
-- A mark makes no character of its own: decomposed kana and Hangul, half-width voicing.
SELECT all_tokens(E'か\u3099き ᄒ\u1161\u11abᄀ\u116e\u11a8 ｶﾞｷﾞ');

-- n-grams are windows of the text with all it has; shorter texts are one token.
SELECT tokens('vecstore.ngram2', 'Ab c'), tokens('vecstore.ngram3', 'Ab c'), tokens('vecstore.ngram4', 'Ab c');
SELECT tokens('vecstore.ngram2', 'x'), tokens('vecstore.ngram3', 'xy'), tokens('vecstore.ngram4', '東京都');
SELECT tokens('vecstore.ngram2', '') IS NULL, tokens('vecstore.ngram2', '東京é');

-- Together the tokens of a word parser are the text, those of an n-gram parser begin at each character.
CREATE TABLE texts (t text);
INSERT INTO texts VALUES ('It''s a test_case foo-bar.'), ('«Где?» ¿Qué!'), ('  x  '), (repeat('a b! ', 1000)), (repeat(' ', 5000)), (repeat('x', 5000));
SELECT count(*) FROM texts, unnest('{simple,words,whitespace}'::text[]) p
WHERE t <> (SELECT string_agg(token, '' ORDER BY n) FROM ts_parse('vecstore.' || p, t) WITH ORDINALITY x(tokid, token, n));
SELECT count(*) FROM texts, generate_series(2, 4) n
WHERE (SELECT array_agg(token ORDER BY i) FROM ts_parse('vecstore.ngram' || n, t) WITH ORDINALITY x(tokid, token, i))
  IS DISTINCT FROM (SELECT array_agg(substr(t, i, n) ORDER BY i) FROM generate_series(1, length(t) - n + 1) i);

-- A blank is cut into pieces, so that nobody calls it a word that is too long; a word is too long from 2,048 bytes on.
SELECT to_tsvector('vecstore.simple', 'a' || repeat(' ', 5000) || 'b');
SELECT to_tsvector('vecstore.simple', 'a ' || repeat('x', 2047) || ' b') = ('a:1 b:3 ' || repeat('x', 2047) || ':2')::tsvector AS longest;
SELECT to_tsvector('vecstore.simple', 'a ' || repeat('x', 2048) || ' b');

-- A megabyte of each kind.
SELECT p, length(to_tsvector(('vecstore.' || p)::regconfig, repeat('東京 ab12 é! ', 60000))) FROM unnest('{simple,words,whitespace,ngram2,ngram3,ngram4}'::text[]) p;
