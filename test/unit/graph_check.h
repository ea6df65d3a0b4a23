// SPDX-License-Identifier: PostgreSQL
//
// graph_check.h - what must be true of any graph on pages, and how well it answers.

#ifndef VECSTORE_TEST_UNIT_GRAPH_CHECK_H
#define VECSTORE_TEST_UNIT_GRAPH_CHECK_H

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hnsw_vectors.h"
#include "paged_index.h"

namespace hnsw_test {

inline std::string At(VsNodeId id) { return " at node " + std::to_string(id); }

// What is wrong with the links of one node; empty when nothing is.
inline std::string LinkFault(const PagedIndex& index, VsNodeId id) {
  const VsHnswRecord* record = index.Record(id);
  const VsNodeId* links = index.Links(id);
  if (record->degree > vs_links_at(&index.geometry, record->level))
    return "too many links" + At(id);
  std::set<VsNodeId> seen;
  for (int i = 0; i < record->degree; ++i) {
    if (links[i] == id) return "a link to itself" + At(id);
    if (!seen.insert(links[i]).second) return "a link twice" + At(id);
    if (vs_node_block(&index.geometry, links[i]) >= index.Blocks() ||
        vs_node_slot(&index.geometry, links[i]) >= index.geometry.slots_per_page)
      return "a link to nowhere" + At(id);
    const VsHnswRecord* target = index.Record(links[i]);
    if (!(target->flags & VS_NODE_USED)) return "a link to a free slot" + At(id);
    if (target->level != record->level) return "a link to another level" + At(id);
  }
  return "";
}

// Records above level 0 lead down, level by level, to one with the same code.
inline std::string TowerFault(const PagedIndex& index, VsNodeId id) {
  const VsHnswRecord* record = index.Record(id);
  if (record->level == 0) return "";
  const VsHnswRecord* below = index.Record(record->link);
  if (!(below->flags & VS_NODE_USED) || below->level != record->level - 1)
    return "no record one level down" + At(id);
  if (!vs_hnsw_same_code(record, below, index.geometry.code_bytes)) return "another code below" + At(id);
  const VsNodeId bottom = PagedIndex::Row(record->heap_tid);
  if (record->level == 1 && record->link != bottom) return "a wrong level-0 id" + At(id);
  return "";
}

// Sketches are those of the nodes behind the links.
inline std::string SketchFault(const PagedIndex& index, VsNodeId id) {
  VsHnswRecord* record = index.Record(id);
  if (index.geometry.sketch_bits == 0 || record->level > 0) return "";
  for (uint32_t i = 0; i < record->degree; ++i)
    if (!vs_hnsw_sketch_fits(&index.geometry, record, index.Record(index.Links(id)[i]),
                             vs_record_sketch(&index.geometry, record, i)))
      return "a wrong sketch" + At(id);
  return "";
}

// The first thing wrong with the graph; empty when nothing is.
inline std::string GraphFault(const PagedIndex& index) {
  std::string fault;
  std::map<uint32_t, uint16_t> used;
  index.ForNodes([&](VsNodeId id, const VsHnswRecord*) {
    used[vs_node_block(&index.geometry, id)]++;
    if (fault.empty()) fault = LinkFault(index, id);
    if (fault.empty()) fault = TowerFault(index, id);
    if (fault.empty()) fault = SketchFault(index, id);
  });
  for (const auto& [block, count] : used)
    if (index.Tail(block)->used != count) fault = "wrong count on page " + std::to_string(block);
  if (index.entry != VS_NO_NODE && index.Record(index.entry)->level != index.entry_level)
    fault = "wrong level of the entry";
  return fault;
}

inline size_t CountNodes(const PagedIndex& index) {
  size_t count = 0;
  index.ForNodes([&](VsNodeId, const VsHnswRecord* record) { count += record->level == 0; });
  return count;
}

// Nodes of level 0 that links lead to from the entry.
inline size_t CountReachable(const PagedIndex& index) {
  VsNodeId start = index.entry;
  if (start == VS_NO_NODE) return 0;
  while (index.Record(start)->level > 0) start = index.Record(start)->link;
  std::set<VsNodeId> seen = {start};
  std::vector<VsNodeId> open = {start};
  while (!open.empty()) {
    const VsNodeId id = open.back();
    open.pop_back();
    for (int i = 0; i < index.Record(id)->degree; ++i)
      if (seen.insert(index.Links(id)[i]).second) open.push_back(index.Links(id)[i]);
  }
  return seen.size();
}

// Every heap row of the index, sorted.
inline std::vector<uint32_t> AllRows(const PagedIndex& index) {
  std::vector<uint32_t> rows;
  index.ForNodes([&](VsNodeId, const VsHnswRecord* record) {
    if (record->level == 0) rows.push_back(PagedIndex::Row(record->heap_tid));
  });
  for (const auto& [id, row] : index.more_rows) rows.push_back(row);
  std::sort(rows.begin(), rows.end());
  return rows;
}

inline std::vector<uint32_t> Numbers(size_t n) {
  std::vector<uint32_t> numbers(n);
  for (size_t i = 0; i < n; ++i) numbers[i] = static_cast<uint32_t>(i);
  return numbers;
}

// The part of the true k nearest that a search with this beam and exact reordering returns.
inline double Recall(PagedIndex* index, VsMetric metric, const Vectors& vectors,
                     const Vectors& queries, int ef, size_t k) {
  size_t found = 0;
  for (const Vector& query : queries) {
    std::vector<double> truth, answers;
    for (const Vector& vector : vectors) truth.push_back(TrueValue(metric, query, vector));
    for (const VsHnswHit& hit : index->Search(query, ef, VS_SCAN_BEAM_ONLY))
      answers.push_back(truth[PagedIndex::Row(hit.heap_tid)]);
    std::sort(answers.begin(), answers.end());
    std::nth_element(truth.begin(), truth.begin() + static_cast<ptrdiff_t>(k - 1), truth.end());
    for (size_t i = 0; i < k && i < answers.size(); ++i) found += answers[i] <= truth[k - 1];
  }
  return static_cast<double>(found) / static_cast<double>(k * queries.size());
}

// Sound, all rows in it, and every node within reach of searches.
inline void ExpectSound(const PagedIndex& index, size_t rows) {
  EXPECT_EQ(GraphFault(index), "");
  EXPECT_EQ(AllRows(index), Numbers(rows));
  EXPECT_EQ(CountReachable(index), CountNodes(index));
}

}  // namespace hnsw_test

#endif
