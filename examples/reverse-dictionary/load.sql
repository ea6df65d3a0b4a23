-- load.sql - the tables of the reverse dictionary: 117,659 WordNet entries and the questions to ask.
--
-- Run by psql from the top of the tree, in one transaction: an interrupted load leaves nothing behind.
CREATE EXTENSION vecstore;

CREATE TABLE glosses (
  id        int PRIMARY KEY,
  word      text NOT NULL,        -- all words of this sense: 'kitten, kitty'
  pos       text NOT NULL,        -- noun, verb, adjective, adverb
  gloss     text NOT NULL,        -- the definition and examples
  embedding vector(192) NOT NULL, -- what the entry means: entries of similar meaning are close
  tsv       tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.english', word || ' ' || gloss)) STORED -- what it says
);
COMMENT ON TABLE glosses IS 'WordNet 3.0 with a sentence embedding of every entry';

CREATE TABLE questions (
  id        int PRIMARY KEY,
  question  text NOT NULL,
  expected  text NOT NULL,        -- words that answer it; empty where there is no one answer
  embedding vector(192) NOT NULL  -- made by the same model as those of the glosses
);
COMMENT ON TABLE questions IS 'descriptions of words, embedded like the glosses';

\copy glosses FROM PROGRAM 'python3 examples/reverse-dictionary/load.py glosses' (FORMAT binary)
\copy questions FROM PROGRAM 'python3 examples/reverse-dictionary/load.py questions' (FORMAT binary)

-- ask(question, k): the k nearest entries of a question and the time the search took inside the server.
-- The search is the first SELECT; the second only fetches what is shown.
CREATE FUNCTION ask(question_id int, k int DEFAULT 10)
RETURNS TABLE (rank bigint, id int, word text, gloss text, distance float8, milliseconds float8)
LANGUAGE plpgsql AS $$
DECLARE
  wanted vector := (SELECT q.embedding FROM questions q WHERE q.id = question_id);
  started timestamptz := clock_timestamp();
  found int[] := ARRAY(SELECT g.id FROM glosses g ORDER BY g.embedding <=> wanted LIMIT k);
  took float8 := 1000 * extract(epoch FROM clock_timestamp() - started);
BEGIN
  RETURN QUERY
  SELECT f.rank, g.id, g.word, g.gloss, g.embedding <=> wanted, took
  FROM unnest(found) WITH ORDINALITY AS f(id, rank) JOIN glosses g USING (id)
  ORDER BY f.rank;
END $$;
COMMENT ON FUNCTION ask(int, int) IS 'nearest entries of a question, and the milliseconds the search took';

-- ask_words(question, k): the best entries by the words of a question, ranked by BM25.
CREATE FUNCTION ask_words(question_id int, k int DEFAULT 10)
RETURNS TABLE (rank bigint, id int, word text, gloss text, score float8, milliseconds float8)
LANGUAGE plpgsql AS $$
DECLARE
  wanted tsquery := (SELECT vecstore.or_tsquery('vecstore.english', q.question) FROM questions q WHERE q.id = question_id);
  started timestamptz := clock_timestamp();
  found int[] := ARRAY(SELECT g.id FROM glosses g WHERE g.tsv @@ wanted ORDER BY g.tsv <@> wanted LIMIT k);
  took float8 := 1000 * extract(epoch FROM clock_timestamp() - started);
BEGIN
  RETURN QUERY
  SELECT f.rank, g.id, g.word, g.gloss, -(g.tsv <@> wanted), took
  FROM unnest(found) WITH ORDINALITY AS f(id, rank) JOIN glosses g USING (id)
  ORDER BY f.rank;
END $$;
COMMENT ON FUNCTION ask_words(int, int) IS 'best entries by the words of a question, and the milliseconds the search took';

-- ask_both(question, k): a hundred entries by meaning and a hundred by words, fused by their ranks.  These questions
-- rarely use the words of the definition, so meaning counts five times as much, and first ranks much more than later ones.
CREATE FUNCTION ask_both(question_id int, k int DEFAULT 10)
RETURNS TABLE (rank int, id int, word text, gloss text, milliseconds float8)
LANGUAGE plpgsql AS $$
DECLARE
  meaning vector := (SELECT q.embedding FROM questions q WHERE q.id = question_id);
  words tsquery := (SELECT vecstore.or_tsquery('vecstore.english', q.question) FROM questions q WHERE q.id = question_id);
  started timestamptz := clock_timestamp();
  fused int[];
  took float8;
BEGIN
  fused := ARRAY(
    SELECT f.id FROM vecstore.fuse('rrf', ARRAY[
      (SELECT vecstore.ranking(s.id, s.d) FROM (SELECT g.id, g.embedding <=> meaning AS d FROM glosses g ORDER BY g.embedding <=> meaning LIMIT 100) s),
      (SELECT vecstore.ranking(s.id, s.d) FROM (SELECT g.id, g.tsv <@> words AS d FROM glosses g WHERE g.tsv @@ words ORDER BY g.tsv <@> words LIMIT 100) s)],
      weights => '{5,1}', rrf_k => 2, top_k => k) f ORDER BY f.rank);
  took := 1000 * extract(epoch FROM clock_timestamp() - started);
  RETURN QUERY
  SELECT f.rank::int, g.id, g.word, g.gloss, took
  FROM unnest(fused) WITH ORDINALITY AS f(id, rank) JOIN glosses g USING (id)
  ORDER BY f.rank;
END $$;
COMMENT ON FUNCTION ask_both(int, int) IS 'best entries by meaning and by words, fused, and the milliseconds both searches and the fusion took';

-- Two entries answer alike when they share a word: 'kitten, kitty' answers 'kitty'.
CREATE FUNCTION answers(word text, expected text) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN string_to_array(word, ', ') && string_to_array(expected, ', ');
COMMENT ON FUNCTION answers(text, text) IS 'whether two comma-separated lists have a word in common';
