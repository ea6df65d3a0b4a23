/* SPDX-License-Identifier: PostgreSQL
 *
 * guc.h - the settings of vecstore, as the C variables behind them.
 */
#ifndef VECSTORE_PG_GUC_H
#define VECSTORE_PG_GUC_H

typedef enum VsSearchPreset
{
	VS_PRESET_OFF,
	VS_PRESET_FAST,
	VS_PRESET_BALANCED,
	VS_PRESET_HIGH_RECALL,
	VS_PRESET_MAX
} VsSearchPreset;

typedef enum VsIterativeScan
{
	VS_ITERATIVE_OFF,
	VS_ITERATIVE_RELAXED,
	VS_ITERATIVE_STRICT
} VsIterativeScan;

extern int vs_search_preset;	   /* vecstore.search_preset */
extern int vs_max_ef_search;	   /* vecstore.max_ef_search */
extern int vs_hnsw_ef_search;	   /* hnsw.ef_search, 0 = from the preset */
extern int vs_hnsw_iterative_scan; /* hnsw.iterative_scan */
extern int vs_hnsw_max_scan_tuples;
extern double vs_hnsw_scan_mem_multiplier;
#define VS_MAX_PHRASE_BOOST 1000
extern double vs_phrase_boost;		  /* vecstore.phrase_boost */
extern bool vs_bm25_without_index;  /* vecstore.bm25_without_index */
extern int vs_bm25_max_expansions;  /* vecstore.bm25_max_expansions */

extern void vs_define_settings(void);

#endif
