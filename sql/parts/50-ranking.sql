-- 50-ranking.sql - ranked lists as values.

CREATE TYPE vecstore.ranking;

CREATE FUNCTION vecstore.ranking_in(cstring) RETURNS vecstore.ranking
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_in';
COMMENT ON FUNCTION vecstore.ranking_in(cstring) IS 'text to ranking; error 22P02 for anything but its JSON form';

CREATE FUNCTION vecstore.ranking_out(vecstore.ranking) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_out';
COMMENT ON FUNCTION vecstore.ranking_out(vecstore.ranking) IS 'ranking to text';

CREATE FUNCTION vecstore.ranking_recv(internal) RETURNS vecstore.ranking
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_recv';
COMMENT ON FUNCTION vecstore.ranking_recv(internal) IS 'binary form to ranking: a version byte, then the text form';

CREATE FUNCTION vecstore.ranking_send(vecstore.ranking) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_send';
COMMENT ON FUNCTION vecstore.ranking_send(vecstore.ranking) IS 'ranking to binary form: a version byte, then the text form';

CREATE TYPE vecstore.ranking (
  INPUT = vecstore.ranking_in, OUTPUT = vecstore.ranking_out,
  RECEIVE = vecstore.ranking_recv, SEND = vecstore.ranking_send,
  STORAGE = extended, ALIGNMENT = double
);
COMMENT ON TYPE vecstore.ranking IS
  'a list of ids with distances, nearest first; each id once. As text {"id": "bigint", "items": [[7, 0.25], [3, 0.5]]}; ids are bigint, uuid or text';

CREATE FUNCTION vecstore.ranking_accum(internal, anyelement, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_accum';
COMMENT ON FUNCTION vecstore.ranking_accum(internal, anyelement, double precision) IS 'transition function of the aggregate ranking';

CREATE FUNCTION vecstore.ranking_sim_accum(internal, anyelement, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_sim_accum';
COMMENT ON FUNCTION vecstore.ranking_sim_accum(internal, anyelement, double precision) IS 'transition function of the aggregate ranking_sim';

CREATE FUNCTION vecstore.ranking_final(internal) RETURNS vecstore.ranking
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vs_ranking_final';
COMMENT ON FUNCTION vecstore.ranking_final(internal) IS 'final function of the aggregates ranking and ranking_sim';

CREATE AGGREGATE vecstore.ranking(id anyelement, distance double precision) (
  SFUNC = vecstore.ranking_accum, STYPE = internal, FINALFUNC = vecstore.ranking_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.ranking(anyelement, double precision) IS
  'the rows as a ranking, nearest (smallest distance) first; their order does not matter. Rows with a null id or a null or NaN distance are left out, infinite distances become the extreme finite one, of several rows with one id the nearest counts. Null without rows. Ids are integers, uuid or text; error 42804 for others';

CREATE AGGREGATE vecstore.ranking_sim(id anyelement, similarity double precision) (
  SFUNC = vecstore.ranking_sim_accum, STYPE = internal, FINALFUNC = vecstore.ranking_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE vecstore.ranking_sim(anyelement, double precision) IS
  'as ranking, of similarities or scores: largest first';
