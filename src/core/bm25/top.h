// SPDX-License-Identifier: PostgreSQL
//
// top.h - the best k results so far.
//
// Owns: a heap with the worst result on top.
#ifndef VECSTORE_CORE_BM25_TOP_H
#define VECSTORE_CORE_BM25_TOP_H

#include "bridge/bm25_segment.h"
#include "core/base/grow_array.h"

struct VsBm25Top {
  vecstore::GrowArray<VsBm25Result> heap;
  uint32_t k;
  bool has_after;
  VsBm25Result after;

  bool full() const { return heap.size() == k; }
  // What a score must reach to matter; nothing negative does.
  double threshold() const { return full() ? heap[0].score : 0; }
  // Would an equal score at `row` or later come too late?
  bool TiesLose(uint64_t row) const { return full() && heap[0].row < row; }
};

#endif
