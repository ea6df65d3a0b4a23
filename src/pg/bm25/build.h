/* SPDX-License-Identifier: PostgreSQL
 *
 * build.h - phases of a build, as pg_stat_progress_create_index shows them.
 */
#ifndef VECSTORE_PG_BM25_BUILD_H
#define VECSTORE_PG_BM25_BUILD_H

#define BM25_PHASE_LOAD 2
#define BM25_PHASE_INVERT 3
#define BM25_PHASE_MERGE 4
#define BM25_PHASE_WRITE 5
#define BM25_PHASE_WAIT 6

#endif
