// SPDX-License-Identifier: PostgreSQL
//
// build.cpp - the in-memory build: take nodes in, link them, hand them out page by page.
//
// Owns: all nodes of a build, in chunks from the host's memory.  Single-threaded; nodes are named by
// their arrival number ("index") until the layout gives them node ids.
//
// Lists have half as much slack again: a reverse link is appended, and only a list that overflows is
// pruned, so that one pruning pays for many links (ParlayANN and DiskANN do the same).
#include "core/hnsw/build.h"

#include <algorithm>

#include "core/hnsw/search.h"
#include "core/hnsw/select.h"

using vecstore::Memory;
using namespace vecstore::hnsw;

namespace vecstore::hnsw {

size_t ListBytes(uint32_t links) { return sizeof(LinkList) + SlackLinks(links) * sizeof(Link); }

void* Chunks::Append(const Memory& memory) {
  size_t chunk = size_t(count_) / kPerChunk;
  if (chunk == chunks_.size()) {
    uint8_t* bytes = memory.New<uint8_t>(item_bytes_ * kPerChunk + kCacheLine);
    bytes += kCacheLine - reinterpret_cast<uintptr_t>(bytes) % kCacheLine;
    memset(bytes, 0, item_bytes_ * kPerChunk);
    chunks_.Push(bytes);
  }
  return At(count_++);
}

int MemoryGraph::Expand(Candidate* candidate, int level, VsNodeId* links) {
  const LinkList* list = builder_->List(candidate->id, level);
  candidate->info = 1;
  for (uint32_t i = 0; i < list->count; i++) links[i] = list->links[i].index;
  return int(list->count);
}

// Fetch all records first, then compute: the misses overlap.
void MemoryGraph::Score(const VsNodeId* ids, int n, float* estimates) {
  static_assert(SlackLinks(VS_HNSW_MAX_LINKS) <= kMaxExpanded, "callers have room for a full list");
  const VsHnswRecord* records[kMaxExpanded];
  const size_t bytes = builder_->records.item_bytes();

  for (int i = 0; i < n; i++) {
    records[i] = builder_->Record(ids[i]);
    const char* line = reinterpret_cast<const char*>(records[i]);
    for (size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(line + at);
  }
  for (int i = 0; i < n; i++) estimates[i] = vs_hnsw_estimate(&builder_->query, records[i]);
}

void MemoryGraph::Prefetch(VsNodeId id, int level) {
  const char* list = reinterpret_cast<const char*>(builder_->List(id, level));
  const size_t bytes = ListBytes(vs_links_at(builder_->geometry, level));
  for (size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(list + at);
}

}  // namespace vecstore::hnsw

VsHnswBuilder* vs_hnsw_builder_create(const VsHnswBuildHost* host, const VsHnswGeometry* geometry,
                                      const VsHnswSpace* space, int ef_construction) {
  Memory memory = {host->context, host->grow};
  VsHnswBuilder* builder = memory.New<VsHnswBuilder>(1);
  memset(builder, 0, sizeof(*builder));
  builder->host = host;
  builder->memory = memory;
  builder->geometry = geometry;
  builder->ef_construction = size_t(ef_construction);
  builder->records.Init(memory, vs_hnsw_load_stride(geometry->dims));
  builder->lists.Init(memory, ListBytes(geometry->links0));
  builder->upper_lists.Init(memory, ListBytes(geometry->links));
  builder->upper_nodes.Init(memory);
  builder->beam.Init(memory);
  builder->visited.Init(memory);
  builder->graph.Init(builder);
  vs_hnsw_query_init(&builder->query, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  vs_hnsw_query_init(&builder->pair, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  return builder;
}

size_t vs_hnsw_builder_bytes_per_node(const VsHnswGeometry* geometry) {
  // Record, list, and what the layout adds (order and node id).
  return vs_hnsw_load_stride(geometry->dims) + ListBytes(geometry->links0) + 2 * sizeof(uint32_t);
}

void vs_hnsw_builder_add(VsHnswBuilder* builder, const VsHnswRecord* record, const int8_t* code, int level) {
  uint32_t index = uint32_t(builder->records.count());
  auto* copy = static_cast<VsHnswRecord*>(builder->records.Append(builder->memory));
  *copy = *record;
  copy->flags = VS_NODE_USED;
  copy->level = uint8_t(level);
  copy->link = 0;
  memcpy(reinterpret_cast<uint8_t*>(copy) + VS_RECORD_HEADER_BYTES, code, builder->geometry->dims);
  builder->lists.Append(builder->memory);
  if (level == 0) return;
  // `link` leads to the first of the node's upper lists, level 1 first.
  copy->link = uint32_t(builder->upper_lists.count());
  for (int l = 1; l <= level; l++) {
    builder->upper_lists.Append(builder->memory);
    builder->upper_nodes.Push({index, uint8_t(l)});
  }
}

uint64_t vs_hnsw_builder_count(const VsHnswBuilder* builder) { return builder->records.count(); }

// A node of the beam with the very same code, or kNoIndex.
uint32_t VsHnswBuilder::FindDuplicate(uint32_t index) {
  for (size_t i = 0; i < beam.size(); i++)
    if (vs_hnsw_same_code(Record(beam[i].id), Record(index), geometry->dims)) return beam[i].id;
  return kNoIndex;
}

// Chain `index` to the node that stands for it.
void VsHnswBuilder::MakeDuplicate(uint32_t index, uint32_t original) {
  LinkList* mine = List(index, 0);
  LinkList* theirs = List(original, 0);
  mine->duplicate_of = original + 1;
  mine->next_duplicate = theirs->next_duplicate;
  theirs->next_duplicate = index + 1;
  duplicates++;
}

// Prune an overflowing list, or any list down to `limit`.
void VsHnswBuilder::Prune(LinkList* list, uint32_t limit) {
  LinkOption options[SlackLinks(VS_HNSW_MAX_LINKS) + 1];
  int n = int(list->count);

  std::sort(list->links, list->links + n,
            [](const Link& a, const Link& b) { return a.estimate < b.estimate; });
  for (int i = 0; i < n; i++)
    options[i] = {list->links[i].estimate, list->links[i].index, Record(list->links[i].index)};
  n = SelectLinks(options, n, int(limit), &pair);
  for (int i = 0; i < n; i++) list->links[i] = {options[i].index, options[i].estimate};
  list->count = uint32_t(n);
}

void VsHnswBuilder::AddReverseLink(uint32_t from, uint32_t to, float estimate, int level) {
  LinkList* list = List(from, level);
  uint32_t limit = vs_links_at(geometry, level);
  if (list->count == SlackLinks(limit)) Prune(list, limit);
  list->links[list->count++] = {to, estimate};
}

// The links of the query node out of the beam.
void VsHnswBuilder::ChooseLinks(uint32_t index, int level) {
  LinkOption options[kMaxOptions];
  int n = int(std::min(beam.size(), size_t(kMaxOptions)));
  for (int i = 0; i < n; i++) options[i] = {beam[i].estimate, beam[i].id, Record(beam[i].id)};
  n = SelectLinks(options, n, int(vs_links_at(geometry, level)), &pair);

  LinkList* list = List(index, level);
  for (int i = 0; i < n; i++) list->links[i] = {options[i].index, options[i].estimate};
  list->count = uint32_t(n);
}

void VsHnswBuilder::LinkBack(uint32_t index, int level) {
  const LinkList* list = List(index, level);
  for (uint32_t i = 0; i < list->count; i++)
    AddReverseLink(list->links[i].index, index, list->links[i].estimate, level);
}

void VsHnswBuilder::SearchFrom(Candidate start, int level, size_t ef) {
  NoOverflow none;
  visited.Reset(records.count());
  SearchLevelFrom(start, ef, &graph, level, &beam, &visited, &none);
}

// Make `index` the query and walk down from the entry to `level`.
Candidate VsHnswBuilder::Descend(uint32_t index, int level) {
  vs_hnsw_query_from_record(&query, Record(index));
  Candidate start = {0, entry, 0};
  graph.Score(&start.id, 1, &start.estimate);
  for (int l = Record(entry)->level; l > level; l--) {
    visited.Reset(records.count());
    visited.Add(start.id);
    DescendGreedily(&graph, l, l - 1, &start, &visited);
  }
  return start;
}

void VsHnswBuilder::LinkNode(uint32_t index) {
  const int level = Record(index)->level;
  if (linked == 0) {
    entry = index;
    return;
  }
  const int entry_level = Record(entry)->level;
  const int top = std::min(level, entry_level);

  Candidate start = Descend(index, top);
  for (int l = top; l >= 0; l--) {
    SearchFrom(start, l, ef_construction);
    ChooseLinks(index, l);
    start = {beam[0].estimate, beam[0].id, 0};
  }
  uint32_t original = FindDuplicate(index);
  if (original != kNoIndex) {
    MakeDuplicate(index, original);
    return;
  }
  for (int l = 0; l <= top; l++) LinkBack(index, l);
  if (level > entry_level) entry = index;
}

void VsHnswBuilder::LinkAndCount(uint32_t index) {
  LinkNode(index);
  linked++;
  host->progress(host->context, linked);
}

// Link everything; a few nodes spread over the input come last, so that they can serve as queries the
// graph has not seen.
void vs_hnsw_builder_link(VsHnswBuilder* builder) {
  const uint32_t n = uint32_t(builder->records.count());
  const uint32_t queries = CalibrationQueries(n, builder->geometry->dims);
  const uint32_t stride = queries == 0 ? 0 : n / queries;

  for (uint32_t index = 0; index < n; index++)
    if (stride == 0 || index % stride != 0) builder->LinkAndCount(index);
  if (stride == 0) return;
  builder->Calibrate(stride);
  for (uint32_t index = 0; index < n; index += stride) builder->LinkAndCount(index);
}

bool vs_hnsw_builder_calibration(const VsHnswBuilder* builder, uint16_t ef[VS_HNSW_PRESETS]) {
  memcpy(ef, builder->calibrated_ef, sizeof(builder->calibrated_ef));
  return ef[0] != 0;
}
