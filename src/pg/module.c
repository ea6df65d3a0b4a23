/* SPDX-License-Identifier: PostgreSQL
 *
 * module.c - what happens when the library is loaded.
 *
 * Owns: the magic block and _PG_init.  Settings are defined in guc.c; nothing here needs preloading.
 */
#include "postgres.h"

#include "fmgr.h"

#include "bridge/kernels.h"
#include "pg/bm25/index.h"
#include "pg/guc.h"
#include "pg/hnsw/opclass.h"
#include "pg/unseen_distances.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	/* Choose the kernels now: detection writes process-global state once. */
	(void) vs_kernels();
	vs_define_settings();
	vs_define_hnsw_options();
	vs_define_bm25_options();
	vs_define_column_statistics();
	vs_define_planner_hook();
}
