-- mmr.sql - results that are relevant and unlike each other.
--
--   psql -d yourdatabase -f examples/mmr.sql

CREATE EXTENSION IF NOT EXISTS vecstore;

-- Three pictures of the same red rose, and some others: how red, green and blue they are.
CREATE TEMP TABLE pictures (id int PRIMARY KEY, title text NOT NULL, rgb vector(3) NOT NULL);
INSERT INTO pictures VALUES
  (1, 'rose',           '[200,20,30]'), (2, 'rose again',  '[201,21,30]'), (3, 'rose once more', '[199,20,31]'),
  (4, 'tomato',         '[210,60,20]'), (5, 'sunset',      '[230,120,60]'), (6, 'lavender',      '[150,100,200]'),
  (7, 'meadow',         '[60,160,40]');

-- Something pink: two of the nearest three are the same.
SELECT title FROM pictures ORDER BY rgb <=> '[230,60,100]' LIMIT 3;

-- Candidates are what a search found, with its vectors; mmr() chooses from them.
SELECT m.rank, p.title, round(m.relevance::numeric, 2) AS relevance, round(m.max_similarity::numeric, 2) AS similarity
FROM vecstore.mmr(
       (SELECT vecstore.candidates(id, d, rgb) FROM
          (SELECT id, rgb, rgb <=> '[230,60,100]' AS d FROM pictures ORDER BY rgb <=> '[230,60,100]' LIMIT 100) s),
       top_k => 3, lambda => 0.6) m
JOIN pictures p USING (id) ORDER BY m.rank;

-- From relevance alone (1) to diversity alone (0).
SELECT lambda, vecstore.mmr_agg(id, rgb <=> '[230,60,100]', rgb, 3, lambda) AS chosen
FROM pictures, unnest(ARRAY[1, 0.7, 0.6, 0]) lambda GROUP BY lambda ORDER BY lambda DESC;
