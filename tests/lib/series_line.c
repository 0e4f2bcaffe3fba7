#include "tests/lib/series_line.h"

#include "promql/notation_values.h"

static bool add_run(struct arena *a, const struct notation_run *run, struct series_line *out,
		    struct err *err)
{
	static const enum point_kind kinds[] = {
	    [NOTATION_ABSENT] = POINT_NONE,
	    [NOTATION_FLOAT] = POINT_FLOAT,
	    [NOTATION_HISTOGRAM] = POINT_HISTOGRAM,
	};
	struct notation_value *values = ARENA_ARRAY(a, struct notation_value, run->n);

	if (!notation_run_values(a, run, values, err))
		return false;
	for (uint64_t i = 0; i < run->n; i++)
		ARENA_PUSH(a, &out->points,
			   (struct point){kinds[run->kind], values[i].v, values[i].histogram,
					  values[i].has_reset_hint});
	return true;
}

bool series_line_parse(struct arena *a, struct str line, struct series_line *out, struct err *err)
{
	struct series_notation notation;

	if (!series_notation_parse(a, line, &notation, err))
		return false;
	*out = (struct series_line){.labels = notation.labels};
	for (size_t i = 0; i < notation.n_runs; i++)
		if (!add_run(a, &notation.runs[i], out, err))
			return false;
	return true;
}
