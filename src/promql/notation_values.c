#include "promql/notation_values.h"

static struct histogram_side side_of(struct arena *a, struct notation_numbers counts,
				     int32_t offset)
{
	int32_t *index = ARENA_ARRAY(a, int32_t, counts.n);
	double *count = ARENA_ARRAY(a, double, counts.n);

	for (size_t i = 0; i < counts.n; i++) {
		index[i] = (int32_t)((uint32_t)offset + (uint32_t)i);
		count[i] = counts.v[i];
	}
	return (struct histogram_side){index, count, counts.n};
}

struct histogram *notation_histogram_value(struct arena *a, const struct notation_histogram *n)
{
	static const enum histogram_hint hints[] = {
	    [NOTATION_RESET_UNKNOWN] = HISTOGRAM_UNKNOWN,
	    [NOTATION_RESET] = HISTOGRAM_RESET,
	    [NOTATION_NOT_RESET] = HISTOGRAM_NOT_RESET,
	    [NOTATION_GAUGE] = HISTOGRAM_GAUGE,
	};
	struct histogram *h = ARENA_NEW(a, struct histogram);

	*h = (struct histogram){
	    .schema = n->schema,
	    .hint = hints[n->reset_hint],
	    .zero_threshold = n->zero_threshold,
	    .zero_count = n->zero_count,
	    .count = n->count,
	    .sum = n->sum,
	    .positive = side_of(a, n->positive, n->positive_offset),
	    .negative = side_of(a, n->negative, n->negative_offset),
	    .bounds = n->custom_values.v,
	    .n_bounds = n->custom_values.n,
	};
	return h;
}

static bool change(struct arena *a, const struct notation_run *run, const struct histogram *by,
		   struct histogram *h, struct err *err)
{
	if (h->schema > by->schema)
		return err_set(err, ERR_INVALID,
			       "error combining histograms: cannot merge from schema %d to %d",
			       by->schema, h->schema);
	struct histogram_clash clash = run->direction == NOTATION_FALLING
					   ? histogram_subtract(a, h, by)
					   : histogram_add(a, h, by);
	return !clash.is_incompatible ||
	       err_set(err, ERR_INVALID,
		       "error combining histograms: custom and exponential buckets");
}

static bool histogram_values(struct arena *a, const struct notation_run *run,
			     struct notation_value *out, struct err *err)
{
	struct histogram *h = notation_histogram_value(a, run->histogram);
	const struct notation_histogram *by = run->histogram_change;
	const struct histogram *step = by ? notation_histogram_value(a, by) : NULL;

	for (uint64_t i = 0; i < run->n; i++) {
		if (i > 0 && run->direction != NOTATION_SAME) {
			h = histogram_copy(a, h);
			if (!change(a, run, step, h, err))
				return false;
		}
		out[i] = (struct notation_value){
		    .kind = NOTATION_HISTOGRAM,
		    .histogram = h,
		    .has_reset_hint = by ? by->has_reset_hint : run->histogram->has_reset_hint,
		};
	}
	return true;
}

bool notation_run_values(struct arena *a, const struct notation_run *run,
			 struct notation_value *out, struct err *err)
{
	double v = run->value;

	if (run->kind == NOTATION_HISTOGRAM)
		return histogram_values(a, run, out, err);
	for (uint64_t i = 0; i < run->n; i++) {
		out[i] = (struct notation_value){.kind = run->kind, .v = v};
		if (run->kind == NOTATION_FLOAT && run->direction != NOTATION_SAME)
			v += run->change;
	}
	return true;
}
