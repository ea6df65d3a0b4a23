/* SPDX-License-Identifier: PostgreSQL
 *
 * text_wire.c - the binary form of types whose text says all.
 *
 * Owns: the version of that form.
 */
#include "postgres.h"

#include "libpq/pqformat.h"

#include "pg/text_wire.h"

#define WIRE_VERSION 1

char *
vs_receive_text_form(StringInfo message, const char *type)
{
	int version = pq_getmsgint(message, 1);
	int bytes;

	if (version != WIRE_VERSION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("unsupported version number %d of %s", version, type)));
	return pq_getmsgtext(message, message->len - message->cursor, &bytes);
}

bytea *
vs_send_text_form(const char *text)
{
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint8(&message, WIRE_VERSION);
	pq_sendtext(&message, text, (int) strlen(text));
	return pq_endtypsend(&message);
}
