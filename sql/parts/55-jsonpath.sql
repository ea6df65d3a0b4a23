-- 55-jsonpath.sql - the filter language, as PostgreSQL's own jsonpath.

CREATE FUNCTION vecstore.to_jsonpath(filter text) RETURNS jsonpath
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'vs_to_jsonpath';
COMMENT ON FUNCTION vecstore.to_jsonpath(text) IS
  'the jsonpath of a filter such as price < 10 AND NOT category IN ["toys", "games"], for jsonb @@ jsonpath, which it makes true or false, never null; operators = != > >= < <= CONTAINS IN NOT IN STARTSWITH, AND OR NOT, parentheses; error 42601 names the position';
