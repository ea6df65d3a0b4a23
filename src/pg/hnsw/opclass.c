/* SPDX-License-Identifier: PostgreSQL
 *
 * opclass.c - operator classes and index options.
 *
 * Owns: what an operator class says about metric and element type (support function 1), and the
 * reloptions m, ef_construction, ef_search and storage.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "fmgr.h"

#include "pg/guc.h"
#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/opclass.h"

static relopt_kind hnsw_relopt_kind;

static relopt_enum_elt_def storages[] = {
	{"plain", VS_STORAGE_PLAIN},
	{"sketch", VS_STORAGE_SKETCH},
	{(const char *) NULL},
};

void
vs_define_hnsw_options(void)
{
	hnsw_relopt_kind = add_reloption_kind();
	add_int_reloption(hnsw_relopt_kind, "m", "Links of a node above level 0; twice as many at level 0",
					  HNSW_DEFAULT_M, HNSW_MIN_M, HNSW_MAX_M, AccessExclusiveLock);
	add_int_reloption(hnsw_relopt_kind, "ef_construction",
					  "Size of the candidate list while the graph is built",
					  HNSW_DEFAULT_EF_CONSTRUCTION, HNSW_MIN_EF_CONSTRUCTION,
					  HNSW_MAX_EF_CONSTRUCTION, AccessExclusiveLock);
	add_int_reloption(hnsw_relopt_kind, "ef_search",
					  "Size of the candidate list of searches, 0: from vecstore.search_preset", 0, 0,
					  HNSW_MAX_EF_SEARCH, ShareUpdateExclusiveLock);
	add_enum_reloption(hnsw_relopt_kind, "storage",
					   "What nodes know of their neighbours: only where they are, or sketches of them",
					   storages, VS_STORAGE_PLAIN,
					   "Valid values are \"plain\" and \"sketch\".", AccessExclusiveLock);
}

bytea *
hnsw_options(Datum reloptions, bool validate)
{
	static const relopt_parse_elt table[] = {
		{"m", RELOPT_TYPE_INT, offsetof(HnswOptions, m)},
		{"ef_construction", RELOPT_TYPE_INT, offsetof(HnswOptions, ef_construction)},
		{"ef_search", RELOPT_TYPE_INT, offsetof(HnswOptions, ef_search)},
		{"storage", RELOPT_TYPE_ENUM, offsetof(HnswOptions, storage)},
	};

	return (bytea *) build_reloptions(reloptions, validate, hnsw_relopt_kind, sizeof(HnswOptions),
									  table, lengthof(table));
}

int
hnsw_option_m(Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;

	return options ? options->m : HNSW_DEFAULT_M;
}

int
hnsw_option_ef_construction(Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;

	return options ? options->ef_construction : HNSW_DEFAULT_EF_CONSTRUCTION;
}

VsHnswStorage
hnsw_option_storage(Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;

	return options ? options->storage : VS_STORAGE_PLAIN;
}

/* Beam width of a preset where the index has none of its own (design: 20, 50, 100, 200). */
int
hnsw_preset_ef(const VsHnswMeta *meta, int preset)
{
	static const int defaults[] = {20, 50, 100, 200};
	int rank = preset - VS_PRESET_FAST;

	if (preset == VS_PRESET_OFF)
		return 40; /* pgvector's default */
	return meta->calibrated_ef[rank] > 0 ? meta->calibrated_ef[rank] : defaults[rank];
}

/* The beam width of a search: hnsw.ef_search, else the index's option, else the preset. */
int
hnsw_effective_ef(const VsHnswMeta *meta, Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;
	int ef = vs_hnsw_ef_search;

	if (ef == 0 && options != NULL)
		ef = options->ef_search;
	if (ef == 0)
		ef = hnsw_preset_ef(meta, vs_search_preset);
	return Min(ef, vs_max_ef_search);
}

/* What the operator class of the index's first column says. */
const HnswOpclass *
hnsw_opclass(Relation index)
{
	FmgrInfo *proc = index_getprocinfo(index, 1, HNSW_OPCLASS_PROC);

	return (const HnswOpclass *) DatumGetPointer(FunctionCall1Coll(proc, InvalidOid, PointerGetDatum(NULL)));
}

#define OPCLASS_FUNCTION(name, metric_value, element_value) \
	PG_FUNCTION_INFO_V1(name); \
	Datum name(PG_FUNCTION_ARGS) \
	{ \
		static const HnswOpclass opclass = {metric_value, element_value}; \
		PG_RETURN_POINTER(&opclass); \
	} \
	extern Datum name(PG_FUNCTION_ARGS)

OPCLASS_FUNCTION(vs_hnsw_vector_l2, VS_METRIC_L2, VS_FLOAT32);
OPCLASS_FUNCTION(vs_hnsw_vector_ip, VS_METRIC_IP, VS_FLOAT32);
OPCLASS_FUNCTION(vs_hnsw_vector_cosine, VS_METRIC_COSINE, VS_FLOAT32);
OPCLASS_FUNCTION(vs_hnsw_vector_l1, VS_METRIC_L1, VS_FLOAT32);
OPCLASS_FUNCTION(vs_hnsw_halfvec_l2, VS_METRIC_L2, VS_FLOAT16);
OPCLASS_FUNCTION(vs_hnsw_halfvec_ip, VS_METRIC_IP, VS_FLOAT16);
OPCLASS_FUNCTION(vs_hnsw_halfvec_cosine, VS_METRIC_COSINE, VS_FLOAT16);
OPCLASS_FUNCTION(vs_hnsw_halfvec_l1, VS_METRIC_L1, VS_FLOAT16);
