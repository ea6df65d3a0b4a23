# SPDX-License-Identifier: PostgreSQL
"""text - bm25 indexes against GIN with ts_rank, over the texts of texts.py, in one server.

usage: text.py CONNECTION [COPIES]

The database has vecstore.  With COPIES, the texts are repeated that often.  300 texts are held out; queries are two to five of
their words, phrases two words that follow each other.  Prints tables; times are milliseconds at the client.
"""
import io
import random
import re
import statistics
import sys
import time

import psycopg2

import texts

SEED = 7
HELD_OUT = 300
PASSES = 3
INSERTS = 3000
ANY, ALL, PHRASE = "vecstore.or_tsquery", "plainto_tsquery", "phraseto_tsquery"
SEARCHES = {
    "any of 2-5 words": (ANY, "words", "ts_rank"),
    "all of 2-5 words": (ALL, "words", "ts_rank_cd"),
    "phrase of 2 words": (PHRASE, "phrase", "ts_rank_cd"),
}
BY_BM25 = "SELECT id FROM bm25_texts, {query}('english', %s) q WHERE tsv @@ q ORDER BY tsv <@> q LIMIT 10"
BY_GIN = "SELECT id FROM gin_texts, {query}('english', %s) q WHERE tsv @@ q ORDER BY {rank}(tsv, q) DESC LIMIT 10"


def choose_queries(documents):
    generator = random.Random(SEED)
    held = set(generator.sample(range(len(documents)), HELD_OUT))
    queries = []
    for i in sorted(held):
        words = re.findall(r"[A-Za-z]{3,}", documents[i][2])
        count = generator.randint(2, 5)
        if len(words) < count:
            words += ["water", "house", "system", "made", "file"]
        at = generator.randrange(len(words) - 1)
        queries.append({"words": " ".join(generator.sample(words, count)), "phrase": " ".join(words[at:at + 2])})
    return [d for i, d in enumerate(documents) if i not in held], queries


def timed(cursor, sql, arguments=None):
    start = time.perf_counter()
    cursor.execute(sql, arguments)
    if cursor.description:
        cursor.fetchall()
    return 1000 * (time.perf_counter() - start)


def load(cursor, documents, copies):
    cursor.execute("DROP TABLE IF EXISTS raw, bm25_texts, gin_texts")
    cursor.execute("CREATE TABLE raw (title text, body text)")
    rows = io.StringIO()
    for _, title, body in documents:
        rows.write("\t".join(x.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ").replace("\0", "")
                             for x in (title, body)) + "\n")
    rows.seek(0)
    cursor.copy_expert("COPY raw FROM STDIN", rows)
    cursor.execute("CREATE TABLE bm25_texts AS SELECT row_number() OVER () AS id, to_tsvector('english', title || ' ' || body) AS tsv"
                   " FROM raw, generate_series(1, %s)", (copies,))
    cursor.execute("CREATE TABLE gin_texts AS TABLE bm25_texts")
    for table in ("bm25_texts", "gin_texts"):
        cursor.execute(f"VACUUM ANALYZE {table}")


def builds(cursor):
    print("\n| index | build s | MB |\n| --- | --- | --- |")
    makers = {"gin": "CREATE INDEX gin_texts_i ON gin_texts USING gin (tsv)",
              "bm25": "CREATE INDEX bm25_texts_i ON bm25_texts USING bm25 (tsv)",
              "bm25, positions = off": "CREATE INDEX bm25_texts_n ON bm25_texts USING bm25 (tsv) WITH (positions = off)"}
    spent = {name: [] for name in makers}
    sizes = {}
    for _ in range(PASSES):
        cursor.execute("DROP INDEX IF EXISTS gin_texts_i, bm25_texts_i, bm25_texts_n")
        for name, sql in makers.items():
            cursor.execute("CHECKPOINT")
            spent[name].append(timed(cursor, sql) / 1000)
            cursor.execute("SELECT pg_relation_size(%s)", (sql.split()[2],))
            sizes[name] = cursor.fetchone()[0] / 1e6
    cursor.execute("DROP INDEX bm25_texts_n")
    for name in makers:
        print(f"| {name} | {statistics.median(spent[name]):.1f} ({min(spent[name]):.1f}-{max(spent[name]):.1f}) | {sizes[name]:.1f} |")


def percentile(values, share):
    return sorted(values)[int(share * len(values))]


def searches(cursor, queries):
    print("\n| search | index | mean | p50 | p95 | max | mean, ratio | p95, ratio |\n|" + " --- |" * 8)
    for name, (query, kind, rank) in SEARCHES.items():
        times = {"gin": [], "bm25": []}
        for number in range(PASSES + 1):
            for index, sql in (("bm25", BY_BM25), ("gin", BY_GIN)):
                sql = sql.format(query=query, rank=rank)
                spent = [timed(cursor, sql, (q[kind],)) for q in queries]
                if number > 0:
                    times[index] += spent
        for index in ("bm25", "gin"):
            t = times[index]
            ratios = (f"{statistics.mean(times['gin']) / statistics.mean(t):.1f} | {percentile(times['gin'], .95) / percentile(t, .95):.1f}")
            print(f"| {name} | {index} | {statistics.mean(t):.3f} | {percentile(t, .5):.3f} | {percentile(t, .95):.3f} | {max(t):.1f} | {ratios} |", flush=True)


def inserts(cursor):
    print("\n| inserts, one row each | rows/s | slowest ms |\n| --- | --- | --- |")
    cursor.execute("ALTER INDEX gin_texts_i SET (fastupdate = off)")
    for index in ("gin", "bm25"):
        spent = []
        for i in range(INSERTS):
            spent.append(timed(cursor, f"INSERT INTO {index}_texts SELECT -1, tsv FROM {index}_texts WHERE ctid = %s",
                               (f"({i % 5000},1)",)))
        print(f"| {index} | {1000 * INSERTS / sum(spent):.0f} | {max(spent):.1f} |", flush=True)


def main():
    connection = psycopg2.connect(sys.argv[1])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SET max_parallel_workers_per_gather = 0")
    cursor.execute("SET max_parallel_maintenance_workers = 0")
    cursor.execute("SET synchronous_commit = off")
    documents, queries = choose_queries(list(texts.documents()))
    copies = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    load(cursor, documents, copies)
    cursor.execute("SELECT count(*), avg(length(tsv)) FROM bm25_texts")
    print("%d documents, %.1f terms each" % cursor.fetchone())
    builds(cursor)
    searches(cursor, queries)
    inserts(cursor)


if __name__ == "__main__":
    main()
