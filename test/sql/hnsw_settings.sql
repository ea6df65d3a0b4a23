-- Settings of a search: candidate list, presets, what happens when the list is used up.
LOAD 'vecstore';
SHOW hnsw.ef_search;
SHOW hnsw.iterative_scan;
SHOW hnsw.max_scan_tuples;
SHOW hnsw.scan_mem_multiplier;
SHOW vecstore.search_preset;
SHOW vecstore.max_ef_search;
SET hnsw.ef_search = 10000;
SET hnsw.ef_search = 10001;
SET hnsw.ef_search = -1;
SET hnsw.iterative_scan = 'sometimes';
SET vecstore.search_preset = 'perfect';
SET vecstore.simd = 'abacus';
SET hnsw.unknown = 1;
SET vecstore.unknown = 1;
SET ivfflat.probes = 10;
RESET ALL;

CREATE TABLE items (id int, v vector(2));
INSERT INTO items SELECT i, ARRAY[i, 0] FROM generate_series(1, 1000) i;
CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops);
SET enable_seqscan = off;

-- Without iterative scan the candidate list is all there is: from the setting, the index, the preset.
CREATE VIEW found AS SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> '[500,0]') s;
SET hnsw.iterative_scan = off;
SET vecstore.search_preset = off;
TABLE found;
SET vecstore.search_preset = fast;
TABLE found;
SET vecstore.search_preset = balanced;
TABLE found;
SET vecstore.search_preset = high_recall;
TABLE found;
SET vecstore.search_preset = max;
TABLE found;
ALTER INDEX items_idx SET (ef_search = 70);
TABLE found;
SET hnsw.ef_search = 30;
TABLE found;
SET hnsw.ef_search = 0;
ALTER INDEX items_idx RESET (ef_search);
TABLE found;

-- A superuser's cap counts whatever a session asks for.
SET vecstore.max_ef_search = 25;
TABLE found;
SET hnsw.ef_search = 5000;
TABLE found;
RESET vecstore.max_ef_search;
TABLE found;
CREATE ROLE hnsw_settings_user;
SET ROLE hnsw_settings_user;
SET vecstore.max_ef_search = 10000;
RESET ROLE;
DROP ROLE hnsw_settings_user;

-- With it every row comes, and max_scan_tuples is the brake.
SET hnsw.ef_search = 10;
SET hnsw.iterative_scan = strict_order;
TABLE found;
SET hnsw.iterative_scan = relaxed_order;
TABLE found;
SET hnsw.max_scan_tuples = 100;
SELECT count BETWEEN 10 AND 250 AS stopped FROM found;
SET hnsw.iterative_scan = strict_order;
SELECT count BETWEEN 10 AND 250 AS stopped FROM found;
RESET hnsw.max_scan_tuples;

-- Relaxed order may swap neighbours, but loses none.
SET hnsw.iterative_scan = relaxed_order;
SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> '[500,0]' LIMIT 50) s WHERE id BETWEEN 470 AND 530;

-- Every SIMD target the processor has gives the same rows.
DO $$
DECLARE
  target text;
  reference int[];
  answer int[];
BEGIN
  FOR target IN SELECT regexp_split_to_table('auto, ' || value, ', ') FROM vecstore.build_info()
    WHERE property = 'simd_targets_available' LOOP
    PERFORM set_config('vecstore.simd', target, true);
    SELECT array_agg(id) INTO answer FROM (SELECT id FROM items ORDER BY v <-> '[123.4,0]' LIMIT 20) s;
    reference := coalesce(reference, answer);
    IF answer IS DISTINCT FROM reference THEN
      RAISE EXCEPTION 'target % answers %, not %', target, answer, reference;
    END IF;
  END LOOP;
END $$;

RESET ALL;
DROP VIEW found;
DROP TABLE items;
