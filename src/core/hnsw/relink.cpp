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

// A full list and the new node, which compete for the places of the list.
class Contest {
 public:
  // records: those of the list, in its order, then that of the new node.
  Contest(const VsHnswRecord* const* records, int count, const VsHnswRecord* owner, VsHnswQuery* pair)
      : records_(records), count_(count), pair_(pair) {
    vs_hnsw_query_from_record(pair, owner);
    for (int i = 0; i < count; i++) {
      distances_[i] = vs_hnsw_estimate(pair, records[i]);
      kinds_[i] = Kind::kUnknown;
    }
  }

  // The one that SelectLinks would leave out: the farthest that is not diverse.
  int LeastUseful() {
    int farthest = FarthestBelow(-1);
    for (int i = farthest; i >= 0; i = FarthestBelow(i))
      if (!IsDiverse(i)) return i;
    return farthest;
  }

  // The farthest link that the new node has as well, since its target is then reached through the new
  // node; else the farthest.  Without such a rule nodes that nobody wants, as short vectors under inner
  // product, would evict each other.
  int Dispensable(const VsNodeId* list, const LevelLinks& own) {
    count_--;
    int farthest = FarthestBelow(-1);
    for (int i = farthest; i >= 0; i = FarthestBelow(i))
      if (std::find(own.ids, own.ids + own.count, list[i]) != own.ids + own.count) return i;
    return farthest;
  }

 private:
  enum class Kind : uint8_t { kUnknown, kDiverse, kCovered };

  bool IsFarther(int a, int b) const {
    return distances_[a] > distances_[b] || (distances_[a] == distances_[b] && a > b);
  }

  // The farthest of those that are nearer to the owner than `limit`, or of all (-1); -1 if there is none.
  int FarthestBelow(int limit) const {
    int farthest = -1;
    for (int i = 0; i < count_; i++)
      if ((limit < 0 || IsFarther(limit, i)) && (farthest < 0 || IsFarther(i, farthest))) farthest = i;
    return farthest;
  }

  // True when no diverse one that is nearer to the owner is nearer to this one than the owner is.  Asks
  // only about those that would cover it: far fewer than SelectLinks, which must know it of all.
  bool IsDiverse(int which) {
    if (kinds_[which] != Kind::kUnknown) return kinds_[which] == Kind::kDiverse;
    kinds_[which] = Kind::kDiverse;
    vs_hnsw_query_from_record(pair_, records_[which]);
    for (int i = 0; i < count_; i++) {
      Kind kind = kinds_[i];
      if (kind == Kind::kCovered || !IsFarther(which, i)) continue;
      if (!(vs_hnsw_estimate(pair_, records_[i]) < distances_[which])) continue;
      if (IsDiverse(i)) {
        kinds_[which] = Kind::kCovered;
        break;
      }
      if (kind == Kind::kUnknown) vs_hnsw_query_from_record(pair_, records_[which]);
    }
    return kinds_[which] == Kind::kDiverse;
  }

  const VsHnswRecord* const* records_;
  int count_;
  VsHnswQuery* pair_;
  float distances_[VS_HNSW_MAX_LINKS + 1];
  Kind kinds_[VS_HNSW_MAX_LINKS + 1];
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
