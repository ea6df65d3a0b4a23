# SPDX-License-Identifier: PostgreSQL
"""judged_terms - what words that a query repeats are worth, term by term.

usage: judged_terms.py DIRECTORY [CONNECTION [CONFIGURATION]]

A tsquery has each word once; other programs count a word as often as the query has it.  For the judged collections of judged.py this prints nDCG@10
with every word once (which is what bm25 ranks by), with all words as often as they are repeated, and, for each query on which that makes a difference, what
each repeated word does alone.  A score is a sum over words, so any of them may be multiplied: scores are those of the operator, for one word each.
"""
import sys
from pathlib import Path

import judged

LEAST = 0.01  # differences of a query that are shown


def words_of(cursor, config, text):
    """The words of a text, and how often it has each."""
    cursor.execute("SELECT lexeme, cardinality(positions) FROM unnest(to_tsvector(%s::regconfig, %s))", (config, text))
    return dict(cursor.fetchall())


def scores_of(cursor, words):
    """word -> document -> its score."""
    scores = {}
    for word in words:
        cursor.execute("SELECT id, -(v <@> q) FROM judged, (SELECT vecstore.bm25query(quote_literal(%s)::tsquery, 'judged_v')) x(q) WHERE v @@ quote_literal(%s)::tsquery",
                       (word, word))
        scores[word] = dict(cursor.fetchall())
    return scores


def ranked(scores, counts):
    sums = {}
    for word, documents in scores.items():
        for document, score in documents.items():
            sums[document] = sums.get(document, 0) + counts.get(word, 1) * score
    return sorted(sums, key=lambda document: (-sums[document], document))[:10]


def show(cursor, name, config, queries, judgments):
    once, repeated, alone, rows = 0, 0, 0, []
    for number, gains in sorted(judgments.items()):
        words = words_of(cursor, config, queries[number])
        scores = scores_of(cursor, words)
        again = {word: n for word, n in words.items() if n > 1}
        base, whole = (judged.ndcg(ranked(scores, counts), gains) for counts in ({}, again))
        each = {word: judged.ndcg(ranked(scores, {word: n}), gains) - base for word, n in again.items()}
        once, repeated, alone = once + base, repeated + whole, alone + sum(each.values())
        if abs(whole - base) >= LEAST:
            effects = ", ".join(f"{word} x{again[word]} {each[word]:+.3f}" for word in sorted(each, key=lambda w: -abs(each[w])))
            rows.append((whole - base, f"| {number} | {base:.3f} | {whole:.3f} | {effects} |"))
    n = len(judgments)
    print(f"\n{name}, {config}, {n} queries: {once / n:.4f} with every word once, {repeated / n:.4f} as often as it is repeated; words alone {alone / n:+.4f}\n")
    print("| query | once | repeated | what each repeated word does alone |\n| --- | --- | --- | --- |")
    for _, row in sorted(rows, key=lambda r: -abs(r[0])):
        print(row)


def main():
    import psycopg2

    connection = psycopg2.connect(sys.argv[2] if len(sys.argv) > 2 else "")
    connection.autocommit = True
    cursor = connection.cursor()
    config = sys.argv[3] if len(sys.argv) > 3 else "vecstore.english"
    for name, read in judged.COLLECTIONS.items():
        documents, queries, judgments = read(Path(sys.argv[1]) / name)
        judged.load(cursor, documents, None, config)
        show(cursor, name, config, queries, judgments)


if __name__ == "__main__":
    main()
