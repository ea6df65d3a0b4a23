/* SPDX-License-Identifier: PostgreSQL
 *
 * explain.c - vecstore.bm25_explain: a score term by term.
 *
 * Relies on: the scorer that the operator uses.  Nothing is computed here, so the rows add up to the score.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "pg/bm25/score.h"

#define COLUMNS 8

/* One row: what the document has of the leaf, and what that adds. */
static void
put_leaf(ReturnSetInfo *rsinfo, const Bm25Scorer *scorer, const Bm25Statistics *statistics, int leaf, bool matches,
		 uint32 len)
{
	const VsBm25Hit *hit = &scorer->hits->hits[leaf];
	double boost = matches && scorer->boosted[leaf] ? scorer->model.phrase_boost : 1;
	double added = matches && hit->present ? vs_bm25_leaf_score(&scorer->model, leaf, boost, hit->tf, len) : 0;
	Datum values[COLUMNS];
	bool nulls[COLUMNS] = {false};

	values[0] = PointerGetDatum(bm25_leaf_text(&scorer->query->leaves[leaf]));
	values[1] = Int32GetDatum(hit->present ? (int32) hit->tf : 0);
	values[2] = Int32GetDatum((int32) len);
	values[3] = Float8GetDatum(statistics->df[leaf]);
	values[4] = Float8GetDatum(scorer->model.idf[leaf]);
	values[5] = Float8GetDatum(scorer->model.avg_len);
	values[6] = Float8GetDatum(boost);
	values[7] = Float8GetDatum(added);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(vs_bm25_explain);
Datum
vs_bm25_explain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TSVector document = PG_GETARG_TSVECTOR(0);
	Bm25Query asked = PG_GETARG_BM25_QUERY(1);
	VsBm25Query *query = bm25_compile_query(BM25_QUERY_TSQUERY(asked));
	VsBm25Memory memory = bm25_memory(CurrentMemoryContext);
	Bm25Statistics statistics;
	Bm25Scorer *scorer;
	bool matches;
	uint32 len;

	InitMaterializedSRF(fcinfo, 0);
	if (!OidIsValid(asked->index))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the query names no bm25 index"),
						errdetail("Scores depend on the statistics of an index."),
						errhint("Use vecstore.bm25query(query, 'index').")));
	bm25_check_may_score(asked);
	bm25_index_statistics(asked->index, query, true, &statistics);
	scorer = bm25_make_scorer(query, &statistics, bm25_query_boost(asked));
	bm25_find_hits(scorer->hits, document, NULL);
	matches = vs_bm25_match(query, scorer->hits->hits, scorer->boosted, &memory);
	len = bm25_document_len(document, &statistics.weights);
	for (int i = 0; i < query->n_leaves; i++)
		if (query->leaves[i].scored)
			put_leaf(rsinfo, scorer, &statistics, i, matches, len);
	return (Datum) 0;
}
