-- vecstore.search runs with the caller's rights.
BEGIN;
SELECT plan(6);

CREATE ROLE search_owner;
CREATE ROLE search_reader;
GRANT CREATE ON SCHEMA public TO search_owner;
SET ROLE search_owner;
CREATE TABLE secrets (id int PRIMARY KEY, tenant name, note text, hidden text DEFAULT 'x', v vector(2));
INSERT INTO secrets SELECT i, CASE i % 2 WHEN 0 THEN 'search_reader' ELSE 'other' END, 'note ' || i, 'hidden', ARRAY[i, 1] FROM generate_series(1, 20) i;
CREATE INDEX ON secrets USING hnsw (v vector_l2_ops);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets TO search_reader USING (tenant = current_user);

SET ROLE search_reader;
SELECT throws_ok($$ SELECT * FROM vecstore.search('secrets', '[1,1]') $$, '42501', NULL, 'no rights, no rows');
RESET ROLE;
GRANT SELECT (id, tenant, note, v) ON secrets TO search_reader;
SET ROLE search_reader;
SELECT results_eq($$ SELECT id FROM vecstore.search('secrets', '[1,1]', k => 3) $$, ARRAY['2', '4', '6'], 'row-level security holds');
SELECT is_empty($$ SELECT FROM vecstore.search('secrets', '[1,1]') WHERE row ? 'hidden' $$, 'columns without the privilege are left out');
SELECT throws_ok($$ SELECT * FROM vecstore.search('secrets', '[1,1]', columns => '{hidden}') $$, '42703', NULL, 'and cannot be asked for');
SELECT throws_ok($$ SELECT * FROM vecstore.search('secrets', '[1,1]', filter => 'hidden = ''x''') $$, '42501', NULL, 'nor filtered by');
SELECT is_empty($$ SELECT FROM vecstore.search('secrets', '[1,1]', filter => 'true OR tenant = ''other''', k => 100) WHERE row->>'tenant' = 'other' $$, 'a filter opens nothing');
SELECT * FROM finish();
ROLLBACK;
