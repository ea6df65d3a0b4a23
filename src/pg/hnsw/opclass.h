/* SPDX-License-Identifier: PostgreSQL
 *
 * opclass.h - what module.c calls when the library is loaded.
 */
#ifndef VECSTORE_PG_HNSW_OPCLASS_H
#define VECSTORE_PG_HNSW_OPCLASS_H

extern void vs_define_hnsw_options(void);

#endif
