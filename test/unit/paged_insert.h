// SPDX-License-Identifier: PostgreSQL
//
// paged_insert.h - one new row into an index on pages of plain memory.
//
// Owns: the steps of src/pg/hnsw/insert.c, for one process and without WAL.

#ifndef VECSTORE_TEST_UNIT_PAGED_INSERT_H
#define VECSTORE_TEST_UNIT_PAGED_INSERT_H

#include <algorithm>
#include <vector>

#include "paged_index.h"

namespace hnsw_test {

class Inserter {
 public:
  explicit Inserter(PagedIndex* index)
      : index_(index),
        inserter_(vs_hnsw_inserter_create(&index->host, &index->geometry, &index->space)) {}

  // False when the vector cannot be indexed.
  bool Insert(const float* vector, uint32_t row) {
    const int level = vs_hnsw_level(PagedIndex::kSeed, row);
    VsHnswRecord* record = index_->Encode(vector, row);
    if (record == nullptr || !index_->SetQuery(vector)) return false;
    Search(level);
    const VsNodeId nearest = vs_hnsw_inserter_nearest(inserter_);
    if (nearest != VS_NO_NODE &&
        vs_hnsw_same_code(record, index_->Record(nearest), index_->geometry.dims)) {
      index_->more_rows.emplace(nearest, row);
      return true;
    }
    StoreRecords(*record, vs_record_code(record), level);
    for (int l = 0; l <= level; ++l) LinkBack(l);
    if (index_->entry == VS_NO_NODE || index_->entry_level < level) {
      index_->entry = ids_[level];
      index_->entry_level = level;
    }
    return true;
  }

  // Choose links for a node of this level at the current query.
  void Search(int level) {
    vs_hnsw_inserter_search(inserter_, index_->entry, index_->entry_level, level, index_->Blocks(),
                            index_->ef_construction);
  }

  std::vector<VsNodeId> Links(int level) const {
    const VsNodeId* links;
    const int count = vs_hnsw_inserter_links(inserter_, level, &links);
    return std::vector<VsNodeId>(links, links + count);
  }

  VsHnswInserter* core() { return inserter_; }

 private:
  VsNodeId FreeSlot() {
    const VsHnswGeometry& g = index_->geometry;
    uint32_t block = index_->Blocks() - 1;
    if (index_->Tail(block)->kind == VS_PAGE_NODES)
      for (uint32_t slot = 0; slot < g.slots_per_page; ++slot)
        if (index_->Record(vs_make_node_id(&g, block, slot))->flags == 0)
          return vs_make_node_id(&g, block, slot);
    return vs_make_node_id(&g, index_->AddPage(VS_PAGE_NODES), 0);
  }

  void StoreRecords(const VsHnswRecord& header, const int8_t* code, int level) {
    for (int l = 0; l <= level; ++l) {
      const std::vector<VsNodeId> links = Links(l);
      ids_[l] = FreeSlot();
      VsHnswRecord* record = index_->Record(ids_[l]);
      *record = header;
      record->flags = VS_NODE_USED;
      record->level = static_cast<uint8_t>(l);
      record->degree = static_cast<uint8_t>(links.size());
      record->link = l == 0 ? VS_NO_NODE : ids_[l - 1];
      if (l > 0) std::memcpy(record->heap_tid, &ids_[0], sizeof(VsNodeId));
      std::memcpy(reinterpret_cast<char*>(record) + VS_RECORD_HEADER_BYTES, code,
                  index_->geometry.dims);
      std::copy(links.begin(), links.end(), index_->Links(ids_[l]));
      index_->Tail(vs_node_block(&index_->geometry, ids_[l]))->used++;
    }
  }

  // Let the new node's neighbours link to it; the nearest must.
  void LinkBack(int level) {
    const std::vector<VsNodeId> links = Links(level);
    for (size_t i = 0; i < links.size(); ++i) {
      VsHnswRecord* record = index_->Record(links[i]);
      int position = record->degree;
      if (record->degree < vs_links_at(&index_->geometry, level))
        record->degree++;
      else
        position = ChooseVictim(links[i], ids_[level], i == 0);
      if (position >= 0) index_->Links(links[i])[position] = ids_[level];
    }
  }

  // Which link of `from` gives way to `to`, or -1.
  int ChooseVictim(VsNodeId from, VsNodeId to, bool must_accept) {
    const VsHnswRecord* record = index_->Record(from);
    const VsNodeId* links = index_->Links(from);
    const int count = record->degree;
    std::vector<VsNodeId> candidates(links, links + count), chosen(VS_HNSW_MAX_LINKS);
    candidates.push_back(to);
    chosen.resize(static_cast<size_t>(vs_hnsw_choose_links(inserter_, record, candidates.data(),
                                                           count + 1, count, chosen.data())));
    const auto is_chosen = [&](VsNodeId id) {
      return std::find(chosen.begin(), chosen.end(), id) != chosen.end();
    };
    if (!is_chosen(to) && !must_accept) return -1;
    if (!is_chosen(to))
      return static_cast<int>(std::find(links, links + count, chosen.back()) - links);
    return static_cast<int>(
        std::find_if(links, links + count, [&](VsNodeId id) { return !is_chosen(id); }) - links);
  }

  PagedIndex* index_;
  VsHnswInserter* inserter_;
  VsNodeId ids_[VS_HNSW_MAX_LEVEL + 1];
};

}  // namespace hnsw_test

#endif
