/* SPDX-License-Identifier: PostgreSQL
 *
 * parser.c - the text search parsers simple, words, whitespace and ngram2 to ngram4.
 *
 * Owns: their start, next and end functions and their token types.  A parser takes no options, so each
 * has a start function of its own; the rest is shared.  Tokens point into the caller's text.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "tsearch/ts_public.h"

#include "pg/text/encoding.h"

PG_FUNCTION_INFO_V1(vs_simple_start);
PG_FUNCTION_INFO_V1(vs_words_start);
PG_FUNCTION_INFO_V1(vs_whitespace_start);
PG_FUNCTION_INFO_V1(vs_ngram2_start);
PG_FUNCTION_INFO_V1(vs_ngram3_start);
PG_FUNCTION_INFO_V1(vs_ngram4_start);
PG_FUNCTION_INFO_V1(vs_token_next);
PG_FUNCTION_INFO_V1(vs_tokens_end);
PG_FUNCTION_INFO_V1(vs_word_types);
PG_FUNCTION_INFO_V1(vs_whitespace_types);
PG_FUNCTION_INFO_V1(vs_ngram_types);

static Datum
start(FunctionCallInfo fcinfo, VsTokenizer tokenizer, int n)
{
	VsTokenScan *scan = palloc(sizeof(VsTokenScan));

	vs_tokens_begin(scan, tokenizer, n, vs_text_encoding(), (char *) PG_GETARG_POINTER(0),
					PG_GETARG_INT32(1));
	PG_RETURN_POINTER(scan);
}

Datum
vs_simple_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_SIMPLE, 0);
}

Datum
vs_words_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_WORDS, 0);
}

Datum
vs_whitespace_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_WHITESPACE, 0);
}

Datum
vs_ngram2_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_NGRAM, 2);
}

Datum
vs_ngram3_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_NGRAM, 3);
}

Datum
vs_ngram4_start(PG_FUNCTION_ARGS)
{
	return start(fcinfo, VS_TOKENIZER_NGRAM, 4);
}

/* (state, out text, out length) -> type.  The caller's loop over the tokens checks for no interrupts. */
Datum
vs_token_next(PG_FUNCTION_ARGS)
{
	VsTokenScan *scan = (VsTokenScan *) PG_GETARG_POINTER(0);
	VsToken token;

	CHECK_FOR_INTERRUPTS();
	if (!vs_tokens_next(scan, &token))
		PG_RETURN_INT32(VS_TOKEN_END);
	*(char **) PG_GETARG_POINTER(1) = unconstify(char *, token.begin);
	*(int *) PG_GETARG_POINTER(2) = (int) token.length;
	PG_RETURN_INT32(token.type);
}

Datum
vs_tokens_end(PG_FUNCTION_ARGS)
{
	pfree(PG_GETARG_POINTER(0));
	PG_RETURN_VOID();
}

static const LexDescr word = {VS_TOKEN_WORD, "word", "Word"};
static const LexDescr number = {VS_TOKEN_NUMBER, "number", "Digits only"};
static const LexDescr cjk = {VS_TOKEN_CJK, "cjk", "Two characters of a script without spaces"};
static const LexDescr blank = {VS_TOKEN_BLANK, "blank", "What separates words"};
static const LexDescr gram = {VS_TOKEN_WORD, "gram", "Characters that follow one another"};

/* The caller frees nothing, but may keep the array: it is made anew each time. */
static Datum
types(const LexDescr *const *from, int n)
{
	LexDescr *list = palloc0((n + 1) * sizeof(LexDescr));

	for (int i = 0; i < n; i++)
	{
		list[i].lexid = from[i]->lexid;
		list[i].alias = pstrdup(from[i]->alias);
		list[i].descr = pstrdup(from[i]->descr);
	}
	PG_RETURN_POINTER(list);
}

Datum
vs_word_types(PG_FUNCTION_ARGS)
{
	const LexDescr *list[] = {&word, &number, &cjk, &blank};

	return types(list, lengthof(list));
}

Datum
vs_whitespace_types(PG_FUNCTION_ARGS)
{
	const LexDescr *list[] = {&word, &blank};

	return types(list, lengthof(list));
}

Datum
vs_ngram_types(PG_FUNCTION_ARGS)
{
	const LexDescr *list[] = {&gram};

	return types(list, lengthof(list));
}
