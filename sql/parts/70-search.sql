
-- One call for vector, lexical and hybrid search.  Not parallel safe: a preset is set meanwhile.

CREATE FUNCTION vecstore.filter_expression(filter text) RETURNS text
  AS 'MODULE_PATHNAME', 'vs_filter_expression' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vecstore.filter_expression(text) IS
  'a condition in parentheses, ready to stand in a WHERE clause; an error unless it is one expression without parameters';

-- The one column to search; an error says which there are.  kind: 'vector' or 'text'.
CREATE FUNCTION vecstore.search_column(rel regclass, kind text, wanted name, OUT name name, OUT type text, OUT operator text, OUT config text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  am_name name := CASE kind WHEN 'vector' THEN 'hnsw' ELSE 'bm25' END;
  found record;
  all_names text;
BEGIN
  -- indexed columns of the kind, with the operator that their index orders by
  SELECT count(*) AS n, min(c.attname) AS attname, min(c.operator) AS operator, string_agg(c.attname, ', ' ORDER BY c.attname) AS names INTO found
  FROM (SELECT DISTINCT ON (a.attname) a.attname::text, format('OPERATOR(%I.%s)', ns.nspname, o.oprname) AS operator
        FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
          JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = am_name
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
          JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[0]
          JOIN pg_catalog.pg_amop op ON op.amopfamily = oc.opcfamily AND op.amoppurpose = 'o'
          JOIN pg_catalog.pg_operator o ON o.oid = op.amopopr
          JOIN pg_catalog.pg_namespace ns ON ns.oid = o.oprnamespace
        WHERE i.indrelid = rel AND i.indisvalid AND i.indpred IS NULL AND (wanted IS NULL OR a.attname = wanted)
        ORDER BY a.attname, ic.relname) c;
  IF found.n = 0 THEN
    SELECT string_agg(a.attname, ', ' ORDER BY a.attname) INTO all_names
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped
      AND t.typname = ANY (CASE kind WHEN 'vector' THEN '{vector,halfvec}' ELSE '{tsvector}' END::name[]);
    RAISE EXCEPTION '% has no column with % index to search', rel, CASE am_name WHEN 'hnsw' THEN 'an hnsw' ELSE 'a bm25' END
      USING ERRCODE = 'undefined_object',
        DETAIL = CASE WHEN wanted IS NOT NULL THEN format('Column "%s" was asked for.', wanted)
                      WHEN all_names IS NULL THEN format('It has no column of type %s.', CASE kind WHEN 'vector' THEN 'vector or halfvec' ELSE 'tsvector' END)
                      ELSE format('Columns of the type: %s.', all_names) END,
        HINT = CASE kind WHEN 'vector' THEN format('CREATE INDEX ON %s USING hnsw (column vector_cosine_ops);', rel) ELSE format('CREATE INDEX ON %s USING bm25 (column);', rel) END;
  ELSIF found.n > 1 THEN
    RAISE EXCEPTION '% has several columns to search: %', rel, found.names
      USING ERRCODE = 'ambiguous_column', HINT = format('Name one: %s_column => ...', kind);
  END IF;
  name := found.attname;
  operator := found.operator;
  type := (SELECT pg_catalog.format_type(a.atttypid, NULL) FROM pg_catalog.pg_attribute a WHERE a.attrelid = rel AND a.attname = name);
  IF kind = 'text' THEN
    -- the configuration of a generated column
    config := (SELECT (regexp_match(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'to_tsvector\(''([^'']+)''::regconfig'))[1]
               FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
               WHERE d.adrelid = rel AND a.attname = name);
  END IF;
END $$;
COMMENT ON FUNCTION vecstore.search_column(regclass, text, name) IS
  'internal: the one indexed column of a kind (vector, text), its type, the operator it is ordered by, the text search configuration it is made with';

CREATE FUNCTION vecstore.search_key(rel regclass, wanted name, OUT id name, OUT type text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  id := coalesce(wanted, (SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                          WHERE i.indrelid = rel AND i.indisprimary AND i.indnkeyatts = 1));
  IF id IS NULL THEN
    RAISE EXCEPTION '% has no primary key of one column', rel USING ERRCODE = 'undefined_column', HINT = 'Name a unique column: id_column';
  END IF;
  type := (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = rel AND a.attname = id AND a.attnum > 0 AND NOT a.attisdropped);
  IF type IS NULL THEN
    RAISE EXCEPTION '% has no column "%"', rel, id USING ERRCODE = 'undefined_column';
  END IF;
END $$;
COMMENT ON FUNCTION vecstore.search_key(regclass, name) IS 'internal: the column that identifies a row, the primary key or the one wanted, and its type';

-- What the caller may see, without vectors and tsvectors unless they are named.
CREATE FUNCTION vecstore.search_row(rel regclass, columns name[]) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  shown text;
  hidden text;
BEGIN
  SELECT string_agg(format('%L, t.%I', a.attname, a.attname), ', ' ORDER BY a.attnum)
    FILTER (WHERE CASE WHEN columns IS NULL THEN ty.typname <> ALL ('{vector,halfvec,tsvector}'::name[]) ELSE a.attname = ANY (columns) END),
    (SELECT string_agg(c::text, ', ') FROM unnest(columns) c WHERE NOT c = ANY (array_agg(a.attname)))
  INTO shown, hidden
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
  WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped AND pg_catalog.has_column_privilege(rel, a.attnum, 'SELECT');
  IF hidden IS NOT NULL THEN
    RAISE EXCEPTION '% has no column % that you may read', rel, hidden USING ERRCODE = 'undefined_column';
  END IF;
  RETURN format('pg_catalog.jsonb_build_object(%s)', coalesce(shown, ''));
END $$;
COMMENT ON FUNCTION vecstore.search_row(regclass, name[]) IS 'internal: SQL for a row t as jsonb, of the columns the caller may read';

CREATE FUNCTION vecstore.search_sql(
    rel regclass, by_vector boolean, by_text boolean, filter text DEFAULT NULL, k integer DEFAULT 10, fusion text DEFAULT 'rrf',
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
    fusion text DEFAULT 'rrf', preset text DEFAULT NULL, candidates integer DEFAULT 100, weights float8[] DEFAULT NULL,
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
