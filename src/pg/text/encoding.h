/* SPDX-License-Identifier: PostgreSQL
 *
 * encoding.h - the database's encoding as src/core/text wants it.
 */
#ifndef VECSTORE_PG_TEXT_ENCODING_H
#define VECSTORE_PG_TEXT_ENCODING_H

#include "bridge/text.h"

extern VsTextEncoding vs_text_encoding(void);

#endif
