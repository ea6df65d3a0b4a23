-- Arguments that the functions of fusion refuse.
CREATE VIEW lists AS SELECT ARRAY['{"id": "bigint", "items": [[1, 0], [2, 2]]}', '{"id": "bigint", "items": [[2, 0]]}']::vecstore.ranking[] AS l;

SELECT f.* FROM lists, vecstore.fuse('rff', l) f;
SELECT f.* FROM lists, vecstore.fuse(NULL, l) f;
SELECT f.* FROM lists, vecstore.fuse('RRF', l) f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l, normalizer => 'softmax') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, missing => 'never') f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l, missing => 'rank') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, ties => 'dense') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{1}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{1,2,3}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{1,-1}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{1,NaN}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{Infinity,1}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{0,0}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{1,NULL}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, weights => '{{1,2}}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, rrf_k => 0) f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, rrf_k => 'NaN') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, rrf_k => 'Infinity') f;
SELECT f.* FROM lists, vecstore.fuse('rrf_qdrant', l, rrf_k => 0.5) f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, top_k => 0) f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l, autocut => -1) f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l, alpha => 1.5) f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l, alpha => 'NaN') f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l || l, alpha => 0.5) f;
SELECT f.* FROM lists, vecstore.fuse('weighted_sum', l, weights => '{1,1}', alpha => 0.5) f;
SELECT f.* FROM vecstore.fuse('rrf', '{}') f;
SELECT f.* FROM lists, vecstore.fuse('rrf', ARRAY[l]) f;
SELECT f.* FROM lists, vecstore.fuse_uuid('rrf', l) f;
SELECT f.* FROM vecstore.fuse('rrf', ARRAY['{"id": "text", "items": [["a", 0]]}']::vecstore.ranking[]) f;
SELECT f.* FROM lists, vecstore.fuse('rrf', l || '{"id": "text", "items": [["a", 0]]}'::vecstore.ranking) f;
-- too much memory, said before it is taken
SELECT count(*) FROM vecstore.fuse('rrf', (SELECT vecstore.ranking(i, i) FROM generate_series(1, 100000) i) || array_fill(NULL::vecstore.ranking, ARRAY[1000]));

-- primitives
SELECT vecstore.rrf(0);
SELECT vecstore.rrf(1, -1);
SELECT vecstore.rrf(1, 1, 0);
SELECT vecstore.isr(-1);
SELECT vecstore.rbc(1, 1, 1);
SELECT vecstore.borda(4, 3);
SELECT vecstore.combsum('Infinity');
SELECT vecstore.combsum(1e308, 1e10);
SELECT vecstore.combmnz(1, 'NaN');
SELECT vecstore.rrf_score('{1,0}');
SELECT vecstore.rrf_score('{1,2}', '{1}');
SELECT vecstore.rrf_score('{{1,2}}');
SELECT vecstore.fuse_scores('rrf', '{1}');
SELECT vecstore.fuse_scores('sum', '{1}');
SELECT vecstore.fuse_scores('max', '{1,Infinity}');
SELECT vecstore.fuse_scores('max', '{1,2}', '{1}');
SELECT vecstore.decay_exp(1, 'NaN', 1);
SELECT vecstore.decay_exp(1, 0, 0);
SELECT vecstore.decay_gauss(1, 0, 'Infinity');
SELECT vecstore.decay_linear(1, 0, 1, 1);
SELECT vecstore.decay_linear(1, 0, 1, 'NaN');
-- internal functions cannot be called
SELECT vecstore.ranking_final(NULL);
DROP VIEW lists;
