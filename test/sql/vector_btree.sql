-- order of vector and halfvec: operators, sorting, btree indexes

SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt, vector_cmp(a, b) AS cmp
FROM (VALUES ('[1,2,3]'::vector, '[1,2,3]'::vector), ('[1,2,3]', '[1,2]'), ('[1,2]', '[1,2,3]'), ('[1,2]', '[2,3,4]'),
             ('[2,3]', '[1,2,3]'), ('[0]', '[-0]'), ('[-1]', '[-0]')) AS pair(a, b);
SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt, halfvec_cmp(a, b) AS cmp
FROM (VALUES ('[1,2,3]'::halfvec, '[1,2,3]'::halfvec), ('[1,2,3]', '[1,2]'), ('[1,2]', '[1,2,3]'), ('[1,2]', '[2,3,4]'),
             ('[2,3]', '[1,2,3]'), ('[0]', '[-0]'), ('[-1]', '[-0]')) AS pair(a, b);

CREATE TABLE ordered (v vector, h halfvec);
INSERT INTO ordered SELECT v, v FROM unnest('{"[0,0,0]","[1,2,3]","[1,1,1]","[1,2]","[1,2,3]",NULL,"[-1]"}'::vector[]) v;
SELECT v FROM ordered ORDER BY v;
SELECT h FROM ordered ORDER BY h DESC;
SELECT DISTINCT v FROM ordered ORDER BY v;
SELECT count(DISTINCT h) FROM ordered;
SELECT v, count(*) FROM ordered GROUP BY v ORDER BY v;

CREATE INDEX ordered_v ON ordered (v);
CREATE INDEX ordered_h ON ordered (h DESC);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM ordered WHERE v = '[1,2,3]';
SELECT v FROM ordered WHERE v = '[1,2,3]';
SELECT v FROM ordered WHERE v > '[1,1,1]' ORDER BY v;
EXPLAIN (COSTS OFF) SELECT h FROM ordered WHERE h BETWEEN '[1,1]' AND '[1,2]' ORDER BY h DESC;
SELECT h FROM ordered WHERE h BETWEEN '[1,1]' AND '[1,2]' ORDER BY h DESC;
RESET enable_seqscan;

CREATE UNIQUE INDEX ordered_unique ON ordered (v);
DELETE FROM ordered WHERE ctid IN (SELECT max(ctid) FROM ordered WHERE v = '[1,2,3]');
CREATE UNIQUE INDEX ordered_unique ON ordered (v);
INSERT INTO ordered (v) VALUES ('[1,2]');

-- equality joins work, although there is no hash operator class
SELECT a.v FROM ordered a JOIN ordered b USING (v) ORDER BY 1;
SELECT opcname, opcintype::regtype, opcdefault
FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod WHERE opcintype IN ('vector'::regtype, 'halfvec'::regtype) AND amname = 'btree' ORDER BY 1;
-- statistics are gathered
ANALYZE ordered;
SELECT attname, null_frac > 0 AS has_null FROM pg_stats WHERE tablename = 'ordered' ORDER BY 1;
DROP TABLE ordered;
