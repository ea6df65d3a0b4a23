/* SPDX-License-Identifier: PostgreSQL
 *
 * guc.c - definitions of the settings.
 *
 * Owns: every DefineCustom*Variable call.  Names of pgvector's settings keep pgvector's ranges or
 * widen them.  All are GUC_EXPLAIN, so EXPLAIN (SETTINGS) shows what was changed.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "bridge/kernels.h"
#include "pg/guc.h"

int vs_search_preset = VS_PRESET_BALANCED;
int vs_max_ef_search = 10000;
int vs_hnsw_ef_search = 0;
int vs_hnsw_iterative_scan = VS_ITERATIVE_STRICT;
int vs_hnsw_max_scan_tuples = 0;
double vs_hnsw_scan_mem_multiplier = 1;
double vs_phrase_boost = 2;
bool vs_bm25_without_index = false;
int vs_bm25_max_expansions = 10000;
static char *vs_simd = NULL;

static const struct config_enum_entry preset_options[] = {
	{"off", VS_PRESET_OFF, false},
	{"fast", VS_PRESET_FAST, false},
	{"balanced", VS_PRESET_BALANCED, false},
	{"high_recall", VS_PRESET_HIGH_RECALL, false},
	{"max", VS_PRESET_MAX, false},
	{NULL, 0, false},
};

static const struct config_enum_entry iterative_options[] = {
	{"off", VS_ITERATIVE_OFF, false},
	{"relaxed_order", VS_ITERATIVE_RELAXED, false},
	{"strict_order", VS_ITERATIVE_STRICT, false},
	{NULL, 0, false},
};

/* vecstore.simd: refuse targets this processor does not have. */
static bool
check_simd(char **newval, void **extra, GucSource source)
{
	if (strcmp(*newval, "auto") == 0 || **newval == '\0')
		return true;
	for (const char *const *target = vs_kernels_targets(); *target != NULL; target++)
		if (pg_strcasecmp(*target, *newval) == 0)
			return true;
	GUC_check_errdetail("This processor or this build has no SIMD target \"%s\".", *newval);
	GUC_check_errhint("SELECT * FROM vecstore.build_info() lists the targets.");
	return false;
}

static void
assign_simd(const char *newval, void *extra)
{
	(void) vs_kernels_force(newval);
}

/* Settings pgvector has under the same names. */
static void
define_hnsw_settings(void)
{
	DefineCustomIntVariable("hnsw.ef_search",
							"Sets the size of the dynamic candidate list of an hnsw search.",
							"0 takes it from the index option or from vecstore.search_preset.",
							&vs_hnsw_ef_search, 0, 0, 10000,
							PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomEnumVariable("hnsw.iterative_scan",
							 "Sets what an hnsw scan does when the executor wants more rows.",
							 NULL, &vs_hnsw_iterative_scan, VS_ITERATIVE_STRICT, iterative_options,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomIntVariable("hnsw.max_scan_tuples",
							"Sets the number of index entries after which an iterative scan stops.",
							"0 means that a scan ends only when every entry was returned.",
							&vs_hnsw_max_scan_tuples, 0, 0, INT_MAX,
							PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomRealVariable("hnsw.scan_mem_multiplier",
							 "Sets the multiple of work_mem an iterative scan may use.",
							 "Accepted for compatibility, without effect.",
							 &vs_hnsw_scan_mem_multiplier, 1, 1, 1000,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	MarkGUCPrefixReserved("hnsw");
}

static void
define_vecstore_settings(void)
{
	DefineCustomEnumVariable("vecstore.search_preset",
							 "Sets the recall a search aims at: off, fast, balanced, high_recall, max.",
							 NULL, &vs_search_preset, VS_PRESET_BALANCED, preset_options,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomIntVariable("vecstore.max_ef_search",
							"Caps the candidate list of every hnsw search.",
							NULL, &vs_max_ef_search, 10000, 1, 10000,
							PGC_SUSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomStringVariable("vecstore.simd",
							   "Forces a SIMD target, for tests.",
							   "\"auto\" chooses the best one the processor has.",
							   &vs_simd, "auto",
							   PGC_USERSET, GUC_EXPLAIN, check_simd, assign_simd, NULL);
	DefineCustomRealVariable("vecstore.phrase_boost",
							 "Sets the factor for terms of a phrase that a document has.",
							 "Queries of type bm25query may carry their own.",
							 &vs_phrase_boost, 2, 0, VS_MAX_PHRASE_BOOST,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomBoolVariable("vecstore.bm25_without_index",
							 "Lets <@> score by frequency alone where no bm25 index is found.",
							 NULL, &vs_bm25_without_index, false,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomIntVariable("vecstore.bm25_max_expansions",
							"Sets the number of lexemes that the prefixes of a query may stand for.",
							NULL, &vs_bm25_max_expansions, 10000, 1, INT_MAX,
							PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	MarkGUCPrefixReserved("vecstore");
}

void
vs_define_settings(void)
{
	define_hnsw_settings();
	define_vecstore_settings();
}
