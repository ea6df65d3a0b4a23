/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.c - how many documents there are, how long they are, and how many have a term.
 *
 * Owns: what a statement has seen.  Statistics are not bound to snapshots: they count every document that
 * is in the index, dead or not yet committed ones too.  So that all parts of a statement agree, the first that
 * asks remembers the answer for the others.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg/bm25/index.h"
#include "pg/bm25/statistics.h"
#include "pg/guc.h"

typedef struct Counting
{
	Relation index;
	const VsBm25Query *query;
	double *df;
	bool exact;
	int16 *bits; /* of the query's leaves in signatures */
} Counting;

static void pg_attribute_noreturn()
too_many_expansions(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("prefixes of the query stand for more than %d lexemes", vs_bm25_max_expansions),
			 errdetail("So many were found in one segment of an index."),
			 errhint("Search for longer prefixes, or raise vecstore.bm25_max_expansions.")));
}

static void
count_record(void *context, Bm25Document *document)
{
	Counting *counting = context;

	for (int i = 0; i < counting->query->n_leaves; i++)
		if (bm25_may_have(document->signature, counting->bits[i]))
			counting->df[i] += bm25_count_lexemes(bm25_document_vector(counting->index, document),
												  &counting->query->leaves[i]);
}

static void
add_index(Relation index, Counting *counting, Bm25Statistics *statistics)
{
	Bm25Snapshot *snapshot = bm25_take_snapshot(index);
	VsBm25Memory memory = bm25_memory(CurrentMemoryContext);
	VsBm25Searcher *searcher = vs_bm25_searcher(&memory, counting->query, statistics->weights.of, bm25_check_interrupts);
	uint64 *df = palloc0(sizeof(uint64) * (counting->query->n_leaves + 1));
	double n_docs,
		   sum_len;

	counting->index = index;
	bm25_snapshot_totals(snapshot, &n_docs, &sum_len);
	statistics->n_docs += n_docs;
	statistics->sum_len += sum_len;
	for (uint32 i = 0; i < snapshot->meta.n_segments; i++)
	{
		Bm25Reader reader;

		bm25_begin_reader(&reader, index, &snapshot->meta.segments[i], bm25_search_pins());
		if (!vs_bm25_lookup(searcher, &reader.segment, &reader.source, df, vs_bm25_max_expansions) &&
			counting->exact)
			too_many_expansions();
		bm25_end_reader(&reader);
	}
	for (int i = 0; i < counting->query->n_leaves; i++)
		counting->df[i] += df[i];
	bm25_visit_lanes(index, snapshot, count_record, counting);
	pfree(snapshot);
}

static void pg_attribute_noreturn()
not_an_index(Oid index)
{
	char *name = get_rel_name(index);

	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 name != NULL ? errmsg("\"%s\" is not a bm25 index", name)
			 : errmsg("there is no bm25 index with OID %u", index)));
}

/* An index that was attached may have been built with others; its documents then have other lengths. */
static void
check_weights(Relation part, Relation whole, const Bm25Weights *weights)
{
	Bm25Fixed fixed = bm25_fixed(part);

	if (memcmp(&fixed.weights, weights, sizeof(*weights)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index \"%s\" was built with other weights than \"%s\", of which it is a part",
						RelationGetRelationName(part), RelationGetRelationName(whole)),
				 errhint("ALTER INDEX %s SET (weights = ...), then REINDEX INDEX %s.",
						 quote_identifier(RelationGetRelationName(part)),
						 quote_identifier(RelationGetRelationName(part)))));
}

void
bm25_index_statistics(Oid index, const VsBm25Query *query, bool exact, Bm25Statistics *statistics)
{
	char kind = get_rel_relkind(index);
	Relation rel;
	Counting counting = {.query = query, .exact = exact};
	List *leaves;
	ListCell *cell;
	MemoryContext result = CurrentMemoryContext,
				  scratch;

	if (kind != RELKIND_INDEX && kind != RELKIND_PARTITIONED_INDEX)
		not_an_index(index);
	rel = index_open(index, AccessShareLock);
	if (!bm25_is_index(rel))
		not_an_index(index);
	memset(statistics, 0, sizeof(*statistics));
	statistics->k1 = bm25_option_k1(rel);
	statistics->b = bm25_option_b(rel);
	if (kind == RELKIND_INDEX)
		statistics->weights = bm25_fixed(rel).weights;
	else
		bm25_option_weights(rel, &statistics->weights);
	counting.df = statistics->df = MemoryContextAllocZero(result, sizeof(double) * (query->n_leaves + 1));
	scratch = AllocSetContextCreate(result, "bm25 statistics", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(scratch);
	counting.bits = bm25_leaf_bits(query);
	leaves = kind == RELKIND_INDEX ? list_make1_oid(index) : find_all_inheritors(index, AccessShareLock, NULL);
	foreach(cell, leaves)
	{
		Oid leaf = lfirst_oid(cell);

		if (get_rel_relkind(leaf) == RELKIND_INDEX)
		{
			Relation part = index_open(leaf, AccessShareLock);

			check_weights(part, rel, &statistics->weights);
			add_index(part, &counting, statistics);
			index_close(part, NoLock);
		}
	}
	MemoryContextSwitchTo(result);
	MemoryContextDelete(scratch);
	index_close(rel, NoLock);
}

/* ---- one statement, one set of statistics ---- */

#define REMEMBERED 8

/* A statement: one snapshot of one command of one transaction. */
typedef struct Moment
{
	LocalTransactionId transaction;
	TimestampTz statement;
	CommandId command;
	TransactionId xmin, xmax;
} Moment;

typedef struct Remembered
{
	MemoryContext context; /* NULL: empty */
	Moment moment;
	Oid index;
	TSQuery query;
	int n_leaves;
	Bm25Statistics statistics;
} Remembered;

static Remembered remembered[REMEMBERED];
static int next_remembered = 0;

static void
find_moment(Moment *moment)
{
	memset(moment, 0, sizeof(*moment));
	moment->transaction = MyProc->lxid;
	moment->statement = GetCurrentStatementStartTimestamp();
	if (ActiveSnapshotSet())
	{
		moment->command = GetActiveSnapshot()->curcid;
		moment->xmin = GetActiveSnapshot()->xmin;
		moment->xmax = GetActiveSnapshot()->xmax;
	}
}

static void
copy_statistics(const Bm25Statistics *from, int n_leaves, Bm25Statistics *to)
{
	*to = *from;
	to->df = palloc(sizeof(double) * (n_leaves + 1));
	memcpy(to->df, from->df, sizeof(double) * n_leaves);
}

static void
remember(const Moment *moment, Oid index, TSQuery query, int n_leaves, const Bm25Statistics *statistics)
{
	Remembered *entry = &remembered[next_remembered];
	MemoryContext old;

	next_remembered = (next_remembered + 1) % REMEMBERED;
	if (entry->context == NULL)
		entry->context = AllocSetContextCreate(TopMemoryContext, "bm25 statement", ALLOCSET_SMALL_SIZES);
	entry->query = NULL;
	MemoryContextReset(entry->context);
	old = MemoryContextSwitchTo(entry->context);
	copy_statistics(statistics, n_leaves, &entry->statistics);
	entry->moment = *moment;
	entry->index = index;
	entry->n_leaves = n_leaves;
	entry->query = palloc(VARSIZE(query));
	memcpy(entry->query, query, VARSIZE(query));
	MemoryContextSwitchTo(old);
}

void
bm25_statement_statistics(Oid index, TSQuery asked, const VsBm25Query *query, Bm25Statistics *statistics)
{
	Moment moment;

	if (!OidIsValid(index))
	{
		/* Without an index every term is equally rare, and lengths do not matter. */
		memset(statistics, 0, sizeof(*statistics));
		statistics->n_docs = 1;
		statistics->k1 = BM25_DEFAULT_K1;
		for (int i = 0; i < VS_BM25_CLASSES; i++)
			statistics->weights.of[i] = 1;
		statistics->df = palloc0(sizeof(double) * (query->n_leaves + 1));
		return;
	}
	find_moment(&moment);
	for (int i = 0; i < REMEMBERED; i++)
	{
		Remembered *entry = &remembered[i];

		if (entry->query != NULL && entry->index == index && VARSIZE(entry->query) == VARSIZE(asked) &&
			memcmp(&entry->moment, &moment, sizeof(moment)) == 0 &&
			memcmp(entry->query, asked, VARSIZE(asked)) == 0)
		{
			copy_statistics(&entry->statistics, entry->n_leaves, statistics);
			return;
		}
	}
	bm25_index_statistics(index, query, true, statistics);
	remember(&moment, index, asked, query->n_leaves, statistics);
}
