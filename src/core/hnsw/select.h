// SPDX-License-Identifier: PostgreSQL
//
// select.h - which links a node keeps (HNSW, algorithm 4 with keepPrunedConnections).
#ifndef VECSTORE_CORE_HNSW_SELECT_H
#define VECSTORE_CORE_HNSW_SELECT_H

#include "bridge/hnsw.h"

namespace vecstore::hnsw {

// A candidate neighbour: its distance from the node, and its record (header and code).
struct LinkOption {
  float estimate;
  uint32_t index;  // the caller's own
  const VsHnswRecord* record;
};

constexpr int kMaxOptions = 1408;  // ef_construction 1000 or two full lists, with room

// From n <= kMaxOptions options sorted by estimate choose at most `limit`: first those nearer to the node than to any
// option chosen before, then the nearest of the rest until the list is full.  Moves the chosen ones to
// the front, nearest first, and returns their number.  `pair` is scratch for pairwise distances.
int SelectLinks(LinkOption* options, int n, int limit, VsHnswQuery* pair);

// The same, but what is chosen for its diversity comes first, and *diverse says how many that are.
int SelectDiverseFirst(LinkOption* options, int n, int limit, VsHnswQuery* pair, int* diverse);

}  // namespace vecstore::hnsw

#endif
