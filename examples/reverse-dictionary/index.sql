CREATE INDEX glosses_embedding ON glosses USING hnsw (embedding vector_cosine_ops);
CREATE INDEX glosses_tsv ON glosses USING bm25 (tsv);
