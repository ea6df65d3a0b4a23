CREATE INDEX glosses_embedding ON glosses USING hnsw (embedding vector_cosine_ops);
