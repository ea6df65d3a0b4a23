-- When the planner takes a bm25 index, when it takes something else, and what it thinks a search costs.
CREATE TABLE docs (id int PRIMARY KEY, year int, v tsvector);
INSERT INTO docs SELECT i, 1900 + i % 100, format('all:1 w%s:2 %s %s', i % 50, CASE WHEN i % 10 > 0 THEN 'most:3' END, CASE WHEN i % 500 = 0 THEN 'rare:4' END)::tsvector
FROM generate_series(1, 5000) i;
CREATE INDEX docs_v ON docs USING bm25 (v);
VACUUM ANALYZE docs;

-- Without a LIMIT: where most rows match, the table, or the index if it saves the sort; the index where few do.
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'most';
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'most' ORDER BY v <@> 'most'::tsquery;
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'rare';
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'rare' ORDER BY v <@> 'rare'::tsquery;
-- With one, the index, however many match.
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'most' ORDER BY v <@> 'most'::tsquery LIMIT 10;

-- Another index that leaves fewer rows wins.
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE id = 7 AND v @@ 'most' ORDER BY v <@> 'most'::tsquery LIMIT 10;
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE id IN (7, 10, 11) ORDER BY v <@> 'most'::tsquery LIMIT 10;
SELECT id FROM docs WHERE id IN (7, 10, 11) AND v @@ 'most' ORDER BY v <@> 'most'::tsquery LIMIT 10;

-- Neither a condition nor an order for it, or two orders: never, whatever else costs.  A partial index is considered for its
-- predicate alone.
CREATE INDEX docs_part ON docs USING bm25 (v) WHERE year < 1903;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE year < 1903;
EXPLAIN (COSTS OFF) SELECT count(v) FROM docs;
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE year < 1903 ORDER BY v LIMIT 1;
EXPLAIN (COSTS OFF) SELECT id FROM docs ORDER BY v <@> vecstore.bm25query('w1', 'docs_v'), v <@> vecstore.bm25query('rare', 'docs_v') LIMIT 2;
SELECT count(*) FROM docs WHERE year < 1903;
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP INDEX docs_part;

-- A ranking for each row of another table.
CREATE TABLE questions (n int, q tsquery);
INSERT INTO questions VALUES (1, 'rare'), (2, 'w3 & !most'), (3, 'none'), (4, NULL), (5, 'rare | w1');
ANALYZE questions;
EXPLAIN (COSTS OFF) SELECT n, id FROM questions, LATERAL (SELECT id FROM docs WHERE v @@ q ORDER BY v <@> q LIMIT 2) best;
SELECT n, id, score < 0 AS scored FROM questions LEFT JOIN LATERAL (SELECT id, v <@> q AS score FROM docs WHERE v @@ q ORDER BY v <@> q LIMIT 2) best ON true ORDER BY n, score, id;

-- Prepared: the query is in a custom plan, and a parameter of the generic one; so is the LIMIT.
PREPARE search (tsquery, int) AS SELECT id FROM docs WHERE v @@ $1 ORDER BY v <@> $1 LIMIT $2;
SET plan_cache_mode = force_custom_plan;
EXPLAIN (COSTS OFF) EXECUTE search ('rare', 3);
EXECUTE search ('rare', 3);
EXPLAIN (COSTS OFF) EXECUTE search ('all', 1000);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE search ('rare', 3);
EXECUTE search ('rare', 3);
EXECUTE search ('w7', 4);
RESET plan_cache_mode;
DEALLOCATE search;

-- Costs grow with the work: that of the search, before the first row, and the total.  (The total of a LIMIT is a share of what
-- all matches cost, so it does not compare terms.)
CREATE FUNCTION plan_of(statement text, OUT node text, OUT index text, OUT search float8, OUT total float8) LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
  plan := plan->0->'Plan';
  total := plan->>'Total Cost';
  IF plan ? 'Plans' THEN plan := plan->'Plans'->0; END IF;
  search := plan->>'Startup Cost';
  node := plan->>'Node Type';
  index := plan->>'Index Name';
END $$;
CREATE FUNCTION ranked(query text, k text, filter text DEFAULT 'true') RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT id FROM docs WHERE v @@ %1$L::tsquery AND %2$s ORDER BY v <@> %1$L::tsquery LIMIT %3$s', query, filter, k) $$;
CREATE FUNCTION matching(query text) RETURNS text LANGUAGE sql AS $$ SELECT format('SELECT id FROM docs WHERE v @@ %1$L::tsquery', query) $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT what, l.node = 'Index Scan' AND m.node = 'Index Scan' AND l.index = 'docs_v' AND m.index = 'docs_v' AS by_index,
       l.search < m.search AS search, l.total < m.total AS total
FROM (VALUES
  ('rare, frequent', ranked('rare', 'ALL'), ranked('most', 'ALL')), ('frequent, more so', ranked('most', 'ALL'), ranked('all', 'ALL')),
  ('one, several', ranked('w1', 'ALL'), ranked('w1 | w2 | w3 | w4', 'ALL')), ('one, prefix', ranked('w1', 'ALL'), ranked('w1:*', 'ALL')),
  ('none, rare', ranked('none', 'ALL'), ranked('rare', 'ALL'))) v(what, less, more),
  plan_of(less) l, plan_of(more) m;
SELECT what, l.search < m.search AS search FROM (VALUES
  ('rare, frequent', ranked('rare', '5'), ranked('most', '5')), ('one, several', ranked('all', '5'), ranked('all | most | w1 | w2', '5'))) v(what, less, more),
  plan_of(less) l, plan_of(more) m;
SELECT what, l.total < m.total AS total FROM (VALUES
  ('LIMIT 1, 10', ranked('most', '1'), ranked('most', '10')), ('LIMIT 10, 1000', ranked('most', '10'), ranked('most', '1000')),
  ('LIMIT 1000, none', ranked('most', '1000'), ranked('most', 'ALL')), ('any row, a filter', ranked('most', '10'), ranked('most', '10', 'year < 1910')),
  ('both, one', ranked('w1 & w2', 'ALL'), ranked('w1', 'ALL'))) v(what, less, more),
  plan_of(less) l, plan_of(more) m;
SELECT what, l.total < m.total AS total FROM (VALUES
  ('rare, frequent', matching('rare'), matching('most')), ('one, several', matching('w1'), matching('w1 | w2 | w3')),
  ('both, one', matching('w1 & w2'), matching('w1'))) v(what, less, more),
  plan_of(less) l, plan_of(more) m;
DROP TABLE docs, questions;
DROP FUNCTION plan_of, ranked, matching;
