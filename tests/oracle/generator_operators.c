/* generator_operators.c - aggregations, and operators whose sides find each other. */
#include "tests/oracle/generator_internal.h"

#include <stdio.h>

/* --- aggregations ----------------------------------------------------------------------------- */

static void put_grouping(struct generator *g)
{
	if (gen_one_in(g, 3))
		return;
	gen_put(g, gen_one_in(g, 3) ? " without " : " by ");
	gen_labels(g);
	gen_put(g, " ");
}

static void aggregate(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {"sum", "avg",   "count",  "min",
						"max", "group", "stddev", "stdvar"};

	gen_put_one(g, operators, N_OF(operators));
	put_grouping(g);
	gen_put(g, "(");
	gen_vector(g, depth - 1);
	gen_put(g, ")");
}

/* With a parameter that changes from step to step, the rest must change too: Prometheus takes an
 * aggregation of what is pinned for pinned. */
static void aggregate_with_param(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {"topk", "bottomk", "quantile", "topk"};
	static const char *const params[] = {"1", "2", "3", "5", "0", "2.9"};
	static const char *const quantiles[] = {"0", "0.5", "0.9", "1", "0.3", "-1", "7"};
	unsigned op = gen_below(g, N_OF(operators));
	bool was_pinned = g->is_pinned;

	gen_put(g, operators[op]);
	put_grouping(g);
	gen_put(g, "(");
	if (gen_is_new(g) && gen_one_in(g, 6)) {
		g->is_pinned = true;
		gen_scalar(g, depth - 1);
	} else if (op == 2) {
		gen_put_one(g, quantiles, N_OF(quantiles));
	} else {
		gen_put_one(g, params, N_OF(params));
	}
	gen_put(g, ", ");
	gen_vector(g, depth - 1);
	gen_put(g, ")");
	g->is_pinned = was_pinned;
}

static void count_values(struct generator *g, unsigned depth)
{
	gen_put(g, "count_values");
	put_grouping(g);
	if (g->dialect == DIALECT_WHOLE) {
		gen_put(g, gen_one_in(g, 4) ? "(\"job\", " : "(\"value\", ");
		gen_vector(g, depth - 1);
	} else {
		/* Elsewhere last digits may be others; and 2.42 forms wrong groups by labels behind
		 * that of the value. */
		gen_put(g, "(\"zzz\", ");
		gen_selector(g, depth);
	}
	gen_put(g, ")");
}

/* Of a selector: which series are the first ones of anything else is not defined. */
static void limit(struct generator *g, unsigned depth)
{
	static const char *const heads[] = {"limitk", "limit_ratio"};
	static const char *const ks[] = {"0", "1", "2", "3"};
	static const char *const ratios[] = {"0", "0.3", "-0.3", "1", "-1", "0.5", "2"};
	unsigned kind = gen_below(g, g->dialect == DIALECT_WHOLE ? 2 : 1);

	if (!gen_is_new(g)) {
		aggregate(g, depth);
		return;
	}
	gen_put(g, heads[kind]);
	put_grouping(g);
	gen_put(g, "(");
	if (kind)
		gen_put_one(g, ratios, N_OF(ratios));
	else
		gen_put_one(g, ks, N_OF(ks));
	gen_put(g, ", ");
	gen_selector(g, depth);
	gen_put(g, ")");
}

void gen_aggregation(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {9, aggregate}, {5, aggregate_with_param}, {1, count_values}, {2, limit}};

	gen_choose(g, choices, N_OF(choices), depth);
}

/* --- operators -------------------------------------------------------------------------------- */

static const char *const arithmetic[] = {" + ", " - ", " * ", " / ", " % ", " ^ ", " atan2 "};
static const char *const comparisons[] = {" == ", " != ", " > ", " < ", " >= ", " <= "};

static void put_operator(struct generator *g)
{
	if (gen_one_in(g, 2)) { /* the last one keeps names in 2.42 */
		gen_put_one(g, arithmetic, N_OF(arithmetic) - !gen_is_new(g));
		return;
	}
	gen_put_one(g, comparisons, N_OF(comparisons));
	if (gen_one_in(g, 3))
		gen_put(g, "bool ");
}

static void vector_and_scalar(struct generator *g, unsigned depth)
{
	bool vector_first = !gen_one_in(g, 3);

	gen_put(g, "(");
	vector_first ? gen_vector(g, depth - 1) : gen_scalar(g, depth - 1);
	put_operator(g);
	vector_first ? gen_scalar(g, depth - 1) : gen_vector(g, depth - 1);
	gen_put(g, ")");
}

static void maybe_fill(struct generator *g)
{
	static const char *const fills[] = {"fill(0) ", "fill_left(1) ", "fill_right(-2.5) ",
					    "fill_left(NaN) fill_right(10) ", "fill(Inf) "};

	if (gen_is_new(g) && gen_one_in(g, 5))
		gen_put_one(g, fills, N_OF(fills));
}

/* Sides that are alike: their elements find each other by all of their labels. */
static void alike(struct generator *g, unsigned depth)
{
	static const char *const sides[] = {
	    "sum by (job, instance) (", "max by (job) (", "avg without (zone) (", "rate(", "-", ""};
	unsigned side = gen_below(g, N_OF(sides));

	(void)depth;
	for (unsigned i = 0; i < 2; i++) {
		gen_put(g, i ? "" : "(");
		gen_put(g, sides[side]);
		gen_name(g, side == 3);
		if (side == 3) {
			gen_length(g);
			gen_put(g, "]");
		}
		gen_modifiers(g);
		gen_put(g, side < 4 ? ")" : "");
		if (i == 0) {
			put_operator(g);
			if (gen_is_new(g) && gen_one_in(g, 5)) {
				gen_put(g, "ignoring (nothing) ");
				maybe_fill(g);
			}
		}
	}
	gen_put(g, ")");
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
	unsigned way = gen_below(g, N_OF(ways)), many = gen_below(g, 4);
	char one_side[128];

	gen_put(g, "(");
	for (unsigned i = 0; i < 2; i++) {
		bool is_many = (many == 1 && i == 0) || (many == 2 && i == 1);
		snprintf(one_side, sizeof(one_side), "%s by (%s) (",
			 gen_one_in(g, 2) ? "sum" : "max", ways[way].by);
		gen_put(g, is_many ? "" : one_side);
		gen_vector(g, depth - 1);
		gen_put(g, is_many ? "" : ")");
		if (i)
			continue;
		put_operator(g);
		gen_put(g, "on ");
		gen_put(g, ways[way].labels);
		gen_put(g, many == 1 ? " group_left " : many == 2 ? " group_right " : " ");
		if (many == 1 || many == 2)
			gen_put(g, gen_one_in(g, 2) ? ways[way].include : "()");
		gen_put(g, " ");
		maybe_fill(g);
	}
	gen_put(g, ")");
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

	gen_put(g, "(");
	gen_vector(g, depth - 1);
	put_operator(g);
	gen_put_one(g, matchings, N_OF(matchings));
	maybe_fill(g);
	gen_vector(g, depth - 1);
	gen_put(g, ")");
}

static void set_operation(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {" and ", " or ", " unless "};

	gen_put(g, "(");
	gen_vector(g, depth - 1);
	gen_put_one(g, operators, N_OF(operators));
	if (gen_one_in(g, 2)) {
		gen_put(g, gen_one_in(g, 2) ? "on " : "ignoring ");
		gen_labels(g);
		gen_put(g, " ");
	}
	gen_vector(g, depth - 1);
	gen_put(g, ")");
}

static void sign(struct generator *g, unsigned depth)
{
	gen_put(g, gen_one_in(g, 4) ? "+" : "-");
	gen_vector(g, depth - 1);
}

static void parentheses(struct generator *g, unsigned depth)
{
	gen_put(g, "(");
	gen_vector(g, depth - 1);
	gen_put(g, ")");
}

void gen_operation(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {5, vector_and_scalar}, {4, alike}, {5, grouped},     {1, any_match},
	    {4, set_operation},     {1, sign},  {1, parentheses},
	};

	gen_choose(g, choices, N_OF(choices), depth);
}
