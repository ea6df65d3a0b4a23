/* SPDX-License-Identifier: PostgreSQL
 *
 * text_wire.h - the binary form of types whose text says all: a version byte, then the text, which is checked like any.
 */
#ifndef VECSTORE_PG_TEXT_WIRE_H
#define VECSTORE_PG_TEXT_WIRE_H

#include "lib/stringinfo.h"

/* The text of a message; errors for versions of `type` that are not known. */
extern char *vs_receive_text_form(StringInfo message, const char *type);
extern bytea *vs_send_text_form(const char *text);

#endif
