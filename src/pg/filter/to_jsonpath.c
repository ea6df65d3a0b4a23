/* SPDX-License-Identifier: PostgreSQL
 *
 * to_jsonpath.c - vecstore.to_jsonpath(text): a filter as a jsonpath, or a message that says where
 * it is wrong.
 *
 * Owns: the messages about filters.  The core does the reading; what it writes goes through
 * jsonpath_in, so nothing but a valid jsonpath can come out.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bridge/filter.h"

/* Bytes of a word that a message repeats. */
#define MAX_QUOTED 40

#define OPERATORS "=, !=, >, >=, <, <=, CONTAINS, IN, NOT IN, STARTSWITH"
static const char keyword_hint[] =
	"A name or text that is one of the words AND, OR, NOT, IN, CONTAINS, STARTSWITH, or has other "
	"characters than letters, digits and underscores, stands in double quotes.";

typedef struct Expectation
{
	const char *what;
	const char *hint; /* or NULL */
} Expectation;

static const Expectation expectations[] = {
	[VS_FILTER_WANT_CONDITION] = {"a field name, NOT or \"(\"", keyword_hint},
	[VS_FILTER_WANT_NAME] = {"a field name", keyword_hint},
	[VS_FILTER_WANT_STAR] = {"\"[*]\"",
							 "Only any element of an array can be asked for, not one by number."},
	[VS_FILTER_WANT_OPERATOR] = {"an operator", "The operators are " OPERATORS "."},
	[VS_FILTER_WANT_IN] = {"IN", "Write NOT before a whole condition, as in NOT price < 10."},
	[VS_FILTER_WANT_VALUE] = {"a string, a number, true, false or null", keyword_hint},
	[VS_FILTER_WANT_ORDERED] = {"a number or a string",
								"Values other than numbers and strings have no order: use = or !=."},
	[VS_FILTER_WANT_STRING] = {"a string", "Put the beginning of the text in quotes."},
	[VS_FILTER_WANT_LIST] = {"\"[\"", "A list of values is written in brackets, as in IN [1, 2, 3]."},
	[VS_FILTER_WANT_COMMA] = {"\",\" or \"]\"", NULL},
	[VS_FILTER_WANT_CLOSE] = {"AND, OR or \")\"", NULL},
	[VS_FILTER_WANT_END] = {"AND, OR or the end of the filter", NULL},
};

PG_FUNCTION_INFO_V1(vs_to_jsonpath);

static void *
filter_grow(void *context, void *old, size_t old_bytes, size_t new_bytes)
{
	if (old == NULL)
		return MemoryContextAllocHuge(CurrentMemoryContext, new_bytes);
	return repalloc_huge(old, new_bytes);
}

static void
report_limit(VsFilterStatus status, size_t size, int position)
{
	static const char *const subjects[] = {
		[VS_FILTER_TOO_DEEP] = "open parentheses",
		[VS_FILTER_PATH_TOO_LONG] = "names in a path",
		[VS_FILTER_SEARCH_TOO_LONG] = "bytes of text after CONTAINS",
	};

	if (status == VS_FILTER_TOO_LONG)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("filter is too long"),
				 errdetail("The filter has %zu bytes, the limit is %d.", size, VS_FILTER_MAX_SIZE)));
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("too many %s in filter", subjects[status]),
					errdetail("The limit of %d is exceeded at character %d.",
							  status == VS_FILTER_TOO_DEEP		  ? VS_FILTER_MAX_DEPTH
							  : status == VS_FILTER_PATH_TOO_LONG ? VS_FILTER_MAX_STEPS
																  : VS_FILTER_MAX_SEARCHED,
							  position)));
}

/* "at or near ..." with the word at `result`, at most MAX_QUOTED bytes of it. */
static const char *
place(const char *filter, const VsFilterResult *result)
{
	int length = (int) result->token;

	if (length == 0)
		return "at end of filter";
	length = pg_mbcliplen(filter + result->at, length, MAX_QUOTED);
	return psprintf("at or near \"%.*s\"", length, filter + result->at);
}

static void
report_syntax(VsFilterStatus status, const char *near, int position, bool at_end)
{
	const Expectation *expected = &expectations[status];
	/* How to quote what is there helps nobody where nothing is. */
	const char *hint = at_end && expected->hint == keyword_hint ? NULL : expected->hint;

	ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("syntax error in filter %s", near),
					errdetail("Expected %s at character %d.", expected->what, position),
					hint ? errhint("%s", hint) : 0));
}

/* What is wrong with a string or a number. */
static void
report_token(VsFilterStatus status, const char *near, int position)
{
	switch (status)
	{
		case VS_FILTER_OPEN_STRING:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR), errmsg("unterminated string in filter %s", near),
					 errdetail("The string begins at character %d.", position),
					 errhint("A quote of the same kind inside a string is written with a backslash.")));
			break;
		case VS_FILTER_BAD_ESCAPE:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR), errmsg("invalid escape in filter %s", near),
					 errdetail("The escape begins at character %d.", position),
					 errhint("Escapes are \\n \\t \\r \\b \\f \\\\ \\/ \\\" \\' and \\uXXXX; write a "
							 "backslash as \\\\.")));
			break;
		case VS_FILTER_BAD_NUMBER:
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("invalid number in filter %s", near),
							errdetail("The number begins at character %d.", position),
							errhint("Put text that begins like a number in quotes.")));
			break;
		default:
			Assert(status == VS_FILTER_HUGE_NUMBER);
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("number out of range in filter %s", near),
							errdetail("The number begins at character %d.", position)));
	}
}

/* Does not return. */
static void
report_filter(const char *filter, size_t size, VsFilterStatus status, const VsFilterResult *result)
{
	int position = pg_mbstrlen_with_len(filter, (int) result->at) + 1;

	if (status == VS_FILTER_EMPTY)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("filter is empty"),
						errhint("Leave out the condition to have no filter.")));
	if (status <= VS_FILTER_SEARCH_TOO_LONG)
		report_limit(status, size, position);
	if (status < VS_FILTER_WANT_CONDITION)
		report_token(status, place(filter, result), position);
	report_syntax(status, place(filter, result), position, result->token == 0);
}

Datum
vs_to_jsonpath(PG_FUNCTION_ARGS)
{
	text *filter = PG_GETARG_TEXT_PP(0);
	const char *data = VARDATA_ANY(filter);
	size_t size = VARSIZE_ANY_EXHDR(filter);
	VsFilterHost host = {.grow = filter_grow};
	VsFilterResult result;
	VsFilterStatus status;

	check_stack_depth();
	status = vs_filter_to_jsonpath(data, size, &host, &result);
	if (status != VS_FILTER_OK)
		report_filter(data, size, status, &result);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonpath_in, CStringGetDatum(result.jsonpath)));
}
