# SPDX-License-Identifier: PostgreSQL
"""fusion - what combining rankings costs in a server: fuse, MMR, a fused query against its branches, vecstore.search.

usage: fusion.py [CONNECTION]

Makes a table fused of 100,000 rows, 128 dimensions and texts of six words, drops it at the end.  Calls are timed in turn, as their
client sees them; fuse and mmr alone also in the server, in a loop of PL/pgSQL.  Prints medians in milliseconds.
"""
import statistics
import sys

import psycopg2

from text import timed

ROWS, DIMENSIONS, ROUNDS = 100_000, 128, 300
WORDS = "amber basil cedar delta ember fjord grove haven inlet jetty knoll larch maple north ocean pearl quartz ridge slope tundra".split()

SETUP = f"""
CREATE TABLE fused (id int PRIMARY KEY, title text, price int, embedding vector({DIMENSIONS}),
                    tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
INSERT INTO fused
SELECT i, (SELECT string_agg((%s::text[])[1 + (hashint8(i * 31 + w) & 65535) %% {len(WORDS)}], ' ') FROM generate_series(1, 6) w),
       i %% 1000, vecstore.random_vector({DIMENSIONS}, i)
FROM generate_series(1, {ROWS}) i;
CREATE INDEX ON fused USING hnsw (embedding vector_cosine_ops);
CREATE INDEX ON fused USING bm25 (tsv);
ANALYZE fused;
"""

VECTOR = "SELECT id, embedding <=> {vector} AS distance FROM fused ORDER BY embedding <=> {vector} LIMIT 100"
TEXT = "SELECT id, tsv <@> {query} AS distance FROM fused WHERE tsv @@ {query} ORDER BY tsv <@> {query} LIMIT 100"
FUSED = ("SELECT id, score, rank FROM vecstore.fuse('rrf', ARRAY["
         "(SELECT vecstore.ranking(id, distance) FROM (" + VECTOR + ") b), "
         "(SELECT vecstore.ranking(id, distance) FROM (" + TEXT + ") b)], top_k => 10) ORDER BY rank")
BY_HAND = ("SELECT f.id, f.score, f.rank, jsonb_build_object('id', t.id, 'title', t.title, 'price', t.price) FROM (" + FUSED + ") f "
           "JOIN fused t ON t.id = f.id ORDER BY f.rank")
SEARCH = "SELECT * FROM vecstore.search('fused', {vector}, {text})"
QUERIES = {"vector": VECTOR, "text": TEXT, "fused": FUSED, "by hand": BY_HAND, "search": SEARCH}

IN_SERVER = """
DO $$
DECLARE
  a vecstore.ranking := (SELECT vecstore.ranking(i::bigint, random()) FROM generate_series(1, 1000) i);
  b vecstore.ranking := (SELECT vecstore.ranking(i::bigint, random()) FROM generate_series(500, 1499) i);
  c vecstore.candidates := (SELECT vecstore.candidates(i::bigint, random(), vecstore.random_vector(768, i)) FROM generate_series(1, 100) i);
  fuse float8[]; fuse_all float8[]; mmr float8[]; started timestamptz;
BEGIN
  FOR i IN 1..300 LOOP
    started := clock_timestamp(); PERFORM count(*) FROM vecstore.fuse('rrf', ARRAY[a, b], top_k => 100) f;
    fuse := fuse || extract(epoch FROM clock_timestamp() - started)::float8;
    started := clock_timestamp(); PERFORM count(*) FROM vecstore.fuse('rrf', ARRAY[a, b]) f;
    fuse_all := fuse_all || extract(epoch FROM clock_timestamp() - started)::float8;
    started := clock_timestamp(); PERFORM count(*) FROM vecstore.mmr(c, 10, 0.5) f;
    mmr := mmr || extract(epoch FROM clock_timestamp() - started)::float8;
  END LOOP;
  PERFORM set_config('fused.ms', (SELECT string_agg((1e3 * percentile)::text, ' ' ORDER BY n) FROM (
    SELECT 1 AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY t) AS percentile FROM unnest(fuse) t
    UNION ALL SELECT 2, percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(fuse_all) t
    UNION ALL SELECT 3, percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(mmr) t) s), false);
END $$
"""


def question(cursor, i):
    """The parts of the queries that change: a vector, words, and the tsquery of these, as literals."""
    cursor.execute("SELECT vecstore.random_vector(%s, %s)::text", (DIMENSIONS, -1 - i))
    vector = f"'{cursor.fetchone()[0]}'::vector"
    text = f"'{WORDS[i % len(WORDS)]} {WORDS[(i * 7 + 3) % len(WORDS)]}'"
    return {"vector": vector, "text": text, "query": f"vecstore.websearch_or_tsquery('english', {text})"}


def measure(cursor):
    times = {name: [] for name in QUERIES}
    for i in range(ROUNDS + 20):
        parts = question(cursor, i)
        for name, query in QUERIES.items():
            elapsed = timed(cursor, query.format(**parts))
            if i >= 20:
                times[name].append(elapsed)
    return times


def main():
    connection = psycopg2.connect(sys.argv[1] if len(sys.argv) > 1 else "")
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS fused")
    cursor.execute(SETUP, (WORDS,))
    cursor.execute("SET jit = off")
    times = measure(cursor)
    cursor.execute(IN_SERVER)
    cursor.execute("SELECT current_setting('fused.ms')")
    fuse, fuse_all, mmr = map(float, cursor.fetchone()[0].split())
    cursor.execute("DROP TABLE fused")
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = statistics.median(f / (v + t) for v, t, f in zip(times["vector"], times["text"], times["fused"]))
    added = statistics.median(s - h for s, h in zip(times["search"], times["by hand"]))
    for name, value in medians.items():
        print(f"{name}: {value:.3f} ms")
    print(f"a fused query, of the sum of its branches: {ratio:.3f}")
    print(f"search adds to the same written by hand: {added:.3f} ms")
    print(f"fuse of 2 x 1,000 to 100: {fuse:.3f} ms, to all: {fuse_all:.3f} ms")
    print(f"mmr of 100 x 768 dimensions to 10: {mmr:.3f} ms")


if __name__ == "__main__":
    main()
