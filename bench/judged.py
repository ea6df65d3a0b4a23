# SPDX-License-Identifier: PostgreSQL
"""judged - how well bm25, vectors and both rank collections whose answers were judged by people.

usage: judged.py DIRECTORY [CONNECTION [EMBEDDINGS]]

DIRECTORY holds the collections in the form in which they are handed around:

    cranfield/cran.all.1400.xml, cran.qry.xml, cranqrel.trec.txt
    cacm/cacm.tar.gz, topics.cacm.txt, qrels.cacm.txt

EMBEDDINGS is a directory that embed_judged.py filled; without it there are no vectors and no hybrid rankings.

Prints nDCG@10 (gains as judged, logarithmic discount), MRR and average precision of a few kinds of queries.
"""
import math
import re
import sys
import tarfile
from pathlib import Path

DEPTH = 1000
CANDIDATES = 100
ANY_WORD = "vecstore.or_tsquery('vecstore.english', %(text)s)"
KINDS = {
    "bm25, any word": ("SELECT id FROM judged WHERE v @@ %(q)s::tsquery ORDER BY v <@> %(q)s::tsquery LIMIT %(depth)s",
                       ANY_WORD),
    "bm25, any word, more for phrases": ("SELECT id FROM judged WHERE v @@ %(q)s::tsquery ORDER BY v <@> %(q)s::tsquery LIMIT %(depth)s",
                                         "vecstore.phrase_boost_query('vecstore.english', %(text)s)"),
    "ts_rank, any word": ("SELECT id FROM judged WHERE v @@ %(q)s::tsquery ORDER BY ts_rank(v, %(q)s::tsquery) DESC, id LIMIT %(depth)s",
                          ANY_WORD),
    "ts_rank_cd, any word": ("SELECT id FROM judged WHERE v @@ %(q)s::tsquery ORDER BY ts_rank_cd(v, %(q)s::tsquery) DESC, id LIMIT %(depth)s",
                             ANY_WORD),
}
BY_VECTOR = ("SELECT id, e <=> %(vector)s::vector AS distance FROM judged "
             "ORDER BY e <=> %(vector)s::vector LIMIT %(candidates)s")
BY_WORDS = ("SELECT id, v <@> %(q)s::tsquery AS distance FROM judged WHERE v @@ %(q)s::tsquery "
            "ORDER BY v <@> %(q)s::tsquery LIMIT %(candidates)s")


def hybrid(strategy, options=""):
    return (f"SELECT id FROM vecstore.fuse_text('{strategy}', ARRAY[(SELECT vecstore.ranking(id, distance) FROM ({BY_VECTOR}) b), "
            f"(SELECT vecstore.ranking(id, distance) FROM ({BY_WORDS}) b)]{options}, top_k => %(candidates)s) ORDER BY rank", ANY_WORD)


HYBRID_KINDS = {
    f"vectors, first {CANDIDATES}": (f"SELECT id FROM ({BY_VECTOR}) b", ANY_WORD),
    f"bm25, first {CANDIDATES}": (f"SELECT id FROM ({BY_WORDS}) b", ANY_WORD),
    "hybrid rrf": hybrid("rrf"),
    "hybrid rrf, rrf_k 10": hybrid("rrf", ", rrf_k => 10"),
    "hybrid rrf, rrf_k 2": hybrid("rrf", ", rrf_k => 2"),
    "hybrid dbsf": hybrid("dbsf"),
    "hybrid relative_score": hybrid("relative_score"),
    "hybrid combmnz": hybrid("combmnz"),
    "hybrid isr": hybrid("isr"),
    "hybrid relative_score, weights 2:1": hybrid("relative_score", ", weights => '{2,1}'"),
    "hybrid relative_score, weights 1:2": hybrid("relative_score", ", weights => '{1,2}'"),
}


def plain(markup):
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def qrels(path, name):
    judgments = {}
    for line in path.read_text().splitlines():
        if line.split():
            query, _, document, gain = line.split()
            judgments.setdefault(int(query), {})[name(document)] = max(0, int(gain))
    return judgments


def cranfield(directory):
    text = (directory / "cran.all.1400.xml").read_text(encoding="utf-8", errors="replace")
    documents = {}
    for entry in re.findall(r"<doc>(.*?)</doc>", text, re.S):
        number = re.search(r"<docno>(.*?)</docno>", entry, re.S)[1].strip()
        parts = [re.search(rf"<{part}>(.*?)</{part}>", entry, re.S) for part in ("title", "text")]
        documents[number] = plain(" ".join(part[1] for part in parts if part))
    topics = (directory / "cran.qry.xml").read_text(encoding="utf-8", errors="replace")
    titles = re.findall(r"<title>(.*?)</title>", topics, re.S)
    return documents, {i + 1: plain(t) for i, t in enumerate(titles)}, qrels(directory / "cranqrel.trec.txt", str)


def cacm(directory):
    documents = {}
    with tarfile.open(directory / "cacm.tar.gz") as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.endswith(".html"):
                contents = archive.extractfile(member).read().decode("utf-8", errors="replace")
                documents[Path(member.name).stem] = plain(contents)
    topics = (directory / "topics.cacm.txt").read_text(encoding="utf-8", errors="replace")
    queries = {int(number): plain(text) for number, text in
               re.findall(r"<DOC>\s*<DOCNO>\s*(\d+)\s*</DOCNO>(.*?)</DOC>", topics, re.S)}
    return documents, queries, qrels(directory / "qrels.cacm.txt", str)


def ndcg(found, gains, depth=10):
    ideal = sorted(gains.values(), reverse=True)[:depth]
    best = sum(g / math.log2(i + 2) for i, g in enumerate(ideal))
    return sum(gains.get(d, 0) / math.log2(i + 2) for i, d in enumerate(found[:depth])) / best if best else 0


def reciprocal_rank(found, gains):
    return next((1 / (i + 1) for i, d in enumerate(found) if gains.get(d, 0) > 0), 0)


def average_precision(found, gains):
    hits, total = 0, 0
    for i, document in enumerate(found):
        if gains.get(document, 0) > 0:
            hits += 1
            total += hits / (i + 1)
    relevant = sum(1 for g in gains.values() if g > 0)
    return total / relevant if relevant else 0


COLLECTIONS = {"cranfield": cranfield, "cacm": cacm}


def as_text(vector):
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def load(cursor, documents, vectors, config="vecstore.english"):
    """vectors: those of the documents, or None."""
    cursor.execute("DROP TABLE IF EXISTS judged")
    cursor.execute("CREATE TABLE judged (id text PRIMARY KEY, v tsvector, e vector(384))")
    for i, (document, text) in enumerate(documents.items()):
        cursor.execute("INSERT INTO judged VALUES (%s, to_tsvector(%s::regconfig, %s), %s)",
                       (document, config, text, None if vectors is None else as_text(vectors[i])))
    cursor.execute("CREATE INDEX judged_v ON judged USING bm25 (v)")
    cursor.execute("CREATE INDEX judged_e ON judged USING hnsw (e vector_cosine_ops)")
    cursor.execute("ANALYZE judged")


def measure(cursor, queries, vectors, judgments, kind):
    """vectors: number of a query -> its vector as text; empty without embeddings."""
    search, query = kind
    rows = []
    for number, gains in sorted(judgments.items()):
        cursor.execute(f"SELECT {query}", {"text": queries[number]})
        cursor.execute(search, {"q": cursor.fetchone()[0], "vector": vectors.get(number), "depth": DEPTH,
                                "candidates": CANDIDATES})
        found = [row[0] for row in cursor.fetchall()]
        rows.append((ndcg(found, gains), reciprocal_rank(found, gains), average_precision(found, gains)))
    return [sum(column) / len(rows) for column in zip(*rows)]


def main():
    # embed_judged.py takes the collections from here, in an environment without these
    import numpy
    import psycopg2

    directory = Path(sys.argv[1])
    connection = psycopg2.connect(sys.argv[2] if len(sys.argv) > 2 else "")
    connection.autocommit = True
    cursor = connection.cursor()
    print("| collection | ranking | nDCG@10 | MRR | MAP |\n| --- | --- | --- | --- | --- |")
    for name, read in COLLECTIONS.items():
        documents, queries, judgments = read(directory / name)
        embedded = numpy.load(Path(sys.argv[3]) / f"{name}.npz") if len(sys.argv) > 3 else None
        load(cursor, documents, None if embedded is None else embedded["documents"])
        vectors = {} if embedded is None else dict(zip(queries, map(as_text, embedded["queries"])))
        for kind, search in {**KINDS, **(HYBRID_KINDS if vectors else {})}.items():
            scores = measure(cursor, queries, vectors, judgments, search)
            print(f"| {name}, {len(documents)} documents, {len(judgments)} queries | {kind} | "
                  + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)


if __name__ == "__main__":
    main()
