-- hnsw: the shape of its catalogue entries, what it says it can do, and who may look into an index.
\set ECHO none
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
BEGIN;
SELECT no_plan();

-- The access method and what it offers.
SELECT is((SELECT amtype FROM pg_am WHERE amname = 'hnsw'), 'i'::"char", 'hnsw is an index access method');
SELECT is(pg_indexam_has_property((SELECT oid FROM pg_am WHERE amname = 'hnsw'), property), expected, 'hnsw: ' || property)
  FROM (VALUES ('can_order', false), ('can_unique', false), ('can_exclude', true)) AS p(property, expected);

CREATE TABLE items (id int, v vector(3), h halfvec(3));
CREATE INDEX items_v ON items USING hnsw (v vector_l2_ops);
SELECT is(pg_index_has_property('items_v', property), expected, 'an hnsw index: ' || property)
  FROM (VALUES ('clusterable', false), ('index_scan', true), ('bitmap_scan', false), ('backward_scan', false)) AS p(property, expected);
SELECT is(pg_index_column_has_property('items_v', 1, property), expected, 'a column of an hnsw index: ' || property)
  FROM (VALUES ('asc', false), ('orderable', false), ('distance_orderable', true), ('returnable', false),
    ('search_array', false), ('search_nulls', false)) AS p(property, expected);

-- One operator class for each type and metric, each ordering by its own operator, as float8.
SELECT set_eq(
  $$ SELECT opcname::text, opcintype::regtype::text, amopopr::regoperator::text
     FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
     WHERE amname = 'hnsw' AND amoppurpose = 'o' AND opcintype IN ('vector'::regtype, 'halfvec'::regtype) $$,
  $$ SELECT type || '_' || metric || '_ops' AS class, type, format('%s(%s,%2$s)', operator, type) AS operator
     FROM (VALUES ('vector'), ('halfvec')) AS t(type),
       (VALUES ('l2', '<->'), ('ip', '<#>'), ('cosine', '<=>'), ('l1', '<+>')) AS m(metric, operator) $$,
  'operator classes and their operators');
SELECT is(amopsortfamily, (SELECT oid FROM pg_opfamily WHERE opfname = 'float_ops' AND opfmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')),
  amopopr::regoperator || ' sorts as float8')
  FROM pg_amop JOIN pg_am ON pg_am.oid = amopmethod WHERE amname = 'hnsw' AND amoppurpose = 'o' ORDER BY amopopr;
SELECT ok(amvalidate(pg_opclass.oid), opcname || ' is valid')
  FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod WHERE amname = 'hnsw' ORDER BY opcname;
SELECT is_empty(
  $$ SELECT opcname FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod
     WHERE amname = 'hnsw' AND opcdefault AND opcintype IN ('vector'::regtype, 'halfvec'::regtype) $$,
  'the metric is always said');

-- Rules for every function of the extension.
CREATE VIEW functions AS
  SELECT p.*, p.oid::regprocedure AS signature FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
  JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' WHERE extname = 'vecstore';
SELECT is_empty('SELECT signature FROM functions WHERE proleakproof', 'no function is leakproof');
SELECT is_empty('SELECT signature FROM functions WHERE prosecdef', 'no function runs with the rights of its owner');
SELECT is_empty($$ SELECT signature FROM functions WHERE NOT has_function_privilege('public', oid, 'EXECUTE') $$,
  'everybody may call every function');
SELECT is_empty($$ SELECT signature FROM functions WHERE proparallel = 'u' AND prorettype <> 'index_am_handler'::regtype AND proname NOT IN ('search', 'bm25_merge') $$,
  'no function forbids parallel plans, but for vecstore.search, which sets a preset, and bm25_merge, which writes');
SELECT is_empty(
  $$ SELECT pg_describe_object(classid, objid, 0) FROM pg_depend JOIN pg_extension e ON e.oid = refobjid
     WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND extname = 'vecstore'
       AND obj_description(objid, classid::regclass::text) IS NULL AND shobj_description(objid, classid::regclass::text) IS NULL $$,
  'every object has a comment');

-- Who may look into an index: whoever may read its table.
CREATE ROLE hnsw_reader;
CREATE FUNCTION looking(inspector text) RETURNS text LANGUAGE sql AS $$ SELECT format('SELECT * FROM vecstore.%I(''items_v'')', inspector) $$;
GRANT ALL ON items TO hnsw_reader;
REVOKE SELECT ON items FROM hnsw_reader;
SET ROLE hnsw_reader;
SELECT throws_ok(looking(f), '42501', 'permission denied for table items', f || ' needs SELECT on the table')
  FROM unnest('{index_stats,check_index,recall}'::text[]) f;
RESET ROLE;
GRANT SELECT ON items TO hnsw_reader;
SET ROLE hnsw_reader;
SELECT lives_ok(looking(f), f || ' needs no more than SELECT') FROM unnest('{index_stats,check_index,recall}'::text[]) f;
RESET ROLE;

-- Only an hnsw index will do.
CREATE INDEX items_id ON items (id);
SELECT throws_ok(format('SELECT * FROM vecstore.%I(%L)', f, relation), '42809', NULL, format('%s(%s) is refused', f, relation))
  FROM unnest('{index_stats,check_index,recall}'::text[]) f, unnest('{items,items_id,pg_class}'::text[]) relation;

SELECT * FROM finish();
ROLLBACK;
