/* SPDX-License-Identifier: PostgreSQL
 *
 * fuse.h - a call of vecstore.fuse, from arguments to scores.
 *
 * Owns: what fuse and its relatives share.  Everything is palloc'd in the current memory context.
 */
#ifndef VECSTORE_PG_FUSION_FUSE_H
#define VECSTORE_PG_FUSION_FUSE_H

#include "bridge/fusion.h"
#include "pg/fusion/ranking.h"

typedef struct VsFuseCall
{
	VsFusion fusion;
	VsIdKind kind;
	VsId *id; /* of each candidate, ascending */
	VsFused fused;
	int rows; /* to return: of fused.order, from the first on */
} VsFuseCall;

/*
 * Fuses what the arguments say (those of vecstore.fuse, in that order).  kind 0 takes ids of any kind;
 * another must be the rankings' own, or an error names the function to use.  No candidates: rows is 0.
 */
extern void vs_run_fuse(FunctionCallInfo fcinfo, VsIdKind kind, VsFuseCall *call);

/* A strategy by name; an unknown one is an error that lists all. */
extern VsStrategy vs_strategy_argument(FunctionCallInfo fcinfo, int argument);

/*
 * Weights of n lists, or NULL for a NULL argument; raises an error unless they are n finite numbers of
 * at least 0, not all 0.
 */
extern double *vs_weights_argument(FunctionCallInfo fcinfo, int argument, int n);

/* The host's side of long loops in the core. */
extern void vs_fusion_poll(void *host);

#endif
