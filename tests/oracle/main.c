/* promql_oracle - random queries: the engine's answers against those of a plain evaluation.
 *
 *	promql_oracle check [--seed N] [--queries N] [--seconds N]
 *	promql_oracle ask [--seed N] [--start MS] [--end MS] [--step MS] QUERY
 *	promql_oracle export [--seed N] [--queries N] [--dialect 2.42|3.14] DIR
 *
 * check: each query as an instant and as a range query, with new series after every few hundred;
 * --seconds goes on with more queries until that time is over. A difference is shrunk and printed,
 * with what repeats it, and makes it fail. The same seed gives the same queries.
 * ask: one query over the first series of the seed.
 * export: for a comparison with Prometheus, writes DIR/data.om and DIR/queries.json, a query a line
 * with the engine's answer.
 */
#include "base/clock.h"
#include "base/pool.h"
#include "tests/oracle/check.h"
#include "tests/oracle/export.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	QUERIES_PER_DATA = 250,
	MAX_SHOWN = 5, /* differences; shrinking takes a while */
};

struct options {
	uint64_t seed;
	uint64_t queries;
	uint64_t seconds;
	int64_t start_ms, end_ms, step_ms;
	enum dialect dialect;
};

struct tally {
	uint64_t queries;
	uint64_t outcomes[CHECK_DIFFERENT + 1];
};

/* --- check ------------------------------------------------------------------------------------ */

static void print_difference(const struct checker *c, uint64_t seed, struct str text,
			     struct query_time time, const struct err *err)
{
	printf("seed %llu: %.*s\n  from %lld to %lld every %lld ms: %s\n", (unsigned long long)seed,
	       STR_FMT(text), (long long)time.start_ms, (long long)time.end_ms,
	       (long long)time.step_ms, err->msg);
	check_shrink(c, text, time);
	fflush(stdout);
}

static void check_one(const struct checker *c, uint64_t seed, struct str text,
		      struct query_time time, struct tally *tally)
{
	struct err err = ERR_INIT;
	enum check_outcome outcome = check_query(c, text, time, &err);

	if (++tally->outcomes[outcome] <= MAX_SHOWN && outcome == CHECK_DIFFERENT)
		print_difference(c, seed, text, time, &err);
}

/* The series of a seed, and `n` queries over them; for every other seed the engine has threads. */
static void check_seed(uint64_t seed, uint64_t n, struct pool *helpers, struct tally *tally)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct oracle_data data;
	struct rand rand;

	data_generate(a, seed, DATA_WHOLE, &data);
	struct checker c = {&data, data_queryable(&data), seed % 2 ? helpers : NULL};
	rand_seed(&rand, ~seed);
	for (uint64_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(a);
		struct random_query query = random_query(a, &rand, DIALECT_WHOLE);
		check_one(&c, seed, query.text, query.instant, tally);
		check_one(&c, seed, query.text, query.range, tally);
		arena_rewind(a, mark);
	}
	tally->queries += n;
	memory_queryable_free(c.mq);
}

static bool is_over(const struct options *options, const struct tally *tally, int64_t end_ns)
{
	if (options->seconds)
		return clock_monotonic_ns(&clock_system) >= end_ns;
	return tally->queries >= options->queries;
}

/* A run that compares next to nothing proves nothing. */
static bool is_worth_something(const struct tally *t)
{
	return t->outcomes[CHECK_SAME] > t->queries && t->outcomes[CHECK_SKIPPED] < t->queries / 10;
}

static int run_check(const struct options *options)
{
	int64_t end_ns = clock_monotonic_ns(&clock_system) + (int64_t)options->seconds * 1000000000;
	struct pool *helpers auto_free(pool_free) = pool_new(
	    &(struct pool_options){.name = "engine", .max_threads = 3, .max_backlog = 100});
	struct tally t = {0};

	for (uint64_t seed = options->seed; !is_over(options, &t, end_ns); seed++)
		check_seed(seed, QUERIES_PER_DATA, helpers, &t);
	printf("seed %llu: %llu queries, each twice: %llu answers agree, %llu agree in being "
	       "empty, %llu fail as they should, %llu are not compared, %llu DIFFER\n",
	       (unsigned long long)options->seed, (unsigned long long)t.queries,
	       (unsigned long long)t.outcomes[CHECK_SAME],
	       (unsigned long long)t.outcomes[CHECK_EMPTY],
	       (unsigned long long)t.outcomes[CHECK_FAILED],
	       (unsigned long long)t.outcomes[CHECK_SKIPPED],
	       (unsigned long long)t.outcomes[CHECK_DIFFERENT]);
	return t.outcomes[CHECK_DIFFERENT] == 0 && is_worth_something(&t) ? 0 : 1;
}

static int run_ask(const struct options *options, const char *text)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct oracle_data data;
	struct err err = ERR_INIT;
	struct query_time time = {options->start_ms, options->end_ms, options->step_ms};

	data_generate(a, options->seed, DATA_WHOLE, &data);
	struct checker c = {&data, data_queryable(&data), NULL};
	if (time.step_ms == 0)
		time.end_ms = time.start_ms;
	enum check_outcome outcome = check_query(&c, str_of(text), time, &err);
	if (outcome == CHECK_DIFFERENT)
		print_difference(&c, options->seed, str_of(text), time, &err);
	else
		puts("no difference");
	memory_queryable_free(c.mq);
	return outcome == CHECK_DIFFERENT;
}

/* --- the command line ------------------------------------------------------------------------- */

static int usage(void)
{
	fputs("usage: promql_oracle check [--seed N] [--queries N] [--seconds N]\n"
	      "       promql_oracle ask [--seed N] [--start MS] [--end MS] [--step MS] QUERY\n"
	      "       promql_oracle export [--seed N] [--queries N] [--dialect 2.42|3.14] DIR\n",
	      stderr);
	return 2;
}

static bool read_options(int argc, char **argv, struct options *out)
{
	static const struct option table[] = {
	    {"seed", required_argument, NULL, 's'},    {"queries", required_argument, NULL, 'q'},
	    {"seconds", required_argument, NULL, 't'}, {"start", required_argument, NULL, 'b'},
	    {"end", required_argument, NULL, 'e'},     {"step", required_argument, NULL, 'i'},
	    {"dialect", required_argument, NULL, 'd'}, {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == '?')
			return false;
		if (option == 'd') {
			out->dialect = strcmp(optarg, "3.14") ? DIALECT_2_42 : DIALECT_3_14;
			continue;
		}
		uint64_t n = strtoull(optarg, NULL, 10);
		*(option == 's'   ? &out->seed
		  : option == 'q' ? &out->queries
		  : option == 't' ? &out->seconds
		  : option == 'b' ? (uint64_t *)&out->start_ms
		  : option == 'e' ? (uint64_t *)&out->end_ms
				  : (uint64_t *)&out->step_ms) = n;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {.seed = 1,
				  .queries = 1000,
				  .dialect = DIALECT_2_42,
				  .start_ms = DATA_START_MS,
				  .end_ms = DATA_START_MS};
	struct err err = ERR_INIT;

	if (argc < 2 || !read_options(argc - 1, argv + 1, &options))
		return usage();
	const char *what = argv[1], *rest = optind + 1 < argc ? argv[optind + 1] : NULL;
	if (strcmp(what, "check") == 0)
		return run_check(&options);
	if (strcmp(what, "ask") == 0 && rest)
		return run_ask(&options, rest);
	if (strcmp(what, "export") != 0 || !rest)
		return usage();
	if (export_queries(rest, options.seed, options.queries, options.dialect, &err))
		return 0;
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}
