-- How many dimensions an index takes: as many as a column, with codes that get coarser on the way.
CREATE TABLE wide (v1 vector(1), v2556 vector(2556), v2557 vector(2557), h4096 halfvec(4096), v7808 vector(7808),
  h7809 halfvec(7809), v16000 vector(16000), h16000 halfvec(16000));
CREATE INDEX ON wide USING hnsw (v1 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (v2556 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (v2557 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (h4096 halfvec_l2_ops);
CREATE INDEX ON wide USING hnsw (v7808 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (h7809 halfvec_l2_ops);
CREATE INDEX ON wide USING hnsw (v16000 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (h16000 halfvec_l2_ops);

-- Every m has room for the most dimensions.
CREATE INDEX wide_links ON wide USING hnsw (v16000 vector_l2_ops) WITH (m = 100, ef_construction = 200);
SELECT dimensions, m, code FROM vecstore.index_stats('wide_links');
DROP INDEX wide_links;
SELECT a.attname, s.code FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0],
  vecstore.index_stats(i.indexrelid) s WHERE i.indrelid = 'wide'::regclass ORDER BY a.attnum;
-- A column cannot have more.
CREATE TABLE wider (v vector(16001));

-- Rows of every size go in and come out in order.
INSERT INTO wide
  SELECT ARRAY[i], array_fill(i, ARRAY[2556]), array_fill(i, ARRAY[2557]), array_fill(i, ARRAY[4096]), array_fill(i, ARRAY[7808]),
    array_fill(i, ARRAY[7809]), array_fill(i, ARRAY[16000]), array_fill(i, ARRAY[16000])
  FROM generate_series(1, 20) i;
SET enable_seqscan = off;
SELECT v1 FROM wide ORDER BY v1 <-> '[7.2]' LIMIT 3;
SELECT v1 FROM wide ORDER BY v2556 <-> array_fill(7.2, ARRAY[2556])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY v2557 <-> array_fill(7.2, ARRAY[2557])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY h4096 <-> array_fill(7.2, ARRAY[4096])::halfvec LIMIT 3;
SELECT v1 FROM wide ORDER BY v7808 <-> array_fill(7.2, ARRAY[7808])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY h7809 <-> array_fill(7.2, ARRAY[7809])::halfvec LIMIT 3;
SELECT v1 FROM wide ORDER BY v16000 <-> array_fill(7.2, ARRAY[16000])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY h16000 <-> array_fill(7.2, ARRAY[16000])::halfvec LIMIT 3;
SELECT indexrelid::regclass AS index, problems.*
  FROM pg_index, LATERAL vecstore.check_index(indexrelid) AS problems WHERE indrelid = 'wide'::regclass;

-- A query of another length is an error, not an empty answer.
SELECT v1 FROM wide ORDER BY v1 <-> '[1,2]' LIMIT 1;
SELECT v1 FROM wide ORDER BY h4096 <-> '[1,2]' LIMIT 1;

DROP TABLE wide;
