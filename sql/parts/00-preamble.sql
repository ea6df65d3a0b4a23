-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION vecstore" to load this file. \quit

-- vecstore takes pgvector's names (type vector, access method hnsw) so that pgvector's clients work
-- unchanged; both cannot live in one database.  Say so before anything is created.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'vector')
     OR EXISTS (SELECT FROM pg_catalog.pg_am WHERE amname = 'hnsw') THEN
    RAISE EXCEPTION 'vecstore and pgvector cannot be installed in the same database'
      USING ERRCODE = 'duplicate_object',
            DETAIL = 'The access method "hnsw" exists already.',
            HINT = 'Create vecstore in another database, or drop the extension "vector" first (dump its data before).';
  END IF;
END
$$;

-- Everything pgvector does not have lives in this schema, whatever schema the types are created in.
CREATE SCHEMA vecstore;
GRANT USAGE ON SCHEMA vecstore TO PUBLIC;
COMMENT ON SCHEMA vecstore IS 'vecstore: functions and views that go beyond pgvector''s surface';
