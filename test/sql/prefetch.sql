-- vecstore.prefetch: stages on the candidates of the stages before.

\set SHOW_CONTEXT never
CREATE TABLE shop (id int PRIMARY KEY, name text, price int, embedding vector(3),
                   tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', name)) STORED);
INSERT INTO shop SELECT i, (ARRAY['red chair', 'blue table', 'green lamp', 'red lamp'])[1 + i % 4] || ' ' || i, (i * 37) % 100, ARRAY[i % 7, i % 11, i % 13] FROM generate_series(1, 500) i;
CREATE INDEX shop_embedding ON shop USING hnsw (embedding vector_l2_ops);
CREATE INDEX shop_tsv ON shop USING bm25 (tsv);

-- one stage, and one after the other: later stages work on the candidates
SELECT * FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 3}}]}');
SELECT (SELECT array_agg(id::int ORDER BY rank) FROM vecstore.prefetch('shop', '{"stages": [{"search": {"text": "red", "limit": 20}}, {"search": {"vector": [1,2,3], "limit": 5}}]}')) =
       (SELECT array_agg(id ORDER BY d, id) FROM (SELECT id, embedding <-> '[1,2,3]' AS d FROM (SELECT * FROM shop WHERE tsv @@ 'red' ORDER BY tsv <@> 'red'::tsquery LIMIT 20) c ORDER BY 2, 1 LIMIT 5) s) AS of_the_candidates;
SELECT id, row->>'price' AS price FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 50}}, {"filter": "price < 30"}, {"rerank": {"by": "price", "descending": true, "limit": 3}}]}');
SELECT id, row->>'price' AS price FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 50, "filter": "price >= 30"}}, {"rerank": {"by": "price", "limit": 3}}]}');
SELECT id, score FROM vecstore.prefetch('shop', '{"stages": [{"search": {"text": "lamp", "limit": 30}}, {"rerank": {"vector": [1,2,3], "limit": 2}}]}');
SELECT id, rank FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 30}}, {"mmr": {"lambda": 0.3, "limit": 4}}]}');
-- hybrid is what fuse gives; branches may have stages
SELECT (SELECT array_agg(score ORDER BY rank) FROM vecstore.prefetch('shop', '{"stages": [{"hybrid": {"branches": [{"search": {"vector": [1,2,3], "limit": 50}}, {"search": {"text": "red lamp", "limit": 50}}], "weights": [2, 1], "limit": 8}}]}')) =
       (SELECT array_agg(score ORDER BY rank) FROM vecstore.search('shop', '[1,2,3]', 'red lamp', candidates => 50, weights => '{2,1}', k => 8)) AS as_search;
SELECT id, rank FROM vecstore.prefetch('shop', '{"stages": [
  {"hybrid": {"fusion": "dbsf", "limit": 20, "branches": [
     {"stages": [{"search": {"text": "red", "limit": 60}}, {"search": {"vector": [1,2,3], "limit": 10}}]},
     {"search": {"text": "\"red lamp\"", "limit": 10}}]}},
  {"filter": "price BETWEEN 10 AND 90"}, {"mmr": {"limit": 3}}]}');
-- empty in, empty out
SELECT count(*) FROM vecstore.prefetch('shop', '{"stages": [{"search": {"text": "nowhere"}}, {"search": {"vector": [1,2,3]}}, {"filter": "true"}, {"rerank": {"by": "price"}}, {"mmr": {}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"text": "it''s", "limit": 9}}, {"filter": "price < 10 -- cheap"}, {"rerank": {"by": "price"}}]}');
SET enable_seqscan = off;
SELECT count(*) > 3 AS a_plan, bool_or(line LIKE '%Index Scan using shop_embedding%') AS by_index FROM vecstore.prefetch_explain('shop', '{"stages": [{"search": {"vector": [1,2,3]}}]}') line;
RESET enable_seqscan;

-- mistakes are named by their path
\set VERBOSITY terse
SELECT vecstore.prefetch_sql('shop', '[]');
SELECT vecstore.prefetch_sql('shop', '{}');
SELECT vecstore.prefetch_sql('shop', '{"stages": []}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [], "limit": 3}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [3]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"sort": {}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"filter": "true"}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "text": "x"}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": "1,2,3"}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 0}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": 1.5}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "limit": "9; DROP TABLE shop"}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "k": 9}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"filter": "true) OR (true"}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"rerank": {"by": "price; SELECT 1"}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"rerank": {}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"mmr": {"lambda": "x"}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"hybrid": {"branches": [{"search": {"text": "x"}}]}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"hybrid": {"branches": []}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"hybrid": {"branches": [{"search": {"text": "x"}}, {"stages": [{"search": {"txt": "x"}}]}]}}]}');
SELECT vecstore.prefetch_sql('shop', '{"stages": [{"search": {"vector": [1,2,3], "vector_column": "name"}}]}');
SELECT * FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": ["1]''::vector; DROP TABLE shop; --"]}}]}');
SELECT * FROM vecstore.prefetch('shop', '{"stages": [{"hybrid": {"fusion": "x", "branches": [{"search": {"text": "red"}}]}}]}');
SELECT * FROM vecstore.prefetch('shop', '{"stages": [{"search": {"vector": [1,2,3]}}, {"mmr": {"lambda": 2}}]}');
SELECT vecstore.prefetch_sql('shop', NULL) IS NULL;
SELECT count(*) FROM shop;
DROP TABLE shop;
