-- Candidates and maximal marginal relevance, with values computed by hand.
--
-- Four directions in the plane: 1 and 2 point the same way, 3 is at 60 degrees (cosine .5), 4 at 90 (0).
CREATE TABLE items (id int PRIMARY KEY, d float8, v vector(2));
INSERT INTO items VALUES (1, 0, '[2,0]'), (2, 0.125, '[5,0]'), (3, 0.375, '[1,1.7320508]'), (4, 1, '[0,3]');
CREATE VIEW c AS SELECT vecstore.candidates(id, d, v) AS c FROM items;
CREATE VIEW h AS SELECT vecstore.candidates(id, d, v::halfvec) AS c FROM items;
SELECT c FROM c UNION ALL SELECT c FROM h;

-- lambda .5: 1; then of .4375 - .5, .3125 - .25 and 0 - 0 the second; then 2 with -.0625 before 4 with 0 - .5 * .866
SELECT id, rank, round(mmr_score::numeric, 4) AS mmr_score, relevance, round(max_similarity::numeric, 4) AS max_similarity
FROM c, vecstore.mmr(c, 10, 0.5);
SELECT id, rank, round(mmr_score::numeric, 3) AS mmr_score, relevance, round(max_similarity::numeric, 3) AS max_similarity FROM h, vecstore.mmr(c, 10, 0.5);
-- 1 is the plain order, 0 diversity alone: after the most relevant, 4 (0), then 3 (.866), then 2 (1)
SELECT lambda, array_agg(id ORDER BY rank) FROM c, unnest(ARRAY[1, 0.75, 0.5, 0.25, 0]) lambda, vecstore.mmr(c, lambda => lambda) GROUP BY lambda ORDER BY lambda DESC;
SELECT array_agg(id ORDER BY rank) FROM c, vecstore.mmr(c, 2);
SELECT count(*) FROM c, vecstore.mmr(c, NULL, NULL, NULL);

-- relevance: 1 - distance, 0 to 1, or minus the distance
SELECT mode, array_agg(id || ': ' || relevance ORDER BY rank) FROM c, unnest(ARRAY['cosine', 'minmax', 'raw']) mode, vecstore.mmr(c, lambda => 1, relevance_mode => mode) GROUP BY mode ORDER BY mode;
SELECT array_agg(id || ': ' || relevance ORDER BY rank) FROM vecstore.mmr((SELECT vecstore.candidates(id, 7, v) FROM items), relevance_mode => 'minmax');

-- What is not there: nulls, NaN, zero vectors.  A null or zero vector is similar to nothing.
SELECT id, rank, mmr_score, max_similarity FROM vecstore.mmr((SELECT vecstore.candidates(id, d, v) FROM (VALUES
  (1, 0, '[1,0]'::vector), (2, 0.25, NULL), (3, 0.25, '[0,0]'), (NULL, 0, '[1,0]'), (4, NULL, '[1,0]'), (5, 'NaN', '[1,0]'), (6, 0, '[-1,0]')) v(id, d, v)));
SELECT id, rank, max_similarity FROM vecstore.mmr((SELECT vecstore.candidates(id, id / 8.0, NULL::vector) FROM generate_series(1, 3) id));
SELECT count(*) FROM vecstore.mmr(NULL);
SELECT count(*) FROM vecstore.mmr((SELECT vecstore.candidates(id, d, v) FROM items WHERE false));
SELECT count(*) FROM vecstore.mmr((SELECT vecstore.candidates(id, NULL, v) FROM items));
SELECT id, relevance FROM vecstore.mmr((SELECT vecstore.candidates(id, d / 0.0000000001 * 'Infinity', v) FROM items WHERE id > 1), relevance_mode => 'minmax');
-- elements that a float cannot square
SELECT id, rank, round(max_similarity::numeric, 6) AS max_similarity FROM vecstore.mmr((SELECT vecstore.candidates(id, 0, v) FROM (VALUES (1, '[3e38,3e38]'::vector), (2, '[1e-38,1e-38]'), (3, '[-3e38,3e38]')) v(id, v)));

-- An id twice: the nearer one counts; at equal distance the order of rows does not matter.
SELECT array_agg(id || ': ' || round(coalesce(max_similarity, 0)::numeric, 3) ORDER BY rank) FROM vecstore.mmr((SELECT vecstore.candidates(id, d, v)
  FROM (VALUES (1, 0.0, '[1,0]'::vector), (2, 0.5, '[0,1]'), (2, 0.25, '[1,0]')) v(id, d, v)));
SELECT array_agg(id || ': ' || round(coalesce(max_similarity, 0)::numeric, 3) ORDER BY rank) FROM vecstore.mmr((SELECT vecstore.candidates(id, d, v ORDER BY v)
  FROM (VALUES (1, 0.0, '[1,0]'::vector), (2, 0.5, '[0,1]'), (2, 0.5, '[1,0]'), (2, 0.5, NULL)) v(id, d, v)));
SELECT array_agg(id || ': ' || round(coalesce(max_similarity, 0)::numeric, 3) ORDER BY rank) FROM vecstore.mmr((SELECT vecstore.candidates(id, d, v ORDER BY v DESC)
  FROM (VALUES (1, 0.0, '[1,0]'::vector), (2, 0.5, '[0,1]'), (2, 0.5, '[1,0]'), (2, 0.5, NULL)) v(id, d, v)));

-- Other ids, and the aggregate.
SELECT * FROM vecstore.mmr_text((SELECT vecstore.candidates('item ' || id, d, v) FROM items), 2, 0.25);
SELECT id FROM vecstore.mmr_uuid((SELECT vecstore.candidates(('0000000' || id || '-0000-0000-0000-000000000000')::uuid, d, v) FROM items), 2, 0.25);
SELECT vecstore.mmr_agg(id, d, v, 3, 0.25), vecstore.mmr_agg(id, d, v::halfvec, 3, 0.25, 'minmax'), vecstore.mmr_agg(id::text, d, v, 2, 1),
  vecstore.mmr_agg(id::smallint, d, v, 1, 1), pg_typeof(vecstore.mmr_agg(id::bigint, d, v, 1, 1)) FROM items;
SELECT id, n FROM (SELECT vecstore.mmr_agg(id, d, v, 3, 0.25) AS ids FROM items) s, unnest(ids) WITH ORDINALITY u(id, n);
SELECT vecstore.mmr_agg(id, d, v, 3, 0.25) FROM items WHERE false;
SELECT id, vecstore.mmr_agg(id, d, v, 9, 0.25) OVER (ORDER BY id) FROM items ORDER BY id;

-- Refused.
SELECT vecstore.candidates(id, d, CASE WHEN id = 3 THEN '[1,2,3]' ELSE v END) FROM items;
SELECT vecstore.candidates(d, d, v) FROM items;
SELECT 'x'::vecstore.candidates;
SELECT m.* FROM c, vecstore.mmr(c, 0) m;
SELECT m.* FROM c, vecstore.mmr(c, lambda => 1.01) m;
SELECT m.* FROM c, vecstore.mmr(c, lambda => -0.01) m;
SELECT m.* FROM c, vecstore.mmr(c, lambda => 'NaN') m;
SELECT m.* FROM c, vecstore.mmr(c, relevance_mode => 'best') m;
SELECT m.* FROM vecstore.mmr((SELECT vecstore.candidates(id, id, v) FROM items)) m;
SELECT m.* FROM vecstore.mmr((SELECT vecstore.candidates(id::text, d, v) FROM items)) m;
SELECT m.* FROM c, vecstore.mmr_uuid(c) m;
SELECT vecstore.mmr_agg(id, d, v, 3, 2) FROM items;
DROP VIEW c, h;
DROP TABLE items;
