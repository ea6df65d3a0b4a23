
-- Queries of several stages, as data.

CREATE FUNCTION vecstore.prefetch_value(object jsonb, key text, path text, kind text, fallback text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  value jsonb := object->key;
  found text := pg_catalog.jsonb_typeof(object->key);
BEGIN
  IF found IS NULL OR found = 'null' THEN
    IF fallback IS NULL THEN
      RAISE EXCEPTION '%.% is missing', path, key USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN nullif(fallback, '');
  END IF;
  IF found <> (CASE kind WHEN 'count' THEN 'number' WHEN 'name' THEN 'string' ELSE kind END) THEN
    RAISE EXCEPTION '%.% must be %', path, key, CASE kind WHEN 'array' THEN 'an array' WHEN 'count' THEN 'a number' WHEN 'name' THEN 'a string' ELSE 'a ' || kind END
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is a %s.', found);
  END IF;
  IF kind = 'count' AND (value#>>'{}' !~ '^[0-9]{1,9}$' OR (value#>>'{}')::integer < 1) THEN
    RAISE EXCEPTION '%.% must be a whole number of at least 1', path, key
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', value#>>'{}');
  END IF;
  RETURN value#>>'{}';
END $$;
COMMENT ON FUNCTION vecstore.prefetch_value(jsonb, text, text, text, text) IS
  'internal: a value of a stage, checked; kind is count, number, string, name, boolean or array; an error names the path. fallback: null for a required key, empty for null';

CREATE FUNCTION vecstore.prefetch_keys(object jsonb, path text, VARIADIC known text[]) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  stranger text;
BEGIN
  IF pg_catalog.jsonb_typeof(object) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION '% must be an object', path
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is a %s.', coalesce(pg_catalog.jsonb_typeof(object), 'null'));
  END IF;
  SELECT k INTO stranger FROM pg_catalog.jsonb_object_keys(object) k WHERE k <> ALL (known) ORDER BY k LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%.% is not known', path, stranger
      USING ERRCODE = 'invalid_parameter_value', HINT = format('Known here: %s.', pg_catalog.array_to_string(known, ', '));
  END IF;
END $$;
COMMENT ON FUNCTION vecstore.prefetch_keys(jsonb, text, text[]) IS 'internal: an error unless it is an object that has no other keys than these';

CREATE FUNCTION vecstore.prefetch_search(rel regclass, id name, stage jsonb, path text, previous text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  by_vector boolean := stage ? 'vector';
  found record;
  distance text;
  condition text := 'true';
  query text;
  config text;
BEGIN
  PERFORM vecstore.prefetch_keys(stage, path, 'vector', 'text', 'vector_column', 'text_column', 'config', 'filter', 'limit');
  IF (stage ? 'vector') = (stage ? 'text') THEN
    RAISE EXCEPTION '% needs a vector or a text', path USING ERRCODE = 'invalid_parameter_value', HINT = 'For both, use a hybrid stage.';
  END IF;
  IF stage ? 'filter' THEN
    condition := vecstore.filter_expression(vecstore.prefetch_value(stage, 'filter', path, 'string'));
  END IF;
  IF by_vector THEN
    found := vecstore.search_column(rel, 'vector', vecstore.prefetch_value(stage, 'vector_column', path, 'name', '')::name);
    distance := format('t.%I %s %L::%s', found.name, found.operator, vecstore.prefetch_value(stage, 'vector', path, 'array'), found.type);
  ELSE
    found := vecstore.search_column(rel, 'text', vecstore.prefetch_value(stage, 'text_column', path, 'name', '')::name);
    config := coalesce(vecstore.prefetch_value(stage, 'config', path, 'name', ''), found.config);
    query := CASE WHEN config IS NULL THEN format('vecstore.websearch_or_tsquery(%L)', vecstore.prefetch_value(stage, 'text', path, 'string'))
             ELSE format('vecstore.websearch_or_tsquery(%L::regconfig, %L)', config, vecstore.prefetch_value(stage, 'text', path, 'string')) END;
    distance := format('t.%I %s %s', found.name, found.operator, query);
    condition := format('t.%I OPERATOR(pg_catalog.@@) %s AND %s', found.name, query, condition);
  END IF;
  IF previous IS NULL THEN
    RETURN format('SELECT t.%I AS id, %s AS distance FROM %s t WHERE %s ORDER BY %s LIMIT %s', id, distance, rel, condition, distance,
                  vecstore.prefetch_value(stage, 'limit', path, 'count', '100'));
  END IF;
  RETURN format('SELECT c.id, x.distance FROM (%s) c, LATERAL (SELECT %s AS distance FROM %s t WHERE t.%I = c.id AND %s) x ORDER BY x.distance, c.id LIMIT %s',
                previous, distance, rel, id, condition, vecstore.prefetch_value(stage, 'limit', path, 'count', '100'));
END $$;
COMMENT ON FUNCTION vecstore.prefetch_search(regclass, name, jsonb, text, text) IS
  'internal: SQL of a search stage: of the table, or of the candidates of the stages before';

CREATE FUNCTION vecstore.prefetch_stages(rel regclass, id name, id_type text, stages jsonb, path text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  result text;
  stage jsonb;
  inner_stage jsonb;
  kind text;
  at text;
  found record;
  branches text;
  weights text;
BEGIN
  IF pg_catalog.jsonb_typeof(stages) IS DISTINCT FROM 'array' OR pg_catalog.jsonb_array_length(stages) = 0 THEN
    RAISE EXCEPTION '% must be an array of at least one stage', path USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR i IN 0 .. pg_catalog.jsonb_array_length(stages) - 1 LOOP
    at := format('%s[%s]', path, i);
    PERFORM vecstore.prefetch_keys(stages->i, at, 'search', 'hybrid', 'filter', 'rerank', 'mmr');
    IF (SELECT count(*) FROM pg_catalog.jsonb_object_keys(stages->i)) <> 1 THEN
      RAISE EXCEPTION '% must have one of search, hybrid, filter, rerank, mmr', at USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT key, value INTO kind, stage FROM pg_catalog.jsonb_each(stages->i);
    at := at || '.' || kind;
    IF result IS NULL AND kind NOT IN ('search', 'hybrid') THEN
      RAISE EXCEPTION '% has nothing to work on', at
        USING ERRCODE = 'invalid_parameter_value', HINT = 'The first stage must be search or hybrid.';
    END IF;
    IF kind = 'search' THEN
      result := vecstore.prefetch_search(rel, id, stage, at, result);
    ELSIF kind = 'filter' THEN
      result := format('SELECT c.id, c.distance FROM (%s) c WHERE EXISTS (SELECT FROM %s t WHERE t.%I = c.id AND %s)', result, rel, id,
                       vecstore.filter_expression(vecstore.prefetch_value(stages->i, 'filter', format('%s[%s]', path, i), 'string')));
    ELSIF kind = 'rerank' THEN
      PERFORM vecstore.prefetch_keys(stage, at, 'vector', 'vector_column', 'by', 'descending', 'limit');
      IF (stage ? 'vector') = (stage ? 'by') THEN
        RAISE EXCEPTION '% needs a vector, or an expression: by', at USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF stage ? 'by' THEN
        result := format('SELECT c.id, x.distance FROM (%s) c, LATERAL (SELECT %s(%s)::float8 AS distance FROM %s t WHERE t.%I = c.id) x WHERE x.distance IS NOT NULL ORDER BY x.distance, c.id LIMIT %s',
                         result, CASE WHEN vecstore.prefetch_value(stage, 'descending', at, 'boolean', 'false')::boolean THEN '0 - ' ELSE '' END,
                         vecstore.filter_expression(vecstore.prefetch_value(stage, 'by', at, 'string')), rel, id, vecstore.prefetch_value(stage, 'limit', at, 'count', '100'));
      ELSE
        result := vecstore.prefetch_search(rel, id, stage - 'by' - 'descending', at, result);
      END IF;
    ELSIF kind = 'mmr' THEN
      PERFORM vecstore.prefetch_keys(stage, at, 'lambda', 'vector_column', 'limit');
      found := vecstore.search_column(rel, 'vector', vecstore.prefetch_value(stage, 'vector_column', at, 'name', '')::name);
      result := format('SELECT m.id::%s AS id, m.rank::float8 AS distance FROM vecstore.mmr_text((SELECT vecstore.candidates(c.id::text, c.distance, t.%I) FROM (%s) c JOIN %s t ON t.%I = c.id), %s, %s, ''minmax'') m',
                       id_type, found.name, result, rel, id, vecstore.prefetch_value(stage, 'limit', at, 'count', '10'),
                       vecstore.prefetch_value(stage, 'lambda', at, 'number', '0.5'));
    ELSE
      PERFORM vecstore.prefetch_keys(stage, at, 'branches', 'fusion', 'weights', 'limit');
      IF result IS NOT NULL THEN
        RAISE EXCEPTION '% must be the first stage', at USING ERRCODE = 'invalid_parameter_value', HINT = 'Its branches may have stages of their own.';
      END IF;
      IF pg_catalog.jsonb_typeof(stage->'branches') IS DISTINCT FROM 'array' OR pg_catalog.jsonb_array_length(stage->'branches') = 0 THEN
        RAISE EXCEPTION '%.branches must be an array of at least one branch', at USING ERRCODE = 'invalid_parameter_value';
      END IF;
      branches := NULL;
      FOR j IN 0 .. pg_catalog.jsonb_array_length(stage->'branches') - 1 LOOP
        inner_stage := stage->'branches'->j;
        branches := concat_ws(', ', branches, format('(SELECT vecstore.ranking(b.id::text, b.distance) FROM (%s) b)',
          CASE WHEN inner_stage ? 'stages' THEN vecstore.prefetch_stages(rel, id, id_type, inner_stage->'stages', format('%s.branches[%s].stages', at, j))
               ELSE vecstore.prefetch_stages(rel, id, id_type, pg_catalog.jsonb_build_array(inner_stage), format('%s.branches[%s]', at, j)) END));
      END LOOP;
      weights := vecstore.prefetch_value(stage, 'weights', at, 'array', '');
      result := format('SELECT f.id::%s AS id, 0 - f.score AS distance FROM vecstore.fuse_text(%L, ARRAY[%s], weights => %L, top_k => %s) f',
                       id_type, vecstore.prefetch_value(stage, 'fusion', at, 'string', 'relative_score'), branches,
                       pg_catalog.translate(weights, '[]', '{}'), vecstore.prefetch_value(stage, 'limit', at, 'count', '100'));
    END IF;
  END LOOP;
  RETURN result;
END $$;
COMMENT ON FUNCTION vecstore.prefetch_stages(regclass, name, text, jsonb, text) IS 'internal: SQL of stages, each on the candidates of the one before';

CREATE FUNCTION vecstore.prefetch_sql(rel regclass, spec jsonb) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  key record;
BEGIN
  PERFORM vecstore.prefetch_keys(spec, '$', 'stages', 'id_column');
  key := vecstore.search_key(rel, vecstore.prefetch_value(spec, 'id_column', '$', 'name', '')::name);
  RETURN format(E'SELECT s.id::text, 0 - s.distance, (row_number() OVER (ORDER BY s.distance, s.id))::int, %s\nFROM (%s) s JOIN %s t ON t.%I = s.id\nORDER BY 3',
                vecstore.search_row(rel, NULL), vecstore.prefetch_stages(rel, key.id, key.type, spec->'stages', '$.stages'), rel, key.id);
END $$;
COMMENT ON FUNCTION vecstore.prefetch_sql(regclass, jsonb) IS 'the statement that vecstore.prefetch runs';

CREATE FUNCTION vecstore.prefetch(rel regclass, spec jsonb) RETURNS TABLE (id text, score float8, rank integer, "row" jsonb)
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 10 AS $$
BEGIN
  RETURN QUERY EXECUTE vecstore.prefetch_sql(rel, spec);
END $$;
COMMENT ON FUNCTION vecstore.prefetch(regclass, jsonb) IS
  'a query of several stages: {"stages": [stage, ...]}, each on the candidates of the one before; stages are search, hybrid, filter, rerank, mmr. Runs with the caller''s rights';

CREATE FUNCTION vecstore.prefetch_explain(rel regclass, spec jsonb, "analyze" boolean DEFAULT false) RETURNS SETOF text
  LANGUAGE plpgsql VOLATILE STRICT PARALLEL RESTRICTED AS $$
BEGIN
  RETURN QUERY EXECUTE format('EXPLAIN (ANALYZE %s, TIMING off, SUMMARY off) %s', prefetch_explain."analyze"::text, vecstore.prefetch_sql(rel, spec));
END $$;
COMMENT ON FUNCTION vecstore.prefetch_explain(regclass, jsonb, boolean) IS 'the plan of vecstore.prefetch, with analyze also what its execution did';
