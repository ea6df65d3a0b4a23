// SPDX-License-Identifier: PostgreSQL
//
// plan.h - what the core itself asks of a plan.
#ifndef VECSTORE_CORE_HNSW_PLAN_H
#define VECSTORE_CORE_HNSW_PLAN_H

#include "bridge/hnsw.h"

namespace vecstore::hnsw {

// The number of a cluster within its part; kNoCluster for those of other parts.
uint16_t PlanLocal(const VsHnswPlan* plan, uint32_t part, uint16_t cluster);

}  // namespace vecstore::hnsw

#endif
