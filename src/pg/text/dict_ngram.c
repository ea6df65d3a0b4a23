/* SPDX-License-Identifier: PostgreSQL
 *
 * dict_ngram.c - the dictionary template vecstore.ngram: the n-grams of one word.
 *
 * Grams that begin at one character share a position, and the next ones have the next: in a query, they
 * are joined as the words of a text are.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "miscadmin.h"
#include "tsearch/ts_public.h"
#include "utils/builtins.h"

#include "pg/text/encoding.h"
#include "pg/text/fold.h"

PG_FUNCTION_INFO_V1(vs_ngram_init);
PG_FUNCTION_INFO_V1(vs_ngram_lexize);

#define DEFAULT_GRAM 3

typedef struct NgramDictionary
{
	int min;
	int max;
	bool edge; /* only grams at the beginning of the word */
} NgramDictionary;

static int
gram_length(DefElem *option)
{
	char *text = defGetString(option);
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || value < 1 || value > VS_GRAM_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for parameter \"%s\": \"%s\"", option->defname, text),
				 errdetail("An n-gram has 1 to %d characters.", VS_GRAM_MAX)));
	return (int) value;
}

static void
read_option(NgramDictionary *dictionary, DefElem *option)
{
	if (strcmp(option->defname, "min") == 0)
		dictionary->min = gram_length(option);
	else if (strcmp(option->defname, "max") == 0)
		dictionary->max = gram_length(option);
	else if (strcmp(option->defname, "edge") == 0)
		dictionary->edge = defGetBoolean(option);
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unrecognized parameter of an n-gram dictionary: \"%s\"",
							   option->defname),
						errhint("The parameters are \"min\", \"max\" and \"edge\".")));
}

/* One limit alone moves the other where it must. */
Datum
vs_ngram_init(PG_FUNCTION_ARGS)
{
	List *options = (List *) PG_GETARG_POINTER(0);
	NgramDictionary *dictionary = palloc0(sizeof(NgramDictionary));
	ListCell *cell;

	foreach (cell, options)
		read_option(dictionary, (DefElem *) lfirst(cell));
	if (dictionary->min == 0)
		dictionary->min =
			dictionary->max == 0 ? DEFAULT_GRAM : Min(dictionary->max, DEFAULT_GRAM);
	if (dictionary->max == 0)
		dictionary->max = Max(dictionary->min, DEFAULT_GRAM);
	if (dictionary->min > dictionary->max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"min\" of an n-gram dictionary exceeds \"max\""),
						errdetail("\"min\" is %d, \"max\" is %d.", dictionary->min,
								  dictionary->max)));
	PG_RETURN_POINTER(dictionary);
}

Datum
vs_ngram_lexize(PG_FUNCTION_ARGS)
{
	NgramDictionary *dictionary = (NgramDictionary *) PG_GETARG_POINTER(0);
	int room = 16;
	int n = 0;
	TSLexeme *lexemes = palloc(room * sizeof(TSLexeme));
	size_t length;
	char *word = vs_fold_word((char *) PG_GETARG_POINTER(1), PG_GETARG_INT32(2), &length);
	VsGramScan scan;
	VsGram gram;

	vs_grams_begin(&scan, dictionary->min, dictionary->max, dictionary->edge, vs_text_encoding(),
				   word, length);
	while (vs_grams_next(&scan, &gram))
	{
		CHECK_FOR_INTERRUPTS();
		if (n + 1 == room)
			lexemes = repalloc(lexemes, (room *= 2) * sizeof(TSLexeme));
		lexemes[n].nvariant = 0;
		lexemes[n].flags = gram.moves ? TSL_ADDPOS : 0;
		lexemes[n++].lexeme = pnstrdup(gram.begin, gram.length);
	}
	memset(&lexemes[n], 0, sizeof(TSLexeme));
	pfree(word);
	PG_RETURN_POINTER(lexemes);
}
