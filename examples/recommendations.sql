-- Recommendations: what is like what somebody liked, unlike what they did not, and not all the same.

CREATE EXTENSION IF NOT EXISTS vecstore;

CREATE TABLE films (id int PRIMARY KEY, title text NOT NULL, year int NOT NULL, embedding vector(3) NOT NULL);
INSERT INTO films VALUES
  (1, 'Quiet Harbour', 1998, '[0.9,0.1,0.0]'), (2, 'The Long Tide', 2004, '[0.8,0.2,0.1]'),
  (3, 'Saltwater', 2019, '[0.9,0.2,0.2]'),     (4, 'Engines of Night', 2015, '[0.1,0.9,0.1]'),
  (5, 'Gearbox', 2021, '[0.2,0.8,0.1]'),       (6, 'Lighthouse Keepers', 2012, '[0.7,0.1,0.4]'),
  (7, 'Harbour Lights', 2023, '[0.8,0.0,0.3]');
CREATE INDEX ON films USING hnsw (embedding vector_cosine_ops);
CREATE TABLE ratings (person text, film int REFERENCES films, liked boolean);
INSERT INTO ratings VALUES ('ada', 1, true), ('ada', 2, true), ('ada', 4, false);

-- The direction of somebody's taste: the mean of what they liked, away from what they did not.
CREATE VIEW taste AS
  SELECT person, l2_normalize(coalesce(avg(embedding) FILTER (WHERE liked), '[0,0,0]') - coalesce(avg(embedding) FILTER (WHERE NOT liked), '[0,0,0]')) AS embedding
  FROM ratings JOIN films ON films.id = film GROUP BY person;

-- What is nearest, and not yet rated.
SELECT f.id, f.title
FROM (SELECT embedding FROM taste WHERE person = 'ada') t,
     LATERAL (SELECT * FROM films WHERE id NOT IN (SELECT film FROM ratings WHERE person = 'ada') ORDER BY embedding <=> t.embedding LIMIT 3) f;

-- The same, diverse: one more film about harbours says little new.
SELECT f.id, f.title, m.rank
FROM vecstore.mmr((SELECT vecstore.candidates(id, distance, embedding) FROM
       (SELECT id, embedding <=> (SELECT embedding FROM taste WHERE person = 'ada') AS distance, embedding FROM films
        WHERE id NOT IN (SELECT film FROM ratings WHERE person = 'ada')
        ORDER BY embedding <=> (SELECT embedding FROM taste WHERE person = 'ada') LIMIT 5) s), top_k => 3, lambda => 0.2) m
JOIN films f USING (id) ORDER BY m.rank;

-- Newer ones first, among equals: half the score after ten years.
SELECT id, title, round(((1 - distance) * vecstore.decay_exp(2024 - year, 0, 10))::numeric, 3) AS score
FROM (SELECT id, title, year, embedding <=> (SELECT embedding FROM taste WHERE person = 'ada') AS distance FROM films
      ORDER BY embedding <=> (SELECT embedding FROM taste WHERE person = 'ada') LIMIT 5) s
ORDER BY score DESC;
