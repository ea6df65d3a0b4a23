-- vector: text form, type modifier, binary form, storage

SELECT '[1,2,3]'::vector, '[-1,-2.5,3e10]'::vector, ' [ 1 , 2 , 3 ] '::vector;
SELECT replace('_[_1_,_2_]_', '_', E' \t\n\r\f' || chr(11))::vector;
SELECT '[1.23456]'::vector, '[1.]'::vector, '[.5]'::vector, '[+1]'::vector, '[0x1p-3]'::vector;
-- shortest form that reads back as the same real
SELECT '[0.1,0.3333333333333333,16777217,1e-05,1e15,1.5e+38,-0]'::vector;
SELECT '[3.4028235e38,-3.4028235e38,1e-37,1e-45]'::vector;
-- underflow is accepted
SELECT '[1e-46,-1e-46]'::vector;

-- syntax
SELECT ''::vector;
SELECT '1,2,3'::vector;
SELECT '1'::vector;
SELECT '{1}'::vector;
SELECT '['::vector;
SELECT '[1'::vector;
SELECT '[1,'::vector;
SELECT '[1,]'::vector;
SELECT '[,1]'::vector;
SELECT '[1,,3]'::vector;
SELECT '[1 2]'::vector;
SELECT '[1a]'::vector;
SELECT '[hello,1]'::vector;
SELECT '[- 1]'::vector;
SELECT '[1,2,3'::vector;
SELECT '[1,2,3]9'::vector;
SELECT '[1,2,3]]'::vector;
SELECT '[1],[2]'::vector;

-- values
SELECT '[]'::vector;
SELECT '[ ]'::vector;
SELECT '[NaN,1]'::vector;
SELECT '[1,nan(7)]'::vector;
SELECT '[Infinity,1]'::vector;
SELECT '[-inf,1]'::vector;
SELECT '[4e38,1]'::vector;
SELECT '[1, -4e38 ,NaN]'::vector;

-- dimension
SELECT '[1,2,3]'::vector(3);
SELECT '[1,2,3]'::vector(2);
SELECT '[1,2,3]'::vector(3, 2);
SELECT '[1,2,3]'::vector('a');
SELECT '[1,2,3]'::vector(0);
SELECT '[1,2,3]'::vector(-1);
SELECT '[1,2,3]'::vector(16001);
SELECT vector_dims(('[' || repeat('0,', 15999) || '0]')::vector(16000));
SELECT ('[' || repeat('0,', 16000) || '0]')::vector;
SELECT format_type('vector'::regtype, 3), 'vector(3)'::regtype;

CREATE TABLE vector_column (id integer, v vector(3));
INSERT INTO vector_column VALUES (1, '[1,2,3]'), (2, NULL), (3, '[4,5,6]');
INSERT INTO vector_column VALUES (4, '[1,2]');
UPDATE vector_column SET v = '[1,2,3,4]' WHERE id = 1;
SELECT * FROM vector_column ORDER BY id;
SELECT '{"[1,2]","[3]",NULL}'::vector[];
SELECT '{"[1,2]","[3]"}'::vector(2)[];

-- binary form
SELECT vector_send('[1,-2.5]');
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/vector_column.bin'
COPY vector_column TO :'file' WITH (FORMAT binary);
CREATE TABLE vector_copy (id integer, v vector(3));
COPY vector_copy FROM :'file' WITH (FORMAT binary);
SELECT * FROM vector_copy ORDER BY id;
CREATE TABLE vector_narrow (id integer, v vector(2));
COPY vector_narrow FROM :'file' WITH (FORMAT binary);

-- storage: 1000 dimensions stay in the row, 3000 do not fit a page
CREATE TABLE vector_storage (v vector);
INSERT INTO vector_storage SELECT vecstore.random_vector(1000, i) FROM generate_series(1, 10) i;
SELECT pg_relation_size(reltoastrelid) AS toast_bytes FROM pg_class WHERE oid = 'vector_storage'::regclass;
INSERT INTO vector_storage SELECT vecstore.random_vector(3000, i) FROM generate_series(1, 10) i;
SELECT pg_relation_size(reltoastrelid) > 0 AS toasted FROM pg_class WHERE oid = 'vector_storage'::regclass;
SELECT vector_dims(v), count(*) FROM vector_storage GROUP BY 1 ORDER BY 1;
SELECT pg_column_size('[1,2,3]'::vector);

-- reproducible random vectors
SELECT vecstore.random_vector(3, 42), vecstore.random_vector(2, -1);
SELECT vecstore.random_vector(0, 1);
SELECT vecstore.random_vector(16001, 1);
