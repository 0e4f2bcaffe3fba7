#include "tests/oracle/generator.h"

#include "tests/oracle/data.h"
#include "tests/oracle/generator_internal.h"

/* --- dice ------------------------------------------------------------------------------------- */

unsigned gen_below(struct generator *g, size_t n)
{
	return (unsigned)rand_below(g->rand, n);
}

bool gen_one_in(struct generator *g, unsigned n)
{
	return gen_below(g, n) == 0;
}

bool gen_is_new(const struct generator *g)
{
	return g->dialect != DIALECT_2_42;
}

void gen_put(struct generator *g, const char *text)
{
	buf_puts(&g->out, text);
}

void gen_put_one(struct generator *g, const char *const *texts, size_t n)
{
	gen_put(g, texts[gen_below(g, n)]);
}

void gen_choose(struct generator *g, const struct choice *choices, size_t n, unsigned depth)
{
	unsigned total = 0;

	for (size_t i = 0; i < n; i++)
		total += choices[i].weight;
	unsigned dice = gen_below(g, total);
	for (size_t i = 0; i < n; dice -= choices[i++].weight)
		if (dice < choices[i].weight) {
			choices[i].generate(g, depth);
			return;
		}
}

void gen_labels(struct generator *g)
{
	bool first = true;

	gen_put(g, "(");
	for (size_t i = 0; i < DATA_N_LABELS; i++) {
		if (!gen_one_in(g, 3))
			continue;
		gen_put(g, first ? "" : ", ");
		gen_put(g, data_labels[i]);
		first = false;
	}
	gen_put(g, ")");
}

/* --- scalars ---------------------------------------------------------------------------------- */

static void number(struct generator *g, unsigned depth)
{
	static const char *const numbers[] = {"0",    "1",   "2",   "0.5",  "3",    "10",
					      "100",  "1e3", "-1",  "-2.5", "0x1f", "Inf",
					      "-Inf", "NaN", ".25", "7"};
	static const char *const newer[] = {"1m", "1_000", "5m30s", "010"};

	(void)depth;
	if (gen_is_new(g) && gen_one_in(g, 12))
		gen_put_one(g, newer, N_OF(newer));
	else
		gen_put_one(g, numbers, N_OF(numbers));
}

static void time_scalar(struct generator *g, unsigned depth)
{
	static const char *const calls[] = {"time()", "pi()",   "start()",
					    "end()",  "step()", "range()"};

	(void)depth;
	gen_put_one(g, calls, gen_is_new(g) ? N_OF(calls) : 2);
}

static void scalar_of_vector(struct generator *g, unsigned depth)
{
	static const char *const heads[] = {"scalar(sum(", "scalar(count(", "scalar(max("};

	if (gen_one_in(g, 4)) {
		gen_put(g, "scalar(");
		gen_vector(g, depth - 1);
		gen_put(g, ")");
		return;
	}
	gen_put_one(g, heads, N_OF(heads));
	gen_vector(g, depth - 1);
	gen_put(g, "))");
}

static void scalar_operation(struct generator *g, unsigned depth)
{
	static const char *const operators[] = {" + ",      " - ",      " * ",     " / ",
						" % ",      " ^ ",      " atan2 ", " == bool ",
						" > bool ", " <= bool "};

	gen_put(g, "(");
	gen_scalar(g, depth - 1);
	gen_put_one(g, operators, N_OF(operators));
	gen_scalar(g, depth - 1);
	gen_put(g, ")");
}

static void smaller_or_larger(struct generator *g, unsigned depth)
{
	if (!gen_is_new(g)) {
		number(g, depth);
		return;
	}
	gen_put(g, gen_one_in(g, 2) ? "min_of(" : "max_of(");
	gen_scalar(g, depth - 1);
	gen_put(g, ", ");
	gen_scalar(g, depth - 1);
	gen_put(g, ")");
}

void gen_scalar(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {10, number},          {3, time_scalar},       {3, scalar_of_vector},
	    {2, scalar_operation}, {1, smaller_or_larger},
	};

	if (depth < 2)
		number(g, depth);
	else
		gen_choose(g, choices, N_OF(choices), depth);
}

/* --- all of it -------------------------------------------------------------------------------- */

void gen_vector(struct generator *g, unsigned depth)
{
	static const struct choice choices[] = {
	    {12, gen_selector}, {41, gen_call}, {17, gen_aggregation}, {21, gen_operation}};

	if (depth < 2)
		gen_selector(g, depth);
	else
		gen_choose(g, choices, N_OF(choices), depth);
}

static void matrix_query(struct generator *g, unsigned depth)
{
	g->is_instant = true;
	gen_range(g, depth);
}

static void string_query(struct generator *g, unsigned depth)
{
	static const char *const strings[] = {"\"text\"", "'a\\tb'", "`raw\\n`"};

	(void)depth;
	g->is_instant = true;
	gen_put_one(g, strings, N_OF(strings));
}

static struct query_time random_range(struct generator *g)
{
	static const int64_t steps_ms[] = {10000, 20000, 30000, 60000, 100000, 15000, 7000, 12345};
	int64_t start_ms = DATA_START_MS + (int64_t)gen_below(g, DATA_SCRAPES) * DATA_SCRAPE_MS;
	int64_t step_ms = steps_ms[gen_below(g, gen_is_new(g) ? N_OF(steps_ms) : 5)];

	return (struct query_time){start_ms, start_ms + step_ms * gen_below(g, 10), step_ms};
}

struct random_query random_query(struct arena *a, struct rand *r, enum dialect dialect)
{
	static const struct choice roots[] = {
	    {90, gen_vector}, {5, gen_scalar}, {3, matrix_query}, {1, string_query}};
	struct generator g = {.rand = r, .dialect = dialect, .out = BUF_INIT(BUF_TEXT_MAX)};

	gen_choose(&g, roots, N_OF(roots), 1 + gen_below(&g, 5));
	struct query_time range = random_range(&g);
	int64_t t_ms = DATA_START_MS + (int64_t)gen_below(&g, DATA_SCRAPES + 10) * DATA_SCRAPE_MS;
	if (gen_is_new(&g) && gen_one_in(&g, 5))
		t_ms += gen_below(&g, 10000);
	struct random_query query = {
	    .text = arena_str(a, buf_str(&g.out)),
	    .instant = query_instant(t_ms),
	    .range = g.is_instant ? query_instant(t_ms) : range,
	};
	buf_done(&g.out);
	return query;
}
