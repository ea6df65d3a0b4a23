// SPDX-License-Identifier: PostgreSQL
//
// build.cpp - the in-memory build: take nodes in and link them.
//
// Owns: linking.  Nodes are named by their arrival number ("index") until the layout gives them node
// ids.  Any number of participants link at the same time: a node shows itself by its reverse links, and
// not before its own lists are complete, so two nodes never choose each other and no list holds a link
// twice.  Levels with many nodes are linked by partition.cpp.
//
// Lists have room for twice the links: a reverse link is appended, and only a list that overflows is
// pruned, so that one pruning pays for many links (ParlayANN and DiskANN do the same).
#include "core/hnsw/build.h"

#include <string.h>

#include <new>

#include "core/base/random.h"
#include "core/hnsw/presets.h"
#include "core/hnsw/search.h"
#include "core/hnsw/select.h"

using vecstore::Memory;
using namespace vecstore::hnsw;

namespace vecstore::hnsw {

namespace {

constexpr uint32_t kLinkChunk = 32;
constexpr uint32_t kHashChunk = 256;

}  // namespace

int MemoryGraph::Expand(Candidate* candidate, int level, VsNodeId* links) {
  static_assert(kMaxListLinks <= kMaxExpanded, "callers have room for a full list");
  uint32_t version;

  candidate->info = 1;
  return int(builder_->List(candidate->id, level)->Read(&version, [links](uint32_t i, Link link) {
    links[i] = link.index;
  }));
}

// Fetch all records first, then compute: the misses overlap.
void MemoryGraph::Score(const VsNodeId* ids, int n, float* estimates) {
  for (int i = 0; i < n; i++) PrefetchRecord(ids[i]);
  for (int i = 0; i < n; i++) estimates[i] = vs_hnsw_estimate(&builder_->query, builder_->Record(ids[i]));
}

void MemoryGraph::PrefetchRecord(VsNodeId id) {
  const char* line = reinterpret_cast<const char*>(builder_->Record(id));
  const size_t bytes = builder_->arena.shape().record_bytes;
  for (size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(line + at);
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
  auto* builder = new (memory.New<VsHnswBuilder>(1)) VsHnswBuilder(host, geometry, size_t(ef_construction));
  builder->space = space;
  builder->beam.Init(memory);
  for (auto& truth : builder->truth) {
    truth.nearest.Init(memory);
    vs_hnsw_query_init(&truth.query, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  }
  builder->visited.Init(memory);
  builder->graph.Init(builder);
  builder->scratch.Init(memory, space);
  vs_hnsw_query_init(&builder->query, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  vs_hnsw_query_init(&builder->pair, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  return builder;
}

bool vs_hnsw_builder_add(VsHnswBuilder* builder, const VsHnswRecord* record, const int8_t* code, int level) {
  Arena& arena = builder->arena;
  uint32_t position;
  const uint32_t index = arena.Claim(&level, &position);
  if (index == kNoIndex) return false;

  VsHnswRecord* copy = arena.Record(index);
  memset(copy, 0, arena.shape().record_bytes);
  *copy = *record;
  copy->flags = VS_NODE_USED;
  copy->level = uint8_t(level);
  // `link` leads to the first of the node's upper lists, level 1 first.
  copy->link = level > 0 ? position : 0;
  memcpy(reinterpret_cast<uint8_t*>(copy) + VS_RECORD_HEADER_BYTES, code, builder->geometry->code_bytes);
  memset(arena.List(index), 0, sizeof(LinkList));
  arena.ids()[index] = VS_NO_NODE;
  for (uint32_t l = 1; l <= uint32_t(level); l++) {
    memset(arena.UpperList(position + l - 1), 0, sizeof(LinkList));
    *arena.Upper(position + l - 1) = {index, l};
  }
  return true;
}

uint64_t vs_hnsw_builder_count(const VsHnswBuilder* builder) { return builder->arena.nodes(); }

// Chain `index` to the node that stands for it.
void VsHnswBuilder::MakeDuplicate(uint32_t index, uint32_t original) {
  LinkList* mine = List(index, 0);
  LinkList* theirs = List(original, 0);
  const uint32_t version = theirs->Lock();
  mine->duplicate_of = original + 1;
  mine->next_duplicate = theirs->next_duplicate;
  theirs->next_duplicate = index + 1;
  theirs->Unlock(version);
  __atomic_fetch_add(&state->duplicates, 1, __ATOMIC_RELAXED);
}

uint64_t VsHnswBuilder::HashCode(uint32_t index) {
  const VsHnswRecord* record = Record(index);
  const uint8_t* code = reinterpret_cast<const uint8_t*>(vs_record_code(record));
  uint64_t hash = geometry->code_bytes, word;
  uint32_t i = 0;

  for (; i + sizeof(word) <= geometry->code_bytes; i += sizeof(word)) {
    memcpy(&word, code + i, sizeof(word));
    hash = vecstore::Mix64(hash ^ word);
  }
  for (; i < geometry->code_bytes; i++) hash = vecstore::Mix64(hash ^ code[i]);
  return hash;
}

// Find the node with the very same code in a hash table of indexes, or enter this one.  Open addressing;
// a slot is taken once and keeps its node.
void VsHnswBuilder::FindOriginal(uint32_t index) {
  uint32_t* table = arena.clustered();
  const uint32_t size = 2 * nodes;

  for (uint64_t slot = HashCode(index);; slot++) {
    uint32_t* at = &table[slot % size];
    uint32_t other = 0;
    if (__atomic_compare_exchange_n(at, &other, index + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return;
    if (vs_hnsw_same_code(Record(other - 1), Record(index), geometry->code_bytes)) {
      MakeDuplicate(index, other - 1);
      return;
    }
  }
}

// Collective: equal nodes are stood for by one of them.
void VsHnswBuilder::FindDuplicates() {
  if (host->leader) memset(arena.clustered(), 0, 2 * size_t(nodes) * sizeof(uint32_t));
  Synchronize();
  ForAll(nodes, kHashChunk, [this](uint32_t index) { FindOriginal(index); });
}

// Choose at most `limit` of n links; the chosen ones come to the front, nearest first.  With `diverse`,
// those chosen for their diversity come before the others, and it gets their number.
uint32_t VsHnswBuilder::Prune(Link* links, uint32_t n, uint32_t limit, int* diverse) {
  LinkOption options[kMaxListLinks];

  std::sort(links, links + n, [](const Link& a, const Link& b) { return a.estimate < b.estimate; });
  for (uint32_t i = 0; i < n; i++) options[i] = {links[i].estimate, links[i].index, Record(links[i].index)};
  n = uint32_t(diverse == nullptr
                   ? SelectLinks(options, int(n), int(limit), &pair)
                   : SelectDiverseFirst(options, int(n), int(limit), &pair, diverse));
  for (uint32_t i = 0; i < n; i++) links[i] = {options[i].index, options[i].estimate};
  return n;
}

void VsHnswBuilder::AddReverseLink(uint32_t from, Link link, int level) {
  LinkList* list = List(from, level);
  const uint32_t limit = vs_links_at(geometry, level);
  Link links[kMaxListLinks];
  uint32_t version;

  while (!list->Append(link, SlackLinks(limit))) {
    uint32_t n = list->Read(&version, [&links](uint32_t i, Link l) { links[i] = l; });
    list->Replace(version, links, Prune(links, n, limit));
  }
}

// The links of the query node out of the beam.
void VsHnswBuilder::ChooseLinks(uint32_t index, int level) {
  LinkOption options[kMaxOptions];
  Link links[VS_HNSW_MAX_LINKS];
  int n = int(std::min(beam.size(), size_t(kMaxOptions)));
  for (int i = 0; i < n; i++) options[i] = {beam[i].estimate, beam[i].id, Record(beam[i].id)};
  n = SelectLinks(options, n, int(vs_links_at(geometry, level)), &pair);

  LinkList* list = List(index, level);
  for (int i = 0; i < n; i++) links[i] = {options[i].index, options[i].estimate};
  list->Fill(links, uint32_t(n));
}

// From the first reverse link on others find the node and change its list.
void VsHnswBuilder::LinkBack(uint32_t index, int level) {
  Link chosen[kMaxListLinks];
  uint32_t version;
  const uint32_t n =
      List(index, level)->Read(&version, [&chosen](uint32_t i, Link link) { chosen[i] = link; });
  for (uint32_t i = 0; i < n; i++) AddReverseLink(chosen[i].index, {index, chosen[i].estimate}, level);
}

void VsHnswBuilder::SearchFrom(Candidate start, int level, size_t ef) {
  NoOverflow none;
  visited.Reset(nodes);
  SearchLevelFrom(start, ef, &graph, level, &beam, &visited, &none);
}

// Make `index` the query and walk down from the entry to `level`.
Candidate VsHnswBuilder::Descend(uint32_t index, int level) {
  vs_hnsw_query_from_record(&query, Record(index));
  Candidate start = {0, entry, 0};
  graph.Score(&start.id, 1, &start.estimate);
  for (int l = Record(entry)->level; l > level; l--) {
    visited.Reset(nodes);
    visited.Add(start.id);
    DescendGreedily(&graph, l, l - 1, &start, &visited);
  }
  return start;
}

// Link a node on its levels down to `lowest`, all of which are linked by searches.  The entry is linked
// by the others.
void VsHnswBuilder::LinkNode(uint32_t index, int lowest) {
  const int level = Record(index)->level;
  if (index != entry) {
    Candidate start = Descend(index, level);
    for (int l = level; l >= lowest; l--) {
      SearchFrom(start, l, ef_construction);
      ChooseLinks(index, l);
      start = {beam[0].estimate, beam[0].id, 0};
    }
    for (int l = lowest; l <= level; l++) LinkBack(index, l);
  }
  host->progress(host->context, 1 + __atomic_fetch_add(&state->linked, 1, __ATOMIC_RELAXED));
}

// The entry is a node of the highest level, known before anything is linked: it never changes, and
// every node finds the entry on each of its own levels.
void VsHnswBuilder::PlanLinking() {
  uint32_t on_level[VS_HNSW_MAX_LEVEL + 1] = {};

  entry = 0;
  while (IsDuplicate(entry)) entry++;
  on_level[0] = nodes - uint32_t(state->duplicates);
  for (uint32_t i = 0; i < arena.upper_nodes(); i++) {
    const UpperNode* upper = arena.Upper(i);
    if (IsDuplicate(upper->index)) continue;
    on_level[upper->level]++;
    if (upper->level > Record(entry)->level) entry = upper->index;
  }
  lowest_searched = Record(entry)->level + 1;
  while (lowest_searched > 0 && on_level[lowest_searched - 1] < kMinPartitioned) lowest_searched--;
  queries = host->lift > 0 ? 0 : CalibrationQueries(nodes, geometry->code_bytes);
  stride = queries == 0 ? 0 : nodes / queries;
  if (stride != 0) queries = (nodes + stride - 1) / stride;
}

// Collective: link the nodes of the upper levels that are few, or of all levels.
void VsHnswBuilder::LinkBySearches() {
  const int lowest = lowest_searched;

  ForAll(lowest == 0 ? nodes : arena.upper_nodes(), kLinkChunk, [this, lowest](uint32_t i) {
    if (lowest > 0 && int(arena.Upper(i)->level) != lowest) return;
    const uint32_t index = lowest == 0 ? i : arena.Upper(i)->index;
    if (!IsDuplicate(index) && !IsQuery(index)) LinkNode(index, lowest);
  });
}

// Link everything; a few nodes spread over the input come last, so that they can serve as queries the
// graph has not seen.
void vs_hnsw_builder_link(VsHnswBuilder* builder) {
  builder->Synchronize();
  builder->nodes = builder->arena.nodes();
  if (builder->nodes == 0) return;
  builder->FindDuplicates();
  builder->PlanLinking();
  builder->LinkBySearches();
  for (int level = builder->lowest_searched - 1; level >= 0; level--) builder->LinkByPartitions(level);
  if (builder->stride == 0) return;
  builder->Calibrate();
  builder->ForAll(builder->queries, 1, [builder](uint32_t i) {
    if (builder->IsQuery(i * builder->stride)) builder->LinkNode(i * builder->stride, 0);
  });
}

bool vs_hnsw_builder_calibration(const VsHnswBuilder* builder, uint16_t ef[VS_HNSW_PRESETS]) {
  memcpy(ef, builder->calibrated_ef, sizeof(builder->calibrated_ef));
  return ef[0] != 0;
}
