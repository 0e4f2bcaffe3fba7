#include "tests/lib/series_line.h"

#include "promql/series_notation.h"

static void add_run(struct arena *a, const struct notation_run *run, struct series_line *out)
{
	static const enum point_kind kinds[] = {
	    [NOTATION_ABSENT] = POINT_NONE,
	    [NOTATION_FLOAT] = POINT_FLOAT,
	    [NOTATION_HISTOGRAM] = POINT_HISTOGRAM,
	};
	double v = run->value;

	for (uint64_t i = 0; i < run->n; i++) {
		ARENA_PUSH(a, &out->points, (struct point){kinds[run->kind], v});
		if (run->kind == NOTATION_FLOAT && run->direction != NOTATION_SAME)
			v += run->change;
	}
}

bool series_line_parse(struct arena *a, struct str line, struct series_line *out, struct err *err)
{
	struct series_notation notation;

	if (!series_notation_parse(a, line, &notation, err))
		return false;
	*out = (struct series_line){.labels = notation.labels};
	for (size_t i = 0; i < notation.n_runs; i++)
		add_run(a, &notation.runs[i], out);
	return true;
}
