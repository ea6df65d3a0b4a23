/* SPDX-License-Identifier: PostgreSQL
 *
 * query.c - a tsquery as the core sees it: distinct leaves, and operands before operators.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/pg_bitutils.h"
#include "tsearch/ts_utils.h"
#include "utils/memutils.h"

#include "pg/bm25/query.h"

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

/* Leaves by content: an open hash table of their numbers, -1 = free. */
typedef struct LeafTable
{
	VsBm25Leaf *leaves;
	int n_leaves;
	int32 *slots;
	uint32 mask;
} LeafTable;

static void
init_leaves(LeafTable *table, int items)
{
	uint32 size = pg_nextpower2_32(2 * (uint32) items);

	table->leaves = palloc_extended((items + 1) * sizeof(VsBm25Leaf), MCXT_ALLOC_HUGE);
	table->n_leaves = 0;
	table->slots = palloc_extended(size * sizeof(int32), MCXT_ALLOC_HUGE);
	table->mask = size - 1;
	memset(table->slots, -1, size * sizeof(int32));
}

static bool
same_leaf(const VsBm25Leaf *a, const VsBm25Leaf *b)
{
	return a->length == b->length && a->prefix == b->prefix && a->classes == b->classes &&
		   memcmp(a->lexeme, b->lexeme, a->length) == 0;
}

/* The number of the leaf, a new one if it was not seen yet. */
static int
leaf_number(LeafTable *table, const VsBm25Leaf *leaf)
{
	uint32 hash = hash_bytes((const unsigned char *) leaf->lexeme, leaf->length);

	hash = hash_combine(hash, leaf->prefix | leaf->classes << 1);
	for (uint32 slot = hash & table->mask;; slot = (slot + 1) & table->mask)
	{
		if (table->slots[slot] < 0)
		{
			table->slots[slot] = table->n_leaves;
			table->leaves[table->n_leaves] = *leaf;
			return table->n_leaves++;
		}
		if (same_leaf(&table->leaves[table->slots[slot]], leaf))
			return table->slots[slot];
	}
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

static VsBm25Node
node_of_leaf(LeafTable *table, const QueryOperand *operand, const char *lexemes)
{
	VsBm25Leaf leaf = {
		.lexeme = lexemes + operand->distance,
		.length = operand->length,
		.prefix = operand->prefix,
		.classes = operand->weight,
	};

	return (VsBm25Node){.kind = VS_BM25_LEAF, .leaf = leaf_number(table, &leaf)};
}

static VsBm25Node
node_of_operator(const QueryOperator *operator, int number)
{
	VsBm25Node node = {.kind = kind_of_operator(operator->oper)};

	node.left = node.kind == VS_BM25_NOT ? number - 1 : number - (int) operator->left;
	node.right = node.kind == VS_BM25_NOT ? 0 : number - 1;
	node.distance = node.kind == VS_BM25_PHRASE ? operator->distance : 0;
	return node;
}

/* A leaf is scored if one of its places is outside of negations, or under an even number of them. */
static void
mark_scored(const VsBm25Node *nodes, int n_nodes, VsBm25Leaf *leaves)
{
	bool *negated = palloc_extended(n_nodes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int i = n_nodes - 1; i >= 0; i--)
	{
		const VsBm25Node *node = &nodes[i];
		bool below = negated[i] != (node->kind == VS_BM25_NOT);

		if (node->kind == VS_BM25_LEAF)
		{
			leaves[node->leaf].scored |= !negated[i];
			continue;
		}
		negated[node->left] = below;
		if (node->kind != VS_BM25_NOT)
			negated[node->right] = below;
	}
	pfree(negated);
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

/*
 * A tsquery is in prefix order: operator, right operand, left operand.  Read backwards, that is postorder with
 * the left operand first: item i becomes node size - 1 - i, and no depth of nesting needs a stack.
 */
VsBm25Query *
bm25_compile_query(TSQuery query)
{
	QueryItem *items = GETQUERY(query);
	int n = query->size;
	LeafTable table;
	VsBm25Node *nodes = palloc_extended((n + 1) * sizeof(VsBm25Node), MCXT_ALLOC_HUGE);

	init_leaves(&table, Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		QueryItem *item = &items[n - 1 - i];

		nodes[i] = item->type == QI_VAL ? node_of_leaf(&table, &item->qoperand, GETOPERAND(query))
										: node_of_operator(&item->qoperator, i);
	}
	mark_scored(nodes, n, table.leaves);
	pfree(table.slots);
	return make_query(table.leaves, table.n_leaves, nodes, n);
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
