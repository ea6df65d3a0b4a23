-- filtering.sql - nearest neighbours among the rows that a filter lets through.
--
--   psql -d yourdatabase -f examples/filtering.sql
--
-- A shop: each product has a vector and a document of metadata.  Filters come as text, as they would
-- from a web page; docs/filters.md has the language.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TEMP TABLE products (name text PRIMARY KEY, metadata jsonb NOT NULL, embedding vector(3) NOT NULL);
INSERT INTO products VALUES
  ('laptop',   '{"category": "electronics", "price": 1299, "rating": 4.7, "tags": ["new", "wireless"], "stock": {"berlin": 3}}', '[9,1,0]'),
  ('phone',    '{"category": "electronics", "price": 799, "rating": 4.5, "tags": ["wireless", "sale"], "stock": {"berlin": 0}}', '[8,2,0]'),
  ('earbuds',  '{"category": "electronics", "price": 89.5, "rating": 4.1, "tags": ["wireless"], "stock": {"berlin": 40}}', '[7,3,1]'),
  ('cable',    '{"category": "electronics", "price": 9.99, "tags": [], "stock": {"berlin": 500}}', '[7,1,1]'),
  ('novel',    '{"category": "books", "price": 12, "rating": 4.9, "tags": ["sale"], "author": "A. Writer"}', '[0,9,2]'),
  ('cookbook', '{"category": "books", "price": 30, "rating": 3.8, "tags": ["new"], "author": "B. Cook"}', '[1,7,5]'),
  ('pan',      '{"category": "kitchen", "price": 45, "rating": 4.4, "tags": ["sale", "steel"], "discontinued": true}', '[1,2,9]'),
  ('knife',    '{"category": "kitchen", "price": 60, "rating": null, "tags": ["steel"]}', '[2,1,9]');
CREATE INDEX ON products USING hnsw (embedding vector_l2_ops);
CREATE INDEX ON products USING gin (metadata jsonb_path_ops);

-- The nearest products that are cheap enough.
SELECT name, metadata -> 'price' AS price FROM products
WHERE metadata @@ vecstore.to_jsonpath('price < 100') ORDER BY embedding <-> '[8,2,0]' LIMIT 3;

-- Several values, and a field inside a field.
SELECT name FROM products
WHERE metadata @@ vecstore.to_jsonpath('category IN [electronics, "kitchen"] AND stock.berlin > 0')
ORDER BY embedding <-> '[8,2,0]' LIMIT 3;

-- An element of an array; an index finds it by [*].
SELECT name FROM products WHERE metadata @@ vecstore.to_jsonpath('tags[*] = "sale"') ORDER BY embedding <-> '[8,2,0]' LIMIT 3;

-- Text: a part of it, or its beginning.
SELECT name FROM products WHERE metadata @@ vecstore.to_jsonpath('author STARTSWITH "A." OR author CONTAINS "Cook"') ORDER BY name;

-- What is missing is neither equal nor different; NOT is true of it.
SELECT name FROM products WHERE metadata @@ vecstore.to_jsonpath('rating != 4.7') ORDER BY name;
SELECT name FROM products WHERE metadata @@ vecstore.to_jsonpath('NOT discontinued = true AND NOT rating > 4') ORDER BY name;

-- A filter from outside is a parameter, never a part of the statement.
PREPARE shop(text, vector) AS
  SELECT name FROM products WHERE metadata @@ vecstore.to_jsonpath($1) ORDER BY embedding <-> $2 LIMIT 2;
EXECUTE shop('(category = books OR tags[*] = steel) AND price >= 20', '[1,2,9]');
DEALLOCATE shop;
