// SPDX-License-Identifier: PostgreSQL
//
// score.cpp - the score, as bridge/bm25.h defines it.
//
// Owns: the order of the operations.  This file is compiled without contraction of a * b + c, so the bits
// of a score do not depend on the processor.

#include <cmath>

#include "bridge/bm25.h"

double vs_bm25_idf(double n_docs, double df) {
  if (!(df > 0)) df = 0;
  if (!(n_docs > df)) n_docs = df;
  return std::log(1 + (n_docs - df + 0.5) / (df + 0.5));
}

double vs_bm25_leaf_score(const VsBm25Model* model, int leaf, double boost, double tf, double len) {
  if (!(tf > 0)) return 0;
  const double norm = model->k1 * (1 - model->b + model->b * len / model->avg_len);
  return boost * model->idf[leaf] * (tf * (model->k1 + 1) / (tf + norm));
}

double vs_bm25_score(const VsBm25Query* query, const VsBm25Model* model, const VsBm25Hit* hits,
                     const bool* boosted, uint32_t len) {
  double score = 0;
  for (int i = 0; i < query->n_leaves; ++i) {
    if (!query->leaves[i].scored || !hits[i].present) continue;
    const double boost = boosted != nullptr && boosted[i] ? model->phrase_boost : 1;
    score += vs_bm25_leaf_score(model, i, boost, hits[i].tf, len);
  }
  return score;
}
