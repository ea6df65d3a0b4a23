-- Builds of indexes that do not fit maintenance_work_mem.
SET client_min_messages = warning; -- how many parts there are depends on the processor's rounding
CREATE TABLE items (id int, v vector(12), h halfvec(12));
INSERT INTO items SELECT i, (SELECT array_agg((hashint8extended(i::bigint * 100 + j, 0) & 1023)::int - 511) FROM generate_series(1, 12) j)
  FROM generate_series(1, 7000) i;
-- rows that are equal, NULL, zero
INSERT INTO items SELECT 10000 + id, v FROM items WHERE id <= 500;
INSERT INTO items SELECT 20000 + id, v FROM items, generate_series(1, 20) WHERE id <= 20;
INSERT INTO items (id) SELECT -i FROM generate_series(1, 300) i;
INSERT INTO items SELECT -1000 - i, array_fill(0, ARRAY[12])::vector FROM generate_series(1, 100) i;
UPDATE items SET h = v;
SET maintenance_work_mem = '1MB';

-- What an index makes of 20 queries and of all rows.
CREATE FUNCTION try_index(index_column text, opclass text, operator text, predicate text DEFAULT 'true',
  OUT rows bigint, OUT scanned bigint, OUT recall_ok bool, OUT problems bigint)
LANGUAGE plpgsql AS $$
DECLARE
  near text := format('SELECT items.id FROM items WHERE %s ORDER BY items.%I %s q.%2$I', predicate, index_column, operator);
  found int[];
  expected int[];
BEGIN
  SET LOCAL enable_indexscan = off;
  SET LOCAL enable_seqscan = on;
  EXECUTE format('SELECT array_agg(q.id * 100000 + a.id) FROM items q, LATERAL (%s LIMIT 10) a WHERE q.id %% 331 = 7', near) INTO expected;
  EXECUTE format('CREATE INDEX try_idx ON items USING hnsw (%I %I) WHERE %s', index_column, opclass, predicate);
  SET LOCAL enable_indexscan = on;
  SET LOCAL enable_seqscan = off;
  EXECUTE format('SELECT array_agg(q.id * 100000 + a.id) FROM items q, LATERAL (%s LIMIT 10) a WHERE q.id %% 331 = 7', near) INTO found;
  EXECUTE format('SELECT count(*) FROM (%s) s', replace(near, 'q.' || index_column, quote_literal('[1,2,3,4,5,6,7,8,9,10,11,12]'))) INTO scanned;
  recall_ok := (SELECT count(*) FROM unnest(expected) e WHERE e = ANY (found)) >= 0.9 * cardinality(expected);
  rows := (SELECT s.rows FROM vecstore.index_stats('try_idx') s);
  problems := (SELECT count(*) FROM vecstore.check_index('try_idx'));
  DROP INDEX try_idx;
END $$;

SELECT * FROM try_index('v', 'vector_l2_ops', '<->');
SELECT * FROM try_index('v', 'vector_ip_ops', '<#>');
SELECT * FROM try_index('v', 'vector_cosine_ops', '<=>');
SELECT * FROM try_index('v', 'vector_l1_ops', '<+>');
SELECT * FROM try_index('h', 'halfvec_l2_ops', '<->');
SELECT * FROM try_index('h', 'halfvec_cosine_ops', '<=>');
SELECT * FROM try_index('v', 'vector_l2_ops', '<->', 'items.id BETWEEN 3 AND 6000');

-- together with workers
ALTER TABLE items SET (parallel_workers = 2); -- PostgreSQL finds the memory too little for them
SELECT * FROM try_index('v', 'vector_l2_ops', '<->');
SELECT * FROM try_index('v', 'vector_ip_ops', '<#>');
ALTER TABLE items RESET (parallel_workers);

-- An index built this way takes inserts and loses deleted rows like any other.
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 5, ef_construction = 20);
REINDEX INDEX CONCURRENTLY items_idx;
INSERT INTO items SELECT 30000 + id, v + v FROM items WHERE id BETWEEN 1 AND 200;
DELETE FROM items WHERE id BETWEEN 1001 AND 2000;
VACUUM items;
SELECT rows = (SELECT count(v) FROM items) AS all_rows FROM vecstore.index_stats('items_idx');
SELECT * FROM vecstore.check_index('items_idx');

-- Told to end, a build leaves nothing behind.
SET statement_timeout = '100ms';
CREATE INDEX cancelled_idx ON items USING hnsw (v vector_l2_ops) WITH (m = 100, ef_construction = 1000);
RESET statement_timeout;
SELECT count(*) FROM pg_class WHERE relname = 'cancelled_idx';
SELECT count(*) FROM pg_ls_tmpdir();

-- rows that no division takes apart
CREATE TABLE same AS SELECT i AS id, '[1,2,3]'::vector(3) AS v FROM generate_series(1, 20000) i;
CREATE INDEX same_idx ON same USING hnsw (v vector_l2_ops);
SELECT rows FROM vecstore.index_stats('same_idx');
SELECT * FROM vecstore.check_index('same_idx');
SET enable_seqscan = off;
SELECT count(*) FROM (SELECT id FROM same ORDER BY v <-> '[1,1,1]') s;

-- vectors that nobody wants, since inner products prefer long ones
CREATE TABLE lengths AS SELECT id, (SELECT array_agg(x * (1 + id % 50)) FROM unnest(v::real[]) x)::vector(12) AS v FROM items WHERE id BETWEEN 1 AND 7000 AND v IS NOT NULL;
CREATE INDEX lengths_idx ON lengths USING hnsw (v vector_ip_ops);
SELECT * FROM vecstore.check_index('lengths_idx');

-- packed codes
CREATE TABLE wide AS SELECT i AS id, (SELECT array_agg((hashint8extended(i::bigint * 10000 + j, 0) & 255)::int) FROM generate_series(1, 2600) j)::vector(2600) AS v
  FROM generate_series(1, 1300) i;
CREATE INDEX wide_idx ON wide USING hnsw (v vector_l2_ops);
SELECT count(*) FROM wide q WHERE id % 100 = 7 AND id <> (SELECT a.id FROM wide a ORDER BY a.v <-> q.v LIMIT 1);
SELECT count(*) FROM (SELECT id FROM wide ORDER BY v <-> (SELECT v FROM wide WHERE id = 1)) s;
SELECT * FROM vecstore.check_index('wide_idx');

DROP TABLE items, same, lengths, wide;
DROP FUNCTION try_index;
