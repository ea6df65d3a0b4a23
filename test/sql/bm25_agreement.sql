-- One score, three ways: an index scan, the operator over a sequential scan, and the plain function with statistics that were asked
-- for by hand agree in every bit, and equal scores come in the order of the rows.  Random documents and queries; lanes, segments,
-- deletes, vacuum, merges; k1, b, weights, positions, phrase boosts; partitions.

SET jit = off; -- plans that are disabled have costs to compile for
SELECT setseed(0.25);
-- Few words are frequent and many are rare; queries have more of the frequent ones, or phrases would find nothing.
CREATE TABLE words AS SELECT 'w' || i AS word FROM generate_series(0, 99) i;
CREATE FUNCTION random_word(skew float8) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'w' || floor(100 * random() ^ skew)::int $$;
CREATE FUNCTION random_words(most int) RETURNS tsvector LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(string_agg(random_word(3) || ':' || p, ' '), '')::tsvector FROM generate_series(1, floor(random() * (most + 1))::int) p
$$;
-- Words of all classes; some documents have no positions, some no words.
CREATE FUNCTION random_document() RETURNS tsvector LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN random() < 0.04 THEN strip(d) ELSE d END
  FROM (SELECT setweight(random_words(2), 'A') || setweight(random_words(2), 'B') || setweight(random_words(3), 'C') || random_words(12) AS d) x
$$;
CREATE FUNCTION random_query(template text) RETURNS tsquery LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  WHILE template LIKE '%?%' LOOP
    template := regexp_replace(template, '\?', random_word(4));
  END LOOP;
  RETURN template;
END $$;
CREATE TABLE queries AS
SELECT row_number() OVER () AS n, template LIKE '%<%' AS phrase, template ~ '[A-D<]' AS positions, random_query(template) AS q
FROM generate_series(1, 2),
     unnest('{?,? | ?,? | ? | ? | ? | ?,? & ?,? & (? | ?),? & ? & ?,
              ? <-> ?,? <2> ?,? | ? | ? <-> ?,? & ? | ? <-> ? <-> ?,
              !?,? & !?,? | !?,? & !(? <-> ?),? <-> !?,
              ?:*,? | ?:*,?:* & ?,?:* <-> ?,
              ?:A,?:AB | ?,?:*C | ?:D,?:B & ?,?:A <-> ?:A,
              (?:* | ? <-> ?) & !?:B | ?:CD,(? | ?:A) <-> ? | ? & ?:*D,!(? & !?) | ? <-> (? & !?)}'::text[]) template;

-- An index, or the indexes of the partitions of one.
CREATE FUNCTION leaves_of(idx regclass) RETURNS SETOF regclass LANGUAGE sql AS $$
  SELECT relid FROM pg_partition_tree(idx) WHERE isleaf UNION SELECT oid FROM pg_class WHERE oid = idx AND relkind = 'i'
$$;
-- What the plain function is to be given.
CREATE FUNCTION statistics_of(idx regclass, q tsquery, OUT n_docs float8, OUT avg_len float8, OUT dfs float8[],
                              OUT k1 float8, OUT b float8, OUT weights int[]) LANGUAGE plpgsql AS $$
DECLARE
  leaves regclass[] := ARRAY(SELECT leaves_of(idx));
  options jsonb := (SELECT jsonb_object_agg(option_name, option_value) FROM pg_class, pg_options_to_table(reloptions) WHERE oid = idx);
BEGIN
  SELECT sum(documents), sum(round(average_length * documents)) / sum(documents) INTO n_docs, avg_len
  FROM unnest(leaves) leaf, vecstore.bm25_stats(leaf);
  SELECT coalesce(array_agg(df ORDER BY o), '{}') INTO dfs
  FROM unnest(vecstore.bm25_terms(q)) WITH ORDINALITY t(term, o),
       LATERAL (SELECT coalesce(sum(documents), 0) AS df FROM words, unnest(leaves) leaf, vecstore.bm25_term_stats(leaf, word)
                WHERE word = split_part(term, ':', 1) OR (term LIKE '%:*%' AND starts_with(word, split_part(term, ':', 1)))) s;
  k1 := coalesce(options->>'k1', '1.2');
  b := coalesce(options->>'b', '0.75');
  weights := coalesce(options->>'weights', '{1,1,1,1}');
END $$;

CREATE FUNCTION plan_with(index boolean) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('enable_indexscan', index::text, true), set_config('enable_seqscan', (NOT index)::text, true),
         set_config('enable_sort', (NOT index)::text, true), set_config('enable_bitmapscan', 'off', true)
$$;
-- A query in all ways: alone, and with a condition that is the query or another one; all rows and the best ten, these also by a plan
-- that was made before the query was known.  scored: rows that do not score 0, but all were compared; returned: rows of index scans.
-- A boost goes with the query, which then names the index; NULL: the setting.
CREATE FUNCTION compare(tab regclass, idx regclass, q tsquery, boost float8, OUT scored int, OUT returned int, OUT problems text[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  asked text := format('%L::tsquery', q);
  other text := '''w1 <-> w0 | w2:*''';
  distance text := CASE WHEN boost IS NULL THEN 'v <@> ' || asked ELSE format('v <@> vecstore.bm25query(%s, %L, phrase_boost => %L)', asked, idx, boost) END;
  partitioned bool := (SELECT relkind = 'p' FROM pg_class WHERE oid = tab);
  scans bigint := (SELECT sum(pg_stat_get_xact_numscans(leaf) + 9) FROM leaves_of(idx) leaf); -- in the end: one for each statement
  given record;
  by_table record;
  by_index record;
  condition text;
  rows int[];
  scores bytea;
  most int;
  prepared bool;
  statement text;
BEGIN
  SELECT * INTO given FROM statistics_of(idx, q);
  problems := '{}';
  returned := 0;
  PERFORM plan_with(index => false);
  -- alone, an index scan ends with what scores
  EXECUTE format('SELECT array_agg(id) FILTER (WHERE s < 0) AS alone, string_agg(float8send(s), '''') FILTER (WHERE s < 0) AS alone_scores,
                         array_agg(id) FILTER (WHERE same) AS same, string_agg(float8send(s), '''') FILTER (WHERE same) AS same_scores,
                         array_agg(id) FILTER (WHERE other) AS other, string_agg(float8send(s), '''') FILTER (WHERE other) AS other_scores,
                         count(*) FILTER (WHERE s < 0) AS scored, count(*) FILTER (WHERE float8send(0 - s) IS DISTINCT FROM float8send(plain)) AS differ
                  FROM (SELECT id, %s AS s, vecstore.bm25_score(v, %s, %L, %L, %L, %L, %L, %L, %L) AS plain, v @@ %2$s AS same, v @@ %10$s AS other
                        FROM %s ORDER BY s, tableoid, ctid) x', distance, asked, given.n_docs, given.avg_len, given.dfs, given.k1, given.b,
                 coalesce(boost, current_setting('vecstore.phrase_boost')::float8), given.weights, other, tab) INTO by_table;
  scored := by_table.scored;
  IF by_table.differ > 0 THEN
    problems := problems || format('%s rows differ from the plain function: %s', by_table.differ, distance);
  END IF;

  PERFORM plan_with(index => true);
  FOR condition, rows, scores, most, prepared IN
    SELECT * FROM (VALUES ('true', by_table.alone, by_table.alone_scores), ('v @@ ' || asked, by_table.same, by_table.same_scores),
                          ('v @@ ' || other, by_table.other, by_table.other_scores)) c, (VALUES (10, false), (NULL, false), (10, true)) w
  LOOP
    -- Scores as they come; rows, too, but for partitions, between which equal scores come in any order.
    statement := format('SELECT array_agg(id ORDER BY s, part, n) AS rows, string_agg(float8send(s), '''' ORDER BY n) AS scores, count(*) AS returned
                         FROM (SELECT *, row_number() OVER () AS n
                               FROM (SELECT id, tableoid AS part, %s AS s FROM %s WHERE %s ORDER BY %1$s LIMIT %4$s) y) x',
                        distance, tab, condition, coalesce(most::text, 'ALL'));
    IF prepared THEN
      EXECUTE 'PREPARE ranking (tsquery) AS ' || replace(statement, asked, '$1');
      statement := format('EXECUTE ranking (%L)', q);
    END IF;
    EXECUTE statement INTO by_index;
    IF prepared THEN
      DEALLOCATE ranking;
    END IF;
    returned := returned + by_index.returned;
    IF by_index.scores IS DISTINCT FROM substr(scores, 1, 8 * coalesce(most, 1000000)) THEN
      problems := problems || format('other scores, %s, prepared %s: %s', condition, prepared, distance);
    ELSIF NOT by_index.rows <@ rows OR ((most IS NULL OR NOT partitioned) AND by_index.rows IS DISTINCT FROM rows[:coalesce(most, 1000000)]) THEN
      problems := problems || format('other rows, %s, prepared %s: %s', condition, prepared, distance);
    END IF;
  END LOOP;
  IF scans <> (SELECT sum(pg_stat_get_xact_numscans(leaf)) FROM leaves_of(idx) leaf) THEN
    problems := problems || format('not all were scans of the index: %s', distance);
  END IF;
END $$;
-- Queries of which kind agree?  enough: rows that score, and rows of index scans, per query.
CREATE FUNCTION agreement(tab regclass, idx regclass, kind text DEFAULT 'true', boost float8 DEFAULT NULL, OUT compared int, OUT enough bool, OUT disagreements int, OUT first text)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT count(*), sum(scored) > 50 * count(*) AND sum(returned) > 100 * count(*), sum(cardinality(problems)), min(problems[1])
                  FROM queries, compare(%L, %L, q, %L) WHERE %s', tab, idx, boost, kind) INTO compared, enough, disagreements, first;
END $$;
CREATE FUNCTION state_of(idx regclass, OUT segments text, OUT waiting text, OUT dead bool, OUT errors int) LANGUAGE sql AS $$
  SELECT CASE WHEN segments < 2 THEN segments::text ELSE 'several' END, CASE WHEN waiting = 0 THEN 'none' WHEN waiting = documents THEN 'all' ELSE 'some' END, dead > 0,
         (SELECT count(*) FROM vecstore.check_index(idx))
  FROM vecstore.bm25_stats(idx)
$$;

-- Through the life of an index.  Statistics stay as they are while nobody vacuums in the background.
CREATE TABLE docs (id int PRIMARY KEY, v tsvector) WITH (autovacuum_enabled = off);
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (k1 = 0.9, b = 0.4, weights = '{1,2,3,5}');
INSERT INTO docs SELECT i, CASE WHEN i % 50 > 0 THEN random_document() END FROM generate_series(1, 300) i;
BEGIN;
SELECT plan_with(index => true);
EXPLAIN (COSTS OFF) SELECT id, v <@> 'w1 | w2'::tsquery FROM docs ORDER BY v <@> 'w1 | w2'::tsquery LIMIT 10;
EXPLAIN (COSTS OFF) SELECT id FROM docs WHERE v @@ 'w1' ORDER BY v <@> vecstore.bm25query('w1 | w2', 'docs_v', phrase_boost => 3);
SELECT plan_with(index => false);
EXPLAIN (COSTS OFF) SELECT id, v <@> 'w1 | w2'::tsquery FROM docs WHERE v @@ 'w1';
COMMIT;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'n % 2 = 1');
SELECT vecstore.bm25_merge('docs_v');
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v');
INSERT INTO docs SELECT i, random_document() FROM generate_series(301, 500) i;
VACUUM docs;
INSERT INTO docs SELECT i, random_document() FROM generate_series(501, 700) i;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v');
DELETE FROM docs WHERE id % 10 = 3;
UPDATE docs SET v = random_document() WHERE id % 25 = 4;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'n % 2 = 0');
VACUUM docs;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v');
-- new rows in the places of old ones: rows of segments do not ascend
INSERT INTO docs SELECT i, random_document() FROM generate_series(701, 800) i;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'n % 2 = 1');

-- Phrase boosts: of the setting, and of queries; with documents that wait, and in one segment.
SET vecstore.phrase_boost = 0;
SELECT * FROM agreement('docs', 'docs_v', 'phrase AND n % 2 = 0');
SET vecstore.phrase_boost = 0.5;
SELECT * FROM agreement('docs', 'docs_v', 'phrase AND n % 2 = 0');
SET vecstore.phrase_boost = 1;
SELECT * FROM agreement('docs', 'docs_v', 'phrase AND n % 2 = 0');
SET vecstore.phrase_boost = 3;
SELECT boost, a.* FROM unnest('{0,0.5,1,2,NULL}'::float8[]) boost, agreement('docs', 'docs_v', 'phrase AND n % 3 = 1', boost) a;
SELECT vecstore.bm25_merge('docs_v');
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'n % 2 = 0');
SELECT boost, a.* FROM unnest('{0,0.5,1,2,NULL}'::float8[]) boost, agreement('docs', 'docs_v', 'phrase AND n % 3 = 0', boost) a;
RESET vecstore.phrase_boost;
DROP INDEX docs_v;

-- Options at their limits, in one segment: words of the most frequent class are worth nothing, others 255.
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (weights = '{0,1,2,255}');
SELECT * FROM state_of('docs_v');
CREATE FUNCTION agreement_with(k1 float8, b float8, OUT compared int, OUT enough bool, OUT disagreements int, OUT first text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER INDEX docs_v SET (k1 = %s, b = %s)', k1, b);
  SELECT * INTO compared, enough, disagreements, first FROM agreement('docs', 'docs_v', 'n % 5 = 1');
END $$;
SELECT k1, b, a.* FROM unnest('{0,1.2,100}'::float8[]) k1, unnest('{0,0.75,1}'::float8[]) b, agreement_with(k1, b) a;
DROP INDEX docs_v;

-- Without positions, frequencies are still those of the weights.
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (positions = off, weights = '{2,0,1,3}');
INSERT INTO docs SELECT i, random_document() FROM generate_series(801, 900) i;
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'NOT positions');
SELECT vecstore.bm25_merge('docs_v');
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'NOT positions');
DROP INDEX docs_v;

-- Of several indexes, a query means the one that it names, also where the plan was made before the query was known.
CREATE INDEX docs_one ON docs USING bm25 (v) WITH (weights = '{1,0,1,0}');
CREATE INDEX docs_two ON docs USING bm25 (v) WITH (weights = '{0,9,0,9}', k1 = 3);
CREATE INDEX docs_three ON docs USING bm25 (v) WITH (weights = '{7,1,5,1}', b = 0.1);
SELECT idx, a.* FROM unnest('{docs_one,docs_two,docs_three}'::regclass[]) idx, agreement('docs', idx, 'n % 5 = 2', 2) a;
DROP INDEX docs_one, docs_two, docs_three;

-- A larger segment, of documents that score the same as others: blocks without any of the best are skipped.
INSERT INTO docs SELECT 1000 * i + id, v FROM docs, generate_series(1, 5) i;
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (k1 = 0.5, b = 1, weights = '{1,4,0,2}');
SELECT * FROM state_of('docs_v'), agreement('docs', 'docs_v', 'n % 8 = 0');
SELECT * FROM agreement('docs', 'docs_v', 'phrase AND n % 8 = 1', 3);
DROP TABLE docs;

-- A prefix can stand for more positions than any lexeme has: with the weights, more than 16 bits.
CREATE TABLE docs (id int, v tsvector) WITH (autovacuum_enabled = off);
INSERT INTO docs SELECT i, format('w1:%1$s w10:%1$s w2', (SELECT string_agg(p::text, ',') FROM generate_series(1, CASE i WHEN 222 THEN 250 ELSE 140 + i % 2 END) p))::tsvector
FROM generate_series(1, 300) i;
CREATE INDEX docs_v ON docs USING bm25 (v) WITH (weights = '{255,1,1,1}', k1 = 100, b = 0);
SELECT q, c.* FROM unnest('{w1:*,w1:* | w2,w1:* & w2}'::tsquery[]) q, compare('docs', 'docs_v', q, NULL) c;
DROP TABLE docs;

-- Partitions score with the statistics of all of them: some in one segment, in several, waiting; of a partition; attached later.
CREATE TABLE parts (id int, v tsvector) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (200) WITH (autovacuum_enabled = off);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES FROM (200) TO (400) WITH (autovacuum_enabled = off);
CREATE TABLE parts3 PARTITION OF parts FOR VALUES FROM (400) TO (600) PARTITION BY LIST (id);
CREATE TABLE parts3a PARTITION OF parts3 DEFAULT WITH (autovacuum_enabled = off);
CREATE INDEX parts_v ON parts USING bm25 (v) WITH (k1 = 1.5, b = 0.6, weights = '{1,2,3,5}');
INSERT INTO parts SELECT i, random_document() FROM generate_series(0, 149) i;
VACUUM parts1;
INSERT INTO parts SELECT i, random_document() FROM generate_series(150, 179) i;
VACUUM parts1;
INSERT INTO parts SELECT i, random_document() FROM generate_series(180, 299) i;
SELECT vecstore.bm25_merge('parts2_v_idx');
INSERT INTO parts SELECT i, random_document() FROM generate_series(400, 499) i;
SELECT leaf, s.* FROM unnest('{parts1_v_idx,parts2_v_idx,parts3a_v_idx}'::regclass[]) leaf, state_of(leaf) s;
BEGIN;
SELECT plan_with(index => true);
EXPLAIN (COSTS OFF) SELECT id, v <@> 'w1'::tsquery FROM parts ORDER BY v <@> 'w1'::tsquery LIMIT 10;
COMMIT;
SELECT * FROM agreement('parts', 'parts_v', 'n % 2 = 0');
-- of one of them alone, its own options count
ALTER INDEX parts1_v_idx SET (k1 = 9, b = 0);
SELECT * FROM agreement('parts1', 'parts1_v_idx', 'n % 3 = 0');
-- an index of its own, which becomes part of the other; no index
CREATE TABLE parts4 (id int, v tsvector) WITH (autovacuum_enabled = off);
INSERT INTO parts4 SELECT i, random_document() FROM generate_series(600, 649) i;
CREATE INDEX parts4_v ON parts4 USING bm25 (v) WITH (k1 = 1.5, b = 0.6, weights = '{1,2,3,5}');
INSERT INTO parts4 SELECT i, random_document() FROM generate_series(650, 699) i;
ALTER TABLE parts ATTACH PARTITION parts4 FOR VALUES FROM (600) TO (700);
CREATE TABLE parts5 (id int, v tsvector) WITH (autovacuum_enabled = off);
INSERT INTO parts5 SELECT i, random_document() FROM generate_series(700, 749) i;
ALTER TABLE parts ATTACH PARTITION parts5 FOR VALUES FROM (700) TO (800);
SELECT relid, isleaf FROM pg_partition_tree('parts_v') ORDER BY relid::text COLLATE "C";
DELETE FROM parts WHERE id % 10 = 4;
SELECT * FROM agreement('parts', 'parts_v', 'n % 2 = 1');
VACUUM parts;
SELECT leaf, s.* FROM unnest('{parts1_v_idx,parts2_v_idx,parts3a_v_idx,parts4_v,parts5_v_idx}'::regclass[]) leaf, state_of(leaf) s;
SELECT * FROM agreement('parts', 'parts_v', 'n % 2 = 0');
SELECT * FROM agreement('parts', 'parts_v', 'phrase AND n % 3 = 0', 0.5);
DROP TABLE parts;

DROP TABLE words, queries;
DROP FUNCTION random_word, random_words, random_document, random_query, leaves_of, statistics_of, plan_with, compare, agreement, agreement_with, state_of;
