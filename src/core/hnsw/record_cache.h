// SPDX-License-Identifier: PostgreSQL
//
// record_cache.h - copies of the records that an insert has looked at.
//
// Owns: a growing array of copies (header and code) and a hash table from node id to copy.  An insert
// needs most of what its search scored again, when links are chosen and when full lists decide what
// gives way: without the copies that is a pin for every pair of a neighbour and its neighbour.
#ifndef VECSTORE_CORE_HNSW_RECORD_CACHE_H
#define VECSTORE_CORE_HNSW_RECORD_CACHE_H

#include <string.h>

#include "bridge/hnsw.h"
#include "core/base/grow_array.h"

namespace vecstore::hnsw {

class RecordCache {
 public:
  void Init(const VsHnswHost* host, const VsHnswGeometry* geometry) {
    host_ = host;
    stride_ = vs_hnsw_load_stride(geometry);
    limit_ = kMaxBytes / stride_ > kMinRecords ? kMaxBytes / stride_ : kMinRecords;
    records_ = nullptr;
    capacity_ = 0;
    ids_.Init({host->context, host->grow});
    table_.Init({host->context, host->grow});
    bits_ = 0;
  }

  void Clear() {
    ids_.Clear();
    if (bits_ > 0) memset(table_.data(), 0, sizeof(uint32_t) << bits_);
  }

  // Copy n records that are not in the cache; returns the number of the first one, the others
  // follow.  Makes room by forgetting everything else when the cache is full.
  size_t Load(const VsNodeId* ids, int n) {
    if (ids_.size() + n > limit_) Clear();
    Reserve(ids_.size() + n);
    size_t first = ids_.size();
    host_->load(host_->context, ids, n, records_ + first * stride_, stride_);
    for (int i = 0; i < n; i++) {
      ids_.Push(ids[i]);
      *PlaceOf(ids[i]) = uint32_t(ids_.size());
    }
    return first;
  }

  // Find or load n records, n at most kMinRecords.  The pointers are good until the next call.
  void Get(const VsNodeId* ids, int n, const VsHnswRecord** out) {
    VsNodeId missing[kMinRecords];
    int missing_count = 0;
    if (ids_.size() + n > limit_) Clear();
    Reserve(ids_.size() + n);
    for (int i = 0; i < n; i++)
      if (*PlaceOf(ids[i]) == 0) missing[missing_count++] = ids[i];
    if (missing_count > 0) Load(missing, missing_count);
    for (int i = 0; i < n; i++) out[i] = (*this)[*PlaceOf(ids[i]) - 1];
  }

  const VsHnswRecord* operator[](size_t number) const {
    return reinterpret_cast<const VsHnswRecord*>(records_ + number * stride_);
  }

  static constexpr size_t kMinRecords = 2048;

 private:
  static constexpr size_t kMaxBytes = size_t{8} << 20;

  // Where the table has the number of an id plus 1, or would have it.
  uint32_t* PlaceOf(VsNodeId id) {
    uint32_t mask = (uint32_t{1} << bits_) - 1;
    uint32_t at = id * 2654435769u >> (32 - bits_);
    while (table_[at] != 0 && ids_[table_[at] - 1] != id) at = (at + 1) & mask;
    return &table_[at];
  }

  // Have room for n copies, and twice as many places in the table.
  void Reserve(size_t n) {
    if (n > capacity_) {
      size_t capacity = capacity_ < 256 ? 256 : 2 * capacity_;
      if (capacity < n) capacity = n;
      records_ = static_cast<uint8_t*>(
          host_->grow(host_->context, records_, capacity_ * stride_, capacity * stride_));
      capacity_ = capacity;
    }
    if (2 * n <= size_t{1} << bits_ && bits_ > 0) return;
    while (2 * n > size_t{1} << bits_ || bits_ < 9) bits_++;
    table_.Reserve(size_t{1} << bits_);
    memset(table_.data(), 0, sizeof(uint32_t) << bits_);
    for (size_t i = 0; i < ids_.size(); i++) *PlaceOf(ids_[i]) = uint32_t(i + 1);
  }

  const VsHnswHost* host_;
  size_t stride_;
  size_t limit_;
  uint8_t* records_;
  size_t capacity_;
  GrowArray<VsNodeId> ids_;     // of the copies
  GrowArray<uint32_t> table_;   // open addressing: 1 + number of a copy, 0 where there is none
  int bits_;
};

}  // namespace vecstore::hnsw

#endif
