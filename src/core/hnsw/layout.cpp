// SPDX-License-Identifier: PostgreSQL
//
// layout.cpp - from a linked graph in memory to records on pages.
//
// Owns: final pruning, the order of the records, reachability.  All of it belongs to one participant at
// a time, so lists are read and changed without their protocol.
//
// Records above level 0 come first, on pages of their own: every search reads them.  Level 0 follows
// in breadth-first order from the entry, so that neighbours tend to share pages.  The same walk finds
// nodes that pruning cut off and puts a link to them into one of their neighbours; in the end links
// lead from the entry to every node.
#include "core/hnsw/build.h"

#include <string.h>

using namespace vecstore::hnsw;

namespace {

constexpr uint32_t kListChunk = 256;

}  // namespace

void VsHnswBuilder::PruneList(LinkList* list, uint32_t limit) {
  if (list->count > limit) list->count = Prune(list->links, list->count, limit);
}

void VsHnswBuilder::PruneAll() {
  ForAll(nodes, kListChunk, [this](uint32_t i) { PruneList(List(i, 0), geometry->links0); });
  ForAll(arena.upper_nodes(), kListChunk,
         [this](uint32_t i) { PruneList(arena.UpperList(i), geometry->links); });
}

void VsHnswBuilder::CountInlinks() {
  ForAll(nodes, kListChunk, [this](uint32_t i) {
    const LinkList* list = List(i, 0);
    if (IsDuplicate(i)) return;
    for (uint32_t k = 0; k < list->count; k++)
      __atomic_fetch_add(&List(list->links[k].index, 0)->inlinks, 1, __ATOMIC_RELAXED);
  });
}

void VsHnswBuilder::Place(uint32_t index, uint32_t parent) {
  List(index, 0)->parent = parent + 1;
  arena.ids()[index] = 1;  // placed; AssignIds gives the real id
  arena.order()[state->placed++] = index;
}

// Breadth-first from order[from] on.
void VsHnswBuilder::PlaceReachable(uint32_t from) {
  const uint32_t* order = arena.order();
  for (uint32_t head = from; head < state->placed; head++) {
    const LinkList* list = List(order[head], 0);
    PollEvery(head);
    for (uint32_t k = 0; k < list->count; k++)
      if (!IsPlaced(list->links[k].index)) Place(list->links[k].index, order[head]);
  }
}

// See that parent's list has a link to child, in place of one that is not needed to reach its target.
bool VsHnswBuilder::AttachTo(uint32_t parent, uint32_t child) {
  LinkList* list = List(parent, 0);
  uint32_t at = list->count;
  for (uint32_t k = 0; k < list->count; k++)
    if (list->links[k].index == child) return true;
  if (at < geometry->links0) {
    list->count++;
  } else {
    do {
      if (at-- == 0) return false;
    } while (List(list->links[at].index, 0)->inlinks < 2 ||
             List(list->links[at].index, 0)->parent == parent + 1);
    List(list->links[at].index, 0)->inlinks--;
  }
  list->links[at].index = child;
  List(child, 0)->inlinks++;
  return true;
}

// Attach what the walk did not reach to neighbours that it did reach, until nothing changes.
void VsHnswBuilder::PlaceUnreached() {
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t index = 0; index < nodes; index++) {
      const LinkList* list = List(index, 0);
      if (IsPlaced(index) || IsDuplicate(index)) continue;
      for (uint32_t k = 0; k < list->count && !IsPlaced(index); k++) {
        uint32_t neighbor = list->links[k].index;
        if (!IsPlaced(neighbor) || !AttachTo(neighbor, index)) continue;
        Place(index, neighbor);
        PlaceReachable(state->placed - 1);
        changed = true;
      }
    }
  }
}

// The nearest placed node that takes a link to `index`.  Failing those in the beam it is the last one
// placed: no node was reached from it, so it can spare a link.
uint32_t VsHnswBuilder::AttachToNearest(uint32_t index) {
  vs_hnsw_query_from_record(&query, Record(index));
  Candidate start = {0, entry, 0};
  graph.Score(&start.id, 1, &start.estimate);
  SearchFrom(start, 0, ef_construction);
  for (size_t i = 0; i < beam.size(); i++)
    if (AttachTo(beam[i].id, index)) return beam[i].id;
  const uint32_t last = arena.order()[state->placed - 1];
  AttachTo(last, index);
  return last;
}

// What is left are islands: clusters so tight that pruning kept no link into them, nor out of them.
// Build a bridge to each, both ways.
void VsHnswBuilder::PlaceIslands() {
  for (uint32_t index = 0; index < nodes; index++) {
    if (IsPlaced(index) || IsDuplicate(index)) continue;
    uint32_t neighbor = AttachToNearest(index);
    AttachTo(index, neighbor);
    Place(index, neighbor);
    PlaceReachable(state->placed - 1);
    Poll();
  }
}

void VsHnswBuilder::PlaceAll() {
  Place(entry, entry);
  PlaceReachable(0);
  PlaceUnreached();
  PlaceIslands();
}

uint32_t VsHnswBuilder::UpperPages() {
  return (arena.upper_nodes() + geometry->slots_per_page - 1) / geometry->slots_per_page;
}

VsNodeId VsHnswBuilder::UpperId(uint32_t position) {
  return vs_make_node_id(geometry, state->first_block + position / geometry->slots_per_page,
                         position % geometry->slots_per_page);
}

// Of a lifted node: its id at level 0.
VsNodeId VsHnswBuilder::BaseId(uint32_t index) {
  VsNodeId id;
  memcpy(&id, Record(index)->heap_tid, sizeof(id));
  return id;
}

VsNodeId VsHnswBuilder::IdAt(uint32_t index, int level) {
  return level == 0 ? arena.ids()[index] : UpperId(Record(index)->link + uint32_t(level) - 1);
}

void VsHnswBuilder::AssignIds() {
  const uint32_t first = state->first_block + UpperPages();
  const uint32_t slots = geometry->slots_per_page;
  ForAll(state->placed, kListChunk, [this, first, slots](uint32_t i) {
    arena.ids()[arena.order()[i]] = vs_make_node_id(geometry, first + i / slots, i % slots);
  });
}

uint32_t vs_hnsw_builder_layout(VsHnswBuilder* builder, uint32_t first_block, VsNodeId* entry,
                                int* entry_level) {
  const uint32_t slots = builder->geometry->slots_per_page;

  *entry = VS_NO_NODE;
  *entry_level = 0;
  if (builder->nodes == 0) return 0;
  builder->PruneAll();
  builder->CountInlinks();
  if (builder->host->leader) {
    builder->state->first_block = first_block;
    builder->PlaceAll();
  }
  builder->Synchronize();
  builder->AssignIds();
  const int top = builder->Record(builder->entry)->level;
  *entry_level = top + builder->host->lift;
  *entry = builder->IdAt(builder->entry, top);
  return builder->UpperPages() + (builder->state->placed + slots - 1) / slots;
}

void VsHnswBuilder::WriteSlot(uint32_t index, int level, uint8_t* slot) {
  auto* record = reinterpret_cast<VsHnswRecord*>(slot);
  const LinkList* list = List(index, level);
  VsNodeId* links = vs_record_links(geometry, record);

  memcpy(slot, Record(index), VS_RECORD_HEADER_BYTES + geometry->code_bytes);
  record->level = uint8_t(level + host->lift);
  record->degree = uint8_t(list->count);
  record->link = level > 0 ? IdAt(index, level - 1) : host->lift > 0 ? BaseId(index) : VS_NO_NODE;
  if (level > 0 && host->lift == 0) memcpy(record->heap_tid, &arena.ids()[index], sizeof(VsNodeId));
  for (uint32_t k = 0; k < list->count; k++) links[k] = IdAt(list->links[k].index, level);
  if (geometry->sketch_bits == 0 || record->level > 0) return;
  for (uint32_t k = 0; k < list->count; k++)
    vs_hnsw_sketch(geometry, record, Record(list->links[k].index), vs_record_sketch(geometry, record, k));
}

uint32_t vs_hnsw_builder_write_page(VsHnswBuilder* builder, uint32_t page, uint8_t* slots) {
  const VsHnswGeometry* g = builder->geometry;
  const uint32_t upper_pages = builder->UpperPages();
  uint32_t used = 0;

  for (uint32_t slot = 0; slot < g->slots_per_page; slot++) {
    uint8_t* at = slots + size_t(slot) * g->record_bytes;
    if (page < upper_pages) {
      const uint32_t position = page * g->slots_per_page + slot;
      if (position >= builder->arena.upper_nodes()) break;
      const UpperNode* node = builder->arena.Upper(position);
      if (builder->IsDuplicate(node->index)) continue;
      builder->WriteSlot(node->index, int(node->level), at);
    } else {
      const uint32_t position = (page - upper_pages) * g->slots_per_page + slot;
      if (position >= builder->state->placed) break;
      builder->WriteSlot(builder->arena.order()[position], 0, at);
    }
    used++;
  }
  return used;
}

bool vs_hnsw_builder_next_duplicate(VsHnswBuilder* builder, uint64_t* cursor, VsNodeId* id,
                                    uint8_t tid[6]) {
  // The cursor is a place in the placement order and the last duplicate given out, index + 1.
  uint64_t position = *cursor >> 32;
  uint32_t last = uint32_t(*cursor);

  if (builder->state->duplicates == 0) return false;
  for (; position < builder->state->placed; position++, last = 0) {
    uint32_t original = builder->arena.order()[position];
    uint32_t next = builder->List(last == 0 ? original : last - 1, 0)->next_duplicate;
    if (next == 0) continue;
    *id = builder->arena.ids()[original];
    memcpy(tid, builder->Record(next - 1)->heap_tid, 6);
    *cursor = position << 32 | next;
    return true;
  }
  return false;
}
