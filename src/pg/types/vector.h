/* SPDX-License-Identifier: PostgreSQL
 *
 * vector.h - the in-memory and on-disk form of vector and halfvec.
 *
 * Owns: the two structs.  Their layout is pgvector's, so that extensions that read it keep working;
 * it must never change.  A Datum may be toasted or have a one-byte header: fetch with DatumGet*.
 */
#ifndef VECSTORE_PG_TYPES_VECTOR_H
#define VECSTORE_PG_TYPES_VECTOR_H

#include "fmgr.h"

#include "bridge/vector.h"

typedef struct Vector
{
	int32 vl_len_; /* varlena header, see SET_VARSIZE */
	int16 dim;     /* 1 .. VS_MAX_DIM */
	int16 unused;  /* 0 */
	float x[FLEXIBLE_ARRAY_MEMBER];
} Vector;

typedef struct HalfVector
{
	int32 vl_len_;
	int16 dim;
	int16 unused;
	uint16 x[FLEXIBLE_ARRAY_MEMBER]; /* IEEE 754 binary16 */
} HalfVector;

#define VECTOR_SIZE(dim) (offsetof(Vector, x) + sizeof(float) * (dim))
#define HALFVEC_SIZE(dim) (offsetof(HalfVector, x) + sizeof(uint16) * (dim))

#define DatumGetVector(datum) ((Vector *) PG_DETOAST_DATUM(datum))
#define DatumGetHalfVector(datum) ((HalfVector *) PG_DETOAST_DATUM(datum))

#endif
