/* SPDX-License-Identifier: PostgreSQL
 *
 * options.c - index options k1, b, positions and weights.
 *
 * k1 and b may be changed at any time: they are read by every search.  positions and weights are part of what the
 * index stores, and take effect when it is built.
 */
#include "postgres.h"

#include "access/reloptions.h"

#include "pg/bm25/index.h"

typedef struct Bm25Options
{
	int32 vl_len_;
	double k1;
	double b;
	bool positions;
	int weights; /* offset of the text */
} Bm25Options;

#define DEFAULT_WEIGHTS "{1,1,1,1}"
/* With less, the score of a word that comes once more differs by less than a rounding, and bounds need not bound. */
#define LEAST_K1 0.0001

static relopt_kind bm25_relopt_kind;

/* Four whole numbers in braces, of the classes D, C, B, A. */
static bool
parse_weights(const char *text, Bm25Weights *weights)
{
	int numbers[VS_BM25_CLASSES],
		end = 0;

	if (sscanf(text, " { %d , %d , %d , %d } %n", &numbers[0], &numbers[1], &numbers[2], &numbers[3], &end) < 4 ||
		end == 0 || text[end] != '\0')
		return false;
	for (int i = 0; i < VS_BM25_CLASSES; i++)
	{
		if (numbers[i] < 0 || numbers[i] > VS_BM25_MAX_WEIGHT)
			return false;
		weights->of[i] = numbers[i];
	}
	return true;
}

static void
check_weights(const char *text)
{
	Bm25Weights weights;

	if (text != NULL && !parse_weights(text, &weights))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"weights\": \"%s\"", text),
				 errdetail("It takes %d whole numbers between 0 and %d, for the classes D, C, B and A.",
						   VS_BM25_CLASSES, VS_BM25_MAX_WEIGHT),
				 errhint("Write weights = '{1,1,2,4}'.")));
}

void
vs_define_bm25_options(void)
{
	bm25_relopt_kind = add_reloption_kind();
	add_real_reloption(bm25_relopt_kind, "k1", "How far repeated terms raise a score", BM25_DEFAULT_K1, 0, 100,
					   ShareUpdateExclusiveLock);
	add_real_reloption(bm25_relopt_kind, "b", "How far long documents lower it", BM25_DEFAULT_B, 0, 1,
					   ShareUpdateExclusiveLock);
	add_bool_reloption(bm25_relopt_kind, "positions", "Whether positions are stored, for phrases and weights",
					   true, AccessExclusiveLock);
	add_string_reloption(bm25_relopt_kind, "weights", "Weights of positions of the classes D, C, B and A",
						 DEFAULT_WEIGHTS, check_weights, AccessExclusiveLock);
}

bytea *
bm25_options(Datum options, bool validate)
{
	static const relopt_parse_elt table[] = {
		{"k1", RELOPT_TYPE_REAL, offsetof(Bm25Options, k1)},
		{"b", RELOPT_TYPE_REAL, offsetof(Bm25Options, b)},
		{"positions", RELOPT_TYPE_BOOL, offsetof(Bm25Options, positions)},
		{"weights", RELOPT_TYPE_STRING, offsetof(Bm25Options, weights)},
	};

	Bm25Options *parsed = build_reloptions(options, validate, bm25_relopt_kind, sizeof(Bm25Options), table,
										   lengthof(table));

	if (validate && parsed != NULL && parsed->k1 > 0 && parsed->k1 < LEAST_K1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("value %g out of bounds for option \"k1\"", parsed->k1),
				 errdetail("It is 0, or between %g and 100.", LEAST_K1)));
	return (bytea *) parsed;
}

static const Bm25Options *
options_of(Relation index)
{
	return (const Bm25Options *) index->rd_options;
}

double
bm25_option_k1(Relation index)
{
	return options_of(index) != NULL ? options_of(index)->k1 : BM25_DEFAULT_K1;
}

double
bm25_option_b(Relation index)
{
	return options_of(index) != NULL ? options_of(index)->b : BM25_DEFAULT_B;
}

bool
bm25_option_positions(Relation index)
{
	return options_of(index) == NULL || options_of(index)->positions;
}

void
bm25_option_weights(Relation index, Bm25Weights *weights)
{
	const Bm25Options *options = options_of(index);
	const char *text = DEFAULT_WEIGHTS;

	if (options != NULL && options->weights != 0)
		text = (const char *) options + options->weights;
	if (!parse_weights(text, weights))
		elog(ERROR, "invalid weights in the options of index \"%s\"", RelationGetRelationName(index));
}
