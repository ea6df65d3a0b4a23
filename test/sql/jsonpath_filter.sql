-- vecstore.to_jsonpath: the filter language, its meaning on documents, its messages, and GIN indexes.
CREATE TABLE doc (name text, metadata jsonb);
INSERT INTO doc VALUES
  ('book',    '{"price": 9.5, "category": "books", "tags": ["new", "sale", 7], "stock": {"here": 3}, "sold": false}'),
  ('game',    '{"price": 40, "category": "games", "tags": ["sale"], "stock": {"here": 0}, "sold": true}'),
  ('text',    '{"price": "9.5", "category": "book", "tags": "for sale", "stock": [1, 2]}'),
  ('nulls',   '{"price": null, "category": null, "tags": null, "stock": null}'),
  ('lists',   '{"price": [5, 9.5], "category": ["books"], "tags": [], "stock": [{"here": 3}, {"there": 1}]}'),
  ('objects', '{"price": {"price": 9.5}, "category": {}, "tags": {"sale": 1}, "stock": {"here": {"now": 1}}}'),
  ('empty',   '{}'),
  ('number',  '9.5'),
  ('string',  '"books"'),
  ('array',   '[{"price": 9.5, "category": "books"}]'),
  ('null',    'null'),
  ('absent',  NULL);

-- What it is in the catalogue, and for no filter.
SELECT provolatile, proisstrict, proparallel FROM pg_proc WHERE oid = 'vecstore.to_jsonpath'::regproc;
SELECT vecstore.to_jsonpath(NULL) IS NULL AS nothing;

-- Every operator: what is written, and which documents it is true of.
CREATE FUNCTION is_true(filter text) RETURNS TABLE (filter text, documents text, jsonpath text) LANGUAGE sql
AS $$ SELECT filter, coalesce(string_agg(name, ' ' ORDER BY name), '-'), vecstore.to_jsonpath(filter)::text
      FROM doc WHERE metadata @@ vecstore.to_jsonpath(filter) $$;
\t on
\pset format unaligned
\pset fieldsep '\n    '
SELECT r.* FROM unnest(ARRAY[
  'price = 9.5', 'price = "9.5"', 'price = null', 'sold = true', 'sold = FALSE', 'category = books', 'category = ''books''',
  'price != 9.5', 'price != null', 'category != "books"', 'nowhere != 1', 'sold != true',
  'price > 9.5', 'price >= 9.5', 'price < 9.5', 'price <= 9.5', 'category > "book"', 'category <= book',
  'category CONTAINS "ook"', 'tags CONTAINS "sale"', 'tags CONTAINS sale', 'tags CONTAINS 7', 'tags CONTAINS null', 'category CONTAINS ""',
  'price IN [1, 9.5, "9.5"]', 'category IN [books, ''games'', null]', 'price IN []', 'price IN [40,]',
  'price NOT IN [9.5, "9.5"]', 'price NOT IN []', 'price NOT IN [null]',
  'category STARTSWITH "boo"', 'category startswith book', 'category STARTSWITH ""', 'tags STARTSWITH new'
]) AS filter, is_true(filter) r;

-- Paths: fields of objects, and with [*] the elements of arrays.
SELECT r.* FROM unnest(ARRAY[
  'stock.here = 3', 'stock.here.now = 1', 'stock.here >= 0', '"stock"."here" = 3', 'stock[*] = 2', 'stock[*].here = 3', 'stock[*].here != 4',
  'tags[*] = "sale"', 'tags[*] IN [7, 8]', 'tags[*] != "sale"', 'NOT tags[*] = "sale"', 'tags[*] STARTSWITH "sa"', 'tags[*] NOT IN ["sale"]',
  'tags[*] CONTAINS "al"', 'tags[*] > 6'
]) AS filter, is_true(filter) r;

-- NOT before AND before OR, and parentheses; NOT of what is missing or of another type is true.
SELECT r.* FROM unnest(ARRAY[
  'NOT price = 9.5', 'NOT nowhere = 1', 'NOT nowhere != 1', 'NOT price > 1', 'not not price > 1', 'NOT NOT NOT price > 1',
  'price = 40 OR price = 9.5 AND category = games', '(price = 40 OR price = 9.5) AND category = games',
  'NOT price = 40 AND category = games', 'NOT (price = 40 AND category = games)', 'NOT (price = 40 OR NOT category = books)',
  'category = books or category = games and not sold = true', '((((price = 40))))', 'price=40 and"category"="games"'
]) AS filter, is_true(filter) r;

-- Numbers.
SELECT r.* FROM unnest(ARRAY[
  'price = 9.50', 'price = 95e-1', 'price = .95E1', 'price = 0.95e+1', 'price = 0040', 'price = 40.', 'price > -1', 'price > -0', 'price > -.5e-3',
  'price < 1e30', 'price > 1e-30', 'price = 40.00000000000000000000001'
]) AS filter, is_true(filter) r;
SELECT '{"a": 1}' @@ vecstore.to_jsonpath('a < 1e131071 AND a > 1e-16383 AND a > -1e131071') AS extremes;

-- Never null, whatever the document, and never an error.
SELECT filter, count(*) FILTER (WHERE metadata IS NOT NULL AND (metadata @@ vecstore.to_jsonpath(filter)) IS NULL) AS unknown,
       count(*) FILTER (WHERE (metadata @@ vecstore.to_jsonpath(filter)) IS DISTINCT FROM jsonb_path_match(metadata, vecstore.to_jsonpath(filter))) AS differing
FROM doc, unnest(ARRAY['price = 1', 'NOT price < 1', 'price != "x"', 'tags CONTAINS "x"', 'NOT tags[*].a[*] IN [1]', 'stock.here STARTSWITH x']) AS filter
GROUP BY filter ORDER BY filter;

-- Strings and names: quotes of both kinds, escapes, other letters.  Nothing in them is ever more than text.
CREATE TABLE hostile (id int, string text);
INSERT INTO hostile SELECT row_number() OVER (), s FROM unnest(ARRAY[
  '', ' ', '"', '''', '\', '\\', '\"', '")) || true || exists($ ? (@.x == "', ''')) || true', '" || 1 == 1 || "', '$', '@', '$x', '${x}',
  E'a\nb\tc\rd\be\ff\x01g\x7f', 'é', '日本', '😀', '%', 'a.b', '[*]', '.*', '(?i)x', '***=x', 'x{1,', '/*', '--', ';', '" flag "i', 'AND', 'null', '\u0041', '1e5']) s;
CREATE FUNCTION quoted(string text, quote text) RETURNS text LANGUAGE sql
AS $$ SELECT quote || replace(replace(string, '\', '\\'), quote, '\' || quote) || quote $$;
-- a document has one of them as its name, and one as its value: each filter finds its own only
SELECT count(*) AS filters, sum(wrong) AS wrong FROM (
  SELECT (SELECT count(*) FROM hostile x WHERE
            jsonb_build_object('f', x.string) @@ vecstore.to_jsonpath('f = ' || quoted(h.string, q)) <> (x.id = h.id)
            OR jsonb_build_object('f', x.string) @@ vecstore.to_jsonpath('f CONTAINS ' || quoted(h.string, q)) <> (strpos(x.string, h.string) > 0)
            OR jsonb_build_object('f', x.string) @@ vecstore.to_jsonpath('f STARTSWITH ' || quoted(h.string, q)) <> starts_with(x.string, h.string)
            OR jsonb_build_object('f', ARRAY[x.string]) @@ vecstore.to_jsonpath('f[*] IN [' || quoted(h.string, q) || ']') <> (x.id = h.id)
            OR jsonb_build_object(x.string, 1) @@ vecstore.to_jsonpath(quoted(h.string, q) || ' = 1') <> (x.id = h.id)
            OR jsonb_build_object('o', jsonb_build_object(x.string, 1)) @@ vecstore.to_jsonpath('o.' || quoted(h.string, q) || '> 0') <> (x.id = h.id)) AS wrong
  FROM hostile h, unnest(ARRAY['"', '''']) q) s;
SELECT jsonb_build_object('f', s) @@ vecstore.to_jsonpath('f = ' || e) AS escape, e, vecstore.to_jsonpath('f = ' || e)
FROM (VALUES (E'\n\t\r\b\f', '"\n\t\r\b\f"'), (E'\\/"''', '"\\\/\"\''"'), ('"''', '''"\''''' ), ('Aé😀', '"\u0041\u00E9\uD83D\uDE00"')) v(s, e);
SELECT '{"größe": 1}' @@ vecstore.to_jsonpath('größe = 1') AS umlaut, vecstore.to_jsonpath('größe = klein');

-- Mistakes, and where they are.
CREATE FUNCTION mistake(filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; detail text; hint text; state text;
BEGIN
  RETURN 'accepted: ' || vecstore.to_jsonpath(filter)::text;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
  RETURN concat_ws(E'\n      ', state || ': ' || message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT '[' || filter || ']', mistake(filter) FROM unnest(ARRAY[
  '', E' \t\n', 'a', 'a =', 'a = 1 garbage', 'a = 1) OR b = 2', '(a = 1', '(a = 1 b', '()', 'a = 1 AND', 'OR a = 1', 'AND', 'NOT', 'NOT archived', 'a NOT = 1', 'a NOT',
  'a == 1', 'a <> 1', 'a => 1', 'a = = 1', 'a ! 1', 'a LIKE "x"', 'a is null', 'in = 1', 'a = not', 'a.b. = 1', 'a. b = 1', 'a..b = 1', '.a = 1', 'a.and = 1', '1a = 1', 'a[0] = 1', 'a[*]b = 1', '[*] = 1', 'a.[*] = 1',
  'a IN (1, 2)', 'a IN 1', 'a IN [1 2]', 'a IN [1', 'a IN [,]', 'a IN [1,,2]', 'a IN [1, [2]]', 'a NOT IN',
  'a = "x', 'a = ''x"', 'a = "x\"', 'a = "\', 'a = "\x"', 'a = "C:\dir"', 'a = "\u12"', 'a = "\u0000"', 'a = "\uD83D"', 'a = "\uDE00"', 'a = "\uD83D\u0041"', '"a\q" = 1',
  'a = 1.2.3', 'a = 1e', 'a = 1e+', 'a = -', 'a = .', 'a = --1', 'a = +1', 'a = 1x', 'a = 0x1F', 'a = 1_000', 'a = 1e131072', 'a = 1e-16384', 'a = 1e99999999999999999999',
  'a < true', 'a >= null', 'a STARTSWITH 1', 'a STARTSWITH null', 'größe == 1', '日本 = 1 AND 日 日', 'a = 1; DROP TABLE doc', 'a = 1 -- b', 'a = $1', 'a = 1 || true', 'a && b', 'a = ' || repeat('x', 60) || ' ' || repeat('é', 60)
]) AS filter;

-- Limits.
SELECT mistake(repeat('(', 201) || 'a = 1' || repeat(')', 201));
SELECT mistake(repeat('NOT (', 201) || 'a = 1' || repeat(')', 201));
SELECT '{"a": 1}' @@ vecstore.to_jsonpath(repeat('(', 200) || 'a = 1' || repeat(')', 200)) AS deep;
SELECT '{"a": 1}' @@ vecstore.to_jsonpath(repeat('NOT (b = 2 OR ', 200) || 'a' || repeat('[*]', 99) || ' = 1' || repeat(')', 200)) AS deep;
SELECT mistake('NOT ' || repeat('a.', 99) || 'a = 1') = 'accepted: strict exists ($?(!(exists (@?(@' || repeat('."a"', 100) || ' == 1)))))' AS long_path;
SELECT mistake('NOT ' || repeat('a.', 100) || 'a = 1'), mistake('a' || repeat('[*]', 100) || ' = 1');
SELECT mistake('a CONTAINS "' || repeat('x', 1001) || '"');
SELECT left(mistake('a CONTAINS "' || repeat('x', 1000) || '"'), 20);
SELECT mistake('a = "' || repeat('x', 1048576) || '"');
SELECT '{"a": 131071}' @@ vecstore.to_jsonpath('a IN [' || string_agg(i::text, ',') || ']') AS many_values FROM generate_series(1, 140000) i;
SELECT '{"a": 1}' @@ vecstore.to_jsonpath(string_agg('a!=' || i, ' AND ')) AS many_conditions FROM generate_series(2, 70000) i;
SELECT '{"a": 1}' @@ vecstore.to_jsonpath(string_agg('a=' || i, ' OR ')) AS many_alternatives FROM generate_series(-70000, 1) i;
SELECT '{"a": 1}' @@ vecstore.to_jsonpath(repeat('NOT ', 250000) || 'a = 1') AS many_nots;
SELECT jsonb_build_object('a', repeat('"', 500000)) @@ vecstore.to_jsonpath('a = ''' || repeat('"', 500000) || '''') AS long_string;
\t off
\pset format aligned

-- GIN indexes of both classes: how many rows the index gives, of 5,000, and how many are right.
CREATE TABLE item (id int, m jsonb);
INSERT INTO item SELECT i, jsonb_build_object('n', i % 1000, 'kind', 'k' || i % 100, 'o', jsonb_build_object('x', i % 500), 'tags', ARRAY['t' || i % 250, 'all'],
  'parts', jsonb_build_array(jsonb_build_object('no', i % 200), jsonb_build_object('no', -1))) FROM generate_series(1, 5000) i;
CREATE FUNCTION from_index(filter text, class text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  EXECUTE 'CREATE INDEX item_gin ON item USING gin (m ' || class || ')';
  EXECUTE format('EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM item WHERE m @@ vecstore.to_jsonpath(%L)', filter) INTO plan;
  DROP INDEX item_gin;
  RETURN format('%s of %s', plan #>> '{0,Plan,Actual Rows}', plan #>> '{0,Plan,Plans,0,Actual Rows}');
END $$;
SELECT filter, from_index(filter, 'jsonb_ops') AS jsonb_ops, from_index(filter, 'jsonb_path_ops') AS jsonb_path_ops
FROM unnest(ARRAY['n = 5', 'kind = "k7"', 'o.x = 3', 'n IN [1, 2]', 'n = 1 OR kind = k7', 'n < 100 AND kind = k7', 'tags[*] = "t1"', 'tags CONTAINS 1',
  'parts[*].no = 7', 'NOT NOT n = 5', 'n = 5 AND NOT tags CONTAINS "t6"', 'n = -5', 'tags CONTAINS "t1"', 'n < 10', 'n = 1 OR n < 0', 'NOT n != 5']) filter;
CREATE INDEX item_gin ON item USING gin (m jsonb_path_ops);
ANALYZE item;
EXPLAIN (COSTS OFF) SELECT id FROM item WHERE m @@ vecstore.to_jsonpath('n < 300 AND tags[*] = "t1"');
SELECT array_agg(id ORDER BY id) FROM item WHERE m @@ vecstore.to_jsonpath('n < 300 AND tags[*] = "t1"');
PREPARE by_filter AS SELECT count(*) FROM item WHERE m @@ vecstore.to_jsonpath($1);
EXECUTE by_filter('kind = k7 AND n >= 500');
EXECUTE by_filter('kind = k7 AND n >=');
DROP TABLE doc, hostile, item;
DROP FUNCTION is_true, quoted, mistake, from_index;
