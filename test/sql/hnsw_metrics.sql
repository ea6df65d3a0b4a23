-- Four distances over two types, on points whose distances to [1,2,2] are known and differ.
CREATE TABLE points (id int PRIMARY KEY, v vector(3), h halfvec(3));
INSERT INTO points (id, v) VALUES
  (1, '[1,2,2]'), (2, '[3,0,4]'), (3, '[0,0,1]'), (4, '[-1,-2,-2]'), (5, '[2,4,6]'), (6, '[6,0,0]');
UPDATE points SET h = v;
SET enable_seqscan = off;

-- vector
CREATE INDEX points_idx ON points USING hnsw (v vector_l2_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <-> '[1,2,2]';
SELECT id, round((v <-> '[1,2,2]')::numeric, 4) AS distance FROM points ORDER BY v <-> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (v vector_ip_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <#> '[1,2,2]';
SELECT id, v <#> '[1,2,2]' AS distance FROM points ORDER BY v <#> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (v vector_cosine_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <=> '[1,2,2]';
SELECT id, round((v <=> '[1,2,2]')::numeric, 4) AS distance FROM points ORDER BY v <=> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (v vector_l1_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <+> '[1,2,2]';
SELECT id, v <+> '[1,2,2]' AS distance FROM points ORDER BY v <+> '[1,2,2]';
DROP INDEX points_idx;

-- halfvec
CREATE INDEX points_idx ON points USING hnsw (h halfvec_l2_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY h <-> '[1,2,2]';
SELECT id, round((h <-> '[1,2,2]')::numeric, 4) AS distance FROM points ORDER BY h <-> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (h halfvec_ip_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY h <#> '[1,2,2]';
SELECT id, h <#> '[1,2,2]' AS distance FROM points ORDER BY h <#> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (h halfvec_cosine_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY h <=> '[1,2,2]';
SELECT id, round((h <=> '[1,2,2]')::numeric, 4) AS distance FROM points ORDER BY h <=> '[1,2,2]';
DROP INDEX points_idx;

CREATE INDEX points_idx ON points USING hnsw (h halfvec_l1_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY h <+> '[1,2,2]';
SELECT id, h <+> '[1,2,2]' AS distance FROM points ORDER BY h <+> '[1,2,2]';
DROP INDEX points_idx;

-- An index serves its own operator only, in ascending order, and not the function of the same meaning.
CREATE INDEX points_idx ON points USING hnsw (v vector_l2_ops);
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <=> '[1,2,2]';
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY v <-> '[1,2,2]' DESC;
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY l2_distance(v, '[1,2,2]');
EXPLAIN (COSTS OFF) SELECT id FROM points ORDER BY '[1,2,2]' <-> v;

DROP TABLE points;
