/* SPDX-License-Identifier: PostgreSQL
 *
 * builders.c - tsqueries for ranked search: any of the words, with phrases and exclusions kept.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "tsearch/ts_cache.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/pg_crc.h"

#define EMPTY_QUERY_SIZE HDRSIZETQ

static TSQuery
empty_query(void)
{
	TSQuery query = palloc0(EMPTY_QUERY_SIZE);

	SET_VARSIZE(query, EMPTY_QUERY_SIZE);
	return query;
}

/* Lexemes in the order of the text. */
typedef struct Word
{
	WordEntry *entry;
	uint16 place;
} Word;

static int
compare_words(const void *a, const void *b)
{
	const Word *left = a,
			   *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return left->entry < right->entry ? -1 : left->entry > right->entry;
}

static Word *
words_in_order(TSVector vector)
{
	Word *words = palloc(sizeof(Word) * (vector->size + 1));

	for (int i = 0; i < vector->size; i++)
	{
		WordEntry *entry = ARRPTR(vector) + i;

		words[i].entry = entry;
		words[i].place = entry->haspos && POSDATALEN(vector, entry) > 0
			? WEP_GETPOS(POSDATAPTR(vector, entry)[0]) : 0;
	}
	qsort(words, vector->size, sizeof(Word), compare_words);
	return words;
}

static void
set_operand(QueryItem *item, const char *lexeme, int length, int distance)
{
	pg_crc32 crc;

	INIT_LEGACY_CRC32(crc);
	COMP_LEGACY_CRC32(crc, lexeme, length);
	FIN_LEGACY_CRC32(crc);
	item->qoperand.type = QI_VAL;
	item->qoperand.valcrc = (int32) crc;
	item->qoperand.length = length;
	item->qoperand.distance = distance;
}

/* a | b | c: each operator is followed by its right operand, a word, and its left one. */
static TSQuery
any_of(TSVector vector)
{
	Word *words = words_in_order(vector);
	int n = vector->size,
		items = 2 * n - 1,
		bytes = 0,
		distance = 0;
	TSQuery query;
	QueryItem *item;
	char *operands;

	if (n == 0)
		return empty_query();
	for (int i = 0; i < n; i++)
		bytes += words[i].entry->len + 1;
	if (TSQUERY_TOO_BIG(items, bytes))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("tsquery is too large")));
	query = palloc0(COMPUTESIZE(items, bytes));
	SET_VARSIZE(query, COMPUTESIZE(items, bytes));
	query->size = items;
	item = GETQUERY(query);
	operands = GETOPERAND(query);
	for (int i = n - 1; i >= 0; i--)
	{
		WordEntry *entry = words[i].entry;

		if (i > 0)
		{
			item->qoperator.type = QI_OPR;
			item->qoperator.oper = OP_OR;
			item->qoperator.left = 2;
			item++;
		}
		memcpy(operands + distance, STRPTR(vector) + entry->pos, entry->len);
		set_operand(item++, operands + distance, entry->len, distance);
		distance += entry->len + 1;
	}
	return query;
}

static TSQuery
or_query(Oid config, text *source)
{
	return any_of(DatumGetTSVector(DirectFunctionCall2(to_tsvector_byid, ObjectIdGetDatum(config),
														PointerGetDatum(source))));
}

PG_FUNCTION_INFO_V1(vs_or_tsquery);
Datum
vs_or_tsquery(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(or_query(PG_GETARG_OID(0), PG_GETARG_TEXT_PP(1)));
}

PG_FUNCTION_INFO_V1(vs_or_tsquery_default);
Datum
vs_or_tsquery_default(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(or_query(getTSCurrentConfig(true), PG_GETARG_TEXT_PP(0)));
}

/* a | b | (a <-> b): the words of a text, and more for all of them in a row. */
static TSQuery
phrase_boost(Oid config, text *source)
{
	TSQuery any = or_query(config, source);
	TSQuery phrase = DatumGetTSQuery(DirectFunctionCall2(phraseto_tsquery_byid, ObjectIdGetDatum(config),
														 PointerGetDatum(source)));

	if (phrase->size < 2)
		return any;
	return DatumGetTSQuery(DirectFunctionCall2(tsquery_or, TSQueryGetDatum(any), TSQueryGetDatum(phrase)));
}

PG_FUNCTION_INFO_V1(vs_phrase_boost_query);
Datum
vs_phrase_boost_query(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(phrase_boost(PG_GETARG_OID(0), PG_GETARG_TEXT_PP(1)));
}

PG_FUNCTION_INFO_V1(vs_phrase_boost_query_default);
Datum
vs_phrase_boost_query_default(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(phrase_boost(getTSCurrentConfig(true), PG_GETARG_TEXT_PP(0)));
}

/* ---- as websearch_to_tsquery, with OR between the words ---- */

static bool
is_operator(QTNode *node, int8 operator)
{
	return node->valnode->type == QI_OPR && node->valnode->qoperator.oper == operator;
}

static QTNode *
make_operator(int8 operator, QTNode **children, int n)
{
	QTNode *node = palloc0(sizeof(QTNode));

	if (n == 1)
		return children[0];
	node->valnode = palloc0(sizeof(QueryItem));
	node->valnode->qoperator.type = QI_OPR;
	node->valnode->qoperator.oper = operator;
	node->nchild = n;
	node->child = palloc(sizeof(QTNode *) * n);
	memcpy(node->child, children, sizeof(QTNode *) * n);
	return node;
}

/* What a query ANDs becomes an OR, but for what it excludes.  Phrases stay. */
static QTNode *
and_to_or(QTNode *node)
{
	QTNode **wanted,
		**excluded;
	int n_wanted = 0,
		n_excluded = 0;

	check_stack_depth();
	if (node->valnode->type != QI_OPR)
		return node;
	if (is_operator(node, OP_OR))
	{
		for (int i = 0; i < node->nchild; i++)
			node->child[i] = and_to_or(node->child[i]);
		return node;
	}
	if (!is_operator(node, OP_AND))
		return node;
	wanted = palloc(sizeof(QTNode *) * (node->nchild + 1));
	excluded = palloc(sizeof(QTNode *) * (node->nchild + 1));
	for (int i = 0; i < node->nchild; i++)
	{
		if (is_operator(node->child[i], OP_NOT))
			excluded[n_excluded++] = node->child[i];
		else
			wanted[n_wanted++] = and_to_or(node->child[i]);
	}
	if (n_wanted == 0)
		return node;
	if (n_excluded == 0)
		return make_operator(OP_OR, wanted, n_wanted);
	memmove(excluded + 1, excluded, sizeof(QTNode *) * n_excluded);
	excluded[0] = make_operator(OP_OR, wanted, n_wanted);
	return make_operator(OP_AND, excluded, n_excluded + 1);
}

static TSQuery
websearch_or(Oid config, text *source)
{
	TSQuery query = DatumGetTSQuery(DirectFunctionCall2(websearch_to_tsquery_byid, ObjectIdGetDatum(config),
														PointerGetDatum(source)));
	QTNode *root;

	if (query->size == 0)
		return query;
	root = QT2QTN(GETQUERY(query), GETOPERAND(query));
	QTNTernary(root);
	root = and_to_or(root);
	QTNBinary(root);
	return QTN2QT(root);
}

PG_FUNCTION_INFO_V1(vs_websearch_or_tsquery);
Datum
vs_websearch_or_tsquery(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(websearch_or(PG_GETARG_OID(0), PG_GETARG_TEXT_PP(1)));
}

PG_FUNCTION_INFO_V1(vs_websearch_or_tsquery_default);
Datum
vs_websearch_or_tsquery_default(PG_FUNCTION_ARGS)
{
	PG_RETURN_TSQUERY(websearch_or(getTSCurrentConfig(true), PG_GETARG_TEXT_PP(0)));
}
