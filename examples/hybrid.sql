-- hybrid.sql - one list from a vector search and a text search.
--
--   psql -d yourdatabase -f examples/hybrid.sql
--
-- The vectors have three dimensions, so that you see what "near" means: how much of gardens, boats and kitchens
-- there is in a note.  Yours will come from a model.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TEMP TABLE notes (
  id        int PRIMARY KEY,
  body      text NOT NULL,
  embedding vector(3) NOT NULL,
  tsv       tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED
);
INSERT INTO notes (id, body, embedding) VALUES
  (1, 'Roses need sun and a little water',         '[0.9,0.1,0.0]'),
  (2, 'Water the tomatoes every evening',          '[0.8,0.3,0.1]'),
  (3, 'The boat takes on water in heavy rain',     '[0.2,0.9,0.1]'),
  (4, 'Paint the hull before the summer',          '[0.1,0.8,0.4]'),
  (5, 'Boil the water, then add salt',             '[0.3,0.2,0.9]'),
  (6, 'Plants on the balcony want rain, not taps', '[0.9,0.2,0.2]');

-- Each branch is a search of its own, with its LIMIT; ranking() and ranking_sim() collect what it found.
SELECT vecstore.ranking(id, round(d::numeric, 3)) FROM
  (SELECT id, embedding <=> '[0.9,0.2,0.1]' AS d FROM notes ORDER BY embedding <=> '[0.9,0.2,0.1]' LIMIT 3) v;

-- fuse() makes one list of them.  Rain is in 3 and 6; 6 is also about gardens.
SELECT n.id, n.body, f.ranks
FROM vecstore.fuse('rrf', ARRAY[
       (SELECT vecstore.ranking(id, d) FROM
          (SELECT id, embedding <=> '[0.9,0.2,0.1]' AS d FROM notes ORDER BY embedding <=> '[0.9,0.2,0.1]' LIMIT 4) v),
       (SELECT vecstore.ranking_sim(id, s) FROM
          (SELECT id, ts_rank(tsv, q) AS s FROM notes, to_tsquery('english', 'rain') q WHERE tsv @@ q ORDER BY s DESC LIMIT 4) t)]) f
JOIN notes n USING (id) ORDER BY f.rank;

-- Scores instead of ranks, and the words count more than the vector.
SELECT id, round(score::numeric, 3) AS score
FROM vecstore.fuse('weighted_sum', ARRAY[
       (SELECT vecstore.ranking(id, embedding <=> '[0.9,0.2,0.1]') FROM notes),
       (SELECT vecstore.ranking_sim(id, ts_rank(tsv, q)) FROM notes, to_tsquery('english', 'rain') q WHERE tsv @@ q)],
     alpha => 0.3, top_k => 3);

-- Where a score comes from.
SELECT id, branch, branch_rank, round(contribution::numeric, 3) AS contribution
FROM vecstore.explain_fuse('weighted_sum', ARRAY[
       (SELECT vecstore.ranking(id, embedding <=> '[0.9,0.2,0.1]') FROM notes),
       (SELECT vecstore.ranking_sim(id, ts_rank(tsv, q)) FROM notes, to_tsquery('english', 'rain') q WHERE tsv @@ q)],
     alpha => 0.3, top_k => 2);

-- Stages: fuse two vector searches first, then that with the words.
SELECT f.id FROM vecstore.fuse('rrf', ARRAY[
  vecstore.as_ranking('dbsf', ARRAY[
    (SELECT vecstore.ranking(id, embedding <=> '[0.9,0.2,0.1]') FROM notes),
    (SELECT vecstore.ranking(id, embedding <=> '[0.8,0.1,0.3]') FROM notes)]),
  (SELECT vecstore.ranking_sim(id, ts_rank(tsv, q)) FROM notes, to_tsquery('english', 'rain') q WHERE tsv @@ q)], top_k => 3) f;
