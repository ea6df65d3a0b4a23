-- Values at the ends of float4: distances overflow and underflow as they do without an index, and the index
-- still returns its rows, in the order of those distances.
CREATE TABLE extremes (id int, v vector(2), h halfvec(2));
INSERT INTO extremes (id, v) VALUES (1, '[3e38,3e38]'), (2, '[-3e38,0]'), (3, '[3.4e38,-3.4e38]'), (4, '[1e20,1e20]'),
  (5, '[1e19,1]'), (6, '[1,1]'), (7, '[1e-20,1e-20]'), (8, '[1e-25,1e-25]'), (9, '[1e-40,-1e-40]'), (10, '[1e-45,0]'),
  (11, '[0,0]');
INSERT INTO extremes (id, h) VALUES (21, '[65504,65504]'), (22, '[-65504,65504]'), (23, '[1,1]'), (24, '[6e-5,6e-5]'),
  (25, '[6e-8,6e-8]'), (26, '[-6e-8,0]'), (27, '[0,0]');
CREATE INDEX extremes_l2 ON extremes USING hnsw (v vector_l2_ops);
CREATE INDEX extremes_ip ON extremes USING hnsw (v vector_ip_ops);
CREATE INDEX extremes_cosine ON extremes USING hnsw (v vector_cosine_ops);
CREATE INDEX extremes_l1 ON extremes USING hnsw (v vector_l1_ops);
CREATE INDEX extremes_half_l2 ON extremes USING hnsw (h halfvec_l2_ops);
CREATE INDEX extremes_half_ip ON extremes USING hnsw (h halfvec_ip_ops);
CREATE INDEX extremes_half_cosine ON extremes USING hnsw (h halfvec_cosine_ops);
CREATE INDEX extremes_half_l1 ON extremes USING hnsw (h halfvec_l1_ops);
SELECT indexrelid::regclass AS index, problems.*
  FROM pg_index, LATERAL vecstore.check_index(indexrelid) AS problems WHERE indrelid = 'extremes'::regclass AND severity = 'error';

-- Each extreme value as the query: the scan gives the distances that sorting gives.  NaN is left out: rows whose
-- norm underflows have no direction, and under cosine are not indexed.
CREATE FUNCTION disagreements(operator text, col text) RETURNS TABLE(query text, problem text) LANGUAGE plpgsql AS $$
DECLARE
  ordered text;
  by_index float8[];
  sorted float8[];
BEGIN
  FOR query IN EXECUTE format('SELECT %1$I::text FROM extremes WHERE %1$I IS NOT NULL ORDER BY id', col) LOOP
    ordered := format('SELECT array_agg(d) FROM (SELECT %1$I %2$s %3$L AS d FROM extremes ORDER BY %1$I %2$s %3$L) s
      WHERE d <> ''NaN''', col, operator, query);
    PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true),
      set_config('enable_indexscan', 'off', true);
    EXECUTE ordered INTO sorted;
    PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
      set_config('enable_indexscan', 'on', true);
    BEGIN
      EXECUTE ordered INTO by_index;
      problem := format('%s, not %s', by_index, sorted);
    EXCEPTION WHEN OTHERS THEN
      by_index := NULL;
      problem := SQLERRM;
    END;
    IF by_index IS DISTINCT FROM sorted THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
SELECT * FROM disagreements('<->', 'v');
SELECT * FROM disagreements('<#>', 'v');
SELECT * FROM disagreements('<=>', 'v');
SELECT * FROM disagreements('<+>', 'v');
SELECT * FROM disagreements('<->', 'h');
SELECT * FROM disagreements('<#>', 'h');
SELECT * FROM disagreements('<=>', 'h');
SELECT * FROM disagreements('<+>', 'h');

DROP FUNCTION disagreements;
DROP TABLE extremes;
