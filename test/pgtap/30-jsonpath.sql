-- 30-jsonpath.sql - vecstore.to_jsonpath against a plain evaluator: random filters on random documents.
--
-- A filter is made as a tree, as jsonb; one function writes it as text, another says of a document
-- whether it is true.  The seed is fixed.
BEGIN;
SELECT no_plan();
SELECT setseed(0.25);

CREATE FUNCTION pick(VARIADIC choices jsonb[]) RETURNS jsonb LANGUAGE sql VOLATILE
  RETURN choices[1 + floor(random() * cardinality(choices))::int];
CREATE FUNCTION random_scalar() RETURNS jsonb LANGUAGE sql VOLATILE
  RETURN pick('1', '2', '-1.5', '2.50', '"1"', '"a"', '"ab"', '"b a"', '"A"', '""', '"é\"\\''$ü"', '"true"', 'true', 'false', 'null');
CREATE FUNCTION random_value(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN depth = 0 OR random() < 0.5 THEN random_scalar()
    WHEN random() < 0.6 THEN (SELECT coalesce(jsonb_agg(random_value(depth - 1)), '[]') FROM generate_series(1, floor(random() * 4)::int))
    ELSE random_object(depth - 1) END;
END $$;
CREATE FUNCTION random_object(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_object_agg(name, random_value(depth)), '{}')
          FROM unnest(ARRAY['a', 'b', 'c d', 'o', 'é"''']) name WHERE random() < 0.6);
END $$;

CREATE FUNCTION random_filter(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  kind float := random();
  op jsonb;
  step jsonb;
  path jsonb := jsonb_build_array(pick('"a"', '"b"', '"c d"', '"o"', '"é\"''"', '"nowhere"'));
BEGIN
  IF depth > 0 AND kind < 0.6 THEN
    RETURN CASE WHEN kind < 0.2 THEN jsonb_build_array('NOT', random_filter(depth - 1))
      ELSE (SELECT jsonb_build_array(CASE WHEN kind < 0.4 THEN 'AND' ELSE 'OR' END) || jsonb_agg(random_filter(depth - 1))
            FROM generate_series(1, CASE WHEN random() < 0.05 THEN 12 ELSE 2 + floor(random() * 2)::int END)) END;
  END IF;
  WHILE random() < 0.3 LOOP
    step := pick('null', '"a"', '"o"');  -- null is [*]
    path := path || jsonb_build_array(step);
  END LOOP;
  op := pick('"="', '"!="', '"<"', '"<="', '">"', '">="', '"CONTAINS"', '"IN"', '"NOT IN"', '"STARTSWITH"');
  RETURN jsonb_build_array(op, path, CASE
    WHEN op #>> '{}' IN ('IN', 'NOT IN') THEN (SELECT coalesce(jsonb_agg(random_scalar()), '[]') FROM generate_series(1, floor(random() * 5)::int))
    WHEN op #>> '{}' = 'STARTSWITH' THEN pick('"a"', '"b "', '""', '"é\""', '"A"')
    WHEN op #>> '{}' IN ('<', '<=', '>', '>=') THEN pick('1', '-1.5', '2.5', '"a"', '"é"', '"1"')
    ELSE random_scalar() END);
END $$;

-- The tree as text, with needless parentheses and every way of writing a word or a value.
CREATE FUNCTION keyword(word text) RETURNS text LANGUAGE sql VOLATILE
  RETURN CASE floor(random() * 3) WHEN 0 THEN lower(word) WHEN 1 THEN initcap(word) ELSE word END;
CREATE FUNCTION quoted(string text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE quote text := CASE WHEN random() < 0.5 THEN '"' ELSE '''' END;
BEGIN
  IF string ~ '^[a-zA-Z]+$' AND string !~* '^(true|false|null)$' AND random() < 0.5 THEN
    RETURN string;
  END IF;
  RETURN quote || replace(replace(string, '\', '\\'), quote, '\' || quote) || quote;
END $$;
CREATE FUNCTION value_text(value jsonb) RETURNS text LANGUAGE sql VOLATILE
  RETURN CASE jsonb_typeof(value)
    WHEN 'string' THEN quoted(value #>> '{}')
    WHEN 'number' THEN CASE floor(random() * 3) WHEN 0 THEN value::text WHEN 1 THEN ((value::text)::numeric * 10)::text || 'e-1' ELSE (value::text)::numeric::float8::text END
    ELSE keyword(value::text) END;
CREATE FUNCTION path_text(path jsonb) RETURNS text LANGUAGE sql VOLATILE
  RETURN (SELECT ltrim(string_agg(coalesce('.' || quoted(step), '[*]'), '' ORDER BY n), '.') FROM jsonb_array_elements_text(path) WITH ORDINALITY e(step, n));
CREATE FUNCTION filter_text(f jsonb, outer_op text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  op text := f ->> 0;
  t text;
BEGIN
  IF op = 'NOT' THEN
    t := keyword('NOT') || ' ' || filter_text(f -> 1, 'NOT');
  ELSIF op IN ('AND', 'OR') THEN
    SELECT string_agg(filter_text(child, op), ' ' || keyword(op) || ' ' ORDER BY n) INTO t FROM jsonb_array_elements(f) WITH ORDINALITY e(child, n) WHERE n > 1;
  ELSIF op IN ('IN', 'NOT IN') THEN
    SELECT path_text(f -> 1) || ' ' || keyword(op) || ' [' || coalesce(string_agg(value_text(v), ' , '), '') || ']' INTO t FROM jsonb_array_elements(f -> 2) v;
  ELSE
    t := path_text(f -> 1) || ' ' || keyword(op) || ' ' || value_text(f -> 2);
  END IF;
  RETURN CASE WHEN outer_op = 'NOT' AND op IN ('AND', 'OR') OR outer_op = 'AND' AND op = 'OR' OR random() < 0.2 THEN '(' || t || E'\n)' ELSE t END;
END $$;

-- What a condition means of a value that is there.
CREATE FUNCTION holds(op text, v jsonb, operand jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  order_of int := CASE
    WHEN jsonb_typeof(v) <> jsonb_typeof(operand) THEN NULL
    WHEN jsonb_typeof(v) = 'number' THEN sign(v::numeric - operand::numeric)
    WHEN jsonb_typeof(v) = 'string' THEN CASE WHEN (v #>> '{}') COLLATE "C" < operand #>> '{}' THEN -1 WHEN v = operand THEN 0 ELSE 1 END END;
BEGIN
  RETURN CASE op
    WHEN '=' THEN v = operand
    WHEN '!=' THEN v <> operand
    WHEN '<' THEN coalesce(order_of < 0, false)
    WHEN '<=' THEN coalesce(order_of <= 0, false)
    WHEN '>' THEN coalesce(order_of > 0, false)
    WHEN '>=' THEN coalesce(order_of >= 0, false)
    WHEN 'IN' THEN EXISTS (SELECT FROM jsonb_array_elements(operand) e WHERE e = v)
    WHEN 'NOT IN' THEN NOT EXISTS (SELECT FROM jsonb_array_elements(operand) e WHERE e = v)
    WHEN 'STARTSWITH' THEN jsonb_typeof(v) = 'string' AND starts_with(v #>> '{}', operand #>> '{}')
    WHEN 'CONTAINS' THEN CASE jsonb_typeof(v)
      WHEN 'array' THEN EXISTS (SELECT FROM jsonb_array_elements(v) e WHERE e = operand)
      WHEN 'string' THEN jsonb_typeof(operand) = 'string' AND strpos(v #>> '{}', operand #>> '{}') > 0
      ELSE false END END;
END $$;
CREATE FUNCTION holds_at(op text, path jsonb, v jsonb, operand jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF path = '[]' THEN
    RETURN holds(op, v, operand);
  ELSIF path -> 0 = 'null' THEN
    RETURN CASE WHEN jsonb_typeof(v) = 'array' THEN EXISTS (SELECT FROM jsonb_array_elements(v) e WHERE holds_at(op, path - 0, e, operand)) ELSE false END;
  ELSIF jsonb_typeof(v) = 'object' AND v ? (path ->> 0) THEN
    RETURN holds_at(op, path - 0, v -> (path ->> 0), operand);
  END IF;
  RETURN false;
END $$;
CREATE FUNCTION is_true(f jsonb, document jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  CASE f ->> 0
    WHEN 'NOT' THEN RETURN NOT is_true(f -> 1, document);
    WHEN 'AND' THEN RETURN NOT EXISTS (SELECT FROM jsonb_array_elements(f - 0) child WHERE NOT is_true(child, document));
    WHEN 'OR' THEN RETURN EXISTS (SELECT FROM jsonb_array_elements(f - 0) child WHERE is_true(child, document));
    ELSE RETURN holds_at(f ->> 0, f -> 1, document, f -> 2);
  END CASE;
END $$;

CREATE TABLE document (id int, d jsonb);
INSERT INTO document SELECT i, CASE WHEN i % 20 = 0 THEN random_value(2) ELSE random_object(3) END FROM generate_series(1, 60) i;
CREATE TABLE filter (id int, f jsonb, t text);
INSERT INTO filter SELECT i, random_filter(i % 4), NULL FROM generate_series(1, 600) i;
UPDATE filter SET t = filter_text(f);

CREATE TABLE answer AS
SELECT filter.id AS f_id, document.id AS d_id, t, d, is_true(f, d) AS expected, d @@ vecstore.to_jsonpath(t) AS got FROM filter, document;
SELECT is((SELECT count(*) FROM answer), 36000::bigint, 'all pairs were tried');
SELECT is_empty('SELECT t, d, expected, got FROM answer WHERE expected IS DISTINCT FROM got LIMIT 20', 'filters mean what the plain evaluator says');
SELECT ok(count(*) FILTER (WHERE expected) BETWEEN 6000 AND 30000, 'either answer is common') FROM answer;
-- each operator decides something on its own
SELECT bag_eq(
  $$ SELECT DISTINCT f ->> 0 FROM filter JOIN answer ON f_id = filter.id WHERE f ->> 0 NOT IN ('AND', 'OR', 'NOT') AND expected $$,
  $$ VALUES ('='), ('!='), ('<'), ('<='), ('>'), ('>='), ('CONTAINS'), ('IN'), ('NOT IN'), ('STARTSWITH') $$, 'each operator is true of something');

-- the same through GIN indexes: an index may give too much, but must not leave anything out
CREATE FUNCTION found(filter text) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE ids int[];
BEGIN
  EXECUTE format('SELECT coalesce(array_agg(id ORDER BY id), ''{}'') FROM document WHERE d @@ vecstore.to_jsonpath(%L)', filter) INTO ids;
  RETURN ids;
END $$;
CREATE TABLE by_scan AS SELECT f_id, coalesce(array_agg(d_id ORDER BY d_id) FILTER (WHERE expected), '{}') AS ids FROM answer GROUP BY f_id;
SET LOCAL enable_seqscan = off;
CREATE INDEX document_gin ON document USING gin (d jsonb_ops);
SELECT is_empty('SELECT t FROM filter JOIN by_scan ON f_id = id WHERE found(t) <> ids LIMIT 20', 'jsonb_ops finds the same');
DROP INDEX document_gin;
CREATE INDEX document_gin ON document USING gin (d jsonb_path_ops);
SELECT is_empty('SELECT t FROM filter JOIN by_scan ON f_id = id WHERE found(t) <> ids LIMIT 20', 'jsonb_path_ops finds the same');

-- the jsonpath is the same after its own text was read, so filters survive a dump
SELECT is_empty('SELECT t FROM filter WHERE vecstore.to_jsonpath(t)::text::jsonpath::text <> vecstore.to_jsonpath(t)::text', 'a jsonpath as text and back');

SELECT * FROM finish();
ROLLBACK;
