// SPDX-License-Identifier: PostgreSQL
//
// plan.cpp - how nodes that do not fit the block are divided into parts.
//
// Owns: the leaders of the clusters, and which clusters make a part.  Both come from a sample; what the
// sample got wrong, parts with more nodes than fit, is the host's to cut up.
//
// Parts overlap as far as the clusters of a node lie in different parts, and every node is loaded and
// linked once for each.  So clusters are put together that lie together: those of too large a part are
// split across the direction in which their leaders differ most.
#include <math.h>

#include <new>

#include "core/base/random.h"
#include "core/hnsw/build.h"
#include "core/hnsw/plan.h"

using vecstore::GrowArray;
using vecstore::Memory;
using namespace vecstore::hnsw;

namespace {

// A part gets an eighth of the clusters its nodes would fill, or fewer: cutting them to measure is
// then precise enough.
constexpr double kClustersAPart = 8;
constexpr uint32_t kMostLeaders = 32000;
constexpr double kFilled = 0.95;  // of the block, by a part
constexpr double kOverlap = 1.25; // nodes of all parts of a part, more or less
constexpr int kPowerSteps = 8;

// Clusters [begin, end) in the plan's order.
struct Range {
  uint32_t begin, end;
};

}  // namespace

struct VsHnswPlan {
  const VsHnswSpace* space;
  uint32_t fanout;
  uint32_t clusters;
  uint32_t parts;
  double limit;  // sampled nodes that a part may have
  PanelBuffer leaders;
  PanelBuffer rows;
  GrowArray<uint32_t> order;  // clusters, those of a part next to each other
  GrowArray<uint32_t> part;   // by cluster
  GrowArray<uint32_t> local;  // by cluster: its number within the part

  // Only while planning.
  uint32_t sampled;
  GrowArray<uint16_t> choices;      // of the sampled nodes
  GrowArray<uint32_t> homes;        // by cluster: sampled nodes at home there
  GrowArray<uint32_t> place;        // by cluster: in `order`
  GrowArray<float> direction;       // in code space
  GrowArray<float> turned;
  GrowArray<float> mean;
  GrowArray<int16_t> numbers;       // of a leader
  GrowArray<float> along;           // by cluster: the leader's place in that direction
  GrowArray<const VsHnswRecord*> records;  // of the leaders

  void Init(const Memory& memory, const VsHnswSpace* with_space);
  void ChooseLeadersOf(VsHnswBuilder* builder, uint32_t count);
  void ChooseSampled(VsHnswBuilder* builder);
  const int16_t* Numbers(const VsHnswRecord* leader);
  void ComputeMean(Range range);
  void Turn(Range range);
  void Project(Range range);
  double CountNodes(Range range);
  uint32_t CutAt(Range range, double share);
  void Divide(Range range);
  void MakePart(Range range);
};
static_assert(std::is_trivially_destructible_v<VsHnswPlan>, "host calls may not return");

void VsHnswPlan::Init(const Memory& memory, const VsHnswSpace* with_space) {
  space = with_space;
  parts = 0;
  leaders.Init(memory, space);
  rows.Init(memory, space);
  for (auto* array : {&order, &part, &local, &homes, &place}) array->Init(memory);
  for (auto* array : {&direction, &turned, &mean, &along}) array->Init(memory);
  numbers.Init(memory);
  choices.Init(memory);
  records.Init(memory);
}

// The builder's `order` holds the sample, leaders first.
void VsHnswPlan::ChooseLeadersOf(VsHnswBuilder* builder, uint32_t count) {
  clusters = count;
  leaders.Begin(count);
  for (uint32_t c = 0; c < count; c++) {
    records.Push(builder->Record(builder->arena.order()[c]));
    leaders.Set(c, records[c]);
    order.Push(c);
  }
  leaders.End();
  for (auto* array : {&part, &local, &homes, &place}) array->Extend(count);
  std::fill(homes.begin(), homes.end(), 0u);
  along.Extend(count);
  for (auto* array : {&direction, &turned, &mean}) array->Extend(space->dims);
  numbers.Extend(space->dims);
}

void VsHnswPlan::ChooseSampled(VsHnswBuilder* builder) {
  const size_t stride = builder->arena.shape().record_bytes;

  sampled = builder->arena.nodes();
  choices.Extend(size_t(sampled) * fanout);
  for (uint32_t i = 0; i < sampled; i += VS_PANEL_GROUP) {
    builder->PollEvery(i / VS_PANEL_GROUP);
    vs_hnsw_plan_choose(this, reinterpret_cast<const uint8_t*>(builder->Record(i)), stride,
                        std::min(sampled - i, uint32_t{VS_PANEL_GROUP}), &choices[size_t(i) * fanout]);
  }
  for (uint32_t i = 0; i < sampled; i++)
    if (choices[size_t(i) * fanout] != kNoCluster) homes[choices[size_t(i) * fanout]]++;
}

// Code space holds a leader at scale * numbers.
const int16_t* VsHnswPlan::Numbers(const VsHnswRecord* leader) {
  vs_hnsw_decode(space, leader, numbers.data());
  return numbers.data();
}

void VsHnswPlan::ComputeMean(Range range) {
  const double n = range.end - range.begin;

  std::fill(mean.begin(), mean.end(), 0.0f);
  for (uint32_t k = range.begin; k < range.end; k++) {
    const VsHnswRecord* leader = records[order[k]];
    const int16_t* number = Numbers(leader);
    for (uint32_t i = 0; i < space->dims; i++) mean[i] += float(leader->scale * number[i] / n);
  }
}

// Where each leader of the range lies along the direction, and that direction turned to where they
// differ more: a step of the power iteration.
void VsHnswPlan::Turn(Range range) {
  const uint32_t dims = space->dims;
  double offset = 0, length = 0;

  for (uint32_t i = 0; i < dims; i++) offset += double(mean[i]) * direction[i];
  std::fill(turned.begin(), turned.end(), 0.0f);
  for (uint32_t k = range.begin; k < range.end; k++) {
    const VsHnswRecord* leader = records[order[k]];
    const int16_t* number = Numbers(leader);
    float sum = 0;
    for (uint32_t i = 0; i < dims; i++) sum += direction[i] * number[i];
    const float weight = float(double(sum) * leader->scale - offset);
    along[order[k]] = weight;
    for (uint32_t i = 0; i < dims; i++) turned[i] += weight * (leader->scale * number[i] - mean[i]);
  }
  for (float x : turned) length += double(x) * x;
  const float factor = length > 0 ? float(1 / sqrt(length)) : 0;
  for (uint32_t i = 0; i < dims; i++) direction[i] = turned[i] * factor;
}

void VsHnswPlan::Project(Range range) {
  ComputeMean(range);
  for (uint32_t i = 0; i < space->dims; i++)
    direction[i] = float(vecstore::Mix64(i + 1) >> 40) / float(1 << 24) - 0.5f;
  for (int step = 0; step < kPowerSteps; step++) Turn(range);
}

// Sampled nodes that go to any cluster of the range, and what chance may add.
double VsHnswPlan::CountNodes(Range range) {
  double count = 0;

  for (uint32_t k = 0; k < clusters; k++) place[order[k]] = k;
  for (uint32_t i = 0; i < sampled; i++)
    for (uint32_t k = 0; k < fanout; k++) {
      const uint16_t cluster = choices[size_t(i) * fanout + k];
      if (cluster == kNoCluster || place[cluster] < range.begin || place[cluster] >= range.end) continue;
      count++;
      break;
    }
  return count + 2 * sqrt(count);
}

// Sort the range along its direction; the place before which a share of its nodes is at home.
uint32_t VsHnswPlan::CutAt(Range range, double share) {
  double total = 0, before = 0;
  uint32_t at = range.begin;

  std::sort(order.begin() + range.begin, order.begin() + range.end, [this](uint32_t a, uint32_t b) {
    return along[a] != along[b] ? along[a] < along[b] : a < b;
  });
  for (uint32_t k = range.begin; k < range.end; k++) total += homes[order[k]] + 1;
  while (at < range.end && before < share * total) before += homes[order[at++]] + 1;
  return std::min(std::max(at, range.begin + 1), range.end - 1);
}

void VsHnswPlan::MakePart(Range range) {
  for (uint32_t k = range.begin; k < range.end; k++) {
    part[order[k]] = parts;
    local[order[k]] = k - range.begin;
  }
  parts++;
}

void VsHnswPlan::Divide(Range range) {
  const double nodes = CountNodes(range);
  const uint32_t count = range.end - range.begin;

  if (count == 1 || (nodes <= limit && count <= kMaxClusters)) {
    MakePart(range);
    return;
  }
  const double wanted = std::max(ceil(kOverlap * nodes / limit), 2.0);
  Project(range);
  const uint32_t cut = CutAt(range, floor(wanted / 2) / wanted);
  Divide({range.begin, cut});
  Divide({cut, range.end});
}

VsHnswPlan* vs_hnsw_plan_create(VsHnswBuilder* builder, double nodes) {
  const PartitionEffort& effort = builder->effort;
  const uint32_t sampled = builder->arena.nodes();
  const double capacity = builder->state->capacity;
  auto* plan = new (builder->memory.New<VsHnswPlan>(1)) VsHnswPlan;
  uint32_t* order = builder->arena.order();

  plan->Init(builder->memory, builder->space);
  plan->fanout = effort.fanout;
  plan->limit = kFilled * capacity * sampled / nodes;
  const double least = kClustersAPart * effort.fanout * nodes / capacity;
  const uint32_t clusters =
      std::max(ClusterCount(size_t(nodes), 1, effort.fanout, effort.max_leaf),
               uint32_t(std::min(least, double(kMostLeaders))));
  for (uint32_t i = 0; i < sampled; i++) order[i] = i;
  const uint32_t count = std::max(std::min(clusters, sampled / 2), 1u);
  builder->DrawLeaders(order, sampled, count);
  plan->ChooseLeadersOf(builder, count);
  plan->ChooseSampled(builder);
  plan->Divide({0, count});
  return plan;
}

uint32_t vs_hnsw_plan_parts(const VsHnswPlan* plan) { return plan->parts; }
uint32_t vs_hnsw_plan_fanout(const VsHnswPlan* plan) { return plan->fanout; }

void vs_hnsw_plan_choose(VsHnswPlan* plan, const uint8_t* records, size_t stride, uint32_t n,
                         uint16_t* choices) {
  plan->rows.Begin(n);
  for (uint32_t i = 0; i < n; i++)
    plan->rows.Set(i, reinterpret_cast<const VsHnswRecord*>(records + i * stride));
  plan->rows.End();
  ChooseLeaders(plan->space, plan->rows, n, plan->leaders, plan->fanout, choices);
}

uint32_t vs_hnsw_plan_part(const VsHnswPlan* plan, uint16_t cluster) {
  return cluster == kNoCluster ? 0 : plan->part[cluster];
}

uint16_t vecstore::hnsw::PlanLocal(const VsHnswPlan* plan, uint32_t part, uint16_t cluster) {
  return cluster == kNoCluster || plan->part[cluster] != part ? kNoCluster : uint16_t(plan->local[cluster]);
}
