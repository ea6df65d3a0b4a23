-- halfvec: text form, rounding, type modifier, binary form, storage

SELECT '[1,2,3]'::halfvec, '[-1,-2.5,3e4]'::halfvec, ' [ 1 , 2 , 3 ] '::halfvec;
SELECT replace('_[_1_,_2_]_', '_', E' \t\n\r\f' || chr(11))::halfvec;
-- rounds to even; printed as the shortest real that reads back
SELECT '[0.1,0.33333333,1.23456,2049,2051,1000.4]'::halfvec;
-- largest, smallest normal, largest and smallest subnormal
SELECT '[65504,65519.99,-65519.99]'::halfvec, '[6.1035156e-05,6.0975552e-05,5.9604645e-08,2.9802322e-08,2.9802326e-08]'::halfvec;
-- underflow is accepted
SELECT '[1e-8,-1e-8,1e-46]'::halfvec;

SELECT ''::halfvec;
SELECT '1,2,3'::halfvec;
SELECT '['::halfvec;
SELECT '[1'::halfvec;
SELECT '[1,]'::halfvec;
SELECT '[,1]'::halfvec;
SELECT '[1 2]'::halfvec;
SELECT '[1a]'::halfvec;
SELECT '[1,2,3]9'::halfvec;
SELECT '[]'::halfvec;
SELECT '[NaN,1]'::halfvec;
SELECT '[-Infinity,1]'::halfvec;
SELECT '[65520,1]'::halfvec;
SELECT '[1, -65520 ]'::halfvec;
SELECT '[4e38,1]'::halfvec;

SELECT '[1,2,3]'::halfvec(3);
SELECT '[1,2,3]'::halfvec(2);
SELECT '[1,2,3]'::halfvec(3, 2);
SELECT '[1,2,3]'::halfvec('a');
SELECT '[1,2,3]'::halfvec(0);
SELECT '[1,2,3]'::halfvec(16001);
SELECT vector_dims(('[' || repeat('0,', 15999) || '0]')::halfvec(16000));
SELECT ('[' || repeat('0,', 16000) || '0]')::halfvec;
SELECT format_type('halfvec'::regtype, 3);
SELECT '{"[1,2]","[3]",NULL}'::halfvec[];
SELECT '{"[1,2]","[3]"}'::halfvec(2)[];

SELECT halfvec_send('[1,-2.5,65504,5.9604645e-08]');
CREATE TABLE halfvec_column (id integer, v halfvec(3));
INSERT INTO halfvec_column VALUES (1, '[1,2,3]'), (2, NULL), (3, '[4,5,6]');
INSERT INTO halfvec_column VALUES (4, '[1,2]');
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/halfvec_column.bin'
COPY halfvec_column TO :'file' WITH (FORMAT binary);
CREATE TABLE halfvec_copy (id integer, v halfvec(3));
COPY halfvec_copy FROM :'file' WITH (FORMAT binary);
SELECT * FROM halfvec_copy ORDER BY id;
CREATE TABLE halfvec_narrow (id integer, v halfvec(2));
COPY halfvec_narrow FROM :'file' WITH (FORMAT binary);

-- 3000 dimensions stay in the row
CREATE TABLE halfvec_storage (v halfvec);
INSERT INTO halfvec_storage SELECT vecstore.random_vector(3000, i) FROM generate_series(1, 10) i;
SELECT pg_relation_size(reltoastrelid) AS toast_bytes FROM pg_class WHERE oid = 'halfvec_storage'::regclass;
SELECT pg_column_size('[1,2,3]'::halfvec);
