-- quickstart.sql - vecstore in five minutes: store vectors, search them, index them.
--
--   psql -d yourdatabase -f examples/quickstart.sql
--
-- The vectors are colours (red, green, blue), so that you see what "near" means.  Yours will come from a
-- model and have hundreds of dimensions; nothing else changes.

CREATE EXTENSION IF NOT EXISTS vecstore;

-- A vector column is an ordinary column.
CREATE TEMP TABLE colours (
  name text PRIMARY KEY,
  warm boolean NOT NULL,
  rgb  vector(3) NOT NULL
);

INSERT INTO colours VALUES
  ('black', false, '[0,0,0]'),         ('white', false, '[255,255,255]'),  ('grey', false, '[128,128,128]'),
  ('red', true, '[255,0,0]'),          ('crimson', true, '[220,20,60]'),   ('salmon', true, '[250,128,114]'),
  ('coral', true, '[255,127,80]'),     ('orange', true, '[255,165,0]'),    ('gold', true, '[255,215,0]'),
  ('yellow', true, '[255,255,0]'),     ('khaki', true, '[240,230,140]'),   ('brown', true, '[165,42,42]'),
  ('green', false, '[0,128,0]'),       ('lime', false, '[0,255,0]'),       ('olive', false, '[128,128,0]'),
  ('teal', false, '[0,128,128]'),      ('turquoise', false, '[64,224,208]'), ('blue', false, '[0,0,255]'),
  ('navy', false, '[0,0,128]'),        ('indigo', false, '[75,0,130]'),    ('violet', false, '[238,130,238]');

-- The nearest rows: order by a distance operator and stop early.
--   <->  Euclidean     <=>  cosine     <#>  negative inner product     <+>  sum of differences
SELECT name, round((rgb <-> '[250,120,100]')::numeric, 1) AS distance
FROM colours ORDER BY rgb <-> '[250,120,100]' LIMIT 3;

-- Near a row that is there already.
SELECT name FROM colours
WHERE name <> 'navy' ORDER BY rgb <-> (SELECT rgb FROM colours WHERE name = 'navy') LIMIT 3;

-- An index makes this fast on millions of rows.  One index serves one operator: <-> belongs to
-- vector_l2_ops, <=> to vector_cosine_ops, <#> to vector_ip_ops, <+> to vector_l1_ops.
-- Load the data first, then build: it is faster, and maintenance_work_mem makes it faster still.
CREATE INDEX ON colours USING hnsw (rgb vector_l2_ops);

-- The planner uses it for ORDER BY ... LIMIT.  (With this handful of rows it would rather read the table.)
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT name FROM colours ORDER BY rgb <-> '[250,120,100]' LIMIT 3;

-- Any condition may stand beside it: the scan goes on until LIMIT rows were found.
SELECT name FROM colours WHERE NOT warm ORDER BY rgb <-> '[250,120,100]' LIMIT 3;

-- How much of the exact answer a search should find: fast, balanced (the default), high_recall, max.
SET vecstore.search_preset = 'high_recall';
SELECT name FROM colours ORDER BY rgb <-> '[250,120,100]' LIMIT 3;

-- Vectors are values: average them, add them, look at them.
SELECT warm, avg(rgb) AS mean_colour FROM colours GROUP BY warm ORDER BY warm;
SELECT vector_dims(rgb), rgb + '[0,0,10]' AS bluer, rgb::halfvec(3) AS half_the_space
FROM colours WHERE name = 'teal';

-- Rows come and go as in any table; the index follows.
UPDATE colours SET rgb = '[255,0,255]' WHERE name = 'violet';
DELETE FROM colours WHERE name = 'coral';
SELECT name FROM colours ORDER BY rgb <-> '[255,20,240]' LIMIT 1;

RESET enable_seqscan;
RESET vecstore.search_preset;
