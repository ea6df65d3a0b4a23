/* SPDX-License-Identifier: PostgreSQL
 *
 * candidates.h - the value of type vecstore.candidates: a ranking whose entries have vectors.
 *
 * Owns: its form, which lives no longer than a query: the type has no input.
 */
#ifndef VECSTORE_PG_FUSION_CANDIDATES_H
#define VECSTORE_PG_FUSION_CANDIDATES_H

#include "pg/fusion/ranking.h"
#include "pg/types/vector_type.h"

#define VS_CANDIDATES_VERSION 1

typedef struct VsCandidates
{
	int32 vl_len_;
	uint8 version;
	uint8 element;       /* VsElement */
	uint16 dims;         /* 0: no vector at all */
	int32 ranking_bytes; /* of the ranking, rounded up to 8 */
	int32 unused;
	char ranking[FLEXIBLE_ARRAY_MEMBER];
	/* then each entry's vector, zeros where there is none */
} VsCandidates;

/* A collector that keeps vectors, too. */
typedef struct VsVectorCollector
{
	VsCollector entries;
	VsElement element;
	int dims; /* 0: no vector yet */
	int capacity;
	void **vector; /* elements of each entry's vector, by place; NULL: none */
	void *options; /* the caller's */
} VsVectorCollector;

/* Transition: arguments state, id, distance, vector.  Returns the state. */
extern VsVectorCollector *vs_collect_vector(const VectorType *type, FunctionCallInfo fcinfo);

/* The candidates of a collector. */
extern VsCandidates *vs_make_candidates(const VsVectorCollector *collector);

extern VsCandidates *vs_candidates_from_datum(Datum value);

static inline VsRanking *
vs_candidates_ranking(VsCandidates *candidates)
{
	return (VsRanking *) candidates->ranking;
}

/* Vectors of length 1 in the order of the ranking, zeros where there is none; palloc'd. */
extern float *vs_candidates_unit_vectors(VsCandidates *candidates);

#endif
