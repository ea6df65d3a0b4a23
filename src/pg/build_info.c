/* SPDX-License-Identifier: PostgreSQL
 *
 * build_info.c - what this library is and how it was built, for people and for bug reports.
 *
 * Owns: vecstore.version() and vecstore.build_info().  The version is the library's own, not the
 * extension's in the catalog: after an upgrade of the package alone the two differ.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "bridge/kernels.h"
#include "bridge/text.h"

#ifdef __clang__
#define VS_COMPILER __VERSION__
#else
#define VS_COMPILER "gcc " __VERSION__
#endif

PG_FUNCTION_INFO_V1(vs_version);
PG_FUNCTION_INFO_V1(vs_build_info);

Datum
vs_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(VECSTORE_VERSION));
}

static void
put_property(ReturnSetInfo *result, const char *property, const char *value)
{
	Datum values[2] = {CStringGetTextDatum(property), CStringGetTextDatum(value)};
	bool nulls[2] = {false, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static char *
available_targets(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (const char *const *target = vs_kernels_targets(); *target != NULL; target++)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", *target);
	return names.data;
}

Datum
vs_build_info(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	put_property(result, "version", VECSTORE_VERSION);
	put_property(result, "simd_target", vs_kernels()->target);
	put_property(result, "simd_targets_available", available_targets());
	put_property(result, "highway_version", vs_highway_version());
	put_property(result, "unicode_version", vs_unicode_version());
	put_property(result, "postgresql_version", PG_VERSION);
	put_property(result, "compiler", VS_COMPILER);
	return (Datum) 0;
}
