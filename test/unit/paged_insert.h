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
    Search(level, record, true);
    const VsNodeId same = vs_hnsw_inserter_same(inserter_);
    if (same != VS_NO_NODE) {
      index_->more_rows.emplace(same, row);
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
  void Search(int level, const VsHnswRecord* record = nullptr, bool stop_at_same = false) {
    const VsHnswInsertSearch search = {&index_->query,      record, index_->entry,
                                       index_->entry_level, level,  index_->Blocks(),
                                       index_->ef_construction,     stop_at_same};
    vs_hnsw_inserter_search(inserter_, &search);
  }

  std::vector<VsNodeId> Links(int level) const {
    const VsNodeId* links;
    const int count = vs_hnsw_inserter_links(inserter_, level, &links);
    return std::vector<VsNodeId>(links, links + count);
  }

  // Which link of the full list of `from` gives way to the node searched for last, or -1.
  int Victim(VsNodeId from, int level, bool must_accept) {
    const VsNodeId* links = index_->Links(from);
    std::vector<VsNodeId> list(links, links + index_->Record(from)->degree);
    list.push_back(from);
    return vs_hnsw_inserter_victim(inserter_, list.data(), level, must_accept);
  }

  VsNodeId FreeSlot() {
    const VsHnswGeometry& g = index_->geometry;
    uint32_t block = index_->Blocks() - 1;
    if (index_->Tail(block)->kind == VS_PAGE_NODES)
      for (uint32_t slot = 0; slot < g.slots_per_page; ++slot)
        if (index_->Record(vs_make_node_id(&g, block, slot))->flags == 0)
          return vs_make_node_id(&g, block, slot);
    return vs_make_node_id(&g, index_->AddPage(VS_PAGE_NODES), 0);
  }

  VsHnswInserter* core() { return inserter_; }

 private:
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
                  index_->geometry.code_bytes);
      std::copy(links.begin(), links.end(), index_->Links(ids_[l]));
      for (size_t i = 0; i < links.size(); ++i) index_->Sketch(ids_[l], static_cast<int>(i));
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
        position = Victim(links[i], level, i == 0);
      if (position < 0) continue;
      index_->Links(links[i])[position] = ids_[level];
      index_->Sketch(links[i], position);
    }
  }

  PagedIndex* index_;
  VsHnswInserter* inserter_;
  VsNodeId ids_[VS_HNSW_MAX_LEVEL + 1];
};

}  // namespace hnsw_test

#endif
