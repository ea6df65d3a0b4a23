-- A score term by term: what is added makes up the score.
SET extra_float_digits = 0;
CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
INSERT INTO docs VALUES (1, 'cat:1A sat:2 mat:5'), (2, 'cat:1 cats:2 dog:9'), (3, 'dog:1,2,3'), (4, 'sat:1 cat:2'), (5, ''), (6, NULL);
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (weights = '{1,1,2,4}');
SELECT id, e.term, e.tf, e.len, e.df, round(e.idf::numeric, 6) AS idf, round(e.avg_len::numeric, 6) AS avg_len, e.boost, round(e.score::numeric, 6) AS score
FROM docs, vecstore.bm25_explain(v, vecstore.bm25query('cat <-> sat | cat:* | dog & !mat', 'docs_v')) WITH ORDINALITY e ORDER BY id, ordinality;

-- To the bit, for every document and many queries.
SET vecstore.phrase_boost = 3;
SELECT count(*), count(*) FILTER (WHERE s < 0) AS matches, count(*) FILTER (WHERE s IS DISTINCT FROM -coalesce(total, 0)) AS differ
FROM unnest('{cat,cat|dog,cat<->sat,"cat|sat|cat<->sat",cat:*,cat:A|dog,!cat,"cat&!dog",x,cat<2>sat}'::tsquery[]) q, docs,
     LATERAL (SELECT v <@> vecstore.bm25query(q, 'docs_v') AS s, (SELECT sum(score ORDER BY o) FROM vecstore.bm25_explain(v, vecstore.bm25query(q, 'docs_v')) WITH ORDINALITY x(a, b, c, d, e, f, g, score, o)) AS total) y
WHERE v IS NOT NULL;
RESET vecstore.phrase_boost;
SELECT * FROM vecstore.bm25_explain('cat', NULL);
SELECT * FROM vecstore.bm25_explain('cat', vecstore.bm25query('', 'docs_v'));
SELECT term, boost FROM vecstore.bm25_explain('cat:1 sat:2', vecstore.bm25query('cat <-> sat', 'docs_v', phrase_boost => 1.5));
SELECT * FROM vecstore.bm25_explain('cat', 'cat');
SELECT * FROM vecstore.bm25_explain('cat', vecstore.bm25query('cat', 'docs'));
DROP TABLE docs;
