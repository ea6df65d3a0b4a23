-- What is installed: for people and for bug reports.

CREATE FUNCTION vecstore.version() RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'vs_version';
COMMENT ON FUNCTION vecstore.version() IS
  'Version of the loaded library; differs from pg_extension.extversion until ALTER EXTENSION vecstore UPDATE';

CREATE FUNCTION vecstore.build_info(OUT property text, OUT value text) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL SAFE ROWS 7
  AS 'MODULE_PATHNAME', 'vs_build_info';
COMMENT ON FUNCTION vecstore.build_info() IS
  'How the library was built and which SIMD target it uses: one row per property';
