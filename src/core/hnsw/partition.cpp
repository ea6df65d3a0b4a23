// SPDX-License-Identifier: PostgreSQL
//
// partition.cpp - the links of a level without a search: divide, compare all with all, keep the best.
//
// Owns: the division of a level's nodes into overlapping leaves, and the candidates that nodes of a leaf
// propose to each other.  Pruning them is build.cpp's.
//
// After PiPNN (Rubel et al., 2025: pick in partitions) and HCNNG (Munoz et al., 2019): random nodes are
// leaders, every node goes to the `fanout` nearest of them, and each cluster is divided again until
// its parts are small.  In a leaf every node is compared with every other, which costs a tenth of what a
// distance costs a search: codes lie in the cache, no load waits for another.  The few nearest of
// each leaf become links both ways.  Overlap makes the graph navigable: the leaves of a node look at
// it from different sides.
#include "core/hnsw/partition.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/hnsw/build.h"

using namespace vecstore::hnsw;

namespace vecstore::hnsw {

namespace {

constexpr size_t kLeafBytes = 1 << 20;  // of codes: what a core's cache holds besides its other work
constexpr uint32_t kMinLeaf = 256;
constexpr uint32_t kMaxLeaf = 1024;
constexpr uint32_t kAssignChunk = 16;
constexpr uint32_t kListsAhead = 2;
constexpr uint32_t kRecordsAhead = 4;
constexpr uint32_t kPruneChunk = 64;

uint32_t Clamp(size_t n, uint32_t least, uint32_t most) {
  return n < least ? least : n > most ? most : uint32_t(n);
}

// The `wanted` nearest of the sixteen classes to links; returns how many there are.
uint32_t PickNearest(VsPanelNearest* nearest, uint32_t wanted, Link* links) {
  uint32_t picked = 0;
  for (; picked < wanted; picked++) {
    uint32_t best = 0;
    for (uint32_t lane = 1; lane < VS_PANEL_GROUP; lane++)
      if (nearest->estimate[lane] < nearest->estimate[best]) best = lane;
    if (!(nearest->estimate[best] < __builtin_inff())) break;
    links[picked] = {nearest->row[best], nearest->estimate[best]};
    nearest->estimate[best] = __builtin_inff();
  }
  return picked;
}

}  // namespace

// Random clusters, twice as many as leaves would fill, and enough that each gets half of the nodes at
// most.  What a first division gives to several clusters the next one takes apart again.
uint32_t ClusterCount(size_t n, uint32_t overlap, uint32_t fanout, uint32_t max_leaf) {
  return Clamp(2 * n * overlap / max_leaf, 2 * fanout, kMaxClusters);
}

// ef_construction 64 gives the recall that inserting with it gives.  Lists are to get about three links for
// every two places, from however many leaves: more would push out far links, which keep the graph in one
// piece.
PartitionEffort::PartitionEffort(const VsHnswGeometry* geometry, size_t ef_construction)
    : fanout(Clamp(ef_construction / 8, 4, kMaxFanout)),
      second_fanout(Clamp(ef_construction / 48, 2, 6)),
      neighbors(Clamp((3 * geometry->links + fanout * second_fanout - 1) /
                          (fanout * second_fanout),
                      1, kMaxFanout)),
      max_leaf(Clamp(kLeafBytes / (2 * geometry->dims), kMinLeaf, kMaxLeaf)) {}

void PanelBuffer::Init(const Memory& memory, const VsHnswSpace* space) {
  space_ = space;
  lanes_.Init(memory);
  base_.Init(memory);
  scale_.Init(memory);
  sum_.Init(memory);
  numbers_.Init(memory);
  bytes_.Init(memory);
}

void PanelBuffer::Begin(uint32_t n) {
  const size_t padded = (n + VS_PANEL_GROUP - 1) / VS_PANEL_GROUP * VS_PANEL_GROUP;
  const int l1 = space_->metric == VS_METRIC_L1;
  lanes_.Reserve(padded * space_->kernels->panel_row_bytes(space_->dims, l1) + kCacheLine);
  base_.Reserve(padded);
  scale_.Reserve(padded);
  sum_.Reserve(padded);
  uint8_t* lanes = lanes_.data();
  lanes += (kCacheLine - reinterpret_cast<uintptr_t>(lanes) % kCacheLine) % kCacheLine;
  panel_ = {n,     space_->dims, l1, space_->metric == VS_METRIC_IP ? -1.0f : -2.0f,
            lanes, base_.data(), scale_.data(), sum_.data()};
}

// The numbers of every kind of code fit a byte.
const int8_t* PanelBuffer::NumbersAsBytes(const VsHnswRecord* record) {
  if (space_->packed == nullptr) return vs_record_code(record);
  numbers_.Reserve(space_->dims);
  bytes_.Reserve(space_->dims);
  vs_hnsw_decode(space_, record, numbers_.data());
  for (uint32_t i = 0; i < space_->dims; i++) bytes_[i] = int8_t(numbers_[i]);
  return bytes_.data();
}

// Estimates come out as vs_hnsw_estimate has them.
void PanelBuffer::Set(uint32_t row, const VsHnswRecord* record) {
  const bool squared = space_->metric == VS_METRIC_L2 || space_->metric == VS_METRIC_COSINE;
  space_->kernels->panel_set_row(&panel_, row, NumbersAsBytes(record), squared ? record->norm : 0,
                                 record->scale);
}

void PanelBuffer::End() {
  for (size_t row = panel_.rows; row % VS_PANEL_GROUP != 0; row++)
    space_->kernels->panel_clear_row(&panel_, row);
}

void ChooseLeaders(const VsHnswSpace* space, const PanelBuffer& rows, uint32_t n,
                   const PanelBuffer& leaders, uint32_t fanout, uint16_t* choices) {
  VsPanelNearest nearest[VS_PANEL_GROUP];
  Link found[VS_PANEL_GROUP];

  space->kernels->panel_nearest(rows.panel(), 0, leaders.panel(), nearest);
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t count = PickNearest(&nearest[i], fanout, found);
    for (uint32_t k = 0; k < fanout; k++)
      choices[i * fanout + k] = k < count ? uint16_t(found[k].index) : kNoCluster;
  }
}

void LeafProposals::Init(const Memory& memory) {
  own_.Init(memory);
  sorted_.Init(memory);
  starts_.Init(memory);
}

void LeafProposals::Begin(uint32_t rows, uint32_t wanted) {
  rows_ = rows;
  wanted_ = wanted;
  own_.Clear();
  own_.Extend(size_t(rows) * wanted);
  sorted_.Clear();
  sorted_.Extend(2 * size_t(rows) * wanted);
  starts_.Clear();
  starts_.Extend(rows + 2);
  std::fill(starts_.begin(), starts_.end(), 0u);
}

void LeafProposals::Add(uint32_t row, VsPanelNearest* nearest) {
  Link* links = &own_[size_t(row) * wanted_];
  const uint32_t found = PickNearest(nearest, wanted_, links);
  for (uint32_t k = 0; k < found; k++) starts_[links[k].index + 2]++;
  starts_[row + 2] += found;
  for (uint32_t k = found; k < wanted_; k++) links[k].index = kNoIndex;
}

// Sort by the row they are for: first where each row's begin, which moves on as they come.
void LeafProposals::End() {
  for (uint32_t row = 0; row < rows_; row++) starts_[row + 2] += starts_[row + 1];
  for (uint32_t row = 0; row < rows_; row++)
    for (uint32_t k = 0; k < wanted_; k++) {
      const Link link = own_[size_t(row) * wanted_ + k];
      if (link.index == kNoIndex) break;
      sorted_[starts_[row + 1]++] = link;
      sorted_[starts_[link.index + 1]++] = {row, link.estimate};
    }
}

}  // namespace vecstore::hnsw

// Which of the leaders the nodes at `members`, at most a panel's group, go to.
void VsHnswBuilder::ChooseClusters(const uint32_t* members, uint32_t n, uint32_t fanout,
                                   uint16_t* choices) {
  LoadPanel(&scratch.rows, members, n);
  ChooseLeaders(space, scratch.rows, n, scratch.leaders, fanout, choices);
}

void VsHnswBuilder::LoadPanel(PanelBuffer* panel, const uint32_t* members, uint32_t n) {
  panel->Begin(n);
  for (uint32_t i = 0; i < n; i++) {
    if (i + kRecordsAhead < n) graph.PrefetchRecord(members[i + kRecordsAhead]);
    panel->Set(i, Record(members[i]));
  }
  panel->End();
}

// Compare all members with all, and link the nearest both ways.  What is for one list is gathered
// first: lists lie far apart.
void VsHnswBuilder::LinkLeaf(const uint32_t* members, uint32_t n, int level) {
  const uint32_t wanted = effort.neighbors;
  VsPanelNearest nearest[VS_PANEL_GROUP];

  LoadPanel(&scratch.leaders, members, n);
  scratch.proposals.Begin(n, wanted);
  for (uint32_t first = 0; first < n; first += VS_PANEL_GROUP) {
    const VsPanel* leaf = scratch.leaders.panel();
    space->kernels->panel_nearest(leaf, first / VS_PANEL_GROUP, leaf, nearest);
    for (uint32_t row = first; row < n && row < first + VS_PANEL_GROUP; row++)
      scratch.proposals.Add(row, &nearest[row - first]);
  }
  scratch.proposals.End();
  const uint32_t room = SlackLinks(vs_links_at(geometry, level));
  for (uint32_t row = 0; row < n; row++) {
    if (row + kListsAhead < n) graph.Prefetch(members[row + kListsAhead], level);
    const Link* links = scratch.proposals.For(row);
    List(members[row], level)->Offer(links, scratch.proposals.CountFor(row), members, room);
  }
}

// Sort members into their clusters: starts[c] is where cluster c begins, starts[clusters] the end.
// `clustered` has room for every choice.
void VsHnswBuilder::SortIntoClusters(const uint32_t* members, const uint16_t* choices, uint32_t n,
                                     uint32_t fanout, uint32_t clusters, uint32_t* starts,
                                     uint32_t* clustered) {
  const size_t total = size_t(n) * fanout;

  std::fill(starts, starts + clusters + 1, 0u);
  for (size_t i = 0; i < total; i++)
    if (choices[i] != kNoCluster) starts[choices[i] + 1]++;
  for (uint32_t c = 0; c < clusters; c++) starts[c + 1] += starts[c];
  for (size_t i = 0; i < total; i++)
    if (choices[i] != kNoCluster) clustered[starts[choices[i]]++] = members[i / fanout];
  // Every start has moved on to the next one's.
  std::copy_backward(starts, starts + clusters, starts + clusters + 1);
  starts[0] = 0;
}

// Bring `count` random members to the front.
void VsHnswBuilder::DrawLeaders(uint32_t* members, uint32_t n, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    std::swap(members[i], members[i + vecstore::Mix64(n ^ uint64_t(members[i]) << 32) % (n - i)]);
}

// Link n members on the stack by leaves.
void VsHnswBuilder::LinkCluster(uint32_t first, uint32_t n, uint32_t fanout, int level) {
  if (n <= effort.max_leaf) {
    if (n > 1) LinkLeaf(scratch.members.data() + first, n, level);
    return;
  }
  const uint32_t clusters = ClusterCount(n, fanout, fanout, effort.max_leaf);
  const size_t members_top = scratch.members.size(), choices_top = scratch.choices.size(),
               starts_top = scratch.starts.size();
  scratch.members.Extend(size_t(n) * fanout);
  scratch.choices.Extend(size_t(n) * fanout);
  scratch.starts.Extend(clusters + 1);
  uint32_t* members = scratch.members.data() + first;
  uint16_t* choices = scratch.choices.data() + choices_top;

  DrawLeaders(members, n, clusters);
  LoadPanel(&scratch.leaders, members, clusters);
  for (uint32_t i = 0; i < n; i += VS_PANEL_GROUP)
    ChooseClusters(members + i, std::min(n - i, uint32_t{VS_PANEL_GROUP}), fanout,
                   choices + size_t(i) * fanout);
  SortIntoClusters(members, choices, n, fanout, clusters, scratch.starts.data() + starts_top,
                   scratch.members.data() + members_top);
  scratch.choices.Truncate(choices_top);
  for (uint32_t c = 0; c < clusters; c++) {
    const uint32_t begin = scratch.starts[starts_top + c], end = scratch.starts[starts_top + c + 1];
    LinkPart(uint32_t(members_top) + begin, end - begin, n, level);
  }
  scratch.members.Truncate(members_top);
  scratch.starts.Truncate(starts_top);
}

// Link a part of a cluster of `whole` members.  What does not divide, since the leaders are all the same
// to it, is cut up as it comes.
void VsHnswBuilder::LinkPart(uint32_t first, uint32_t n, uint32_t whole, int level) {
  Poll();
  if (n < whole - whole / 8) {
    LinkCluster(first, n, 1, level);
    return;
  }
  for (uint32_t at = 0; at < n; at += effort.max_leaf)
    LinkCluster(first + at, std::min(n - at, effort.max_leaf), 1, level);
}

// Copy one of the level's clusters and link it.
void VsHnswBuilder::LinkTopCluster(uint32_t cluster, int level) {
  const uint32_t begin = state->starts[cluster], n = state->starts[cluster + 1] - begin;

  scratch.members.Clear();
  scratch.members.Extend(n);
  std::copy(arena.clustered() + begin, arena.clustered() + begin + n, scratch.members.data());
  LinkCluster(0, n, effort.second_fanout, level);
  // A node counts when the last of its clusters is done, as far as that can be told.
  __atomic_fetch_add(&state->linked, n / effort.fanout, __ATOMIC_RELAXED);
}

// The level's nodes, in the order of their arrival, to `order`.
uint32_t VsHnswBuilder::ListLevel(int level) {
  uint32_t* order = arena.order();
  uint32_t count = 0;

  if (level == 0) {
    for (uint32_t i = 0; i < nodes; i++)
      if (!IsDuplicate(i) && !IsQuery(i)) order[count++] = i;
  } else {
    for (uint32_t i = 0; i < arena.upper_nodes(); i++)
      if (int(arena.Upper(i)->level) == level && !IsDuplicate(arena.Upper(i)->index))
        order[count++] = arena.Upper(i)->index;
  }
  return count;
}

// Collective: give all nodes of a level their links.
void VsHnswBuilder::LinkByPartitions(int level) {
  if (host->leader) state->level_nodes = ListLevel(level);
  Synchronize();
  const uint32_t n = state->level_nodes;
  const uint32_t clusters = ClusterCount(n, 1, effort.fanout, effort.max_leaf);
  const uint32_t fanout = effort.fanout;
  const uint32_t groups = (n + VS_PANEL_GROUP - 1) / VS_PANEL_GROUP;

  if (host->leader) DrawLeaders(arena.order(), n, clusters);
  Synchronize();
  LoadPanel(&scratch.leaders, arena.order(), clusters);
  ForAll(groups, kAssignChunk, [&](uint32_t group) {
    const uint32_t i = group * VS_PANEL_GROUP;
    ChooseClusters(arena.order() + i, std::min(n - i, uint32_t{VS_PANEL_GROUP}), fanout,
                   arena.choices() + size_t(i) * fanout);
  });
  if (host->leader) FillClusters(n, clusters);
  Synchronize();
  LinkClusters(level);
  ForAll(n, kPruneChunk, [&](uint32_t i) {
    PruneList(List(arena.order()[i], level), vs_links_at(geometry, level));
  });
}

// Sort n nodes in `order` into clusters as their choices say.
void VsHnswBuilder::FillClusters(uint32_t n, uint32_t clusters) {
  state->clusters = clusters;
  SortIntoClusters(arena.order(), arena.choices(), n, effort.fanout, clusters, state->starts,
                   arena.clustered());
}

// Collective: link the nodes of each cluster.
void VsHnswBuilder::LinkClusters(int level) {
  ForAll(state->clusters, 1, [&](uint32_t cluster) { LinkTopCluster(cluster, level); });
}
