-- The type vecstore.ranking and the aggregates that make it.

-- Nearest first whatever the order of the rows; ties in the order of ids; each id once, its nearest.
SELECT vecstore.ranking(id, d) FROM (VALUES (3, 0.5), (1, 0.25), (2, 0.5), (1, 4)) r(id, d);
SELECT vecstore.ranking(id, d) FROM (VALUES (1, 4), (2, 0.5), (1, 0.25), (3, 0.5)) r(id, d);
SELECT vecstore.ranking_sim(id, s) FROM (VALUES (3, 0.5), (1, 0.25), (2, 0.5), (1, 4)) r(id, s);

-- ids of other types
SELECT vecstore.ranking(id::smallint, d), vecstore.ranking(id::bigint << 40, d) FROM (VALUES (-1, 2), (2, 1)) r(id, d);
SELECT vecstore.ranking(('00000000-0000-0000-0000-00000000000' || id)::uuid, d) FROM (VALUES (2, 1), (1, 2), (3, 1)) r(id, d);
SELECT vecstore.ranking(id, d) FROM (VALUES ('b', 1), ('a "quoted" \ id', 2), ('', 3), ('a', 1), ('B', 1)) r(id, d);
SELECT vecstore.ranking(id::varchar(3), 1) FROM (VALUES ('abc')) r(id);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
SELECT vecstore.ranking(7::positive, 1);
DROP DOMAIN positive;
SELECT vecstore.ranking(1.5, 1);
SELECT vecstore.ranking('2026-01-01'::date, 1);
SELECT vecstore.ranking(ARRAY[1], 1);

-- Rows that say nothing are left out; infinities become the extreme finite distance.
SELECT vecstore.ranking(id, d) FROM (VALUES (1, 0.5), (NULL, 0.1), (2, NULL), (3, 'NaN'), (4, 'Infinity'), (5, '-Infinity'), (6, 0.75)) r(id, d);
SELECT vecstore.ranking(id, d) FROM (VALUES (1, 'Infinity'::float8), (2, '-Infinity'), (3, 'Infinity')) r(id, d);
SELECT vecstore.ranking(id, d) FROM (VALUES (1, '-0'::float8), (2, 0)) r(id, d);
SELECT vecstore.ranking(id, d) FROM (VALUES (1, NULL::float8)) r(id, d);
SELECT vecstore.ranking(1, d) IS NULL AS null_without_rows FROM (VALUES (1.0)) r(d) WHERE false;

-- Text in: any order, checked.
SELECT '{"id": "bigint", "items": [[2, 0.5], [1, 0.25], [2, 0.125]]}'::vecstore.ranking;
SELECT '{"items": [], "id": "text"}'::vecstore.ranking;
SELECT r::text::vecstore.ranking::text = r::text AS same FROM (SELECT vecstore.ranking(chr(64 + i) || E'\n"', i / 3.0) r FROM generate_series(1, 20) i) s;
SELECT ''::vecstore.ranking;
SELECT '[]'::vecstore.ranking;
SELECT '{"id": "bigint"}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": 3}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [], "more": 1}'::vecstore.ranking;
SELECT '{"id": "money", "items": []}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[1]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [7]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [["a", 1]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[1.5, 1]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[9223372036854775808, 1]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[1, null]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[1, "NaN"]]}'::vecstore.ranking;
SELECT '{"id": "bigint", "items": [[1, 1e310]]}'::vecstore.ranking;
SELECT '{"id": "uuid", "items": [["no uuid", 1]]}'::vecstore.ranking;
SELECT '{"id": "text", "items": [[1, 1]]}'::vecstore.ranking;

-- A ranking can be stored, and read back in every form.
CREATE TABLE saved (name text, r vecstore.ranking);
INSERT INTO saved SELECT 'long', vecstore.ranking(i, i % 100) FROM generate_series(1, 5000) i;
INSERT INTO saved SELECT 'text', vecstore.ranking('id' || i, i) FROM generate_series(1, 3) i;
SELECT name, count(*), min(f.score), max(f.score) FROM saved, vecstore.explain_fuse('rrf', ARRAY[r]) f GROUP BY name ORDER BY name;
CREATE TABLE copied (LIKE saved);
DO $$
DECLARE file text := current_setting('data_directory') || '/saved.bin';
BEGIN
  EXECUTE format('COPY saved TO %L WITH (FORMAT binary)', file);
  EXECUTE format('COPY copied FROM %L WITH (FORMAT binary)', file);
END $$;
SELECT count(*) FROM saved s JOIN copied c USING (name) WHERE s.r::text = c.r::text;

-- As a window aggregate: the state survives being read.
SELECT id, vecstore.ranking(id, d) OVER (ORDER BY id) FROM (VALUES (1, 2.0), (2, 'Infinity'), (3, 1.0)) r(id, d);
DROP TABLE saved, copied;
