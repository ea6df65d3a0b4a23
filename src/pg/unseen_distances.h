/* SPDX-License-Identifier: PostgreSQL
 *
 * unseen_distances.h - distances that nobody sees are not computed.
 */
#ifndef VECSTORE_PG_UNSEEN_DISTANCES_H
#define VECSTORE_PG_UNSEEN_DISTANCES_H

/* Once, when the library is loaded. */
extern void vs_define_planner_hook(void);

#endif
