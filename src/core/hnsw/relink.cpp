// SPDX-License-Identifier: PostgreSQL
//
// relink.cpp - which links a list keeps when others ask for a place.
//
// Owns: the choice of a whole new list (repair), and of the one link that a full list gives up for a new
// node (insert).  The latter happens up to 2m times an insert, so it looks only for that link.
#include <algorithm>

#include "core/hnsw/inserter.h"

using namespace vecstore::hnsw;

int vs_hnsw_choose_links(VsHnswInserter* inserter, const VsHnswRecord* record,
                         const VsNodeId* candidates, int n, int limit, VsNodeId* chosen) {
  const VsHnswRecord* records[kMaxOptions];
  auto& options = inserter->options;

  n = std::min(n, kMaxOptions);
  inserter->graph.cache()->Get(candidates, n, records);
  options.Clear();
  vs_hnsw_query_from_record(&inserter->pair, record);
  for (int i = 0; i < n; i++)
    options.Push({vs_hnsw_estimate(&inserter->pair, records[i]), uint32_t(i), records[i]});
  std::sort(options.begin(), options.end(),
            [](const LinkOption& a, const LinkOption& b) { return a.estimate < b.estimate; });
  n = SelectLinks(options.data(), n, limit, &inserter->pair);
  for (int i = 0; i < n; i++) chosen[i] = candidates[options[i].index];
  return n;
}

namespace {

// A full list and the new node, which compete for the places of the list; by distance from its owner.
class Contest {
 public:
  // records: those of the list, in its order, then that of the new node.
  Contest(const VsHnswRecord* const* records, int count, const VsHnswRecord* owner, VsHnswQuery* pair)
      : count_(count), pair_(pair) {
    float distances[VS_HNSW_MAX_LINKS + 1];

    vs_hnsw_query_from_record(pair, owner);
    for (int i = 0; i < count; i++) distances[i] = vs_hnsw_estimate(pair, records[i]);
    for (int i = 0; i < count; i++)
      entries_[Rank(distances, count, i)] = {distances[i], int16_t(i), Kind::kUnknown, records[i]};
  }

  // The position of the one that SelectLinks would leave out: the farthest that is not diverse.
  int LeastUseful() {
    for (int i = count_ - 1; i > 0; i--)
      if (!IsDiverse(i)) return entries_[i].position;
    return entries_[count_ - 1].position;
  }

  // The farthest link that the new node has as well, since its target is then reached through the new
  // node; else the farthest.  Without such a rule nodes that nobody wants, as short vectors under inner
  // product, would evict each other.
  int Dispensable(const VsNodeId* list, const LevelLinks& own) const {
    int farthest = -1;
    for (int i = count_ - 1; i >= 0; i--) {
      int position = entries_[i].position;
      if (position == count_ - 1) continue;  // the new node
      if (farthest < 0) farthest = position;
      if (std::find(own.ids, own.ids + own.count, list[position]) != own.ids + own.count) return position;
    }
    return farthest;
  }

 private:
  enum class Kind : uint8_t { kUnknown, kDiverse, kCovered };

  struct Entry {
    float distance;
    int16_t position;
    Kind kind;
    const VsHnswRecord* record;
  };

  // How many are before the i-th; among equals the first comes first.  Counting has no branches.
  static int Rank(const float* distances, int count, int i) {
    float distance = distances[i];
    int rank = 0;
    for (int j = 0; j < i; j++) rank += distances[j] <= distance;
    for (int j = i + 1; j < count; j++) rank += distances[j] < distance;
    return rank;
  }

  // True when no diverse one that is nearer to the owner is nearer to this one than the owner is.  Asks
  // only about those that would cover it: far fewer than SelectLinks, which must know it of all.
  bool IsDiverse(int which) {
    Entry& entry = entries_[which];
    if (entry.kind != Kind::kUnknown) return entry.kind == Kind::kDiverse;
    entry.kind = Kind::kDiverse;
    vs_hnsw_query_from_record(pair_, entry.record);
    for (int i = 0; i < which; i++) {
      Kind kind = entries_[i].kind;
      if (kind == Kind::kCovered || !(vs_hnsw_estimate(pair_, entries_[i].record) < entry.distance))
        continue;
      if (IsDiverse(i)) {
        entry.kind = Kind::kCovered;
        break;
      }
      if (kind == Kind::kUnknown) vs_hnsw_query_from_record(pair_, entry.record);
    }
    return entry.kind == Kind::kDiverse;
  }

  int count_;
  VsHnswQuery* pair_;
  Entry entries_[VS_HNSW_MAX_LINKS + 1];
};
static_assert(std::is_trivially_destructible_v<Contest>, "host calls may not return");

}  // namespace

int vs_hnsw_inserter_victim(VsHnswInserter* inserter, const VsNodeId* list, int level, bool must_accept) {
  const VsHnswRecord* records[VS_HNSW_MAX_LINKS + 1];
  int count = int(vs_links_at(inserter->geometry, level));

  inserter->graph.cache()->Get(list, count + 1, records);
  const VsHnswRecord* owner = records[count];
  records[count] = inserter->record;
  Contest contest(records, count + 1, owner, &inserter->pair);
  int victim = contest.LeastUseful();
  if (victim < count) return victim;
  return must_accept ? contest.Dispensable(list, inserter->links[level]) : -1;
}
