/* generator_calls.c - functions that give vectors. */
#include "tests/oracle/generator_internal.h"

/* --- functions -------------------------------------------------------------------------------- */

static bool is_one_of(enum function_id id, const enum function_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* What random arguments would not fit: each of these has its own generator, or needs data that
 * there is none of. */
static bool is_special(enum function_id id)
{
	static const enum function_id ids[] = {
	    FUNCTION_LABEL_REPLACE,       FUNCTION_LABEL_JOIN,
	    FUNCTION_HISTOGRAM_QUANTILE,  FUNCTION_INFO,
	    FUNCTION_HISTOGRAM_QUANTILES, FUNCTION_HISTOGRAM_FRACTION,
	    FUNCTION_SORT_BY_LABEL,       FUNCTION_SORT_BY_LABEL_DESC,
	    FUNCTION_QUANTILE_OVER_TIME,  FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING,
	};

	return is_one_of(id, ids, N_OF(ids));
}

static bool is_in_2_42(enum function_id id)
{
	static const enum function_id newer[] = {
	    FUNCTION_FIRST_OVER_TIME,
	    FUNCTION_HISTOGRAM_AVG,
	    FUNCTION_HISTOGRAM_STDDEV,
	    FUNCTION_HISTOGRAM_STDVAR,
	};

	return promql_functions[id].stage == FUNCTION_STABLE && !is_one_of(id, newer, N_OF(newer));
}

static bool is_usable(const struct generator *g, const struct promql_function *f,
		      enum value_type type)
{
	return f->returns == VALUE_VECTOR && f->n_args > 0 && f->stage != FUNCTION_EXTENDED &&
	       !is_special(f->id) && (gen_is_new(g) || is_in_2_42(f->id)) &&
	       function_arg_type(f, 0) == type;
}

static const struct promql_function *pick_function(struct generator *g, enum value_type type)
{
	const struct promql_function *f;

	do
		f = &promql_functions[gen_below(g, FUNCTION_N)];
	while (!is_usable(g, f, type));
	return f;
}

static bool allows_bounds(enum function_id id, bool *smoothed)
{
	static const enum function_id both[] = {FUNCTION_RATE, FUNCTION_INCREASE, FUNCTION_DELTA};
	static const enum function_id anchored[] = {FUNCTION_CHANGES, FUNCTION_RESETS};

	*smoothed = is_one_of(id, both, N_OF(both));
	return *smoothed || is_one_of(id, anchored, N_OF(anchored));
}

static void range_call(struct generator *g, unsigned depth)
{
	const struct promql_function *f = pick_function(g, VALUE_MATRIX);
	bool smoothed, was_pinned = g->is_pinned;

	/* 2.42 takes it for the same at all steps. */
	g->is_pinned |= !gen_is_new(g) && f->id == FUNCTION_PREDICT_LINEAR;
	gen_put(g, f->name);
	gen_put(g, "(");
	if (gen_is_new(g) && allows_bounds(f->id, &smoothed) && gen_one_in(g, 4)) {
		gen_selection(g, f->id != FUNCTION_DELTA);
		gen_length(g);
		gen_put(g, "]");
		gen_modifiers(g);
		gen_put(g, smoothed && gen_one_in(g, 2) ? " smoothed" : " anchored");
	} else {
		gen_range(g, depth - 1);
	}
	g->is_pinned = was_pinned;
	if (f->id == FUNCTION_PREDICT_LINEAR) {
		gen_put(g, ", ");
		gen_scalar(g, depth - 1);
	}
	gen_put(g, ")");
}

/* The rates of counters, as most queries have them. */
static void rate_call(struct generator *g, unsigned depth)
{
	static const char *const names[] = {"rate(", "increase(", "irate(", "rate("};

	(void)depth;
	gen_put_one(g, names, N_OF(names));
	gen_name(g, true);
	if (gen_one_in(g, 3))
		gen_matchers(g);
	gen_length(g);
	gen_put(g, "]");
	gen_modifiers(g);
	gen_put(g, ")");
}

static void quantile_over_time(struct generator *g, unsigned depth)
{
	static const char *const quantiles[] = {"0", "0.1", "0.5", "0.75", "1", "-1", "1.5", "NaN"};

	gen_put(g, "quantile_over_time(");
	if (gen_is_new(g) && gen_one_in(g, 6))
		gen_scalar(g, depth - 1);
	else
		gen_put_one(g, quantiles, N_OF(quantiles));
	gen_put(g, ", ");
	gen_range(g, depth - 1);
	gen_put(g, ")");
}

static void smoothing(struct generator *g, unsigned depth)
{
	if (!gen_is_new(g)) {
		range_call(g, depth);
		return;
	}
	gen_put(g, "double_exponential_smoothing(");
	gen_range(g, depth - 1);
	gen_put(g, gen_one_in(g, 2) ? ", 0.5, 0.3)" : ", 0.9, 0.01)");
}

static void vector_call(struct generator *g, unsigned depth)
{
	const struct promql_function *f = pick_function(g, VALUE_VECTOR);
	bool was_pinned = g->is_pinned;

	gen_put(g, f->name);
	gen_put(g, "(");
	if (f->variadic && f->n_args == 1 && gen_one_in(g, 4)) {
		gen_put(g, ")"); /* minute() and its like */
		return;
	}
	/* Prometheus overlooks an offset here if there is an @ too. */
	g->is_pinned |= f->id == FUNCTION_TIMESTAMP && g->dialect != DIALECT_WHOLE;
	if (f->id == FUNCTION_TIMESTAMP && gen_one_in(g, 2))
		gen_selector(g, 0);
	else
		gen_vector(g, depth - 1);
	g->is_pinned = was_pinned;
	for (size_t i = 1; i < f->n_args; i++) {
		if (f->variadic && gen_one_in(g, 2))
			break;
		gen_put(g, ", ");
		gen_scalar(g, depth - 1);
	}
	gen_put(g, ")");
}

static void date_call(struct generator *g, unsigned depth)
{
	static const char *const dates[] = {"minute(", "hour(", "day_of_week(",   "day_of_month(",
					    "month(",  "year(", "days_in_month(", "day_of_year("};
	static const char *const factors[] = {" * 86400)", " * 31557600)", " - 1e6)", " * 1e5)"};

	(void)depth;
	gen_put_one(g, dates, N_OF(dates));
	gen_put(g, gen_one_in(g, 2) ? "timestamp(" : "(");
	gen_name(g, false);
	gen_put(g, ")");
	gen_put_one(g, factors, N_OF(factors));
}

static void vector_of_scalar(struct generator *g, unsigned depth)
{
	gen_put(g, "vector(");
	gen_scalar(g, depth - 1);
	gen_put(g, ")");
}

static void label_replace(struct generator *g, unsigned depth)
{
	static const char *const tails[] = {
	    ", \"zone\", \"$1\", \"job\", \"(.).*\")",
	    ", \"new\", \"x-$1-$2\", \"instance\", \"(.)(.*)\")",
	    ", \"instance\", \"\", \"instance\", \"10\")",
	    ", \"new\", \"${name}\", \"job\", \"(?P<name>a?).*\")",
	    ", \"job\", \"all\", \"zone\", \"\")",
	    ", \"__name__\", \"renamed\", \"job\", \"api\")",
	    ", \"new\", \"$1x\", \"job\", \"(.*)\")",
	};

	gen_put(g, "label_replace(");
	gen_vector(g, depth - 1);
	gen_put_one(g, tails, N_OF(tails));
}

static void label_join(struct generator *g, unsigned depth)
{
	static const char *const tails[] = {
	    ", \"new\", \"-\", \"job\", \"instance\")",
	    ", \"zone\", \"\", \"zone\", \"job\", \"nothing\")",
	    ", \"new\", \",\")",
	    ", \"zone\", \"/\", \"instance\")",
	};

	gen_put(g, "label_join(");
	gen_vector(g, depth - 1);
	gen_put_one(g, tails, N_OF(tails));
}

static void sort_by_label(struct generator *g, unsigned depth)
{
	if (!gen_is_new(g)) {
		vector_call(g, depth);
		return;
	}
	gen_put(g, gen_one_in(g, 2) ? "sort_by_label(" : "sort_by_label_desc(");
	gen_vector(g, depth - 1);
	gen_put(g, gen_one_in(g, 2) ? ", \"instance\", \"job\")" : ", \"version\")");
}

static void put_buckets(struct generator *g)
{
	static const char *const heads[] = {"", "rate(", "sum by (le) (rate(",
					    "sum by (le, job) (increase(",
					    "sum without (job) (rate("};
	unsigned i = gen_below(g, N_OF(heads));

	gen_put(g, heads[i]);
	gen_put(g, gen_one_in(g, 8) ? "{__name__=~\"latency_.*\"}" : "latency_bucket");
	if (i) {
		gen_length(g);
		gen_put(g, "]");
	}
	gen_modifiers(g);
	gen_put(g, i == 0 ? "" : i == 1 ? ")" : "))");
}

static void histogram_quantile(struct generator *g, unsigned depth)
{
	static const char *const quantiles[] = {"0.5", "0.9", "0.99", "0", "1", "0.25", "-1", "2"};

	if (gen_is_new(g) && gen_one_in(g, 5)) {
		gen_put(g, "histogram_quantiles(");
		put_buckets(g);
		gen_put(g, gen_one_in(g, 2) ? ", \"q\", 0.5, 1)" : ", \"job\", 0.99, 0.25, -1)");
		return;
	}
	if (gen_is_new(g) && gen_one_in(g, 4)) {
		gen_put(g, "histogram_fraction(");
		gen_scalar(g, depth - 1);
		gen_put(g, ", ");
		gen_scalar(g, depth - 1);
	} else {
		gen_put(g, "histogram_quantile(");
		gen_put_one(g, quantiles, N_OF(quantiles));
	}
	gen_put(g, ", ");
	put_buckets(g);
	gen_put(g, ")");
}

static void info(struct generator *g, unsigned depth)
{
	static const char *const tails[] = {", {__name__=\"build_info\"})",
					    ", {version=~\".+\", __name__=\"build_info\"})", ")",
					    ", {__name__=~\"build.*\", version!=\"2.0\"})"};

	if (g->dialect != DIALECT_3_14) {
		vector_call(g, depth);
		return;
	}
	gen_put(g, "info(");
	gen_vector(g, depth - 1);
	gen_put_one(g, tails, N_OF(tails));
}

void gen_call(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {10, rate_call},  {10, range_call},   {2, quantile_over_time}, {1, smoothing},
	    {8, vector_call}, {1, date_call},     {1, vector_of_scalar},   {2, label_replace},
	    {1, label_join},  {1, sort_by_label}, {3, histogram_quantile}, {1, info},
	};

	gen_choose(g, choices, N_OF(choices), depth);
}
