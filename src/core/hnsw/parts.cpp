// SPDX-License-Identifier: PostgreSQL
//
// parts.cpp - a build in parts: what happens in the block, part after part.
//
// Owns: the three uses of the block.  Nodes at home in a part, to find equal ones: equal nodes choose
// the same clusters, so they meet at home.  All nodes of a part, to link them: a cluster is divided
// and linked as if it were one of an in-memory build.  Lists alone, to merge what the parts gave a
// node: diversity was judged with the codes at hand in each part, and is not judged again.
#include <string.h>

#include "core/hnsw/build.h"
#include "core/hnsw/plan.h"

using namespace vecstore::hnsw;

namespace {

constexpr uint32_t kListChunk = 64;

// Put a link among n; a link that was there before is diverse only if both lists say so.
uint32_t PutLink(Link* links, bool* diverse, uint32_t n, Link link, bool is_diverse) {
  for (uint32_t i = 0; i < n; i++)
    if (links[i].index == link.index) {
      diverse[i] = diverse[i] && is_diverse;
      return n;
    }
  links[n] = link;
  diverse[n] = is_diverse;
  return n + 1;
}

// Move the nearest `limit` of n links to the front, diverse ones before the others.
uint32_t KeepBest(Link* links, bool* diverse, uint32_t n, uint32_t limit, uint32_t* diverse_count) {
  uint32_t order[2 * kMaxListLinks];
  Link sorted[2 * kMaxListLinks];

  for (uint32_t i = 0; i < n; i++) order[i] = i;
  std::sort(order, order + n, [links, diverse](uint32_t a, uint32_t b) {
    if (diverse[a] != diverse[b]) return diverse[a];
    return links[a].estimate < links[b].estimate;
  });
  const uint32_t kept = std::min(n, limit);
  *diverse_count = 0;
  for (uint32_t i = 0; i < kept; i++) {
    sorted[i] = links[order[i]];
    *diverse_count += diverse[order[i]];
  }
  std::copy(sorted, sorted + kept, links);
  return kept;
}

}  // namespace

void vs_hnsw_builder_reset(VsHnswBuilder* builder) {
  const uint64_t linked = builder->state->linked;
  vs_hnsw_build_format(builder->state, builder->state->capacity);
  builder->state->linked = linked;
}

const VsHnswRecord* vs_hnsw_builder_record(VsHnswBuilder* builder, uint32_t index) {
  return builder->Record(index);
}

bool vs_hnsw_builder_take(VsHnswBuilder* builder, const VsHnswRecord* record, VsNodeId id,
                          const uint16_t* choices) {
  Arena& arena = builder->arena;
  const uint32_t fanout = builder->effort.fanout;
  uint32_t position;
  int level = 0;  // the record's own means nothing here
  const uint32_t index = arena.Claim(&level, &position);
  if (index == kNoIndex) return false;
  memcpy(arena.Record(index), record, arena.shape().record_bytes);
  memset(arena.List(index), 0, sizeof(LinkList));
  memcpy(arena.choices() + size_t(index) * fanout, choices, fanout * sizeof(*choices));
  arena.ids()[index] = id;
  arena.order()[index] = index;
  return true;
}

// ---- nodes at home ----

void VsHnswBuilder::SortHomes() {
  const uint16_t* choices = arena.choices();
  const uint32_t fanout = effort.fanout;
  uint32_t* order = arena.order();
  uint32_t count = 0;

  nodes = arena.nodes();
  memset(arena.clustered(), 0, 2 * size_t(nodes) * sizeof(uint32_t));
  for (uint32_t i = 0; i < nodes; i++) {
    PollEvery(i);
    FindOriginal(i);
  }
  for (uint32_t i = 0; i < nodes; i++)
    if (!IsDuplicate(i)) order[count++] = i;
  std::sort(order, order + count, [choices, fanout](uint32_t a, uint32_t b) {
    const uint16_t home_a = choices[size_t(a) * fanout], home_b = choices[size_t(b) * fanout];
    return home_a != home_b ? home_a < home_b : a < b;
  });
  state->placed = count;
}

uint32_t vs_hnsw_builder_sort_homes(VsHnswBuilder* builder) {
  builder->SortHomes();
  return builder->state->placed;
}

const VsHnswRecord* vs_hnsw_builder_home(VsHnswBuilder* builder, uint32_t position,
                                         const uint16_t** choices) {
  const uint32_t index = builder->arena.order()[position];
  *choices = builder->arena.choices() + size_t(index) * builder->effort.fanout;
  return builder->Record(index);
}

void vs_hnsw_builder_set_home_id(VsHnswBuilder* builder, uint32_t position, VsNodeId id) {
  builder->arena.ids()[builder->arena.order()[position]] = id;
}

// ---- nodes of a part ----

// Clusters of other parts are none of this part's business.
void vs_hnsw_builder_begin_part(VsHnswBuilder* builder, const VsHnswPlan* plan, uint32_t part) {
  const uint32_t nodes = builder->arena.nodes();
  const size_t total = size_t(nodes) * builder->effort.fanout;
  uint16_t* choices = builder->arena.choices();
  uint32_t clusters = 0;

  for (size_t i = 0; i < total; i++) {
    choices[i] = PlanLocal(plan, part, choices[i]);
    if (choices[i] != kNoCluster) clusters = std::max(clusters, choices[i] + 1u);
  }
  builder->state->level_nodes = nodes;
  builder->FillClusters(nodes, clusters);
}

// As PruneList, but diverse links come first, also in a short list.
void VsHnswBuilder::PrunePart(LinkList* list) {
  int diverse;

  list->count = Prune(list->links, list->count, geometry->links0, &diverse);
  list->diverse = uint32_t(diverse);
}

void vs_hnsw_builder_link_part(VsHnswBuilder* builder) {
  builder->Synchronize();
  builder->LinkClusters(0);
  builder->ForAll(builder->state->level_nodes, kListChunk,
                  [builder](uint32_t i) { builder->PrunePart(builder->List(i, 0)); });
}

void vs_hnsw_builder_part_list(VsHnswBuilder* builder, uint32_t index, VsHnswPartList* list) {
  const LinkList* own = builder->List(index, 0);
  const VsNodeId* ids = builder->arena.ids();

  list->id = ids[index];
  list->count = uint16_t(own->count);
  list->diverse = uint16_t(own->diverse);
  for (uint32_t i = 0; i < own->count; i++)
    list->links[i] = {ids[own->links[i].index], own->links[i].estimate};
}

// ---- lists alone ----

void vs_hnsw_builder_begin_merge(VsHnswBuilder* builder, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) memset(builder->List(i, 0), 0, sizeof(LinkList));
}

void vs_hnsw_builder_merge(VsHnswBuilder* builder, uint32_t number, const VsHnswPartList* part) {
  LinkList* list = builder->List(number, 0);
  Link links[2 * kMaxListLinks];
  bool diverse[2 * kMaxListLinks];
  uint32_t n = list->count;

  for (uint32_t i = 0; i < n; i++) {
    links[i] = list->links[i];
    diverse[i] = i < list->diverse;
  }
  for (uint32_t i = 0; i < part->count; i++)
    n = PutLink(links, diverse, n, {part->links[i].id, part->links[i].estimate}, i < part->diverse);
  list->count = KeepBest(links, diverse, n, SlackLinks(builder->geometry->links0), &list->diverse);
  std::copy(links, links + list->count, list->links);
}

uint32_t vs_hnsw_builder_merged(VsHnswBuilder* builder, uint32_t number, VsNodeId* ids) {
  const LinkList* list = builder->List(number, 0);
  const uint32_t n = std::min(list->count, builder->geometry->links0);

  for (uint32_t i = 0; i < n; i++) ids[i] = list->links[i].index;
  return n;
}
