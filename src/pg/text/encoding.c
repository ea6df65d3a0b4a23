/* SPDX-License-Identifier: PostgreSQL
 *
 * encoding.c - the database's encoding as src/core/text wants it.
 *
 * Every encoding a database can have keeps ASCII bytes for ASCII, which is all the core relies on.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "pg/text/encoding.h"

/* Called with bytes >= 0x80 only; whatever the length, the core keeps it within the text. */
static int
multibyte_length(const char *at, size_t left)
{
	int length;

	/* In some encodings two bytes tell the length. */
	if (left < 2)
		return 1;
	length = pg_encoding_mblen(GetDatabaseEncoding(), at);
	return Max(length, 1);
}

static int
one_byte(const char *at, size_t left)
{
	return 1;
}

/* Does not raise errors. */
VsTextEncoding
vs_text_encoding(void)
{
	if (GetDatabaseEncoding() == PG_UTF8)
		return NULL;
	return pg_database_encoding_max_length() == 1 ? one_byte : multibyte_length;
}
