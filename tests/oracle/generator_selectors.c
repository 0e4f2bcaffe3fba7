/* generator_selectors.c - what is selected, and from when. */
#include "tests/oracle/generator_internal.h"

#include "tests/oracle/data.h"

/* --- lengths of time -------------------------------------------------------------------------- */

/* Multiples of five seconds. */
static void put_duration(struct generator *g)
{
	static const char *const durations[] = {"10s",   "15s", "25s",  "30s", "40s", "55s", "1m",
						"1m30s", "2m",  "145s", "5m",  "5m",  "10m", "15m"};

	gen_put_one(g, durations, N_OF(durations));
}

void gen_length(struct generator *g)
{
	static const char *const formulas[] = {
	    "1m + 30s",        "2 * 50s",      "5m / 2",   "max_of(step(), 45s)",
	    "min_of(3m, 100)", "range() + 2m", "(1m) * 2", "300",
	    "7m % 4m",         "30s ^ 1",      "95.5",
	};

	gen_put(g, "[");
	if (gen_is_new(g) && gen_one_in(g, 8))
		gen_put_one(g, formulas, N_OF(formulas));
	else
		put_duration(g);
}

static void put_offset(struct generator *g)
{
	static const char *const whole[] = {"10s", "30s", "1m", "-20s", "5m", "-3m", "100s"};
	static const char *const newer[] = {"step()", "-(1m - 20s)", "-range()",
					    "40",     "1.5",         "min_of(1m, step())",
					    "+30s",   "-(-1m)",      "12345ms"};

	gen_put(g, " offset ");
	if (gen_is_new(g) && gen_one_in(g, 4))
		gen_put_one(g, newer, N_OF(newer));
	else
		gen_put_one(g, whole, N_OF(whole));
}

static void put_at(struct generator *g)
{
	static const char *const whole[] = {"4000", "4500", "5100", "start()", "end()", "3600"};
	static const char *const newer[] = {"4321.5", "0", "-5", "1e9"};

	gen_put(g, " @ ");
	if (gen_is_new(g) && gen_one_in(g, 8))
		gen_put_one(g, newer, N_OF(newer));
	else
		gen_put_one(g, whole, N_OF(whole));
}

void gen_modifiers(struct generator *g)
{
	bool offset = gen_one_in(g, 7), at = !g->is_pinned && gen_one_in(g, 9),
	     first = gen_one_in(g, 2);

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

	gen_put_one(g, matchers, N_OF(matchers));
}

void gen_matchers(struct generator *g)
{
	unsigned n = gen_one_in(g, 5) ? 2 : 1;

	gen_put(g, "{");
	for (unsigned i = 0; i < n; i++) {
		gen_put(g, i ? ", " : "");
		put_matcher(g);
	}
	gen_put(g, "}");
}

void gen_name(struct generator *g, bool is_counter)
{
	if (is_counter)
		gen_put_one(g, data_counters, DATA_N_COUNTERS);
	else
		gen_put_one(g, data_gauges, DATA_N_GAUGES);
}

void gen_selection(struct generator *g, bool is_counter)
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
	const char *other = others[gen_below(g, N_OF(others))];

	if (!gen_one_in(g, 8)) {
		gen_name(g, is_counter);
	} else {
		gen_put(g, other);
		if (other[0] == '{')
			return;
	}
	if (gen_one_in(g, 3))
		gen_matchers(g);
}

void gen_selector(struct generator *g, unsigned depth)
{
	(void)depth;
	gen_selection(g, gen_one_in(g, 3));
	gen_modifiers(g);
	if (gen_is_new(g) && gen_one_in(g, 25))
		gen_put(g, " smoothed");
}

static void range_selector(struct generator *g, unsigned depth)
{
	(void)depth;
	gen_selection(g, gen_one_in(g, 2));
	gen_length(g);
	gen_put(g, "]");
	gen_modifiers(g);
}

/* For 2.42 a range that starts where no step is, and that always has one. */
static void subquery(struct generator *g, unsigned depth)
{
	static const char *const odd_ranges[] = {"65s", "2m5s", "5m15s"};
	static const char *const steps[] = {"10s", "20s", "30s", "1m", "", "50s"};
	bool was_pinned = g->is_pinned;

	/* What is pinned is evaluated even by a subquery without any step in 2.42. */
	g->is_pinned |= !gen_is_new(g);
	if (gen_one_in(g, 2)) {
		gen_put(g, "(");
		gen_vector(g, depth - 1);
		gen_put(g, ")");
	} else {
		gen_selector(g, 0);
	}
	g->is_pinned = was_pinned;
	if (gen_is_new(g)) {
		gen_length(g);
	} else {
		gen_put(g, "[");
		gen_put_one(g, odd_ranges, N_OF(odd_ranges));
	}
	gen_put(g, ":");
	if (gen_is_new(g) && gen_one_in(g, 10))
		gen_put(g, "max_of(step(), 7s)");
	else
		gen_put_one(g, steps, N_OF(steps));
	gen_put(g, "]");
	gen_modifiers(g);
}

void gen_range(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {{3, range_selector}, {1, subquery}};

	if (depth < 2)
		range_selector(g, depth);
	else
		gen_choose(g, choices, N_OF(choices), depth);
}
