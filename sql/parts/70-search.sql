
-- One call for vector, lexical and hybrid search.  Not parallel safe: a preset is set meanwhile.

CREATE FUNCTION vecstore.filter_expression(filter text) RETURNS text
  AS 'MODULE_PATHNAME', 'vs_filter_expression' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.filter_expression(text) IS
  'a condition in parentheses, ready to stand in a WHERE clause; an error unless it is one expression without parameters';

-- The one column to search; an error says which there are.  kind: 'vector' or 'text'.
CREATE FUNCTION vecstore.search_column(rel regclass, kind text, wanted name, OUT name name, OUT type text, OUT operator text, OUT config text)
  AS 'MODULE_PATHNAME', 'vs_search_column' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.search_column(regclass, text, name) IS
  'internal: the one indexed column of a kind (vector, text), its type, the operator it is ordered by, the text search configuration it is made with';

CREATE FUNCTION vecstore.search_key(rel regclass, wanted name, OUT id name, OUT type text)
  AS 'MODULE_PATHNAME', 'vs_search_key' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.search_key(regclass, name) IS 'internal: the column that identifies a row, the primary key or the one wanted, and its type';

-- What the caller may see, without vectors and tsvectors unless they are named.
CREATE FUNCTION vecstore.search_row(rel regclass, columns name[]) RETURNS text
  AS 'MODULE_PATHNAME', 'vs_search_row' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.search_row(regclass, name[]) IS 'internal: SQL for a row t as jsonb, of the columns the caller may read';

CREATE FUNCTION vecstore.search_sql(
    rel regclass, by_vector boolean, by_text boolean, filter text DEFAULT NULL, k integer DEFAULT 10, fusion text DEFAULT 'relative_score',
    candidates integer DEFAULT 100, weights float8[] DEFAULT NULL, vector_column name DEFAULT NULL, text_column name DEFAULT NULL,
    id_column name DEFAULT NULL, config regconfig DEFAULT NULL, columns name[] DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  condition text := CASE WHEN filter IS NULL THEN 'true' ELSE vecstore.filter_expression(filter) END;
  depth integer := greatest(candidates, k);
  key record;
  shown text;
  vector_source record;
  text_source record;
  query text;
  branch_v text;
  branch_t text;
BEGIN
  IF k IS NULL OR k < 1 OR candidates IS NULL OR candidates < 1 THEN
    RAISE EXCEPTION 'k and candidates must be at least 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT (by_vector OR by_text) THEN
    RAISE EXCEPTION 'nothing to search for' USING ERRCODE = 'invalid_parameter_value', HINT = 'Give query_vector, query_text or both.';
  END IF;
  key := vecstore.search_key(rel, id_column);
  shown := vecstore.search_row(rel, columns);
  IF by_vector THEN
    vector_source := vecstore.search_column(rel, 'vector', vector_column);
    branch_v := format('SELECT t.%1$I AS id, t.%2$I %3$s $1::%7$s AS distance FROM %4$s t WHERE %5$s ORDER BY t.%2$I %3$s $1::%7$s LIMIT %6$s',
                       key.id, vector_source.name, vector_source.operator, rel, condition, CASE WHEN by_text THEN depth ELSE k END, vector_source.type);
  END IF;
  IF by_text THEN
    text_source := vecstore.search_column(rel, 'text', text_column);
    query := format('vecstore.websearch_or_tsquery(%s$2)', coalesce(quote_literal(config::text), quote_literal(text_source.config)) || '::regconfig, ');
    IF query IS NULL THEN
      query := 'vecstore.websearch_or_tsquery($2)';
    END IF;
    branch_t := format('SELECT t.%1$I AS id, t.%2$I %3$s %4$s AS distance FROM %5$s t WHERE t.%2$I OPERATOR(pg_catalog.@@) %4$s AND %6$s ORDER BY t.%2$I %3$s %4$s LIMIT %7$s',
                       key.id, text_source.name, text_source.operator, query, rel, condition, CASE WHEN by_vector THEN depth ELSE k END);
  END IF;

  IF by_vector AND by_text THEN
    RETURN format(E'SELECT f.id, f.score, f.rank, %s\nFROM vecstore.fuse_text(%L, ARRAY[\n  (SELECT vecstore.ranking(b.id::text, b.distance) FROM (%s) b),\n  (SELECT vecstore.ranking(b.id::text, b.distance) FROM (%s) b)],\n  weights => %L, top_k => %s) f\n  JOIN %s t ON t.%I = f.id::%s\nORDER BY f.rank',
                  shown, fusion, branch_v, branch_t, weights, k, rel, key.id, key.type);
  END IF;
  RETURN format(E'SELECT b.id::text, 0 - b.distance, (row_number() OVER (ORDER BY b.distance, b.id))::int, %s\nFROM (%s) b JOIN %s t ON t.%I = b.id\nORDER BY 3',
                shown, coalesce(branch_v, branch_t), rel, key.id);
END $$;
COMMENT ON FUNCTION vecstore.search_sql(regclass, boolean, boolean, text, integer, text, integer, float8[], name, name, name, regconfig, name[]) IS
  'the statement that vecstore.search runs: $1 is the vector, $2 the text';

CREATE FUNCTION vecstore.search(
    rel regclass, query_vector @extschema@.vector DEFAULT NULL, query_text text DEFAULT NULL, filter text DEFAULT NULL, k integer DEFAULT 10,
    fusion text DEFAULT 'relative_score', preset text DEFAULT NULL, candidates integer DEFAULT 100, weights float8[] DEFAULT NULL,
    vector_column name DEFAULT NULL, text_column name DEFAULT NULL, id_column name DEFAULT NULL, config regconfig DEFAULT NULL,
    columns name[] DEFAULT NULL) RETURNS TABLE (id text, score float8, rank integer, "row" jsonb)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
DECLARE
  before text := pg_catalog.current_setting('vecstore.search_preset');
  statement text := vecstore.search_sql(rel, query_vector IS NOT NULL, query_text IS NOT NULL, filter, k, fusion, candidates, weights,
                                        vector_column, text_column, id_column, config, columns);
BEGIN
  IF preset IS NOT NULL THEN
    PERFORM pg_catalog.set_config('vecstore.search_preset', preset, true);
  END IF;
  RETURN QUERY EXECUTE statement USING query_vector, query_text;
  IF preset IS NOT NULL THEN
    PERFORM pg_catalog.set_config('vecstore.search_preset', before, true);
  END IF;
END $$;
COMMENT ON FUNCTION vecstore.search(regclass, @extschema@.vector, text, text, integer, text, text, integer, float8[], name, name, name, regconfig, name[]) IS
  'the best k rows by vector, by text, or by both fused: finds the indexed columns and the primary key itself; filter is one SQL expression over the table; runs with the caller''s rights';
