/* SPDX-License-Identifier: PostgreSQL
 *
 * static_assert.h - assertions of the compiler, in C and in C++.
 */
#ifndef VECSTORE_BRIDGE_STATIC_ASSERT_H
#define VECSTORE_BRIDGE_STATIC_ASSERT_H

#ifdef __cplusplus
#define VS_STATIC_ASSERT(cond, msg) static_assert(cond, msg)
#else
#define VS_STATIC_ASSERT(cond, msg) _Static_assert(cond, msg)
#endif

#endif
