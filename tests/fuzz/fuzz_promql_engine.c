/* Any bytes as a query over a few series: the answer is well formed, each step of a range query is
 * what an instant query gives at that time, and the query as it is printed reads as the same again.
 * The first byte chooses options and times. */
#include "base/assert.h"
#include "base/buf.h"
#include "model/histogram.h"
#include "promql/printer.h"
#include "tests/lib/kept_answer.h"
#include "tests/lib/query_rig.h"
#include "tests/lib/surviving_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_QUERY_BYTES = 1024,
	SCRAPE_MS = 10000,
	STEP_MS = 15000,
	N_STEPS = 9,
	TIMEOUT_MS = 2000,
	MAX_SAMPLES = 100000,
	MAX_BYTES = 64 << 20,
};

static const char data_lines[] =
    "requests_total{job=\"api\",instance=\"0\"} 0+7x10 3+2x40\n"
    "requests_total{job=\"api\",instance=\"1\"} 5+1.5x12 _x3 stale _x5 1+9x30\n"
    "requests_total{job=\"db\",instance=\"0\"} 100+0.25x60\n"
    "temperature{job=\"api\",instance=\"0\"} 1 -3 NaN Inf -Inf 0 -0 1e-300 5-0.1x40\n"
    "temperature{job=\"db\",instance=\"0\"} 20+0.3x60\n"
    "temperature{job=\"db\",instance=\"1\"} _x20 7 _x5 8 8 8\n"
    "latency_bucket{job=\"api\",le=\"0.1\"} 0+1x60\n"
    "latency_bucket{job=\"api\",le=\"1\"} 0+3x60\n"
    "latency_bucket{job=\"api\",le=\"+Inf\"} 0+4x60\n"
    "latency_bucket{job=\"db\",le=\"0.1\"} 2x60\n"
    "latency_bucket{job=\"db\",le=\"what\"} 2x60\n"
    "sizes{job=\"api\"} {{schema:1 sum:4 count:7 z_bucket:1 z_bucket_w:0.01 buckets:[2 0 3] "
    "n_buckets:[1]}}+{{schema:1 sum:2 count:3 buckets:[1 1 1]}}x40\n"
    "sizes{job=\"db\"} {{schema:-53 sum:5 count:6 custom_values:[1 5 10] buckets:[1 2 3]}}x40 3 4\n"
    "sizes{job=\"mixed\"} 1 2 {{schema:0 sum:1 count:1 buckets:[1]}}x10 3 4\n"
    "target_info{job=\"api\",instance=\"0\",version=\"a\"} 1x60\n"
    "target_info{job=\"db\",instance=\"0\",version=\"b\"} 1x20 _x10 2x30\n";

struct run {
	struct arena *arena;
	struct promql_plan *plan; /* NULL when the query was refused */
	struct kept_answer answer;
	bool ok;
	struct err err;
};

static struct queryable *data(void)
{
	static struct query_rig rig;

	if (!rig.data) {
		query_rig_init(&rig);
		query_rig_load(&rig, SCRAPE_MS, data_lines);
	}
	return memory_queryable(rig.data);
}

static void run_query(struct run *run, struct str text, const struct promql_engine_opts *opts,
		      struct query_time time)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, TIMEOUT_MS);
	struct tracker tracker;
	struct notes notes;

	*run = (struct run){.arena = arena_new(NULL)};
	tracker_init(&tracker, NULL, "query", "", MAX_BYTES);
	notes_init(&notes);
	run->plan = promql_prepare(text, opts, time, &run->err);
	struct promql_result *r =
	    run->plan ? promql_execute(run->plan, data(), ctx, &tracker, &notes, &run->err) : NULL;
	run->ok = r && kept_answer_read(run->arena, r, &run->answer, &run->err);
	promql_result_free(r);
	assert(tracker.used_bytes == 0);
	assert(run->ok || (run->err.code != ERR_OK && run->err.msg[0]));
	notes_done(&notes);
	tracker_done(&tracker);
}

static void run_done(struct run *run)
{
	promql_plan_free(run->plan);
	arena_free(run->arena);
}

static void require(bool ok, struct str text, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "%.*s\n%s\n", STR_FMT(text), err->msg);
	abort();
}

/* --- printing --------------------------------------------------------------------------------- */

static void check_printing(struct str text, struct parser_options options)
{
	struct buf printed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf again auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	struct promql_query *first auto_free(promql_query_free) =
	    promql_parse(text, &options, NULL, &err);
	require(first, text, &err);
	if (!text_survives(first->root))
		return;
	expr_print(&printed, first->root);
	options.duration_expressions = true; /* +(5m) is printed as (5m) */
	struct promql_query *second auto_free(promql_query_free) =
	    promql_parse(buf_str(&printed), &options, NULL, &err);
	if (!second && err.code == ERR_LIMIT)
		return; /* printed with longer words than it was written with */
	require(second, buf_str(&printed), &err);
	expr_print(&again, second->root);
	assert(str_eq(buf_str(&printed), buf_str(&again)));
}

/* --- a range query is many instant queries ---------------------------------------------------- */

/* Does the answer at a step depend on when the query starts, ends or what its step is? */
static bool names_the_query(struct str text)
{
	static const char *const words[] = {"start", "end", "range", "step"};
	char lower[MAX_QUERY_BYTES];

	for (size_t i = 0; i < text.n; i++)
		lower[i] = (char)tolower((unsigned char)text.p[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(str_from(lower, text.n), str_of(words[i])) < text.n)
			return true;
	return false;
}

static bool same_value(double a, const struct histogram *ha, double b, const struct histogram *hb)
{
	if (ha || hb)
		return ha && hb && histogram_equal(ha, hb);
	return memcmp(&a, &b, sizeof(a)) == 0 || (a != a && b != b);
}

static size_t count_at(const struct kept_answer *range, int64_t t_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < range->series.n; i++)
		for (size_t k = 0; k < range->series.v[i].n; k++)
			n += range->series.v[i].t_ms[k] == t_ms;
	return n;
}

static bool has_sample(const struct kept_answer *range, const struct answer_series *s)
{
	const struct answer_series *in = kept_answer_find(range, s->labels);

	for (size_t k = 0; in && k < in->n; k++)
		if (in->t_ms[k] == s->t_ms[0])
			return same_value(in->v[k], in->hist ? in->hist[k] : NULL, s->v[0],
					  s->hist ? s->hist[0] : NULL);
	return false;
}

static bool same_step(const struct kept_answer *range, const struct kept_answer *instant,
		      int64_t t_ms, struct err *err)
{
	if (instant->type == VALUE_SCALAR)
		return range->series.n == 1 &&
		       has_sample(range, &(struct answer_series){
					     .n = 1,
					     .t_ms = (int64_t[]){t_ms},
					     .v = (double[]){instant->scalar.v},
					 });
	if (count_at(range, t_ms) != instant->series.n)
		return err_set(err, ERR_INTERNAL, "%zu series at %lld ms, %zu in an instant query",
			       count_at(range, t_ms), (long long)t_ms, instant->series.n);
	for (size_t i = 0; i < instant->series.n; i++)
		if (!has_sample(range, &instant->series.v[i]))
			return err_set(err, ERR_INTERNAL, "series %zu differs at %lld ms", i,
				       (long long)t_ms);
	return true;
}

static void check_step(struct str text, const struct promql_engine_opts *opts,
		       const struct kept_answer *range, int64_t t_ms)
{
	struct run run;

	run_query(&run, text, opts, query_instant(t_ms));
	if (run.ok && run.answer.type != VALUE_STRING && run.answer.type != VALUE_MATRIX)
		require(same_step(range, &run.answer, t_ms, &run.err), text, &run.err);
	else if (!run.ok && run.err.code == ERR_EXECUTION)
		require(false, text, &run.err);
	run_done(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run;

	if (size == 0 || size > MAX_QUERY_BYTES)
		return 0;
	struct str text = str_from(data + 1, size - 1);
	struct promql_engine_opts opts = {
	    .parser = PARSER_OPTIONS_ALL,
	    .max_samples = MAX_SAMPLES,
	    .delayed_name_removal = data[0] & 1,
	    .note_positions = data[0] & 2,
	    .counts_samples = data[0] & 4,
	};
	struct query_time time = query_instant((data[0] >> 4) * 40000);
	if (data[0] & 8)
		time = (struct query_time){time.start_ms, time.start_ms + N_STEPS * STEP_MS - 1,
					   STEP_MS};

	run_query(&run, text, &opts, time);
	if (run.plan)
		check_printing(text, opts.parser);
	if (run.ok)
		require(kept_answer_is_well_formed(&run.answer, time, &run.err), text, &run.err);
	if (run.ok && time.step_ms && !names_the_query(text))
		check_step(text, &opts, &run.answer,
			   time.start_ms + (data[0] >> 4) % N_STEPS * STEP_MS);
	run_done(&run);
	return 0;
}
