-- How many dimensions an index takes.
CREATE TABLE wide (v1 vector(1), v2000 vector(2000), v4000 vector(4000), h4000 halfvec(4000), v16000 vector(16000),
  h16000 halfvec(16000));
CREATE INDEX ON wide USING hnsw (v1 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (v2000 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (v4000 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (h4000 halfvec_l2_ops);

-- A record has to fit a page; the message says where the limit is and what to do.
CREATE INDEX ON wide USING hnsw (v16000 vector_l2_ops);
CREATE INDEX ON wide USING hnsw (h16000 halfvec_cosine_ops);
-- More links leave less room.
CREATE INDEX ON wide USING hnsw (v16000 vector_l2_ops) WITH (m = 100, ef_construction = 200);
-- The limit of the message is the limit, and its hint works.
DO $$
DECLARE
  most int;
BEGIN
  CREATE INDEX ON wide USING hnsw (v16000 vector_l2_ops);
EXCEPTION WHEN program_limit_exceeded THEN
  most := substring(SQLERRM FROM '\d+');
  CREATE TABLE edge (dims int);
  EXECUTE format('ALTER TABLE edge ADD fits vector(%s), ADD too_long vector(%s)', most, most + 1);
  CREATE INDEX ON edge USING hnsw (fits vector_l2_ops);
  EXECUTE format('CREATE INDEX wide_head ON wide USING hnsw ((subvector(v16000, 1, %s)::vector(%1$s)) vector_l2_ops)', most);
END $$;
DO $$
BEGIN
  CREATE INDEX ON edge USING hnsw (too_long vector_l2_ops);
EXCEPTION WHEN program_limit_exceeded THEN
  RAISE NOTICE 'one more is too many';
END $$;
DROP TABLE edge;

-- Rows of the largest ordinary sizes go in and come out in order.
INSERT INTO wide (v1, v2000, v4000, h4000, v16000)
  SELECT ARRAY[i], array_fill(i, ARRAY[2000]), array_fill(i, ARRAY[4000]), array_fill(i, ARRAY[4000]), array_fill(i, ARRAY[16000])
  FROM generate_series(1, 20) i;
SET enable_seqscan = off;
SELECT v1 FROM wide ORDER BY v1 <-> '[7.2]' LIMIT 3;
SELECT v1 FROM wide ORDER BY v2000 <-> array_fill(7.2, ARRAY[2000])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY v4000 <-> array_fill(7.2, ARRAY[4000])::vector LIMIT 3;
SELECT v1 FROM wide ORDER BY h4000 <-> array_fill(7.2, ARRAY[4000])::halfvec LIMIT 3;
SELECT indexrelid::regclass AS index, problems.*
  FROM pg_index, LATERAL vecstore.check_index(indexrelid) AS problems WHERE indrelid = 'wide'::regclass AND severity = 'error';

-- A query of another length is an error, not an empty answer.
SELECT v1 FROM wide ORDER BY v1 <-> '[1,2]' LIMIT 1;
SELECT v1 FROM wide ORDER BY h4000 <-> '[1,2]' LIMIT 1;

DROP TABLE wide;
