-- bm25 indexes: plans, conditions, filters, options, what is stored.

CREATE TABLE books (id int PRIMARY KEY, lang regconfig DEFAULT 'english', title text, year int,
                    v tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
INSERT INTO books (id, title, year)
SELECT i, (ARRAY['The quick brown fox', 'Lazy dogs sleep', 'A fox and a dog', 'Brown bread is good bread', NULL])[1 + i % 5] || ' part ' || i, 1900 + i % 100
FROM generate_series(1, 500) i;
CREATE INDEX books_v ON books USING bm25 (v);
VACUUM ANALYZE books;
SELECT documents, dead, segments, positions FROM vecstore.bm25_stats('books_v');

-- the operator finds its index when the statement is planned; the LIMIT is in the plan
EXPLAIN (COSTS OFF) SELECT id FROM books ORDER BY v <@> to_tsquery('english', 'foxes & brown') LIMIT 3;
SELECT id, title FROM books ORDER BY v <@> to_tsquery('english', 'foxes & brown') LIMIT 3;
EXPLAIN (COSTS OFF) SELECT id FROM books WHERE v @@ 'bread'::tsquery AND year < 1950 ORDER BY v <@> 'bread'::tsquery LIMIT 3;
SELECT id, year FROM books WHERE v @@ 'bread'::tsquery AND year < 1950 ORDER BY v <@> 'bread'::tsquery LIMIT 3;
-- a filter that lets one row of many through: the scan goes on until it is found
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM books WHERE abs(id) > 497 ORDER BY v <@> 'bread'::tsquery LIMIT 3;
SELECT id FROM books WHERE abs(id) > 497 ORDER BY v <@> 'bread'::tsquery LIMIT 3;
SET enable_indexscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM books WHERE v @@ 'fox & !brown'::tsquery;
SELECT count(*) FROM books WHERE v @@ 'fox & !brown'::tsquery;
SELECT count(*) FROM books WHERE v @@ '!fox'::tsquery;
RESET enable_indexscan;
SELECT count(*), min(id) FROM books WHERE v @@ 'fox & !brown'::tsquery;

-- prepared, in PL/pgSQL, in views, with parameters
PREPARE find(tsquery) AS SELECT id FROM books ORDER BY v <@> $1 LIMIT 2;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE find('bread');
EXECUTE find('bread');
EXECUTE find('fox');
EXECUTE find(NULL);
RESET plan_cache_mode;
CREATE FUNCTION best(q tsquery) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT id FROM books ORDER BY v <@> q LIMIT 1); END $$;
SELECT best('bread'), best('dog & sleep');
CREATE VIEW shelf AS SELECT id, v FROM books;
EXPLAIN (COSTS OFF) SELECT id FROM shelf ORDER BY v <@> 'bread'::tsquery LIMIT 3;
SELECT id, (SELECT b.id FROM books b ORDER BY b.v <@> q LIMIT 1) FROM (VALUES (1, 'fox'::tsquery), (2, 'bread')) x(id, q);

-- the score in the result is the one that orders it
SELECT count(*) AS rows, bool_and(s <= next) AS ordered FROM
  (SELECT s, lead(s, 1, 0) OVER () AS next FROM (SELECT v <@> 'fox | bread'::tsquery AS s FROM books ORDER BY v <@> 'fox | bread'::tsquery LIMIT 400) x) y;
-- rows of a condition come even if they score nothing
SELECT count(*), count(*) FILTER (WHERE s = 0) AS zero FROM
  (SELECT v <@> 'bread'::tsquery AS s FROM books WHERE v @@ 'fox | bread'::tsquery ORDER BY v <@> 'bread'::tsquery LIMIT 1000) x;
SELECT count(*) FROM (SELECT 1 FROM books ORDER BY v <@> 'nowhere'::tsquery LIMIT 1000) x;
SELECT count(*) FROM (SELECT 1 FROM books ORDER BY v <@> ''::tsquery LIMIT 1000) x;
SELECT count(*) FROM (SELECT 1 FROM books ORDER BY v <@> NULL::tsquery LIMIT 1000) x;
SELECT count(*) FROM books WHERE v @@ NULL::tsquery;

-- two conditions; a condition that is not the order
SELECT count(*) FROM (SELECT 1 FROM books WHERE v @@ 'fox'::tsquery AND v @@ 'brown'::tsquery ORDER BY v <@> 'fox'::tsquery LIMIT 1000) x;

-- cursors, and scans that begin again
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM books ORDER BY v <@> 'bread'::tsquery;
FETCH 2 FROM c;
MOVE 90 IN c;
FETCH 2 FROM c;
FETCH ABSOLUTE 1 FROM c;
COMMIT;

-- several indexes, or none: the query must name one
CREATE INDEX books_v2 ON books USING bm25 (v) WITH (k1 = 0.5, b = 0);
SELECT id FROM books ORDER BY v <@> 'bread'::tsquery LIMIT 1;
EXPLAIN (COSTS OFF) SELECT id FROM books ORDER BY v <@> vecstore.bm25query('bread', 'books_v2') LIMIT 1;
SELECT id FROM books ORDER BY v <@> vecstore.bm25query('bread', 'books_v2') LIMIT 1;
DROP INDEX books_v2;
SELECT id FROM books ORDER BY v <@> 'bread'::tsquery LIMIT 1;
-- a partial index where its predicate holds; an index on an expression
DROP INDEX books_v;
CREATE INDEX books_new ON books USING bm25 (v) WHERE year >= 1950;
SELECT id FROM books WHERE year >= 1960 ORDER BY v <@> 'bread'::tsquery LIMIT 1;
SELECT id FROM books ORDER BY v <@> 'bread'::tsquery LIMIT 1;
CREATE INDEX books_title ON books USING bm25 (to_tsvector('english', title));
EXPLAIN (COSTS OFF) SELECT id FROM books ORDER BY to_tsvector('english', title) <@> 'bread'::tsquery LIMIT 1;
SELECT id FROM books ORDER BY to_tsvector('english', title) <@> 'bread'::tsquery LIMIT 1;

-- partitions: statistics of all of them, one order (documents of two lengths)
CREATE TABLE parts (id int, v tsvector) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES FROM (100) TO (1000);
INSERT INTO parts SELECT i, to_tsvector('simple', CASE WHEN i < 100 THEN 'rare' ELSE 'rare often' END || ' word ' || i) FROM generate_series(0, 999) i;
CREATE INDEX parts_v ON parts USING bm25 (v);
EXPLAIN (COSTS OFF) SELECT id FROM parts ORDER BY v <@> 'often | rare'::tsquery LIMIT 2;
SELECT count(DISTINCT s) FROM (SELECT v <@> 'word'::tsquery AS s FROM parts WHERE id % 100 = 50) x;
SELECT id, round((v <@> 'often | rare'::tsquery)::numeric, 6) FROM parts ORDER BY v <@> 'often | rare'::tsquery LIMIT 2;
SELECT vecstore.bm25_stats('parts_v');

-- options
CREATE TABLE o (v tsvector);
CREATE INDEX ON o USING bm25 (v) WITH (k1 = -1);
CREATE INDEX ON o USING bm25 (v) WITH (b = 1.1);
CREATE INDEX ON o USING bm25 (v) WITH (weights = '{1,2,3}');
CREATE INDEX ON o USING bm25 (v) WITH (weights = '{1,2,3,256}');
CREATE INDEX ON o USING bm25 (v) WITH (m = 16);
CREATE INDEX ON o USING bm25 ((1));
CREATE INDEX o_v ON o USING bm25 (v) WITH (weights = '{1,1,2,10}', k1 = 2);
INSERT INTO o VALUES ('cat:1D'), ('cat:1A'), ('cat:1B'), ('cat');
SELECT v FROM o ORDER BY v <@> 'cat'::tsquery;
ALTER INDEX o_v SET (k1 = 0);
SELECT count(DISTINCT v <@> 'cat'::tsquery) FROM o;
-- without positions, conditions are checked in the table; phrases cannot be ranked
DROP INDEX o_v;
INSERT INTO o VALUES ('cat:1 dog:2'), ('cat:1 dog:3');
CREATE INDEX o_v ON o USING bm25 (v) WITH (positions = off);
SELECT v FROM o WHERE v @@ 'cat <-> dog'::tsquery;
SELECT v FROM o WHERE v @@ 'cat <-> dog'::tsquery ORDER BY v <@> 'cat | dog'::tsquery LIMIT 5;
SELECT v FROM o ORDER BY v <@> 'cat <-> dog'::tsquery LIMIT 5;
SELECT v FROM o ORDER BY v <@> 'cat:A'::tsquery LIMIT 5;

-- unlogged, temporary, empty
CREATE UNLOGGED TABLE u (v tsvector);
CREATE INDEX u_v ON u USING bm25 (v);
SELECT count(*) FROM (SELECT 1 FROM u ORDER BY v <@> 'a'::tsquery LIMIT 1) x;
INSERT INTO u VALUES ('a'), (NULL), (''), ('b');
SELECT v FROM u ORDER BY v <@> 'a'::tsquery LIMIT 5;
SELECT documents, waiting FROM vecstore.bm25_stats('u_v');
SELECT * FROM vecstore.check_index('u_v');
SELECT * FROM vecstore.check_index('o_v');
SELECT * FROM vecstore.bm25_term_stats('u_v', 'a');
CREATE TEMP TABLE tt (v tsvector);
CREATE INDEX tt_v ON tt USING bm25 (v);
INSERT INTO tt SELECT to_tsvector('simple', 'w' || i || ' all') FROM generate_series(1, 20000) i;
SELECT documents, segments > 1 AS flushed FROM vecstore.bm25_stats('tt_v');
SELECT v FROM tt ORDER BY v <@> 'w777'::tsquery LIMIT 1;
SELECT count(*) FROM tt WHERE v @@ 'all'::tsquery;
SELECT * FROM vecstore.check_index('tt_v');
SELECT vecstore.bm25_merge('tt_v');
SELECT * FROM vecstore.check_index('tt_v');
SELECT documents, segments, waiting FROM vecstore.bm25_stats('tt_v');
SELECT count(*) FROM tt WHERE v @@ 'all'::tsquery;

-- a table truncated by the transaction that made it keeps its file: its segments have the same numbers again
BEGIN;
SET LOCAL enable_seqscan = off;
CREATE TABLE again (v tsvector);
INSERT INTO again VALUES ('cat');
CREATE INDEX again_v ON again USING bm25 (v);
SELECT v FROM again ORDER BY v <@> 'cat'::tsquery LIMIT 5;
SELECT v FROM again ORDER BY v <@> 'dog'::tsquery LIMIT 5;
TRUNCATE again;
INSERT INTO again VALUES ('dog');
SELECT vecstore.bm25_merge('again_v');
SELECT documents, segments FROM vecstore.bm25_stats('again_v');
SELECT v FROM again ORDER BY v <@> 'cat'::tsquery LIMIT 5;
SELECT v FROM again ORDER BY v <@> 'dog'::tsquery LIMIT 5;
ROLLBACK;

-- prefixes that stand for too many lexemes
SET vecstore.bm25_max_expansions = 100;
SELECT count(*) FROM (SELECT 1 FROM tt ORDER BY v <@> 'w:*'::tsquery LIMIT 1) x;
SELECT count(*) FROM (SELECT 1 FROM tt ORDER BY v <@> 'w777:*'::tsquery LIMIT 1000) x;
SELECT count(*) FROM tt WHERE v @@ 'w:*'::tsquery;
RESET vecstore.bm25_max_expansions;

-- each segment counts for itself: a merge neither allows nor refuses what was refused or allowed
CREATE TABLE expanding (v tsvector);
CREATE INDEX expanding_v ON expanding USING bm25 (v);
INSERT INTO expanding SELECT array_to_tsvector(ARRAY(SELECT 'x' || i FROM generate_series(1, 60) i));
SELECT vecstore.bm25_merge('expanding_v');
INSERT INTO expanding SELECT array_to_tsvector(ARRAY(SELECT 'x' || i FROM generate_series(1, 60) i)) FROM generate_series(1, 800);
SET vecstore.bm25_max_expansions = 100;
SELECT segments > 1 AS several FROM vecstore.bm25_stats('expanding_v');
SELECT count(*) FROM (SELECT 1 FROM expanding ORDER BY v <@> 'x:*'::tsquery LIMIT 5) x;
SELECT vecstore.bm25_merge('expanding_v');
SELECT count(*) FROM (SELECT 1 FROM expanding ORDER BY v <@> 'x:*'::tsquery LIMIT 5) x;
RESET vecstore.bm25_max_expansions;

-- an index that was attached to a partitioned one with weights of its own
CREATE TABLE weighty (n int, v tsvector) PARTITION BY LIST (n);
CREATE TABLE weighty_1 PARTITION OF weighty FOR VALUES IN (1);
CREATE TABLE weighty_2 (n int, v tsvector);
INSERT INTO weighty_2 VALUES (2, 'cat:1A');
CREATE INDEX weighty_2_v ON weighty_2 USING bm25 (v) WITH (weights = '{1,1,1,7}');
CREATE INDEX weighty_v ON weighty USING bm25 (v) WITH (weights = '{1,1,1,4}');
INSERT INTO weighty VALUES (1, 'cat:1A,2'), (1, 'dog:1');
ALTER TABLE weighty ATTACH PARTITION weighty_2 FOR VALUES IN (2);
SELECT count(*) FROM pg_inherits WHERE inhparent = 'weighty_v'::regclass;
SELECT n FROM weighty ORDER BY v <@> 'cat'::tsquery;
ALTER INDEX weighty_2_v SET (weights = '{1,1,1,4}');
REINDEX INDEX weighty_2_v;
SELECT n, v FROM weighty ORDER BY v <@> 'cat'::tsquery LIMIT 2;
DROP TABLE expanding, weighty;

-- other kinds of relations
SELECT vecstore.bm25_stats('books');
SELECT vecstore.bm25_stats('books_pkey');
SELECT vecstore.bm25_term_stats('o_v', repeat('x', 3000));
DROP TABLE books, parts, o, u, tt CASCADE;
DROP FUNCTION best;

-- documents larger than a page do not wait by the hundred: every search would read them all
CREATE TABLE long (id int, v tsvector);
CREATE INDEX long_v ON long USING bm25 (v);
INSERT INTO long SELECT i, array_to_tsvector(ARRAY(SELECT md5(i || '-' || j) FROM generate_series(1, 300) j) || ARRAY['all'])
FROM generate_series(1, 100) i;
SELECT documents, segments > 0 AS flushed, waiting < 40 AS few_wait FROM vecstore.bm25_stats('long_v');
INSERT INTO long SELECT 100 + i, ('all short:' || i)::tsvector FROM generate_series(1, 100) i;
SELECT documents, waiting BETWEEN 100 AND 140 AS short_ones_wait FROM vecstore.bm25_stats('long_v');
SELECT count(*) FROM long WHERE v @@ 'all';
SELECT id FROM long ORDER BY v <@> md5('42-42')::tsquery LIMIT 1;
SELECT * FROM vecstore.check_index('long_v');
DROP TABLE long;
