// SPDX-License-Identifier: PostgreSQL
//
// hnsw_record_cache_test.cpp - copies of records are those of the nodes asked for, whatever was asked
// before.

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "core/hnsw/record_cache.h"
#include "paged_index.h"
#include "reference.h"

namespace {

using namespace hnsw_test;

// A host whose record of node id has the norm id.
struct Host {
  VsHnswHost host;
  Arena arena;
  size_t loaded = 0;
};

Host* Of(void* context) { return static_cast<Host*>(context); }

void Attach(Host* host) {
  host->host = {};
  host->host.context = host;
  host->host.grow = [](void* c, void* old, size_t old_bytes, size_t new_bytes) {
    return Of(c)->arena.Grow(old, old_bytes, new_bytes);
  };
  host->host.load = [](void* c, const VsNodeId* ids, int n, uint8_t* out, size_t stride) {
    for (int i = 0; i < n; ++i) {
      VsHnswRecord record = {};
      record.norm = static_cast<float>(ids[i]);
      std::memcpy(out + static_cast<size_t>(i) * stride, &record, sizeof(record));
    }
    Of(c)->loaded += static_cast<size_t>(n);
  };
}

VsHnswGeometry Shape(uint32_t dims) {
  VsHnswGeometry geometry;
  EXPECT_TRUE(vs_hnsw_geometry(dims, 16, VS_STORAGE_PLAIN, &geometry));
  return geometry;
}

TEST(HnswRecordCache, KeepsWhatItLoaded) {
  Host host;
  Attach(&host);
  vecstore::hnsw::RecordCache cache;
  const VsHnswGeometry geometry = Shape(100);
  cache.Init(&host.host, &geometry);
  for (int round = 0; round < 2; ++round) {
    cache.Clear();
    host.loaded = 0;
    std::vector<VsNodeId> ids;
    for (VsNodeId i = 0; i < 1500; ++i) ids.push_back(1 + i * 97);
    std::vector<const VsHnswRecord*> records(ids.size());
    const size_t first = cache.Load(ids.data(), 500);
    for (size_t i = 0; i < 500; ++i) EXPECT_EQ(cache[first + i]->norm, static_cast<float>(ids[i]));
    cache.Get(ids.data(), 1500, records.data());
    EXPECT_EQ(host.loaded, 1500u);
    cache.Get(ids.data(), 1500, records.data());
    EXPECT_EQ(host.loaded, 1500u);
    for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(records[i]->norm, static_cast<float>(ids[i]));
  }
}

TEST(HnswRecordCache, ForgetsWhenFull) {
  Host host;
  Attach(&host);
  reference::Random random(1);
  vecstore::hnsw::RecordCache cache;
  const VsHnswGeometry geometry = Shape(16000);
  cache.Init(&host.host, &geometry);
  for (int round = 0; round < 20; ++round) {
    std::vector<VsNodeId> ids;
    for (int i = 0; i < 300; ++i) ids.push_back(static_cast<VsNodeId>(random.Integer(1, 5000)));
    std::vector<const VsHnswRecord*> records(ids.size());
    cache.Get(ids.data(), 300, records.data());
    for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(records[i]->norm, static_cast<float>(ids[i]));
  }
}

}  // namespace
