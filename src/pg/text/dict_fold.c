/* SPDX-License-Identifier: PostgreSQL
 *
 * dict_fold.c - the dictionary template vecstore.fold: case folding, and stop words.
 *
 * Unlike the server's template simple it does not ask the locale what a capital letter is.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "tsearch/ts_public.h"
#include "utils/builtins.h"

#include "pg/text/encoding.h"
#include "pg/text/fold.h"

PG_FUNCTION_INFO_V1(vs_fold_init);
PG_FUNCTION_INFO_V1(vs_fold_lexize);

typedef struct FoldDictionary
{
	bool english;  /* the built-in stop words */
	StopList stop; /* those of a file */
	bool filter;   /* the folded word goes on to the next dictionary */
} FoldDictionary;

/* Returns a palloc'd string and its length; word needs no terminator. */
char *
vs_fold_word(const char *word, size_t length, size_t *folded_length)
{
	char *folded = palloc(VS_FOLD_SIZE(length));

	*folded_length = vs_text_fold(vs_text_encoding(), word, length, folded);
	folded[*folded_length] = '\0';
	return folded;
}

/* What readstoplist does to the words of a file. */
static char *
fold_string(const char *word)
{
	size_t length;

	return vs_fold_word(word, strlen(word), &length);
}

static void
read_builtin_list(FoldDictionary *dictionary, char *name)
{
	if (pg_strcasecmp(name, "english") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized value for parameter \"%s\": \"%s\"", "builtinstopwords", name),
				 errdetail("The only list that is built in is \"english\"."),
				 errhint("Use the parameter \"stopwords\" to name a file in the server's tsearch_data "
						 "directory.")));
	dictionary->english = true;
}

Datum
vs_fold_init(PG_FUNCTION_ARGS)
{
	List *options = (List *) PG_GETARG_POINTER(0);
	FoldDictionary *dictionary = palloc0(sizeof(FoldDictionary));
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "stopwords") == 0)
			readstoplist(defGetString(option), &dictionary->stop, fold_string);
		else if (strcmp(option->defname, "builtinstopwords") == 0)
			read_builtin_list(dictionary, defGetString(option));
		else if (strcmp(option->defname, "filter") == 0)
			dictionary->filter = defGetBoolean(option);
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized parameter of a fold dictionary: \"%s\"", option->defname),
					 errhint("The parameters are \"stopwords\", \"builtinstopwords\" and \"filter\".")));
	}
	PG_RETURN_POINTER(dictionary);
}

/* An array without lexemes says that the word is a stop word. */
Datum
vs_fold_lexize(PG_FUNCTION_ARGS)
{
	FoldDictionary *dictionary = (FoldDictionary *) PG_GETARG_POINTER(0);
	TSLexeme *lexemes = palloc0(2 * sizeof(TSLexeme));
	size_t length;
	char *word = vs_fold_word((char *) PG_GETARG_POINTER(1), PG_GETARG_INT32(2), &length);

	if (length > 0 && !(dictionary->english && vs_english_stop_word(word, length)) &&
		!searchstoplist(&dictionary->stop, word))
	{
		lexemes[0].lexeme = word;
		lexemes[0].flags = dictionary->filter ? TSL_FILTER : 0;
	}
	else
		pfree(word);
	PG_RETURN_POINTER(lexemes);
}
