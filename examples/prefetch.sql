-- A query of several stages, as data: find by meaning and by words, keep what is affordable, show what differs.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TABLE products (
  id int PRIMARY KEY,
  name text NOT NULL,
  price numeric NOT NULL,
  embedding vector(3) NOT NULL,
  tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', name)) STORED
);
INSERT INTO products (id, name, price, embedding) VALUES
  (1, 'oak chair', 80, '[0.9,0.1,0.1]'),       (2, 'oak table', 240, '[0.7,0.6,0.1]'),
  (3, 'steel chair', 60, '[0.8,0.1,0.5]'),     (4, 'garden bench of oak', 150, '[0.8,0.2,0.3]'),
  (5, 'reading lamp', 35, '[0.1,0.2,0.9]'),    (6, 'rocking chair, oak', 310, '[0.9,0.2,0.1]');
CREATE INDEX ON products USING hnsw (embedding vector_cosine_ops);
CREATE INDEX ON products USING bm25 (tsv);

SELECT id, rank, row->>'name' AS name, row->>'price' AS price
FROM vecstore.prefetch('products', '{"stages": [
  {"hybrid": {"branches": [{"search": {"vector": [0.9,0.1,0.1], "limit": 5}},
                           {"search": {"text": "oak chair", "limit": 5}}]}},
  {"filter": "price < 300"},
  {"mmr": {"lambda": 0.7, "limit": 3}}]}');

-- The cheapest of what is nearest.
SELECT id, row->>'name' AS name, 0 - score AS price
FROM vecstore.prefetch('products', '{"stages": [{"search": {"vector": [0.9,0.1,0.1], "limit": 4}}, {"rerank": {"by": "price", "limit": 2}}]}');

-- A mistake is named by its place.
\set ON_ERROR_STOP off
SELECT vecstore.prefetch_sql('products', '{"stages": [{"search": {"vector": [0.9,0.1,0.1], "limt": 4}}]}');
\set ON_ERROR_STOP on
