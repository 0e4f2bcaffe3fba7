#include "tests/oracle/generator.h"

#include "tests/oracle/data.h"

#include <stdio.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct generator {
	struct rand *rand;
	enum dialect dialect;
	struct buf out;
	bool is_pinned;  /* below an aggregation whose parameter changes: no @ */
	bool is_instant; /* the query has no other form */
};

/* Writes an expression of its type, of at most `depth` levels. */
typedef void generate_fn(struct generator *g, unsigned depth);

struct choice {
	unsigned weight;
	generate_fn *generate;
};

static void any_vector(struct generator *g, unsigned depth);
static void any_scalar(struct generator *g, unsigned depth);
static void any_range(struct generator *g, unsigned depth);

/* --- dice ------------------------------------------------------------------------------------- */

static unsigned below(struct generator *g, size_t n)
{
	return (unsigned)rand_below(g->rand, n);
}

static bool one_in(struct generator *g, unsigned n)
{
	return below(g, n) == 0;
}

static bool is_new(const struct generator *g)
{
	return g->dialect != DIALECT_2_42;
}

static void put(struct generator *g, const char *text)
{
	buf_puts(&g->out, text);
}

static void put_one(struct generator *g, const char *const *texts, size_t n)
{
	put(g, texts[below(g, n)]);
}

static void choose(struct generator *g, const struct choice *choices, size_t n, unsigned depth)
{
	unsigned total = 0;

	for (size_t i = 0; i < n; i++)
		total += choices[i].weight;
	unsigned dice = below(g, total);
	for (size_t i = 0; i < n; dice -= choices[i++].weight)
		if (dice < choices[i].weight) {
			choices[i].generate(g, depth);
			return;
		}
}

static void put_labels(struct generator *g)
{
	bool first = true;

	put(g, "(");
	for (size_t i = 0; i < DATA_N_LABELS; i++) {
		if (!one_in(g, 3))
			continue;
		put(g, first ? "" : ", ");
		put(g, data_labels[i]);
		first = false;
	}
	put(g, ")");
}

/* --- lengths of time -------------------------------------------------------------------------- */

/* Multiples of five seconds. */
static void put_duration(struct generator *g)
{
	static const char *const durations[] = {"10s",   "15s", "25s",  "30s", "40s", "55s", "1m",
						"1m30s", "2m",  "145s", "5m",  "5m",  "10m", "15m"};

	put_one(g, durations, N_OF(durations));
}

static void put_range(struct generator *g)
{
	static const char *const formulas[] = {
	    "1m + 30s",        "2 * 50s",      "5m / 2",   "max_of(step(), 45s)",
	    "min_of(3m, 100)", "range() + 2m", "(1m) * 2", "300",
	    "7m % 4m",         "30s ^ 1",      "95.5",
	};

	put(g, "[");
	if (is_new(g) && one_in(g, 8))
		put_one(g, formulas, N_OF(formulas));
	else
		put_duration(g);
}

static void put_offset(struct generator *g)
{
	static const char *const whole[] = {"10s", "30s", "1m", "-20s", "5m", "-3m", "100s"};
	static const char *const newer[] = {"step()", "-(1m - 20s)", "-range()",
					    "40",     "1.5",         "min_of(1m, step())",
					    "+30s",   "-(-1m)",      "12345ms"};

	put(g, " offset ");
	if (is_new(g) && one_in(g, 4))
		put_one(g, newer, N_OF(newer));
	else
		put_one(g, whole, N_OF(whole));
}

static void put_at(struct generator *g)
{
	static const char *const whole[] = {"4000", "4500", "5100", "start()", "end()", "3600"};
	static const char *const newer[] = {"4321.5", "0", "-5", "1e9"};

	put(g, " @ ");
	if (is_new(g) && one_in(g, 8))
		put_one(g, newer, N_OF(newer));
	else
		put_one(g, whole, N_OF(whole));
}

static void maybe_modifiers(struct generator *g)
{
	bool offset = one_in(g, 7), at = !g->is_pinned && one_in(g, 9), first = one_in(g, 2);

	if (offset && first)
		put_offset(g);
	if (at)
		put_at(g);
	if (offset && !first)
		put_offset(g);
}

/* --- selectors -------------------------------------------------------------------------------- */

static void put_matcher(struct generator *g)
{
	static const char *const matchers[] = {
	    "job=\"api\"",        "job=\"db\"",          "job!=\"web\"",
	    "job=~\"api|web\"",   "job=~\".*b\"",        "job!~\"a.+\"",
	    "instance=\"0\"",     "instance!=\"1\"",     "instance=~\"1.*\"",
	    "instance!~\"0|10\"", "zone=\"a\"",          "zone=\"\"",
	    "zone!=\"\"",         "zone=~\"a|\"",        "zone!~\"b\"",
	    "job=~\"(?i:API)\"",  "instance=~\"[0-9]\"", "nothing=\"x\"",
	    "nothing=\"\"",       "version=~\"1[.].*\"", "job=\"api\", job!=\"db\"",
	};

	put_one(g, matchers, N_OF(matchers));
}

static void put_matchers(struct generator *g)
{
	unsigned n = one_in(g, 5) ? 2 : 1;

	put(g, "{");
	for (unsigned i = 0; i < n; i++) {
		put(g, i ? ", " : "");
		put_matcher(g);
	}
	put(g, "}");
}

static void put_name(struct generator *g, bool is_counter)
{
	if (is_counter)
		put_one(g, data_counters, DATA_N_COUNTERS);
	else
		put_one(g, data_gauges, DATA_N_GAUGES);
}

static void put_selection(struct generator *g, bool is_counter)
{
	static const char *const others[] = {
	    "latency_bucket",
	    "build_info",
	    "nothing_at_all",
	    "{__name__=\"load\"}",
	    "{__name__=~\"load|up\"}",
	    "{__name__=~\"requests_total|errors_total\", job!=\"db\"}",
	    "{job=\"api\", __name__!~\"latency_.*|odd\"}",
	    "{__name__=~\".*_total\"}",
	};
	const char *other = others[below(g, N_OF(others))];

	if (!one_in(g, 8)) {
		put_name(g, is_counter);
	} else {
		put(g, other);
		if (other[0] == '{')
			return;
	}
	if (one_in(g, 3))
		put_matchers(g);
}

static void selector(struct generator *g, unsigned depth)
{
	(void)depth;
	put_selection(g, one_in(g, 3));
	maybe_modifiers(g);
	if (is_new(g) && one_in(g, 25))
		put(g, " smoothed");
}

static void range_selector(struct generator *g, unsigned depth)
{
	(void)depth;
	put_selection(g, one_in(g, 2));
	put_range(g);
	put(g, "]");
	maybe_modifiers(g);
}

/* A range that ends where no step does, for 2.42. */
static void subquery(struct generator *g, unsigned depth)
{
	static const char *const odd_ranges[] = {"15s", "25s", "65s", "2m5s", "5m15s"};
	static const char *const steps[] = {"10s", "20s", "30s", "1m", "", "50s"};

	if (one_in(g, 2)) {
		put(g, "(");
		any_vector(g, depth - 1);
		put(g, ")");
	} else {
		selector(g, 0);
	}
	if (is_new(g)) {
		put_range(g);
	} else {
		put(g, "[");
		put_one(g, odd_ranges, N_OF(odd_ranges));
	}
	put(g, ":");
	if (is_new(g) && one_in(g, 10))
		put(g, "max_of(step(), 7s)");
	else
		put_one(g, steps, N_OF(steps));
	put(g, "]");
	maybe_modifiers(g);
}

static void any_range(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {{3, range_selector}, {1, subquery}};

	if (depth < 2)
		range_selector(g, depth);
	else
		choose(g, choices, N_OF(choices), depth);
}

/* --- scalars ---------------------------------------------------------------------------------- */

static void number(struct generator *g, unsigned depth)
{
	static const char *const numbers[] = {"0",    "1",   "2",   "0.5",  "3",    "10",
					      "100",  "1e3", "-1",  "-2.5", "0x1f", "Inf",
					      "-Inf", "NaN", ".25", "7"};
	static const char *const newer[] = {"1m", "1_000", "5m30s", "010"};

	(void)depth;
	if (is_new(g) && one_in(g, 12))
		put_one(g, newer, N_OF(newer));
	else
		put_one(g, numbers, N_OF(numbers));
}

static void time_scalar(struct generator *g, unsigned depth)
{
	static const char *const calls[] = {"time()", "pi()",   "start()",
					    "end()",  "step()", "range()"};

	(void)depth;
	put_one(g, calls, is_new(g) ? N_OF(calls) : 2);
}

static void scalar_of_vector(struct generator *g, unsigned depth)
{
	static const char *const heads[] = {"scalar(sum(", "scalar(count(", "scalar(max("};

	if (one_in(g, 4)) {
		put(g, "scalar(");
		any_vector(g, depth - 1);
		put(g, ")");
		return;
	}
	put_one(g, heads, N_OF(heads));
	any_vector(g, depth - 1);
	put(g, "))");
}

static void scalar_operation(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {" + ",      " - ",      " * ",     " / ",
						" % ",      " ^ ",      " atan2 ", " == bool ",
						" > bool ", " <= bool "};

	put(g, "(");
	any_scalar(g, depth - 1);
	put_one(g, operators, N_OF(operators));
	any_scalar(g, depth - 1);
	put(g, ")");
}

static void smaller_or_larger(struct generator *g, unsigned depth)
{
	if (!is_new(g)) {
		number(g, depth);
		return;
	}
	put(g, one_in(g, 2) ? "min_of(" : "max_of(");
	any_scalar(g, depth - 1);
	put(g, ", ");
	any_scalar(g, depth - 1);
	put(g, ")");
}

static void any_scalar(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {10, number},          {3, time_scalar},       {3, scalar_of_vector},
	    {2, scalar_operation}, {1, smaller_or_larger},
	};

	if (depth < 2)
		number(g, depth);
	else
		choose(g, choices, N_OF(choices), depth);
}

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
	       !is_special(f->id) && (is_new(g) || is_in_2_42(f->id)) &&
	       function_arg_type(f, 0) == type;
}

static const struct promql_function *pick_function(struct generator *g, enum value_type type)
{
	const struct promql_function *f;

	do
		f = &promql_functions[below(g, FUNCTION_N)];
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
	bool smoothed;

	put(g, f->name);
	put(g, "(");
	if (is_new(g) && allows_bounds(f->id, &smoothed) && one_in(g, 4)) {
		put_selection(g, f->id != FUNCTION_DELTA);
		put_range(g);
		put(g, "]");
		maybe_modifiers(g);
		put(g, smoothed && one_in(g, 2) ? " smoothed" : " anchored");
	} else {
		any_range(g, depth - 1);
	}
	if (f->id == FUNCTION_PREDICT_LINEAR) {
		put(g, ", ");
		any_scalar(g, depth - 1);
	}
	put(g, ")");
}

/* The rates of counters, as most queries have them. */
static void rate_call(struct generator *g, unsigned depth)
{
	static const char *const names[] = {"rate(", "increase(", "irate(", "rate("};

	(void)depth;
	put_one(g, names, N_OF(names));
	put_name(g, true);
	if (one_in(g, 3))
		put_matchers(g);
	put_range(g);
	put(g, "]");
	maybe_modifiers(g);
	put(g, ")");
}

static void quantile_over_time(struct generator *g, unsigned depth)
{
	static const char *const quantiles[] = {"0", "0.1", "0.5", "0.75", "1", "-1", "1.5", "NaN"};

	put(g, "quantile_over_time(");
	if (one_in(g, 6))
		any_scalar(g, depth - 1);
	else
		put_one(g, quantiles, N_OF(quantiles));
	put(g, ", ");
	any_range(g, depth - 1);
	put(g, ")");
}

static void smoothing(struct generator *g, unsigned depth)
{
	if (!is_new(g)) {
		range_call(g, depth);
		return;
	}
	put(g, "double_exponential_smoothing(");
	any_range(g, depth - 1);
	put(g, one_in(g, 2) ? ", 0.5, 0.3)" : ", 0.9, 0.01)");
}

static void vector_call(struct generator *g, unsigned depth)
{
	const struct promql_function *f = pick_function(g, VALUE_VECTOR);

	put(g, f->name);
	put(g, "(");
	if (f->variadic && f->n_args == 1 && one_in(g, 4)) {
		put(g, ")"); /* minute() and its like */
		return;
	}
	if (f->id == FUNCTION_TIMESTAMP && one_in(g, 2))
		selector(g, 0);
	else
		any_vector(g, depth - 1);
	for (size_t i = 1; i < f->n_args; i++) {
		if (f->variadic && one_in(g, 2))
			break;
		put(g, ", ");
		any_scalar(g, depth - 1);
	}
	put(g, ")");
}

static void date_call(struct generator *g, unsigned depth)
{
	static const char *const dates[] = {"minute(", "hour(", "day_of_week(",   "day_of_month(",
					    "month(",  "year(", "days_in_month(", "day_of_year("};
	static const char *const factors[] = {" * 86400)", " * 31557600)", " - 1e6)", " * 1e5)"};

	(void)depth;
	put_one(g, dates, N_OF(dates));
	put(g, one_in(g, 2) ? "timestamp(" : "(");
	put_name(g, false);
	put(g, ")");
	put_one(g, factors, N_OF(factors));
}

static void vector_of_scalar(struct generator *g, unsigned depth)
{
	put(g, "vector(");
	any_scalar(g, depth - 1);
	put(g, ")");
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

	put(g, "label_replace(");
	any_vector(g, depth - 1);
	put_one(g, tails, N_OF(tails));
}

static void label_join(struct generator *g, unsigned depth)
{
	static const char *const tails[] = {
	    ", \"new\", \"-\", \"job\", \"instance\")",
	    ", \"zone\", \"\", \"zone\", \"job\", \"nothing\")",
	    ", \"new\", \",\")",
	    ", \"zone\", \"/\", \"instance\")",
	};

	put(g, "label_join(");
	any_vector(g, depth - 1);
	put_one(g, tails, N_OF(tails));
}

static void sort_by_label(struct generator *g, unsigned depth)
{
	if (!is_new(g)) {
		vector_call(g, depth);
		return;
	}
	put(g, one_in(g, 2) ? "sort_by_label(" : "sort_by_label_desc(");
	any_vector(g, depth - 1);
	put(g, one_in(g, 2) ? ", \"instance\", \"job\")" : ", \"version\")");
}

static void put_buckets(struct generator *g)
{
	static const char *const heads[] = {"", "rate(", "sum by (le) (rate(",
					    "sum by (le, job) (increase(",
					    "sum without (job) (rate("};
	unsigned i = below(g, N_OF(heads));

	put(g, heads[i]);
	put(g, one_in(g, 8) ? "{__name__=~\"latency_.*\"}" : "latency_bucket");
	if (i) {
		put_range(g);
		put(g, "]");
	}
	maybe_modifiers(g);
	put(g, i == 0 ? "" : i == 1 ? ")" : "))");
}

static void histogram_quantile(struct generator *g, unsigned depth)
{
	static const char *const quantiles[] = {"0.5", "0.9", "0.99", "0", "1", "0.25", "-1", "2"};

	if (is_new(g) && one_in(g, 4)) {
		put(g, "histogram_fraction(");
		any_scalar(g, depth - 1);
		put(g, ", ");
		any_scalar(g, depth - 1);
	} else {
		put(g, "histogram_quantile(");
		put_one(g, quantiles, N_OF(quantiles));
	}
	put(g, ", ");
	put_buckets(g);
	put(g, ")");
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
	put(g, "info(");
	any_vector(g, depth - 1);
	put_one(g, tails, N_OF(tails));
}

/* --- aggregations ----------------------------------------------------------------------------- */

static void put_grouping(struct generator *g)
{
	if (one_in(g, 3))
		return;
	put(g, one_in(g, 3) ? " without " : " by ");
	put_labels(g);
	put(g, " ");
}

static void aggregate(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {"sum", "avg",   "count",  "min",
						"max", "group", "stddev", "stdvar"};

	put_one(g, operators, N_OF(operators));
	put_grouping(g);
	put(g, "(");
	any_vector(g, depth - 1);
	put(g, ")");
}

/* With a parameter that changes from step to step, the rest must change too: Prometheus takes an
 * aggregation of what is pinned for pinned. */
static void aggregate_with_param(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {"topk", "bottomk", "quantile", "topk"};
	static const char *const params[] = {"1", "2", "3", "5", "0", "2.9"};
	static const char *const quantiles[] = {"0", "0.5", "0.9", "1", "0.3", "-1", "7"};
	unsigned op = below(g, N_OF(operators));
	bool was_pinned = g->is_pinned;

	put(g, operators[op]);
	put_grouping(g);
	put(g, "(");
	if (one_in(g, 6)) {
		g->is_pinned = true;
		any_scalar(g, depth - 1);
	} else if (op == 2) {
		put_one(g, quantiles, N_OF(quantiles));
	} else {
		put_one(g, params, N_OF(params));
	}
	put(g, ", ");
	any_vector(g, depth - 1);
	put(g, ")");
	g->is_pinned = was_pinned;
}

static void count_values(struct generator *g, unsigned depth)
{
	put(g, "count_values");
	put_grouping(g);
	put(g, one_in(g, 4) ? "(\"job\", " : "(\"value\", ");
	any_vector(g, depth - 1);
	put(g, ")");
}

/* Of a selector: which series are the first ones of anything else is not defined. */
static void limit(struct generator *g, unsigned depth)
{
	static const char *const heads[] = {"limitk", "limit_ratio"};
	static const char *const ks[] = {"0", "1", "2", "3"};
	static const char *const ratios[] = {"0", "0.3", "-0.3", "1", "-1", "0.5", "2"};
	unsigned kind = below(g, g->dialect == DIALECT_WHOLE ? 2 : 1);

	if (!is_new(g)) {
		aggregate(g, depth);
		return;
	}
	put(g, heads[kind]);
	put_grouping(g);
	put(g, "(");
	if (kind)
		put_one(g, ratios, N_OF(ratios));
	else
		put_one(g, ks, N_OF(ks));
	put(g, ", ");
	selector(g, depth);
	put(g, ")");
}

/* --- operators -------------------------------------------------------------------------------- */

static const char *const arithmetic[] = {" + ", " - ", " * ", " / ", " % ", " ^ ", " atan2 "};
static const char *const comparisons[] = {" == ", " != ", " > ", " < ", " >= ", " <= "};

static void put_operator(struct generator *g)
{
	if (one_in(g, 2)) {
		put_one(g, arithmetic, N_OF(arithmetic));
		return;
	}
	put_one(g, comparisons, N_OF(comparisons));
	if (one_in(g, 3))
		put(g, "bool ");
}

static void vector_and_scalar(struct generator *g, unsigned depth)
{
	bool vector_first = !one_in(g, 3);

	put(g, "(");
	vector_first ? any_vector(g, depth - 1) : any_scalar(g, depth - 1);
	put_operator(g);
	vector_first ? any_scalar(g, depth - 1) : any_vector(g, depth - 1);
	put(g, ")");
}

static void maybe_fill(struct generator *g)
{
	static const char *const fills[] = {"fill(0) ", "fill_left(1) ", "fill_right(-2.5) ",
					    "fill_left(NaN) fill_right(10) ", "fill(Inf) "};

	if (is_new(g) && one_in(g, 5))
		put_one(g, fills, N_OF(fills));
}

/* Sides that are alike: their elements find each other by all of their labels. */
static void alike(struct generator *g, unsigned depth)
{
	static const char *const sides[] = {
	    "sum by (job, instance) (", "max by (job) (", "avg without (zone) (", "rate(", "-", ""};
	unsigned side = below(g, N_OF(sides));

	(void)depth;
	for (unsigned i = 0; i < 2; i++) {
		put(g, i ? "" : "(");
		put(g, sides[side]);
		put_name(g, side == 3);
		if (side == 3) {
			put_range(g);
			put(g, "]");
		}
		maybe_modifiers(g);
		put(g, side < 4 ? ")" : "");
		if (i == 0) {
			put_operator(g);
			if (is_new(g) && one_in(g, 5)) {
				put(g, "ignoring (nothing) ");
				maybe_fill(g);
			}
		}
	}
	put(g, ")");
}

/* One element for each group on one side, or on both. */
static void grouped(struct generator *g, unsigned depth)
{
	static const struct {
		const char *labels, *by, *include;
	} ways[] = {
	    {"(job)", "job", "(zone)"},
	    {"(job, instance)", "job, instance", "(zone, version)"},
	    {"(instance)", "instance", "(version)"},
	    {"(zone)", "zone", "(job)"},
	    {"()", "", "(nothing)"},
	};
	unsigned way = below(g, N_OF(ways)), many = below(g, 4);
	char one_side[128];

	put(g, "(");
	for (unsigned i = 0; i < 2; i++) {
		bool is_many = (many == 1 && i == 0) || (many == 2 && i == 1);
		snprintf(one_side, sizeof(one_side), "%s by (%s) (", one_in(g, 2) ? "sum" : "max",
			 ways[way].by);
		put(g, is_many ? "" : one_side);
		any_vector(g, depth - 1);
		put(g, is_many ? "" : ")");
		if (i)
			continue;
		put_operator(g);
		put(g, "on ");
		put(g, ways[way].labels);
		put(g, many == 1 ? " group_left " : many == 2 ? " group_right " : " ");
		if (many == 1 || many == 2)
			put(g, one_in(g, 2) ? ways[way].include : "()");
		put(g, " ");
		maybe_fill(g);
	}
	put(g, ")");
}

/* Most of these fail, one way or another. */
static void any_match(struct generator *g, unsigned depth)
{
	static const char *const matchings[] = {"on (job) ",
						"ignoring (zone) ",
						"on (instance, zone) group_left () ",
						"ignoring (instance) group_right (zone) ",
						"on () ",
						"ignoring () "};

	put(g, "(");
	any_vector(g, depth - 1);
	put_operator(g);
	put_one(g, matchings, N_OF(matchings));
	maybe_fill(g);
	any_vector(g, depth - 1);
	put(g, ")");
}

static void set_operation(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {" and ", " or ", " unless "};

	put(g, "(");
	any_vector(g, depth - 1);
	put_one(g, operators, N_OF(operators));
	if (one_in(g, 2)) {
		put(g, one_in(g, 2) ? "on " : "ignoring ");
		put_labels(g);
		put(g, " ");
	}
	any_vector(g, depth - 1);
	put(g, ")");
}

static void sign(struct generator *g, unsigned depth)
{
	put(g, one_in(g, 4) ? "+" : "-");
	any_vector(g, depth - 1);
}

static void parentheses(struct generator *g, unsigned depth)
{
	put(g, "(");
	any_vector(g, depth - 1);
	put(g, ")");
}

/* --- all of it -------------------------------------------------------------------------------- */

static void any_vector(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {12, selector},
	    {10, rate_call},
	    {10, range_call},
	    {2, quantile_over_time},
	    {1, smoothing},
	    {8, vector_call},
	    {1, date_call},
	    {1, vector_of_scalar},
	    {2, label_replace},
	    {1, label_join},
	    {1, sort_by_label},
	    {3, histogram_quantile},
	    {1, info},
	    {9, aggregate},
	    {5, aggregate_with_param},
	    {1, count_values},
	    {2, limit},
	    {5, vector_and_scalar},
	    {4, alike},
	    {5, grouped},
	    {1, any_match},
	    {4, set_operation},
	    {1, sign},
	    {1, parentheses},
	};

	if (depth < 2)
		selector(g, depth);
	else
		choose(g, choices, N_OF(choices), depth);
}

static void matrix_query(struct generator *g, unsigned depth)
{
	g->is_instant = true;
	any_range(g, depth);
}

static void string_query(struct generator *g, unsigned depth)
{
	static const char *const strings[] = {"\"text\"", "'a\\tb'", "`raw\\n`"};

	(void)depth;
	g->is_instant = true;
	put_one(g, strings, N_OF(strings));
}

static struct query_time random_range(struct generator *g)
{
	static const int64_t steps_ms[] = {10000, 20000, 30000, 60000, 100000, 15000, 7000, 12345};
	int64_t start_ms = DATA_START_MS + (int64_t)below(g, DATA_SCRAPES) * DATA_SCRAPE_MS;
	int64_t step_ms = steps_ms[below(g, is_new(g) ? N_OF(steps_ms) : 5)];

	return (struct query_time){start_ms, start_ms + step_ms * below(g, 10), step_ms};
}

struct random_query random_query(struct arena *a, struct rand *r, enum dialect dialect)
{
	static const struct choice roots[] = {
	    {90, any_vector}, {5, any_scalar}, {3, matrix_query}, {1, string_query}};
	struct generator g = {.rand = r, .dialect = dialect, .out = BUF_INIT(BUF_TEXT_MAX)};

	choose(&g, roots, N_OF(roots), 1 + below(&g, 5));
	struct query_time range = random_range(&g);
	int64_t t_ms = DATA_START_MS + (int64_t)below(&g, DATA_SCRAPES + 10) * DATA_SCRAPE_MS;
	if (is_new(&g) && one_in(&g, 5))
		t_ms += below(&g, 10000);
	struct random_query query = {
	    .text = arena_str(a, buf_str(&g.out)),
	    .instant = query_instant(t_ms),
	    .range = g.is_instant ? query_instant(t_ms) : range,
	};
	buf_done(&g.out);
	return query;
}
