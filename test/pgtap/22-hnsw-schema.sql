-- The extension in a schema of its own: indexes are built, searched and inspected whatever the search_path.
\set ECHO none
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
BEGIN;
SELECT no_plan();

DROP EXTENSION vecstore;
CREATE SCHEMA elsewhere;
CREATE EXTENSION vecstore SCHEMA elsewhere;
SELECT is((SELECT nspname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE typname = 'vector'), 'elsewhere', 'types go to the chosen schema');
SELECT has_schema('vecstore', 'what pgvector does not have stays in schema vecstore');

-- The test's own functions stay reachable by name only: nothing of the extension is in the path.
SELECT set_config('search_path', (SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pgtap'), true);
SELECT ok(to_regtype('vector') IS NULL, 'vector is out of the path');
CREATE TABLE items (id int, v elsewhere.vector(2));
INSERT INTO items SELECT i, format('[%s,0]', i)::elsewhere.vector FROM generate_series(1, 100) i;
SELECT lives_ok('CREATE INDEX items_v ON items USING hnsw (v elsewhere.vector_cosine_ops)', 'an index is built');
SELECT lives_ok('CREATE INDEX items_l2 ON items USING hnsw (v elsewhere.vector_l2_ops)', 'another one, too');
INSERT INTO items VALUES (101, '[50.4,0]');
SET LOCAL enable_seqscan = off;
SELECT results_eq($$ SELECT id FROM items ORDER BY v OPERATOR(elsewhere.<->) '[50.3,0]' LIMIT 2 $$, ARRAY[101, 50], 'it is searched');
SELECT is_empty($$ SELECT * FROM vecstore.check_index('items_l2') $$, 'it is checked');
SELECT results_eq($$ SELECT rows FROM vecstore.index_stats('items_l2') $$, ARRAY[101::bigint], 'it is counted');
SELECT lives_ok('DELETE FROM items WHERE id < 50; REINDEX TABLE items', 'it is rebuilt');

SELECT * FROM finish();
ROLLBACK;
