/* SPDX-License-Identifier: PostgreSQL
 *
 * headline.c - ts_headline over tokens that overlap.
 *
 * The server's own headline function chooses what to show and what to mark, by token types alone
 * (bridge/text.h).  It then prints the tokens one after the other, which would repeat what two bigrams
 * or n-grams share.  So the list of tokens is replaced by one of pieces that do not overlap: a character
 * is shown if one of its tokens is, and marked if one of those is.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "tsearch/ts_public.h"
#include "utils/fmgrprotos.h"

#include "pg/text/encoding.h"

PG_FUNCTION_INFO_V1(vs_word_headline);
PG_FUNCTION_INFO_V1(vs_ngram_headline);

/* An entry's length has 16 bits. */
#define PIECE_MAX 65535

/* The new list, and its last entry while it grows. */
typedef struct Pieces
{
	HeadlineWordEntry *words;
	int count;
	int room;
	bool open;
} Pieces;

static void
add_entry(Pieces *pieces, const HeadlineWordEntry *entry)
{
	if (pieces->count == pieces->room)
	{
		pieces->room *= 2;
		pieces->words = repalloc_huge(pieces->words, pieces->room * sizeof(HeadlineWordEntry));
	}
	pieces->words[pieces->count++] = *entry;
	pieces->open = false;
}

/* Appends text to the entry before it, if that is a piece shown and marked alike. */
static void
add_piece(Pieces *pieces, const HeadlineWordEntry *like, const char *text, size_t length, bool in,
		  bool selected)
{
	HeadlineWordEntry *last = pieces->open ? &pieces->words[pieces->count - 1] : NULL;
	HeadlineWordEntry entry = *like;

	if (last && last->in == in && last->selected == selected && last->len + length <= PIECE_MAX)
	{
		last->word = repalloc(last->word, last->len + length);
		memcpy(last->word + last->len, text, length);
		last->len += length;
		return;
	}
	entry.in = in;
	entry.selected = selected;
	entry.item = NULL;
	entry.len = length;
	entry.word = palloc(length);
	memcpy(entry.word, text, length);
	add_entry(pieces, &entry);
	pieces->open = true;
}

/* The first entry after i that is a token of its own; further query operands repeat an entry. */
static int
next_token(const HeadlineParsedText *text, int i)
{
	do
		i++;
	while (i < text->curwords && text->words[i].repeated);
	return i;
}

/* Whether b begins `step` bytes into a and goes on behind it: the next window of the same run. */
static bool
overlaps(const HeadlineWordEntry *a, const HeadlineWordEntry *b, size_t step)
{
	return a->type == b->type && step < a->len && a->len - step <= b->len &&
		memcmp(a->word + step, b->word, a->len - step) == 0;
}

/* Replaces the overlapping tokens from i on, up to where the run ends; returns the token after it. */
static int
flatten_run(const HeadlineParsedText *text, int i, VsTokenizer tokenizer, Pieces *pieces)
{
	VsTextEncoding encoding = vs_text_encoding();
	int64 at = 0;
	int64 shown = 0; /* up to where a token that is shown, or marked, reaches */
	int64 marked = 0;

	pieces->open = false;
	for (;;)
	{
		const HeadlineWordEntry *token = &text->words[i];
		int next = next_token(text, i);
		size_t step = vs_token_step(tokenizer, encoding, token->word, token->len);
		bool last = next >= text->curwords || !overlaps(token, &text->words[next], step);

		CHECK_FOR_INTERRUPTS();
		if (token->in)
			shown = at + token->len;
		if (token->in && token->selected)
			marked = at + token->len;
		for (size_t done = 0; done < (last ? token->len : step);)
		{
			const char *from = token->word + done;
			size_t length = vs_token_step(tokenizer, encoding, from, token->len - done);

			add_piece(pieces, token, from, length, at < shown, at < marked);
			done += length;
			at += length;
		}
		i = next;
		if (last)
		{
			pieces->open = false;
			return i;
		}
	}
}

static void
flatten(HeadlineParsedText *text, VsTokenizer tokenizer)
{
	Pieces pieces = {NULL, 0, Max(text->curwords, 1), false};
	int i = 0;

	pieces.words = palloc_extended(pieces.room * sizeof(HeadlineWordEntry), MCXT_ALLOC_HUGE);
	while (i < text->curwords)
	{
		const HeadlineWordEntry *token = &text->words[i];

		if (tokenizer == VS_TOKENIZER_NGRAM || token->type == VS_TOKEN_CJK)
			i = flatten_run(text, i, tokenizer, &pieces);
		else
		{
			add_entry(&pieces, token);
			i = next_token(text, i);
		}
	}
	text->words = pieces.words;
	text->curwords = pieces.count;
	text->lenwords = pieces.room;
}

static Datum
headline(FunctionCallInfo fcinfo, VsTokenizer tokenizer)
{
	HeadlineParsedText *text = (HeadlineParsedText *) PG_GETARG_POINTER(0);

	/* The options are a null pointer where none were given, which is not a NULL. */
	DirectFunctionCall3(prsd_headline, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
	flatten(text, tokenizer);
	PG_RETURN_POINTER(text);
}

/* Of the parsers simple, words and whitespace. */
Datum
vs_word_headline(PG_FUNCTION_ARGS)
{
	return headline(fcinfo, VS_TOKENIZER_SIMPLE);
}

/* Of the n-gram parsers. */
Datum
vs_ngram_headline(PG_FUNCTION_ARGS)
{
	return headline(fcinfo, VS_TOKENIZER_NGRAM);
}
