# SPDX-License-Identifier: PostgreSQL
"""text - bm25 indexes against GIN with ts_rank, over the texts of texts.py, in one server.

usage: text.py CONNECTION [COPIES]

The database has vecstore.  With COPIES, the texts are repeated that often, all of them after one another.  300 texts are held out, under all of their titles;
queries are two to five of their words, phrases two words that follow each other.  Prints tables; times are milliseconds at the client.
"""
import io
import random
import re
import statistics
import sys
import time

import psycopg2

import clients
import texts

SEED = 7
HELD_OUT = 300
PASSES = 3
BATCH = 20000
CLIENTS = 2
SECONDS = 5
ANY, ALL, PHRASE = "vecstore.or_tsquery", "plainto_tsquery", "phraseto_tsquery"
SEARCHES = {
    "any of 2-5 words": (ANY, "words", "ts_rank"),
    "all of 2-5 words": (ALL, "words", "ts_rank_cd"),
    "phrase of 2 words": (PHRASE, "phrase", "ts_rank_cd"),
}
BY_BM25 = "SELECT id FROM bm25_texts, {query}('english', %s) q WHERE tsv @@ q ORDER BY tsv <@> q LIMIT 10"
BY_GIN = "SELECT id FROM gin_texts, {query}('english', %s) q WHERE tsv @@ q ORDER BY {rank}(tsv, q) DESC LIMIT 10"
PREPARED_BM25 = "SELECT id FROM bm25_texts WHERE tsv @@ {query}('english', $1) ORDER BY tsv <@> {query}('english', $1) LIMIT 10"
PREPARED_GIN = "SELECT id FROM gin_texts WHERE tsv @@ {query}('english', $1) ORDER BY {rank}(tsv, {query}('english', $1)) DESC LIMIT 10"


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
    bodies = {documents[i][2] for i in held}
    return [d for d in documents if d[2] not in bodies], queries


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
    cursor.execute("CREATE TABLE bm25_texts AS SELECT row_number() OVER (ORDER BY copy, raw.ctid) AS id, to_tsvector('english', title || ' ' || body) AS tsv"
                   " FROM raw, generate_series(1, %s) copy ORDER BY copy, raw.ctid", (copies,))
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


def prepare(cursor, index, sql):
    """A prepared statement, as a driver that keeps them sends it; returns what to send for one text."""
    cursor.execute(f"DEALLOCATE ALL; PREPARE by_{index} (text) AS {sql}")
    return f"EXECUTE by_{index} (%s)"


def compare(cursor, name, queries, statements):
    times = {index: [] for index in statements}
    for number in range(PASSES + 1):
        for index, (sql, prepared) in statements.items():
            sent = prepare(cursor, index, sql) if prepared else sql
            spent = [timed(cursor, sent, (q,)) for q in queries]
            if number > 0:
                times[index] += spent
    for index, t in times.items():
        ratios = (f"{statistics.mean(times['gin']) / statistics.mean(t):.1f} | {percentile(times['gin'], .95) / percentile(t, .95):.1f}")
        print(f"| {name} | {index} | {statistics.mean(t):.3f} | {percentile(t, .5):.3f} | {percentile(t, .95):.3f} | {max(t):.1f} | {ratios} |", flush=True)


def searches(cursor, queries):
    print("\n| search | index | mean | p50 | p95 | max | mean, ratio | p95, ratio |\n|" + " --- |" * 8)
    for name, (query, kind, rank) in SEARCHES.items():
        texts_of = [q[kind] for q in queries]
        compare(cursor, name, texts_of, {"bm25": (BY_BM25.format(query=query), False),
                                         "gin": (BY_GIN.format(query=query, rank=rank), False)})
        compare(cursor, name + ", prepared", texts_of, {"bm25": (PREPARED_BM25.format(query=query), True),
                                                        "gin": (PREPARED_GIN.format(query=query, rank=rank), True)})


def in_server(cursor, queries):
    """What planning and executing take, without client, parser and round trip: EXPLAIN (ANALYZE, TIMING OFF)."""
    print("\n| in the server | index | planned, mean ms | executed | both, ratio | executed, ratio |\n|" + " --- |" * 6)
    for name, (query, kind, rank) in SEARCHES.items():
        statements = {"bm25": BY_BM25.format(query=query), "gin": BY_GIN.format(query=query, rank=rank)}
        spent = {index: [] for index in statements}
        for number in range(PASSES + 1):
            for index, sql in statements.items():
                for q in queries:
                    cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql, (q[kind],))
                    root = cursor.fetchone()[0][0]
                    if number > 0:
                        spent[index].append((root["Planning Time"], root["Execution Time"]))
        means = {index: [statistics.mean(part) for part in zip(*times)] for index, times in spent.items()}
        for index, (planned, executed) in means.items():
            print(f"| {name} | {index} | {planned:.3f} | {executed:.3f} | {sum(means['gin']) / (planned + executed):.1f} | "
                  f"{means['gin'][1] / executed:.1f} |", flush=True)


def index_scans(plan):
    """The index scans of a plan, each with the numbers of pages it touched."""
    found = [plan] if plan["Node Type"] == "Index Scan" else []
    for child in plan.get("Plans", []):
        found += index_scans(child)
    return found


def pages(cursor, queries):
    cursor.execute("SELECT pg_relation_size('bm25_texts_i') / 8192, current_setting('shared_buffers')")
    print("\n%d pages in the index, shared_buffers = %s; those of the heap's ten rows are counted with the query's" % cursor.fetchone())
    print("\n| search | pages touched, mean | p95 | max | read into the pool, mean | ms, mean |\n|" + " --- |" * 6)
    for name, (query, kind, _) in SEARCHES.items():
        touched, read, spent = [], [], []
        for q in queries:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + BY_BM25.format(query=query), (q[kind],))
            root = cursor.fetchone()[0][0]
            scans = index_scans(root["Plan"])
            touched.append(sum(s["Shared Hit Blocks"] + s["Shared Read Blocks"] for s in scans))
            read.append(sum(s["Shared Read Blocks"] for s in scans))
            spent.append(root["Execution Time"])
        print(f"| {name} | {statistics.mean(touched):.0f} | {percentile(touched, .95)} | {max(touched)} | {statistics.mean(read):.0f} | "
              f"{statistics.mean(spent):.2f} |", flush=True)


def insert_batches(cursor):
    """Rows a second of INSERT ... SELECT, also into a table without an index, whose time is not the index's."""
    spent = {"none": [], "gin": [], "bm25": []}
    for number in range(PASSES):
        for index, times in spent.items():
            times.append(timed(cursor, f"INSERT INTO {index}_texts SELECT -1, tsv FROM source WHERE id BETWEEN %s AND %s",
                               (number * BATCH + 1, (number + 1) * BATCH)))
    table = sum(spent["none"])
    print(f"\n| INSERT of {BATCH} rows | rows/s | rows/s of the index alone |\n| --- | --- | --- |")
    for index in ("gin", "bm25"):
        total = sum(spent[index])
        print(f"| {index} | {1000 * BATCH * PASSES / total:.0f} | {1000 * BATCH * PASSES / (total - table):.0f} |", flush=True)


class Server:
    """What clients.run_pgbench asks of a server."""

    def __init__(self, connection):
        self.parameters = connection.get_dsn_parameters()

    def program(self, name):
        return name

    def environment(self):
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        return {variable: self.parameters[name] for name, variable in names.items() if name in self.parameters}


def insert_with_clients(cursor):
    """One row a transaction, by pgbench; the index alone is without the time of the same into a table that has none."""
    rates = {}
    print(f"\n| single rows, {CLIENTS} clients | rows/s | rows/s of the index alone | slowest ms |\n|" + " --- |" * 4)
    for index in ("none", "gin", "bm25"):
        script = f"\\set key random(1, {BATCH * PASSES})\nINSERT INTO {index}_texts SELECT -1, tsv FROM source WHERE id = :key;\n"
        rate, waits = clients.run_pgbench(Server(cursor.connection), script, CLIENTS, SECONDS, {"synchronous_commit": "off"})
        rates[index] = rate
        alone = "" if index == "none" else f"{1 / (1 / rate - 1 / rates['none']):.0f}"
        print(f"| {'no index' if index == 'none' else index} | {rate:.0f} | {alone} | {max(waits) / 1000:.1f} |", flush=True)


def inserts(cursor):
    cursor.execute("DROP TABLE IF EXISTS none_texts, source")
    cursor.execute("CREATE TABLE none_texts AS TABLE bm25_texts WITH NO DATA")
    cursor.execute("CREATE TABLE source (id int PRIMARY KEY, tsv tsvector)")
    cursor.execute("INSERT INTO source SELECT row_number() OVER (), tsv FROM bm25_texts TABLESAMPLE BERNOULLI (50) REPEATABLE (1) LIMIT %s",
                   (BATCH * PASSES,))
    cursor.execute("VACUUM ANALYZE source")
    cursor.execute("ALTER INDEX gin_texts_i SET (fastupdate = off)")
    insert_batches(cursor)
    insert_with_clients(cursor)


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
    in_server(cursor, queries)
    pages(cursor, queries)
    inserts(cursor)


if __name__ == "__main__":
    main()
