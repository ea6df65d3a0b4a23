/* SPDX-License-Identifier: PostgreSQL
 *
 * recall.h - the statements by which recall.c compares an index with its table.
 */
#ifndef VECSTORE_PG_HNSW_RECALL_H
#define VECSTORE_PG_HNSW_RECALL_H

#include "executor/spi.h"
#include "utils/rel.h"

/*
 * All run as the caller, under the snapshot of the calling statement.  $1 is a query vector; with
 * `leave_out` $2 is the ctid of a row that is no answer to it.  Both searches return distances, in
 * ascending order.
 */
typedef struct HnswRecallPlans
{
	Relation heap;
	Relation rel;
	char *source; /* FROM ... WHERE: the rows the index is about */
	char *column; /* the indexed expression */
	char *order_by; /* the operator, OPERATOR(schema.name) */
	bool leave_out;
	int k;
} HnswRecallPlans;

extern void hnsw_recall_plans_init(HnswRecallPlans *plans, Relation heap, Relation rel);
/* Up to `sample` rows of the index: (vector, ctid), the same ones in every call. */
extern SPIPlanPtr hnsw_recall_sample(const HnswRecallPlans *plans, int sample);
extern SPIPlanPtr hnsw_recall_exact(const HnswRecallPlans *plans);
/* Searches with the index; an error unless the planner was forced to use it. */
extern SPIPlanPtr hnsw_recall_search(const HnswRecallPlans *plans);

/* The index that is the only one of its table to the planner. */
typedef struct HnswOnlyIndex
{
	Oid index;
	Oid table;
} HnswOnlyIndex;

/*
 * Make the planner use an index; some settings change up to the end of the current GUC nesting level.
 * Returns what to give back to hnsw_recall_release_index, also after an error: a query may measure an
 * index while another one is measured.
 */
extern HnswOnlyIndex hnsw_recall_force_index(Relation rel);
extern void hnsw_recall_release_index(HnswOnlyIndex outer);
/* Change a setting up to the end of the current GUC nesting level. */
extern void hnsw_recall_set(const char *name, const char *value);

#endif
