/* promql.c - how long queries take over encoded chunks, and how much memory.
 *
 *	bench_promql [--queries=FILE] [--filter=TEXT] [--cases | --series=DATA | --answers]
 *
 * Prints a line per query: its name, the median time, the samples it read per second, the most that
 * it charged to its memory budget, and by how much the process grew. For other engines to run the
 * same beside it, --cases prints the queries, --series the data and --answers what came out.
 */
#include "base/flags.h"
#include "lib/query_cases.h"
#include "lib/query_data.h"
#include "measure.h"

#include <malloc.h>
#include <math.h>

enum { MIN_REPEATS = 5, MAX_REPEATS = 101, ENOUGH_MS = 300, MAX_BATCH = 1000 };

struct options {
	const char *queries_path;
	const char *filter;
	bool prints_cases;
	const char *series_of;
	bool prints_answers;
};

/* What came out of a query, short enough to be compared. */
struct answer {
	size_t n_series, n_floats, n_histograms;
	double sum; /* of floats that are numbers */
	uint64_t samples_read;
};

static const struct promql_engine_opts engine_opts = {.parser = PARSER_OPTIONS_ALL};

/* --- one query -------------------------------------------------------------------------------- */

static void count_in(struct answer *answer, const struct result_series *s)
{
	answer->n_series++;
	for (size_t i = 0; i < s->n; i++) {
		if (s->hist && s->hist[i]) {
			answer->n_histograms++;
			continue;
		}
		answer->n_floats++;
		if (isfinite(s->v[i]))
			answer->sum += s->v[i];
	}
}

static bool parse(const struct query_case *c, struct tracker *tracker, struct err *err)
{
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(c->query, &engine_opts.parser, tracker, err);
	return query != NULL;
}

static bool run(const struct query_case *c, struct query_data *data, struct tracker *tracker,
		struct answer *out, struct err *err)
{
	struct result_series s;
	enum iter_result r;

	*out = (struct answer){0};
	if (!c->data)
		return parse(c, tracker, err);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(c->query, &engine_opts, c->time, err);
	if (!plan)
		return false;
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, query_data_queryable(data), NULL, tracker, NULL, err);
	if (!result)
		return false;
	while ((r = promql_result_next(result, &s, err)) == ITER_VALUE)
		count_in(out, &s);
	out->samples_read = promql_result_samples_read(result);
	return r == ITER_END;
}

/* --- measuring -------------------------------------------------------------------------------- */

struct measured {
	double ms;
	double tracked_kb;
	double resident_kb;
};

/* The time of one of `n` runs; negative when it fails. */
static double run_ms(const struct query_case *c, struct query_data *data, size_t n,
		     struct tracker *tracker, struct answer *answer, struct err *err)
{
	double start_s = process_cpu_s(getpid());

	for (size_t i = 0; i < n; i++) {
		tracker_init(tracker, NULL, "the query", "nothing", 0);
		if (!run(c, data, tracker, answer, err))
			return -1;
	}
	return (process_cpu_s(getpid()) - start_s) * 1e3 / (double)n;
}

/* So many runs that reading the clock costs nothing beside them. */
static size_t batch_for(double first_ms)
{
	const double batch_ms = 1;
	double n = batch_ms / (first_ms + 1e-6);

	return n < 1 ? 1 : n > MAX_BATCH ? MAX_BATCH : (size_t)n;
}

static bool measure(const struct query_case *c, struct query_data *data, struct answer *answer,
		    struct measured *out, struct err *err)
{
	double ms[MAX_REPEATS], total_ms = 0;
	struct tracker tracker;
	size_t n = 0;

	malloc_trim(0);
	process_reset_peak();
	double before_mb = process_memory_mb(getpid(), "VmRSS");
	double first_ms = run_ms(c, data, 1, &tracker, answer, err);
	if (first_ms < 0)
		return false;
	size_t batch = batch_for(first_ms);
	while (n < MIN_REPEATS || (n < MAX_REPEATS && total_ms < ENOUGH_MS)) {
		ms[n] = run_ms(c, data, batch, &tracker, answer, err);
		total_ms += ms[n++] * (double)batch;
	}
	*out = (struct measured){
	    .ms = median(ms, n),
	    .tracked_kb = (double)tracker.peak_bytes / 1024,
	    .resident_kb = (process_memory_mb(getpid(), "VmHWM") - before_mb) * 1024,
	};
	return true;
}

static void print_measured(const struct query_case *c, const struct measured *m,
			   const struct answer *answer)
{
	printf("promql/%.*s %.4f ms %.1f Msamples/s %.0f KiB charged %.0f KiB resident\n",
	       STR_FMT(c->name), m->ms, (double)answer->samples_read / m->ms / 1e3, m->tracked_kb,
	       m->resident_kb);
}

static void print_answer(const struct query_case *c, const struct answer *answer)
{
	printf("%.*s\t%zu\t%zu\t%zu\t%.9g\n", STR_FMT(c->name), answer->n_series, answer->n_floats,
	       answer->n_histograms, answer->sum);
}

static void run_case(const struct query_case *c, const struct options *options,
		     struct query_data *data)
{
	struct err err = ERR_INIT;
	struct answer answer;
	struct measured measured;

	if (options->prints_answers) {
		if (run(c, data, NULL, &answer, &err))
			print_answer(c, &answer);
		else
			printf("%.*s\t%s\n", STR_FMT(c->name), err.msg);
	} else if (measure(c, data, &answer, &measured, &err)) {
		print_measured(c, &measured, &answer);
	} else {
		printf("promql/%.*s - %s\n", STR_FMT(c->name), err.msg);
	}
	fflush(stdout);
}

/* Data are made when the first case needs them; only one set is held. */
static void run_cases(const struct query_cases *cases, const struct options *options)
{
	struct query_data *data = NULL;

	for (size_t i = 0; i < cases->n; i++) {
		const struct query_case *c = &cases->v[i];
		if (c->data && (!data || strcmp(query_data_name(data), c->data) != 0)) {
			query_data_free(data);
			data = query_data_new(c->data);
			query_data_queryable(data);
		}
		run_case(c, options, data);
	}
	query_data_free(data);
}

/* --- for others ------------------------------------------------------------------------------- */

/* name, data, start, end and step in milliseconds, query */
static void print_cases(const struct query_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		const struct query_case *c = &cases->v[i];
		printf("%.*s\t%s\t%lld\t%lld\t%lld\t%.*s\n", STR_FMT(c->name),
		       c->data ? c->data : "-", (long long)c->time.start_ms,
		       (long long)c->time.end_ms, (long long)c->time.step_ms, STR_FMT(c->query));
	}
}

/* labels, kind, interval in milliseconds, number of the first sample, of samples, first value,
 * increment */
static bool print_series(const char *name, struct err *err)
{
	struct query_data *data auto_free(query_data_free) = query_data_new(name);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t n;

	if (!data)
		return err_set(err, ERR_INVALID, "there are no data called \"%s\"", name);
	const struct recipe *recipes = query_data_recipes(data, &n);
	for (size_t i = 0; i < n; i++) {
		const struct recipe *r = &recipes[i];
		buf_clear(&text);
		labels_format(&text, r->labels);
		printf("%.*s\t%s\t%lld\t%zu\t%zu\t%.17g\t%.17g\n", STR_FMT(buf_str(&text)),
		       recipe_kind_name(r->kind), (long long)r->interval_ms, r->from, r->n,
		       r->first, r->increment);
	}
	return true;
}

/* --- the program ------------------------------------------------------------------------------ */

static const struct flag_spec specs[] = {
    {.name = "queries",
     FLAG_STRING(struct options, queries_path),
     .default_text = "../shared/promql_queries/bench.txt"},
    {.name = "filter", FLAG_STRING(struct options, filter)},
    {.name = "cases", FLAG_BOOL(struct options, prints_cases)},
    {.name = "series", FLAG_STRING(struct options, series_of)},
    {.name = "answers", FLAG_BOOL(struct options, prints_answers)},
};

static void keep_matching(struct query_cases *cases, struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < cases->n; i++)
		if (text.n == 0 || str_find(cases->v[i].name, text) < cases->v[i].name.n)
			cases->v[n++] = cases->v[i];
	cases->n = n;
}

static bool run_all(const struct options *options, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_cases cases = {0};

	if (*options->series_of)
		return print_series(options->series_of, err);
	if (!query_cases_read(options->queries_path, a, &cases, err))
		return false;
	keep_matching(&cases, str_of(options->filter));
	if (options->prints_cases)
		print_cases(&cases);
	else
		run_cases(&cases, options);
	return true;
}

int main(int argc, char **argv)
{
	struct options options;
	struct flag_group group = FLAG_GROUP(specs, &options);
	struct flag_list args = {.v = (const char **)argv + 1, .n = (size_t)argc - 1};
	struct err err = ERR_INIT;

	struct flags *flags auto_free(flags_free) = flags_parse(&group, 1, &args, 0, &err);
	if (!flags || !flags_assign(flags, &err) || !run_all(&options, &err))
		die(&err);
	return EXIT_SUCCESS;
}
