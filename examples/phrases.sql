-- Ranked search for words and phrases, with titles that count more.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TABLE talks (
  id int PRIMARY KEY,
  title text NOT NULL,
  abstract text NOT NULL,
  tsv tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('vecstore.english', title), 'A') || setweight(to_tsvector('vecstore.english', abstract), 'D')) STORED
);
INSERT INTO talks VALUES
  (1, 'Hash joins in depth', 'How a hash join spills to disk, and why it is often the best join.'),
  (2, 'Write-ahead logging', 'What is written ahead, and when. A log of every change to a page, the log that standbys read.'),
  (3, 'Joins for everyone', 'Nested loops, merges and the hash join: which one, when.'),
  (4, 'The log is the database', 'Why systems are built around a log, ahead of everything they write.'),
  (5, 'Tables of hash values', 'Join us to learn how a table of hashes is laid out.');
CREATE INDEX talks_tsv ON talks USING bm25 (tsv) WITH (weights = '{1,1,1,4}');

-- Any of the words: more of them, and rarer ones, come first.
SELECT id, title, round((-(tsv <@> q))::numeric, 2) AS score
FROM talks, vecstore.or_tsquery('vecstore.english', 'hash join') q
WHERE tsv @@ q ORDER BY tsv <@> q LIMIT 10;

-- The exact phrase alone.
SELECT id, title FROM talks, phraseto_tsquery('vecstore.english', 'hash join') q WHERE tsv @@ q ORDER BY tsv <@> q;

-- Any of the words, but more for the phrase.
SELECT id, title, round((-(tsv <@> q))::numeric, 2) AS score
FROM talks, vecstore.phrase_boost_query('vecstore.english', 'hash join') q
WHERE tsv @@ q ORDER BY tsv <@> q LIMIT 10;

-- What a user types: a phrase in quotes, a word to leave out.
SELECT id, title FROM talks, vecstore.websearch_or_tsquery('vecstore.english', '"write ahead" log -systems') q
WHERE tsv @@ q ORDER BY tsv <@> q LIMIT 10;

-- Words that begin like this, in titles only.
SELECT id, title FROM talks, to_tsquery('vecstore.english', 'jo:*A') q WHERE tsv @@ q ORDER BY tsv <@> q;
