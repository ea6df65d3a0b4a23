-- vecstore.search: modes, filters, what it finds by itself, what it refuses.

\set SHOW_CONTEXT never
CREATE TABLE books (id int PRIMARY KEY, title text, price int, embedding vector(3),
                    tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
INSERT INTO books SELECT i, (ARRAY['red fox', 'blue dog', 'green cat', 'red dogs'])[1 + i % 4] || ' ' || i, i, ARRAY[i % 7, i % 11, i % 13] FROM generate_series(1, 500) i;
CREATE INDEX books_embedding ON books USING hnsw (embedding vector_l2_ops);
CREATE INDEX books_tsv ON books USING bm25 (tsv);
\set VERBOSITY terse

-- by vector, by text, by both; the same as written by hand
SELECT * FROM vecstore.search('books', '[1,2,3]', k => 3);
SELECT id, rank, row FROM vecstore.search('books', query_text => 'red dog', k => 3);
SELECT id, rank, row FROM vecstore.search('books', '[1,2,3]', 'red dog', k => 3);
SELECT (SELECT array_agg(-score ORDER BY rank) FROM vecstore.search('books', '[1,2,3]')) = (SELECT array_agg(d ORDER BY d) FROM (SELECT embedding <-> '[1,2,3]' AS d FROM books ORDER BY 1 LIMIT 10) s) AS by_vector,
       (SELECT array_agg(id || ' ' || score ORDER BY rank) FROM vecstore.search('books', query_text => '"red dogs"')) = (SELECT array_agg(id || ' ' || score ORDER BY score DESC, id) FROM (SELECT id, -(tsv <@> '''red'' <-> ''dog'''::tsquery) AS score FROM books WHERE tsv @@ '''red'' <-> ''dog''' ORDER BY tsv <@> '''red'' <-> ''dog'''::tsquery LIMIT 10) s) AS by_text,
       (SELECT array_agg(id || ' ' || score ORDER BY rank) FROM vecstore.search('books', '[1,2,3]', 'red dog', candidates => 50)) =
       (SELECT array_agg(id || ' ' || score ORDER BY rank) FROM vecstore.fuse_text('relative_score', ARRAY[
          (SELECT vecstore.ranking(id::text, d) FROM (SELECT id, embedding <-> '[1,2,3]' AS d FROM books ORDER BY embedding <-> '[1,2,3]' LIMIT 50) s),
          (SELECT vecstore.ranking(id::text, d) FROM (SELECT id, tsv <@> 'red | dog'::tsquery AS d FROM books WHERE tsv @@ 'red | dog' ORDER BY tsv <@> 'red | dog'::tsquery LIMIT 50) s)], top_k => 10)) AS by_both;
SELECT vecstore.search_sql('books', true, true, 'price < 10', k => 3);

-- filters: any condition
SELECT id FROM vecstore.search('books', '[1,2,3]', filter => 'price < 100 AND title LIKE ''%fox%''', k => 3);
SELECT count(*), max((row->>'price')::int) < 50 AS cheap FROM vecstore.search('books', '[1,2,3]', 'red dog', filter => 'price < 50', k => 100);
SELECT id FROM vecstore.search('books', query_text => 'red', filter => 'price = (SELECT max(price) FROM books WHERE title LIKE ''red%'') -- the dearest');
SELECT count(*) FROM vecstore.search('books', '[1,2,3]', filter => 'price < 0');
-- and nothing but one
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'price < 100) OR (true');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true; DROP TABLE books');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true FROM pg_class');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true ORDER BY 1');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true UNION SELECT true');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true LIMIT 1');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'price < 10, true');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'true AS x');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => '*');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 't.*');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'price < $1');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => '/* open');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => '');
SELECT * FROM vecstore.search('books', '[1,2,3]', filter => 'price');
SELECT count(*) FROM vecstore.search('books', '[1,2,3]', filter => 'price < 10 /* closed */ --');
SELECT count(*) FROM books;

-- options
SELECT row FROM vecstore.search('books', '[1,2,3]', k => 1, columns => '{title,embedding}');
SELECT count(*) FROM vecstore.search('books', '[1,2,3]', 'red', fusion => 'dbsf', weights => '{1,3}', k => 5);
SELECT count(*) FROM vecstore.search('books', '[1,2,3]', preset => 'max'), current_setting('vecstore.search_preset') AS preset;
SELECT current_setting('vecstore.search_preset');
SELECT id FROM vecstore.search('books', query_text => 'dogs', config => 'simple');
SELECT count(*) FROM vecstore.search('books', query_text => 'the of');
SELECT count(*) FROM vecstore.search('books', query_text => '');

-- what is missing or ambiguous
\set VERBOSITY default
SELECT * FROM vecstore.search('books');
SELECT * FROM vecstore.search('books', '[1,2]');
SELECT * FROM vecstore.search('books', '[1,2,3]', k => 0);
SELECT * FROM vecstore.search('books', '[1,2,3]', preset => 'best');
SELECT * FROM vecstore.search('books', '[1,2,3]', 'red', fusion => 'best');
SELECT * FROM vecstore.search('books', '[1,2,3]', columns => '{nothing}');
SELECT * FROM vecstore.search('books', '[1,2,3]', id_column => 'nothing');
ALTER TABLE books ADD other halfvec(2);
UPDATE books SET other = ARRAY[id % 5, 1];
CREATE INDEX books_other ON books USING hnsw (other halfvec_cosine_ops);
SELECT * FROM vecstore.search('books', '[1,2,3]');
SELECT id, score FROM vecstore.search('books', '[0,1]', vector_column => 'other', filter => 'id = 5');
DROP INDEX books_tsv;
SELECT * FROM vecstore.search('books', query_text => 'red');
SELECT * FROM vecstore.search('books', '[1,2,3]', vector_column => 'title');
CREATE TABLE keyless (v vector(1), "Key" uuid UNIQUE);
CREATE INDEX ON keyless USING hnsw (v vector_cosine_ops);
SELECT * FROM vecstore.search('keyless', '[1]');
INSERT INTO keyless VALUES ('[1]', '11111111-2222-3333-4444-555555555555');
SELECT * FROM vecstore.search('keyless', '[1]', id_column => 'Key');
CREATE TABLE bare (id int PRIMARY KEY);
SELECT * FROM vecstore.search('bare', '[1]');

-- partitions, and names that need quotes
CREATE TABLE "Part ed" ("Id" bigint PRIMARY KEY, "V" vector(1), t tsvector) PARTITION BY RANGE ("Id");
CREATE TABLE part_1 PARTITION OF "Part ed" FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 PARTITION OF "Part ed" FOR VALUES FROM (10) TO (100);
CREATE INDEX ON "Part ed" USING hnsw ("V" vector_l2_ops);
CREATE INDEX ON "Part ed" USING bm25 (t);
INSERT INTO "Part ed" SELECT i, ARRAY[i], to_tsvector('simple', 'all w' || i) FROM generate_series(1, 50) i;
SELECT id, rank, row FROM vecstore.search('"Part ed"', '[10.4]', 'w9 w11', config => 'simple', k => 3);

-- rows elsewhere: a foreign table as a branch, and as a partition of what is searched
CREATE EXTENSION file_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER file_fdw;
CREATE TABLE spread (id int, v vector(2), t tsvector) PARTITION BY RANGE (id);
CREATE TABLE spread_here PARTITION OF spread FOR VALUES FROM (0) TO (100);
CREATE FOREIGN TABLE spread_there PARTITION OF spread FOR VALUES FROM (100) TO (200) SERVER elsewhere
  OPTIONS (program $$printf '100;[9,9];far:1 fox:2\n101;[5,5];near:1 dog:2\n102;[5,6];near:1 fox:2\n'$$, format 'csv', delimiter ';');
INSERT INTO spread SELECT i, ARRAY[i % 9, i % 5], CASE WHEN i % 2 = 0 THEN 'near:1 dog:2' ELSE 'far:1 cat:2' END::tsvector FROM generate_series(1, 60) i;
CREATE INDEX ON spread USING hnsw (v vector_l2_ops);
CREATE INDEX ON spread USING bm25 (t);
SELECT f.id, f.ranks FROM vecstore.fuse('rrf', ARRAY[
  (SELECT vecstore.ranking(id, d) FROM (SELECT id, v <-> '[5,6]' AS d FROM spread_there ORDER BY v <-> '[5,6]' LIMIT 2) b),
  (SELECT vecstore.ranking(id, d) FROM (SELECT id, t <@> vecstore.bm25query('fox', 'spread_t_idx') AS d FROM spread_there WHERE t @@ 'fox' ORDER BY t <@> vecstore.bm25query('fox', 'spread_t_idx') LIMIT 2) b)]) f ORDER BY f.rank;
SELECT id, rank FROM vecstore.search('spread', '[5,5.9]', 'fox', id_column => 'id', config => 'simple', k => 4);
SELECT id, rank FROM vecstore.search('spread', '[5,5.9]', id_column => 'id', filter => 'id > 50', k => 3);
SELECT * FROM vecstore.search('spread_there', '[5,6]', id_column => 'id');
DROP TABLE spread;
DROP EXTENSION file_fdw CASCADE;
DROP TABLE books, keyless, bare, "Part ed";
