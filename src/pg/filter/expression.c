/* SPDX-License-Identifier: PostgreSQL
 *
 * expression.c - a condition given as text, made safe to stand in a WHERE clause.
 *
 * Owns: what counts as one expression.  The text is parsed by PostgreSQL's own grammar, as PL/pgSQL's expressions
 * are, and must be the expression and nothing else: no further clause, statement, list or alias.  Parameters are
 * refused, for they would be those of the statement it is put into.  Whatever the caller could write in a WHERE clause is
 * allowed; it runs with the caller's rights.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"

static void pg_attribute_noreturn()
not_an_expression(const char *filter, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR), errmsg("filter is not one expression: \"%s\"", filter),
			 errdetail("%s", detail),
			 errhint("Write what could stand in a WHERE clause, as in: price < 10 AND category = 'toys'")));
}

static bool
has_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, has_parameter, context);
}

/* Nothing but a list of one value. */
static bool
is_plain_select(const SelectStmt *select)
{
	return select->op == SETOP_NONE && select->distinctClause == NIL && select->intoClause == NULL &&
		select->fromClause == NIL && select->whereClause == NULL && select->groupClause == NIL &&
		select->havingClause == NULL && select->windowClause == NIL && select->valuesLists == NIL &&
		select->sortClause == NIL && select->limitOffset == NULL && select->limitCount == NULL &&
		select->lockingClause == NIL && select->withClause == NULL && list_length(select->targetList) == 1;
}

static void
check_expression(const char *filter)
{
	List *statements = raw_parser(filter, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *select;
	ResTarget *target;

	if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		not_an_expression(filter, "It is another statement.");
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!is_plain_select(select))
		not_an_expression(filter, "It has further clauses or values.");
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL || target->indirection != NIL)
		not_an_expression(filter, "It has an alias.");
	if (IsA(target->val, ColumnRef) && IsA(llast(((ColumnRef *) target->val)->fields), A_Star))
		not_an_expression(filter, "It is a list of columns.");
	if (has_parameter(target->val, NULL))
		not_an_expression(filter, "It has parameters.");
}

/* The filter in parentheses; the line breaks end comments it may end with. */
PG_FUNCTION_INFO_V1(vs_filter_expression);
Datum
vs_filter_expression(PG_FUNCTION_ARGS)
{
	char *filter = text_to_cstring(PG_GETARG_TEXT_PP(0));

	check_expression(filter);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("(\n%s\n)", filter)));
}
