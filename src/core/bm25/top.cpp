// SPDX-License-Identifier: PostgreSQL
//
// top.cpp - the best k results so far.

#include "core/bm25/top.h"

#include <algorithm>

#include "core/bm25/writer.h"

using namespace vecstore;

namespace {

bool Better(const VsBm25Result& a, const VsBm25Result& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

}  // namespace

VsBm25Top* vs_bm25_top(const VsBm25Memory* memory) {
  const Memory host = bm25::HostMemory(memory);
  VsBm25Top* top = host.New<VsBm25Top>(1);
  top->heap.Init(host);
  vs_bm25_top_reset(top, 1, nullptr);
  return top;
}

void vs_bm25_top_reset(VsBm25Top* top, uint32_t k, const VsBm25Result* after) {
  top->heap.Clear();
  top->k = k > 0 ? k : 1;
  top->has_after = after != nullptr;
  if (after != nullptr) top->after = *after;
}

void vs_bm25_top_offer(VsBm25Top* top, double score, uint64_t row) {
  const VsBm25Result result = {score, row};
  if (!(score > 0) || (top->has_after && !Better(top->after, result))) return;
  if (top->full()) {
    if (!Better(result, top->heap[0])) return;
    std::pop_heap(top->heap.begin(), top->heap.end(), Better);
    top->heap[top->k - 1] = result;
  } else {
    top->heap.Push(result);
  }
  std::push_heap(top->heap.begin(), top->heap.end(), Better);
}

uint32_t vs_bm25_top_sorted(VsBm25Top* top, const VsBm25Result** results) {
  std::sort(top->heap.begin(), top->heap.end(), Better);
  *results = top->heap.data();
  return static_cast<uint32_t>(top->heap.size());
}
