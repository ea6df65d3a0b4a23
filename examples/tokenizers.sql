-- What becomes a word: the same rows with three tokenizers, and one of your own.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TABLE stock (
  id int PRIMARY KEY,
  name text NOT NULL,
  by_stem tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.english', name)) STORED,
  by_word tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.whitespace', name)) STORED,
  by_gram tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.ngram3', name)) STORED
);
INSERT INTO stock VALUES
  (1, 'Mounting brackets, M4-20 screws'),
  (2, 'Bracket for mounted screens'),
  (3, 'M4-25 screw, stainless'),
  (4, 'Screen-mount MX4-25'),
  (5, '東京都庁 keyboard');
CREATE INDEX stock_by_stem ON stock USING bm25 (by_stem);
CREATE INDEX stock_by_word ON stock USING bm25 (by_word);
CREATE INDEX stock_by_gram ON stock USING bm25 (by_gram);

-- What each of them makes of a name.
SELECT by_stem, by_word, left(by_gram::text, 34) || ' ...' AS by_gram FROM stock WHERE id = 3;

-- Stems find other forms of a word.
SELECT id, name FROM stock, vecstore.or_tsquery('vecstore.english', 'mount brackets') q
WHERE by_stem @@ q ORDER BY by_stem <@> q, id LIMIT 10;

-- Cut at spaces only, a part number is one word.
SELECT id, name FROM stock, plainto_tsquery('vecstore.whitespace', 'm4-25') q WHERE by_word @@ q ORDER BY by_word <@> q LIMIT 10;

-- N-grams find what is inside a word: a phrase of them is a substring.
SELECT id, name FROM stock, phraseto_tsquery('vecstore.ngram3', '4-25') q WHERE by_gram @@ q ORDER BY by_gram <@> q, id LIMIT 10;

-- Runs of Han characters become pairs, so any part of a run is found.
SELECT id, name FROM stock, phraseto_tsquery('vecstore.english', '京都') q WHERE by_stem @@ q ORDER BY by_stem <@> q LIMIT 10;

-- One of your own: beginnings of words, for a search as somebody types.
CREATE TEXT SEARCH DICTIONARY beginnings (TEMPLATE = vecstore.ngram, min = 2, max = 10, edge = true);
CREATE TEXT SEARCH CONFIGURATION typing (PARSER = vecstore.words);
ALTER TEXT SEARCH CONFIGURATION typing ADD MAPPING FOR word, number, cjk WITH beginnings;
CREATE INDEX stock_typing ON stock USING bm25 (to_tsvector('typing', name));
SELECT id, name FROM stock, to_tsquery('vecstore.words', 'scre') q
WHERE to_tsvector('typing', name) @@ q ORDER BY to_tsvector('typing', name) <@> q, id LIMIT 10;
