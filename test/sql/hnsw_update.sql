-- An update that leaves the vector as it was adds a row to the node that is there: no node, no search to the end.
CREATE TABLE updated (id int, note int, v vector(8));
INSERT INTO updated SELECT i, 0, ARRAY(SELECT (hashint8extended(i * 100 + j, 0) & 255)::int FROM generate_series(1, 8) j)
  FROM generate_series(1, 2000) i;
CREATE INDEX updated_l2 ON updated USING hnsw (v vector_l2_ops);
CREATE INDEX updated_ip ON updated USING hnsw (v vector_ip_ops);
CREATE INDEX updated_cosine ON updated USING hnsw (v vector_cosine_ops);
CREATE INDEX updated_l1 ON updated USING hnsw (v vector_l1_ops);
CREATE INDEX updated_note ON updated (note);

CREATE FUNCTION nodes(index regclass) RETURNS bigint LANGUAGE sql AS
  'SELECT rows - duplicates FROM vecstore.index_stats(index)';
SELECT nodes('updated_l2') AS l2, nodes('updated_cosine') AS cosine, nodes('updated_l1') AS l1;
UPDATE updated SET note = note + 1;
UPDATE updated SET note = note + 1 WHERE id % 2 = 0;
SELECT nodes('updated_l2') AS l2, nodes('updated_cosine') AS cosine, nodes('updated_l1') AS l1;
-- (By inner product others may be nearer than the old node, and the search then need not come by it.)

-- Neither version is lost, neither returned twice.
SET enable_seqscan = off;
SELECT count(*), count(DISTINCT id), sum(note) FROM (SELECT id, note FROM updated ORDER BY v <-> '[1,2,3,4,5,6,7,8]') s;
BEGIN;
UPDATE updated SET note = note + 1 WHERE id <= 100;
ROLLBACK;
SELECT count(*), count(DISTINCT id), sum(note) FROM (SELECT id, note FROM updated ORDER BY v <-> '[1,2,3,4,5,6,7,8]') s;
VACUUM updated;
SELECT rows, duplicates FROM vecstore.index_stats('updated_l2');
UPDATE updated SET note = -note;
SELECT count(*), count(DISTINCT id), sum(note) FROM (SELECT id, note FROM updated ORDER BY v <#> '[1,2,3,4,5,6,7,8]') s;
SELECT i, c.* FROM unnest('{updated_l2,updated_ip,updated_cosine,updated_l1}'::regclass[]) i, vecstore.check_index(i) c
  WHERE severity = 'error';

DROP TABLE updated;
DROP FUNCTION nodes;
