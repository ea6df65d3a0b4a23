/* SPDX-License-Identifier: PostgreSQL
 *
 * query.c - a tsquery as the core sees it: distinct leaves, and operands before operators.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "tsearch/ts_utils.h"
#include "utils/memutils.h"

#include "pg/bm25/query.h"

typedef struct Compiler
{
	TSQuery source;
	VsBm25Leaf *leaves;
	VsBm25Node *nodes;
	int32 *checksums; /* of the leaves' lexemes, as the tsquery has them */
	int n_leaves;
	int n_nodes;
} Compiler;

static void *
grow(void *context, void *old, size_t old_bytes, size_t new_bytes)
{
	if (old == NULL)
		return MemoryContextAllocHuge(context, Max(new_bytes, 1));
	return repalloc_huge(old, Max(new_bytes, 1));
}

VsBm25Memory
bm25_memory(MemoryContext context)
{
	return (VsBm25Memory){context, grow};
}

static int
leaf_of_operand(Compiler *compiler, QueryOperand *operand, bool negated)
{
	const char *lexeme = GETOPERAND(compiler->source) + operand->distance;
	VsBm25Leaf leaf = {
		.lexeme = lexeme,
		.length = operand->length,
		.prefix = operand->prefix,
		.classes = operand->weight,
		.scored = !negated,
	};

	for (int i = 0; i < compiler->n_leaves; i++)
	{
		VsBm25Leaf *known = &compiler->leaves[i];

		if (compiler->checksums[i] == operand->valcrc && known->length == leaf.length &&
			known->prefix == leaf.prefix && known->classes == leaf.classes &&
			memcmp(known->lexeme, lexeme, leaf.length) == 0)
		{
			known->scored = known->scored || leaf.scored;
			return i;
		}
	}
	compiler->checksums[compiler->n_leaves] = operand->valcrc;
	compiler->leaves[compiler->n_leaves] = leaf;
	return compiler->n_leaves++;
}

static uint8
kind_of_operator(int8 operator)
{
	switch (operator)
	{
		case OP_NOT:
			return VS_BM25_NOT;
		case OP_AND:
			return VS_BM25_AND;
		case OP_OR:
			return VS_BM25_OR;
		case OP_PHRASE:
			return VS_BM25_PHRASE;
		default:
			elog(ERROR, "unrecognized operator of a tsquery: %d", operator);
	}
}

/* The left operand first: leaves are numbered as the query names them. */
static int
compile_item(Compiler *compiler, QueryItem *item, bool negated)
{
	VsBm25Node node = {.kind = VS_BM25_LEAF};

	check_stack_depth();
	if (item->type == QI_VAL)
		node.leaf = leaf_of_operand(compiler, &item->qoperand, negated);
	else
	{
		node.kind = kind_of_operator(item->qoperator.oper);
		if (node.kind == VS_BM25_NOT)
			node.left = compile_item(compiler, item + 1, !negated);
		else
		{
			if (node.kind == VS_BM25_PHRASE)
				node.distance = item->qoperator.distance;
			node.left = compile_item(compiler, item + item->qoperator.left, negated);
			node.right = compile_item(compiler, item + 1, negated);
		}
	}
	compiler->nodes[compiler->n_nodes] = node;
	return compiler->n_nodes++;
}

static VsBm25Query *
make_query(VsBm25Leaf *leaves, int n_leaves, VsBm25Node *nodes, int n_nodes)
{
	VsBm25Query *query = palloc(sizeof(VsBm25Query));

	query->leaves = leaves;
	query->nodes = nodes;
	query->n_leaves = n_leaves;
	query->n_nodes = n_nodes;
	return query;
}

VsBm25Query *
bm25_compile_query(TSQuery query)
{
	Compiler compiler = {.source = query};

	compiler.leaves = palloc0(sizeof(VsBm25Leaf) * (query->size + 1));
	compiler.nodes = palloc0(sizeof(VsBm25Node) * (query->size + 1));
	compiler.checksums = palloc(sizeof(int32) * (query->size + 1));
	if (query->size > 0)
		compile_item(&compiler, GETQUERY(query), false);
	pfree(compiler.checksums);
	return make_query(compiler.leaves, compiler.n_leaves, compiler.nodes, compiler.n_nodes);
}

VsBm25Query *
bm25_combine_queries(VsBm25Query **queries, int count)
{
	int n_leaves = 0,
		n_nodes = 0,
		root = -1;
	VsBm25Leaf *leaves;
	VsBm25Node *nodes;

	for (int i = 0; i < count; i++)
	{
		if (queries[i]->n_nodes == 0) /* nothing matches it */
			return queries[i];
		n_leaves += queries[i]->n_leaves;
		n_nodes += queries[i]->n_nodes + 1;
	}
	leaves = palloc0(sizeof(VsBm25Leaf) * (n_leaves + 1));
	nodes = palloc0(sizeof(VsBm25Node) * (n_nodes + 1));
	n_leaves = n_nodes = 0;
	for (int i = 0; i < count; i++)
	{
		int first_leaf = n_leaves,
			first_node = n_nodes;

		for (int j = 0; j < queries[i]->n_leaves; j++)
		{
			leaves[n_leaves] = queries[i]->leaves[j];
			leaves[n_leaves].scored = leaves[n_leaves].scored && i == 0;
			n_leaves++;
		}
		for (int j = 0; j < queries[i]->n_nodes; j++)
		{
			nodes[n_nodes] = queries[i]->nodes[j];
			nodes[n_nodes].leaf += first_leaf;
			nodes[n_nodes].left += first_node;
			nodes[n_nodes].right += first_node;
			n_nodes++;
		}
		if (root >= 0)
		{
			nodes[n_nodes] = (VsBm25Node){.kind = VS_BM25_AND, .left = root, .right = n_nodes - 1};
			n_nodes++;
		}
		root = n_nodes - 1;
	}
	return make_query(leaves, n_leaves, nodes, n_nodes);
}
