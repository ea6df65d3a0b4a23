-- Unusual documents and queries: the index answers as the table does, from documents that wait in lanes and from segments.

CREATE TABLE odd (id int, v tsvector);
CREATE INDEX odd_v ON odd USING bm25 (v);
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, what text, q text);

CREATE FUNCTION plan_with(index_scan boolean, bitmap boolean) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('enable_seqscan', CASE WHEN index_scan OR bitmap THEN 'off' ELSE 'on' END, true),
         set_config('enable_indexscan', CASE WHEN index_scan THEN 'on' ELSE 'off' END, true),
         set_config('enable_bitmapscan', CASE WHEN bitmap THEN 'on' ELSE 'off' END, true) $$;
-- What an index scan finds for a query, the best first.
CREATE FUNCTION found(q tsquery) RETURNS text LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN (SELECT coalesce(string_agg(id::text, ' '), '-') FROM (SELECT id FROM odd WHERE v @@ q ORDER BY v <@> q LIMIT 1000) x);
END $$;
-- Where it differs from the table: matches, ranks and scores.
CREATE FUNCTION differences() RETURNS TABLE (what text, problem text) LANGUAGE plpgsql AS $$
DECLARE q tsquery; by_index text; by_table text;
BEGIN
  FOR what, q IN SELECT a.what, a.q::tsquery FROM asked a ORDER BY n LOOP
    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id::text, ' ' ORDER BY id) FROM odd WHERE v @@ q);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id::text, ' ' ORDER BY id) FROM odd WHERE v @@ q);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'matches'; RETURN NEXT; END IF;
    PERFORM plan_with(false, true);
    by_index := (SELECT string_agg(id::text, ' ' ORDER BY id) FROM odd WHERE v @@ q);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'matches by bitmap'; RETURN NEXT; END IF;

    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id || ':' || s, ' ') FROM (SELECT id, s FROM (SELECT id, ctid, v <@> q AS s FROM odd) y WHERE s < 0 ORDER BY s, ctid) x);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id || ':' || s, ' ') FROM (SELECT id, v <@> q AS s FROM odd ORDER BY v <@> q LIMIT 1000) x);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'scores'; RETURN NEXT; END IF;

    PERFORM plan_with(false, false);
    by_table := (SELECT string_agg(id || ':' || s, ' ') FROM (SELECT id, s FROM (SELECT id, ctid, v <@> q AS s FROM odd WHERE v @@ q) y ORDER BY s, ctid) x);
    PERFORM plan_with(true, false);
    by_index := (SELECT string_agg(id || ':' || s, ' ') FROM (SELECT id, v <@> q AS s FROM odd WHERE v @@ q ORDER BY v <@> q LIMIT 1000) x);
    IF by_index IS DISTINCT FROM by_table THEN problem := 'scores of matches'; RETURN NEXT; END IF;
  END LOOP;
END $$;
-- The plans are what they are meant to be.
BEGIN;
SELECT plan_with(true, false);
EXPLAIN (COSTS OFF) SELECT id FROM odd WHERE v @@ 'cat'::tsquery;
EXPLAIN (COSTS OFF) SELECT id FROM odd WHERE v @@ 'cat'::tsquery ORDER BY v <@> 'cat'::tsquery LIMIT 9;
SELECT plan_with(false, true);
EXPLAIN (COSTS OFF) SELECT id FROM odd WHERE v @@ 'cat'::tsquery;
SELECT plan_with(false, false);
EXPLAIN (COSTS OFF) SELECT id FROM odd WHERE v @@ 'cat'::tsquery;
COMMIT;

-- ---- documents ----

-- with positions, without, with some; empty, only stop words, NULL
INSERT INTO odd VALUES (1, 'cat:1 dog:2'), (2, strip('cat:1 dog:2'::tsvector)), (3, 'cat dog:2'), (4, 'cat:1,3,5 dog:7'),
  (5, ''), (6, NULL), (7, to_tsvector('english', 'the and of'));
-- positions beyond 16,383 are 16,383; of a lexeme 255 positions are kept
INSERT INTO odd VALUES (8, to_tsvector('simple', repeat('x ', 16381) || 'last over beyond')), (9, 'last:16382 over:16383 beyond:30000');
SELECT id, lexeme, positions FROM odd, unnest(v) WHERE id IN (8, 9) AND lexeme <> 'x' ORDER BY id, lexeme COLLATE "C";
SELECT cardinality(positions), positions[255] FROM odd, unnest(v) WHERE id = 8 AND lexeme = 'x';
-- a thousand terms, half of them, one
INSERT INTO odd SELECT 10, string_agg('t' || i || ':' || i, ' ')::tsvector FROM generate_series(1, 1000) i;
INSERT INTO odd SELECT 11, string_agg('t' || i, ' ')::tsvector FROM generate_series(1, 1000, 2) i;
INSERT INTO odd VALUES (12, 't7:3'), (13, 'other:1');
-- the longest lexemes that there are: 2,047 bytes; some come from a character that is longer as a small letter
INSERT INTO odd VALUES (14, (repeat('l', 2046) || ':1 l:2')::tsvector), (15, array_to_tsvector(ARRAY[repeat('m', 2047), 'm'])),
  (16, to_tsvector('vecstore.simple', chr(570) || repeat('n', 2044)));
SELECT id, max(octet_length(lexeme)) FROM odd, unnest(v) WHERE id BETWEEN 14 AND 16 GROUP BY id ORDER BY id;

-- ---- queries ----

INSERT INTO asked (what, q) VALUES
  ('word', 'cat'), ('both', 'cat & dog'), ('any', 'cat | dog'), ('phrase', 'cat <-> dog'), ('no phrase', '!(cat <-> dog)'),
  ('far apart', 'cat <2> dog'), ('phrase or word', 'cat <-> dog | other'), ('phrase and word', 'cat <-> dog & dog'), ('phrase of prefixes', 'ca:* <-> do:*'),
  ('class', 'cat:A'), ('class of most', 'cat:D'), ('no class', '!cat:A'),
  ('negation', '!cat'), ('negations', '!cat & !dog'), ('any negation', '!cat | !dog'), ('word and negation', 'dog & !cat'), ('word or negation', 'dog | !t7'),
  ('255 positions', 'x'), ('phrase of these', 'x <-> x'), ('phrase behind these', 'x <-> last'),
  ('neighbours', 'last <-> over'), ('seem neighbours', 'last <-> beyond'), ('are neighbours', 'over <-> beyond'), ('at one place', 'over <0> beyond'),
  ('2046 bytes', repeat('l', 2046)), ('2045 bytes, none', repeat('l', 2045)), ('2045 bytes, prefix', repeat('l', 2045) || ':*'),
  ('2046 bytes, not', '!' || repeat('l', 2046)), ('2046 bytes, none', repeat('m', 2046)),
  ('2046 bytes, prefix', repeat('m', 2046) || ':*'), ('2047 bytes', repeat('m', 2047)),
  ('2047 bytes, folded', chr(11365) || repeat('n', 2044));
INSERT INTO asked (what, q) VALUES ('stop words', plainto_tsquery('english', 'the of')::text);
INSERT INTO asked (what, q)
SELECT kind || many, (SELECT string_agg(format('%st%s%s', negation, i, suffix), operator) FROM generate_series(first, first + 999) i)
FROM (VALUES ('any of ', '|', '', ''), ('all of ', '&', '', ''), ('any prefix of ', '|', ':*', ''), ('all prefixes of ', '&', ':*', ''),
             ('none of ', '&', '', '!'), ('not all of ', '|', '', '!')) k(kind, operator, suffix, negation),
     (VALUES (1, 'a thousand'), (501, 'a thousand, half unknown')) f(first, many) ORDER BY first, kind COLLATE "C";
SET client_min_messages = warning; -- the empty query is announced whenever it is read
SELECT count(*) FILTER (WHERE numnode(q::tsquery) >= 1999) AS of_a_thousand, count(*) FILTER (WHERE numnode(q::tsquery) = 0) AS empty FROM asked;
-- NULL comes last, by the index not at all
BEGIN;
SELECT plan_with(false, false);
SELECT id FROM odd ORDER BY v <@> 'cat'::tsquery, id OFFSET 14;
SELECT plan_with(true, false);
SELECT count(*) FILTER (WHERE id = 6) AS of_null, count(*) FROM (SELECT id FROM odd WHERE v @@ '!none'::tsquery ORDER BY v <@> 'cat'::tsquery LIMIT 1000) x;
COMMIT;
-- alone, what is excluded ranks nothing
SELECT count(*) FROM (SELECT 1 FROM odd ORDER BY v <@> '!cat'::tsquery LIMIT 1000) x;

-- ---- while all of them wait in lanes ----

SELECT documents, segments, waiting FROM vecstore.bm25_stats('odd_v');
CREATE TABLE found_in_lanes AS SELECT n, found(q::tsquery) FROM asked;
SELECT what, found FROM asked JOIN found_in_lanes USING (n) ORDER BY n;
SELECT * FROM differences();
SELECT id, t.documents FROM odd, unnest(odd.v) l, vecstore.bm25_term_stats('odd_v', l.lexeme) t WHERE octet_length(lexeme) > 2000 ORDER BY id;
SELECT vecstore.bm25_term_stats('odd_v', repeat('m', 2048));

-- ---- in a segment: from lanes, built anew, merged ----

VACUUM odd;
SELECT documents, segments, waiting FROM vecstore.bm25_stats('odd_v');
SELECT * FROM differences();
SELECT what FROM asked JOIN found_in_lanes f USING (n) WHERE found(q::tsquery) <> f.found;
SELECT id, t.documents FROM odd, unnest(odd.v) l, vecstore.bm25_term_stats('odd_v', l.lexeme) t WHERE octet_length(lexeme) > 2000 ORDER BY id;
SELECT * FROM vecstore.check_index('odd_v');
REINDEX INDEX odd_v;
SELECT * FROM differences();
SELECT what FROM asked JOIN found_in_lanes f USING (n) WHERE found(q::tsquery) <> f.found;
INSERT INTO odd SELECT id + 100, v FROM odd;
SELECT segments, waiting FROM vecstore.bm25_stats('odd_v');
SELECT * FROM differences();
SELECT vecstore.bm25_merge('odd_v');
SELECT documents, segments, waiting FROM vecstore.bm25_stats('odd_v');
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('odd_v');

-- ---- documents of nearly 1 MB ----

CREATE FUNCTION large(seed text) RETURNS tsvector LANGUAGE sql AS $$
  SELECT string_agg(format('b%s:%s%s', md5(seed || i), i, CASE WHEN i % 1000 = 0 THEN 'A' END), ' ')::tsvector || 'large:1' FROM generate_series(1, 27500) i $$;
DELETE FROM odd WHERE id > 4;
VACUUM odd;
TRUNCATE asked;
INSERT INTO asked (what, q) VALUES ('of the first', format('b%s', md5('first77'))), ('of both', 'large'), ('of either', format('b%s | cat', md5('first12000'))),
  ('prefix', 'baa:*'), ('phrase', format('b%s <-> b%s', md5('first1000'), md5('first1001'))),
  ('vague phrase', format('b%s <0> b%s', md5('first20000'), md5('first27000'))),
  ('class', format('b%s:A | b%s:A', md5('first1000'), md5('first1001'))), ('not the first', format('!b%s', md5('first1')));
INSERT INTO odd VALUES (201, large('first'));
SELECT length(v), pg_column_size(v || '') > 1000000 AS nearly_a_megabyte FROM odd WHERE id = 201;
SELECT documents, waiting FROM vecstore.bm25_stats('odd_v');
SELECT * FROM differences();
INSERT INTO odd VALUES (202, large('second'));
SELECT what, found(q::tsquery) FROM asked ORDER BY n;
SELECT * FROM differences();
VACUUM odd;
SELECT documents, dead, waiting FROM vecstore.bm25_stats('odd_v');
SELECT what, found(q::tsquery) FROM asked ORDER BY n;
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('odd_v');
-- vacuumed away, from a segment and from a lane
INSERT INTO odd VALUES (203, large('third'));
SELECT waiting FROM vecstore.bm25_stats('odd_v');
DELETE FROM odd WHERE id > 201;
VACUUM odd;
SELECT vecstore.bm25_merge('odd_v');
SELECT documents, dead, waiting FROM vecstore.bm25_stats('odd_v');
SELECT n, (vecstore.bm25_term_stats('odd_v', 'b' || md5(n || '1'))).documents FROM unnest('{first,second,third}'::text[]) n;
SELECT what, found(q::tsquery) FROM asked ORDER BY n;
SELECT * FROM differences();
SELECT * FROM vecstore.check_index('odd_v');

-- ---- a NULL query, known or not when it is planned ----

SET enable_seqscan = off;
SET enable_bitmapscan = off;
PREPARE matching (tsquery) AS SELECT count(*) FROM odd WHERE v @@ $1;
PREPARE best (tsquery) AS SELECT id FROM odd WHERE v @@ $1 ORDER BY v <@> $1 LIMIT 2;
PREPARE by_null (tsquery) AS SELECT count(*), count(s) AS scored FROM (SELECT v <@> $1 AS s FROM odd ORDER BY v <@> $1 LIMIT 1000) x;
SET plan_cache_mode = force_generic_plan;
EXECUTE matching (NULL);
EXECUTE best (NULL);
EXECUTE by_null (NULL);
EXECUTE best ('cat');
SET plan_cache_mode = force_custom_plan;
EXECUTE matching (NULL);
EXECUTE best (NULL);
EXECUTE by_null (NULL);
EXECUTE best ('cat');
RESET plan_cache_mode;
DEALLOCATE ALL;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- ---- what would scan the index without an MVCC snapshot is refused before it does ----

ALTER TABLE odd ADD EXCLUDE USING bm25 (v WITH @@);
CLUSTER odd USING odd_v;
DROP TABLE odd, asked, found_in_lanes;
DROP FUNCTION plan_with, found, differences, large;

-- ---- a text search configuration that is dropped ----

CREATE TEXT SEARCH CONFIGURATION short_lived (COPY = simple);
CREATE TABLE named (id int, body text, v tsvector GENERATED ALWAYS AS (to_tsvector('short_lived', body)) STORED);
CREATE INDEX named_v ON named USING bm25 (v);
DROP TEXT SEARCH CONFIGURATION short_lived;
DROP TABLE named;
CREATE TABLE named (id int, body text);
CREATE INDEX named_body ON named USING bm25 (to_tsvector('short_lived', body));
DROP TEXT SEARCH CONFIGURATION short_lived;
DROP TABLE named;
-- Rows name it: nothing depends on it.
CREATE TABLE chosen (id int, lang regconfig, body text, v tsvector GENERATED ALWAYS AS (to_tsvector(lang, body)) STORED);
CREATE INDEX chosen_v ON chosen USING bm25 (v);
CREATE TABLE computed (id int, lang regconfig, body text);
CREATE INDEX computed_v ON computed USING bm25 (to_tsvector(lang, body));
INSERT INTO chosen (id, lang, body) SELECT i, CASE WHEN i % 2 = 0 THEN 'short_lived' ELSE 'english' END::regconfig, 'Cats ' || i FROM generate_series(1, 6) i;
INSERT INTO computed SELECT id, lang, body FROM chosen;
VACUUM chosen, computed;
INSERT INTO chosen (id, lang, body) VALUES (7, 'english', 'Cats wait'), (8, 'short_lived', 'Cats wait');
DROP TEXT SEARCH CONFIGURATION short_lived;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT waiting > 0 AS some_wait FROM vecstore.bm25_stats('chosen_v');
SELECT id, v FROM chosen WHERE v @@ 'cats'::tsquery ORDER BY v <@> 'cats'::tsquery LIMIT 10;
SELECT id, v FROM chosen WHERE v @@ 'cat'::tsquery ORDER BY v <@> 'cat'::tsquery LIMIT 10;
SELECT id FROM computed WHERE to_tsvector(lang, body) @@ 'cats'::tsquery ORDER BY to_tsvector(lang, body) <@> 'cats'::tsquery LIMIT 10;
-- Rows of other configurations still come; the index is merged, vacuumed and built anew.
INSERT INTO chosen (id, lang, body) VALUES (9, 'english', 'Nine cats');
DELETE FROM chosen WHERE id < 3;
VACUUM chosen;
SELECT vecstore.bm25_merge('chosen_v');
SELECT id FROM chosen WHERE v @@ 'cat | cats'::tsquery ORDER BY id;
REINDEX INDEX chosen_v;
SELECT id FROM chosen WHERE v @@ 'cats'::tsquery ORDER BY v <@> 'cats'::tsquery LIMIT 10;
SELECT * FROM vecstore.check_index('chosen_v');
-- What would parse a text again fails, and says with a number which configuration there is no more.
CREATE FUNCTION fails(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'works';
EXCEPTION WHEN OTHERS THEN
  RETURN regexp_replace(SQLERRM, '\d+', 'N', 'g');
END $$;
SELECT statement, fails(statement) FROM unnest(ARRAY[
  'UPDATE chosen SET body = body || '' again'' WHERE id = 4', 'UPDATE chosen SET id = 10 WHERE id = 4',
  'SELECT to_tsvector(lang, body) <@> ''cats''::tsquery FROM computed ORDER BY to_tsvector(lang, body) <@> ''cats''::tsquery LIMIT 10',
  'REINDEX INDEX computed_v', 'UPDATE chosen SET lang = ''english'' WHERE id = 4']) statement;
INSERT INTO chosen (id, lang, body) VALUES (11, 'short_lived', 'Cats');
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP TABLE chosen, computed;
DROP FUNCTION fails;
