// SPDX-License-Identifier: PostgreSQL
//
// layout.cpp - from a linked graph in memory to records on pages.
//
// Owns: final pruning, the order of the records, reachability.
//
// Records above level 0 come first, on pages of their own: every search reads them.  Level 0 follows
// in breadth-first order from the entry, so that neighbours tend to share pages.  The same walk finds
// nodes that pruning cut off and puts a link to them into one of their neighbours; in the end links
// lead from the entry to every node.
#include <algorithm>

#include "core/hnsw/build.h"

using namespace vecstore::hnsw;

void VsHnswBuilder::PruneAll() {
  for (size_t i = 0; i < records.count(); i++) {
    LinkList* list = List(i, 0);
    if (list->duplicate_of == 0 && list->count > geometry->links0) Prune(list, geometry->links0);
    PollEvery(i);
  }
  for (size_t i = 0; i < upper_lists.count(); i++) {
    auto* list = reinterpret_cast<LinkList*>(upper_lists.At(i));
    if (list->count > geometry->links) Prune(list, geometry->links);
  }
}

void VsHnswBuilder::CountInlinks() {
  for (size_t i = 0; i < records.count(); i++) {
    const LinkList* list = List(i, 0);
    if (list->duplicate_of != 0) continue;
    for (uint32_t k = 0; k < list->count; k++) List(list->links[k].index, 0)->inlinks++;
  }
}

void VsHnswBuilder::Place(uint32_t index, uint32_t parent) {
  List(index, 0)->parent = parent + 1;
  ids[index] = 1;  // placed; AssignIds gives the real id
  order[placed++] = index;
}

// Breadth-first from order[from] on.
void VsHnswBuilder::PlaceReachable(uint32_t from) {
  for (uint32_t head = from; head < placed; head++) {
    const LinkList* list = List(order[head], 0);
    PollEvery(head);
    for (uint32_t k = 0; k < list->count; k++)
      if (ids[list->links[k].index] == 0) Place(list->links[k].index, order[head]);
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
    for (uint32_t index = 0; index < records.count(); index++) {
      const LinkList* list = List(index, 0);
      if (ids[index] != 0 || list->duplicate_of != 0) continue;
      for (uint32_t k = 0; k < list->count && ids[index] == 0; k++) {
        uint32_t neighbor = list->links[k].index;
        if (ids[neighbor] == 0 || !AttachTo(neighbor, index)) continue;
        Place(index, neighbor);
        PlaceReachable(placed - 1);
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
  AttachTo(order[placed - 1], index);
  return order[placed - 1];
}

// What is left are islands: clusters so tight that pruning kept no link into them, nor out of them.
// Build a bridge to each, both ways.
void VsHnswBuilder::PlaceIslands() {
  for (uint32_t index = 0; index < records.count(); index++) {
    if (ids[index] != 0 || List(index, 0)->duplicate_of != 0) continue;
    uint32_t neighbor = AttachToNearest(index);
    AttachTo(index, neighbor);
    Place(index, neighbor);
    PlaceReachable(placed - 1);
    host->progress(host->context, linked);
  }
}

VsNodeId VsHnswBuilder::UpperId(size_t position) const {
  return vs_make_node_id(geometry, first_block + uint32_t(position / geometry->slots_per_page),
                         uint32_t(position % geometry->slots_per_page));
}

VsNodeId VsHnswBuilder::IdAt(uint32_t index, int level) const {
  return level == 0 ? ids[index] : UpperId(size_t(Record(index)->link) + level - 1);
}

void VsHnswBuilder::AssignIds() {
  uint32_t first = first_block + upper_pages;
  for (uint32_t i = 0; i < placed; i++)
    ids[order[i]] = vs_make_node_id(geometry, first + i / geometry->slots_per_page,
                                    i % geometry->slots_per_page);
}

uint32_t vs_hnsw_builder_layout(VsHnswBuilder* builder, uint32_t first_block, VsNodeId* entry,
                                int* entry_level) {
  const uint32_t slots = builder->geometry->slots_per_page;
  const size_t n = builder->records.count();

  *entry = VS_NO_NODE;
  *entry_level = 0;
  if (n == 0) return 0;
  if (builder->order == nullptr) builder->order = builder->memory.New<uint32_t>(n);
  builder->ids = builder->memory.New<VsNodeId>(n);
  memset(builder->ids, 0, n * sizeof(VsNodeId));
  builder->first_block = first_block;
  builder->upper_pages = uint32_t((builder->upper_nodes.size() + slots - 1) / slots);

  builder->PruneAll();
  builder->CountInlinks();
  builder->Place(builder->entry, builder->entry);
  builder->PlaceReachable(0);
  builder->PlaceUnreached();
  builder->PlaceIslands();
  builder->AssignIds();
  *entry_level = builder->Record(builder->entry)->level;
  *entry = builder->IdAt(builder->entry, *entry_level);
  return builder->upper_pages + (builder->placed + slots - 1) / slots;
}

void VsHnswBuilder::WriteSlot(uint32_t index, int level, uint8_t* slot) const {
  auto* record = reinterpret_cast<VsHnswRecord*>(slot);
  const LinkList* list = List(index, level);
  VsNodeId* links = vs_record_links(geometry, record);

  memcpy(slot, Record(index), VS_RECORD_HEADER_BYTES + geometry->code_bytes);
  record->level = uint8_t(level);
  record->degree = uint8_t(list->count);
  record->link = level == 0 ? VS_NO_NODE : IdAt(index, level - 1);
  if (level > 0) memcpy(record->heap_tid, &ids[index], sizeof(VsNodeId));
  for (uint32_t k = 0; k < list->count; k++) links[k] = IdAt(list->links[k].index, level);
}

uint32_t vs_hnsw_builder_write_page(const VsHnswBuilder* builder, uint32_t page, uint8_t* slots) {
  const VsHnswGeometry* g = builder->geometry;
  uint32_t used = 0;

  for (uint32_t slot = 0; slot < g->slots_per_page; slot++) {
    uint8_t* at = slots + size_t(slot) * g->record_bytes;
    if (page < builder->upper_pages) {
      size_t position = size_t(page) * g->slots_per_page + slot;
      if (position >= builder->upper_nodes.size()) break;
      const UpperNode& node = builder->upper_nodes[position];
      if (builder->List(node.index, 0)->duplicate_of != 0) continue;
      builder->WriteSlot(node.index, node.level, at);
    } else {
      size_t position = size_t(page - builder->upper_pages) * g->slots_per_page + slot;
      if (position >= builder->placed) break;
      builder->WriteSlot(builder->order[position], 0, at);
    }
    used++;
  }
  return used;
}

bool vs_hnsw_builder_next_duplicate(const VsHnswBuilder* builder, uint64_t* cursor, VsNodeId* id,
                                    uint8_t tid[6]) {
  // The cursor is a place in the placement order and the last duplicate given out, index + 1.
  uint64_t position = *cursor >> 32;
  uint32_t last = uint32_t(*cursor);

  if (builder->duplicates == 0) return false;
  for (; position < builder->placed; position++, last = 0) {
    uint32_t original = builder->order[position];
    uint32_t next = builder->List(last == 0 ? original : last - 1, 0)->next_duplicate;
    if (next == 0) continue;
    *id = builder->ids[original];
    memcpy(tid, builder->Record(next - 1)->heap_tid, 6);
    *cursor = position << 32 | next;
    return true;
  }
  return false;
}
