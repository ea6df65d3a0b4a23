/* SPDX-License-Identifier: PostgreSQL
 *
 * decay.c - factors that fall from 1 at a target to 0 far away from it, for boosting by age or distance.
 *
 * All give `midpoint` at a distance of `scale`.  A NaN is infinitely far away.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/float.h"

/* |x - target| in units of scale; sets the midpoint. */
static double
scaled_distance(FunctionCallInfo fcinfo, double *midpoint)
{
	double x = PG_GETARG_FLOAT8(0), target = PG_GETARG_FLOAT8(1), scale = PG_GETARG_FLOAT8(2);
	double distance = x == target ? 0 : fabs(x - target);

	*midpoint = PG_GETARG_FLOAT8(3);
	if (isnan(target))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("target must not be NaN")));
	if (!isfinite(scale) || scale <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale must be finite and above 0, not %s", float8out_internal(scale))));
	if (!(*midpoint > 0 && *midpoint < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("midpoint must be between 0 and 1, not %s",
							   float8out_internal(*midpoint))));
	return isnan(distance) ? INFINITY : distance / scale;
}

PG_FUNCTION_INFO_V1(vs_decay_exp);
Datum
vs_decay_exp(PG_FUNCTION_ARGS)
{
	double midpoint, distance = scaled_distance(fcinfo, &midpoint);

	PG_RETURN_FLOAT8(exp(log(midpoint) * distance));
}

PG_FUNCTION_INFO_V1(vs_decay_gauss);
Datum
vs_decay_gauss(PG_FUNCTION_ARGS)
{
	double midpoint, distance = scaled_distance(fcinfo, &midpoint);

	PG_RETURN_FLOAT8(exp(log(midpoint) * distance * distance));
}

PG_FUNCTION_INFO_V1(vs_decay_linear);
Datum
vs_decay_linear(PG_FUNCTION_ARGS)
{
	double midpoint, distance = scaled_distance(fcinfo, &midpoint);

	PG_RETURN_FLOAT8(Max(0.0, 1 - (1 - midpoint) * distance));
}
