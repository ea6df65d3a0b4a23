/* SPDX-License-Identifier: PostgreSQL
 *
 * candidates.c - the value of type vecstore.candidates and the aggregate that makes it.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/fusion/candidates.h"

StaticAssertDecl(offsetof(VsCandidates, ranking) == 16, "the ranking is aligned to 8 bytes");

static const VectorType *
vector_type_of(VsElement element)
{
	return element == VS_FLOAT16 ? &halfvec_type : &vector_type;
}

static VsVectorCollector *
new_collector(const VectorType *type, FunctionCallInfo fcinfo, MemoryContext context)
{
	VsVectorCollector *collector = MemoryContextAllocZero(context, sizeof(VsVectorCollector));

	vs_init_collector(&collector->entries, fcinfo, context);
	collector->element = type->element;
	return collector;
}

/* A copy of the elements in the aggregate's memory, scaled later; all vectors have one dimension. */
static void *
copy_vector(VsVectorCollector *collector, Datum value)
{
	const VectorType *type = vector_type_of(collector->element);
	AnyVector *vector = (AnyVector *) PG_DETOAST_DATUM(value);
	Size bytes = type->element_size * vector->dim;
	void *copy;

	if (collector->dims == 0)
		collector->dims = vector->dim;
	if (vector->dim != collector->dims)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("different %s dimensions %d and %d", type->name, collector->dims, vector->dim),
				 errhint("Candidates must come from one embedding.")));
	copy = MemoryContextAlloc(collector->entries.context, bytes);
	memcpy(copy, vector->x, bytes);
	if ((Pointer) vector != DatumGetPointer(value))
		pfree(vector);
	return copy;
}

VsVectorCollector *
vs_collect_vector(const VectorType *type, FunctionCallInfo fcinfo)
{
	VsVectorCollector *collector;
	MemoryContext context;
	int place;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "candidates transition called outside of an aggregate");
	collector = PG_ARGISNULL(0) ? new_collector(type, fcinfo, context)
								: (VsVectorCollector *) PG_GETARG_POINTER(0);
	place = collector->entries.n;
	if (!vs_collect(&collector->entries, fcinfo, PG_ARGISNULL(2),
					PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2)))
		return collector;
	if (collector->capacity < collector->entries.capacity)
	{
		Size size = sizeof(void *) * (Size) collector->entries.capacity;

		collector->vector = collector->vector == NULL
								? MemoryContextAllocHuge(context, size)
								: repalloc_huge(collector->vector, size);
		collector->capacity = collector->entries.capacity;
	}
	collector->vector[place] =
		PG_ARGISNULL(3) ? NULL : copy_vector(collector, PG_GETARG_DATUM(3));
	return collector;
}

/* Whether the vector at place a comes before that at place b; none comes last. */
static bool
precedes(const VsVectorCollector *collector, uint32 a, uint32 b)
{
	const void *x = collector->vector[a], *y = collector->vector[b];

	if (x == NULL || y == NULL)
		return x != NULL;
	return vs_elements_compare(collector->element, x, collector->dims, y, collector->dims) < 0;
}

/*
 * Of entries with one id at one distance the one that was read first will stay: give it the least of
 * their vectors, so that the order of rows does not matter.
 */
static void
settle_duplicates(const VsVectorCollector *collector, VsEntry *entry)
{
	int first = 0;

	vs_sort_by_id(collector->entries.kind, entry, collector->entries.n);
	for (int i = 1; i < collector->entries.n; i++)
	{
		if (vs_compare_ids(collector->entries.kind, &entry[first].id, &entry[i].id) != 0)
			first = i;
		else if (entry[i].distance == entry[first].distance &&
				 precedes(collector, entry[i].place, entry[first].place))
		{
			void *vector = collector->vector[entry[i].place];

			collector->vector[entry[i].place] = collector->vector[entry[first].place];
			collector->vector[entry[first].place] = vector;
		}
	}
}

VsCandidates *
vs_make_candidates(const VsVectorCollector *collector)
{
	const VectorType *type = vector_type_of(collector->element);
	VsEntry *entry = vs_copy_entries(&collector->entries);
	VsRanking *ranking;
	VsCandidates *candidates;
	Size ranking_bytes, row_bytes = type->element_size * collector->dims, size;
	char *element;

	settle_duplicates(collector, entry);
	ranking = vs_make_ranking(collector->entries.kind, entry, collector->entries.n);
	ranking_bytes = MAXALIGN(VARSIZE(ranking));
	size = offsetof(VsCandidates, ranking) + ranking_bytes + row_bytes * ranking->n;
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%d candidates of %d dimensions are too many", ranking->n,
							   collector->dims),
						errhint("Put a LIMIT into the sub-select that they are made from.")));
	candidates = palloc0(size);
	SET_VARSIZE(candidates, size);
	candidates->version = VS_CANDIDATES_VERSION;
	candidates->element = (uint8) collector->element;
	candidates->dims = (uint16) collector->dims;
	candidates->ranking_bytes = (int32) ranking_bytes;
	memcpy(candidates->ranking, ranking, VARSIZE(ranking));
	element = candidates->ranking + ranking_bytes;
	for (int i = 0; i < ranking->n; i++)
	{
		const void *vector = collector->vector[entry[i].place];

		if (vector != NULL)
			memcpy(element + row_bytes * i, vector, row_bytes);
	}
	pfree(ranking);
	pfree(entry);
	return candidates;
}

VsCandidates *
vs_candidates_from_datum(Datum value)
{
	VsCandidates *candidates = (VsCandidates *) PG_DETOAST_DATUM(value);

	if (candidates->version != VS_CANDIDATES_VERSION)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("candidates of unknown version %d", candidates->version),
						errhint("They were made by a newer vecstore; make them again.")));
	return candidates;
}

/* In place; a vector without direction becomes zero. */
static void
scale_to_unit(float *x, int dims)
{
	double squared = vs_inner_product(VS_FLOAT32, x, x, dims);
	double norm;
	float factor;

	/* Where single precision is enough, it is faster. */
	if (squared > 1e-20 && squared < 1e30)
	{
		factor = (float) (1 / sqrt(squared));
		for (int i = 0; i < dims; i++)
			x[i] *= factor;
		return;
	}
	norm = vs_elements_norm(VS_FLOAT32, x, dims);
	for (int i = 0; i < dims; i++)
		x[i] = norm > 0 ? (float) (x[i] / norm) : 0;
}

float *
vs_candidates_unit_vectors(VsCandidates *candidates)
{
	int n = vs_candidates_ranking(candidates)->n, dims = candidates->dims;
	const VectorType *type = vector_type_of((VsElement) candidates->element);
	const char *element = candidates->ranking + candidates->ranking_bytes;
	float *unit = palloc_extended(sizeof(float) * (Size) Max(n * (Size) dims, 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < n; i++)
	{
		float *row = unit + (Size) i * dims;

		CHECK_FOR_INTERRUPTS();
		vs_elements_to_float(type->element, element + type->element_size * dims * (Size) i, dims, row);
		scale_to_unit(row, dims);
	}
	return unit;
}

static Datum
generic_candidates_accum(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_POINTER(vs_collect_vector(type, fcinfo));
}

FOR_BOTH_TYPES(candidates_accum);

PG_FUNCTION_INFO_V1(vs_candidates_final);
Datum
vs_candidates_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(vs_make_candidates((const VsVectorCollector *) PG_GETARG_POINTER(0)));
}

PG_FUNCTION_INFO_V1(vs_candidates_in);
Datum
vs_candidates_in(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot accept a value of type vecstore.candidates"),
					errhint("Make it with the aggregate vecstore.candidates.")));
}

/* A summary, for people. */
PG_FUNCTION_INFO_V1(vs_candidates_out);
Datum
vs_candidates_out(PG_FUNCTION_ARGS)
{
	VsCandidates *candidates = vs_candidates_from_datum(PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(psprintf("%d candidates, %s(%d)", vs_candidates_ranking(candidates)->n,
							   vector_type_of((VsElement) candidates->element)->name,
							   candidates->dims));
}
