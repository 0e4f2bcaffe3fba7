/* promql.c - how long queries take over encoded chunks: bench_promql FILE [SUBSTRING]
 *
 * FILE has lines "range<TAB>STEPS<TAB>QUERY", as Prometheus' own benchmark of its engine; others
 * are left out. The data are those of that benchmark: a_one, a_ten, a_hundred and their neighbours,
 * a sample every 10 s, in XOR chunks of 120 samples. Prints the median of some repeats.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "codec/xor_chunk.h"
#include "dedup/series_samples.h"
#include "promql/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_INTERVALS = 18640, INTERVAL_MS = 10000, CHUNK_SAMPLES = 120, N_REPEATS = 5 };

struct data {
	struct queryable base; /* first, so that the two pointers convert */
	struct arena *arena;
	struct {
		struct series *v;
		size_t n, cap;
	} series;
};

/* --- series ----------------------------------------------------------------------------------- */

static struct chunk encode(struct data *d, double first, size_t from, size_t n)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct xor_encoder e;

	xor_encoder_init(&e, &out);
	for (size_t i = from; i < from + n; i++)
		xor_encoder_append(&e, (int64_t)i * INTERVAL_MS, (double)i + first);
	struct str bytes = arena_str(d->arena, buf_str(&out));
	return (struct chunk){
	    .min_t_ms = (int64_t)from * INTERVAL_MS,
	    .max_t_ms = (int64_t)(from + n - 1) * INTERVAL_MS,
	    .raw = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_XOR, 0},
	};
}

static void add(struct data *d, const char *name, const char *l, const char *le, double first)
{
	struct label v[3] = {{STR(LABEL_NAME), str_of(name)}};
	size_t n = 1, n_chunks = (N_INTERVALS + CHUNK_SAMPLES - 1) / CHUNK_SAMPLES;

	if (l)
		v[n++] = (struct label){STR("l"), str_of(l)};
	if (le)
		v[n++] = (struct label){STR("le"), str_of(le)};
	struct chunk *chunks = ARENA_ARRAY(d->arena, struct chunk, n_chunks);
	for (size_t i = 0; i < n_chunks; i++) {
		size_t from = i * CHUNK_SAMPLES;
		size_t left = N_INTERVALS - from;
		chunks[i] = encode(d, first, from, left < CHUNK_SAMPLES ? left : CHUNK_SAMPLES);
	}
	struct series s = {labels_copy(d->arena, (struct labels){v, n}), chunks, n_chunks};
	ARENA_PUSH(d->arena, &d->series, s);
}

static int cmp_series(const void *a, const void *b)
{
	return labels_cmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

static void add_histogram(struct data *d, const char *name, const char *l, double *n)
{
	char le[16];

	for (int i = 0; i < 11; i++) {
		snprintf(le, sizeof(le), i < 10 ? "%d" : "+Inf", i);
		add(d, name, l, le, (*n)++ / 1443);
	}
}

static void make_data(struct data *d)
{
	static const struct {
		const char *suffix;
		int n;
	} sizes[] = {{"one", 0}, {"ten", 10}, {"hundred", 100}};
	double created = 0;

	for (size_t i = 0; i < 3; i++) {
		char a[16], b[16], h[16], l[8];
		snprintf(a, sizeof(a), "a_%s", sizes[i].suffix);
		snprintf(b, sizeof(b), "b_%s", sizes[i].suffix);
		snprintf(h, sizeof(h), "h_%s", sizes[i].suffix);
		for (int k = 0; k == 0 || k < sizes[i].n; k++) {
			snprintf(l, sizeof(l), "%d", k);
			const char *label = sizes[i].n ? l : NULL;
			add(d, a, label, NULL, created++ / 1443);
			add(d, b, label, NULL, created++ / 1443);
			add_histogram(d, h, label, &created);
		}
	}
	qsort(d->series.v, d->series.n, sizeof(*d->series.v), cmp_series);
}

/* --- the queryable over them ------------------------------------------------------------------ */

struct data_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	const struct data *data;
	struct matchers matchers;
	const struct select_hints *hints;
	size_t next;
};

static enum iter_result data_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct data_iter *it = (struct data_iter *)base;
	(void)err;

	while (it->next < it->data->series.n) {
		*out = it->data->series.v[it->next++];
		if (!matchers_match(it->matchers, out->labels))
			continue;
		while (out->n_chunks && out->chunks->max_t_ms < it->hints->min_t_ms) {
			out->chunks++;
			out->n_chunks--;
		}
		while (out->n_chunks &&
		       out->chunks[out->n_chunks - 1].min_t_ms > it->hints->max_t_ms)
			out->n_chunks--;
		return ITER_VALUE;
	}
	return ITER_END;
}

static void data_close(struct series_iter *it)
{
	free(it);
}

static const struct series_iter_ops data_iter_ops = {data_next, data_close};

static struct series_iter *data_select(struct queryable *q, struct ctx *ctx,
				       struct matchers matchers, const struct select_hints *hints,
				       struct notes *notes, struct tracker *tracker,
				       struct err *err)
{
	struct data_iter *it = NEW(struct data_iter);
	(void)ctx, (void)notes, (void)tracker, (void)err;

	*it = (struct data_iter){{&data_iter_ops}, (struct data *)q, matchers, hints, 0};
	return &it->base;
}

static bool data_read(struct queryable *q, const struct series *s, const struct select_hints *hints,
		      struct arena *a, struct samples *out, struct err *err)
{
	struct series_read how = {DEDUP_NONE, "", {hints->min_t_ms, hints->max_t_ms}};
	(void)q;

	return series_samples_read(s, &how, a, out, err);
}

static void data_stays(struct queryable *q)
{
	(void)q;
}

static const struct queryable_ops data_ops = {data_select, data_read, data_stays};

/* --- measuring -------------------------------------------------------------------------------- */

static bool run(struct str query, size_t n_steps, struct data *d, struct tracker *tracker,
		double *sum, struct err *err)
{
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL};
	int64_t end_ms = (int64_t)N_INTERVALS * INTERVAL_MS;
	struct query_time time = {end_ms - (int64_t)n_steps * INTERVAL_MS, end_ms, INTERVAL_MS};
	struct result_series s;
	enum iter_result r;

	if (n_steps == 1)
		time = query_instant(end_ms - INTERVAL_MS);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(query, &opts, time, err);
	if (!plan)
		return false;
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, &d->base, NULL, tracker, NULL, err);
	if (!result)
		return false;
	while ((r = promql_result_next(result, &s, err)) == ITER_VALUE)
		for (size_t i = 0; i < s.n; i++)
			*sum += s.v[i];
	return r == ITER_END;
}

/* Of this thread, so that neighbours on the machine do not count. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(struct str query, size_t n_steps, struct data *d)
{
	double ms[N_REPEATS], sum = 0;
	struct err err = ERR_INIT;
	struct tracker tracker;

	for (size_t i = 0; i < N_REPEATS; i++) {
		tracker_init(&tracker, NULL, "the query", "nothing", 0);
		int64_t start_ns = cpu_ns();
		bool ok = run(query, n_steps, d, &tracker, &sum, &err);
		ms[i] = (double)(cpu_ns() - start_ns) / 1e6;
		if (!ok) {
			printf("promql/%zu/%.*s - %s\n", n_steps, STR_FMT(query), err.msg);
			return;
		}
	}
	qsort(ms, N_REPEATS, sizeof(*ms), cmp_double);
	printf("promql/%zu/%.*s %.3f ms, %lld KiB\n", n_steps, STR_FMT(query), ms[N_REPEATS / 2],
	       (long long)tracker.peak_bytes / 1024);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct data d = {.base.ops = &data_ops, .arena = arena_new(NULL)};
	struct buf text auto_done(buf_done) = BUF_INIT(16 << 20);
	struct err err = ERR_INIT;

	if (argc < 2 || !fs_read(argv[1], &text, &err)) {
		fprintf(stderr, "usage: bench_promql FILE [SUBSTRING]: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	make_data(&d);
	struct str rest = buf_str(&text);
	while (rest.n) {
		struct str line, section, steps;
		int64_t n_steps;
		rest = str_split(rest, '\n', &line);
		struct str query = str_split(str_split(line, '\t', &section), '\t', &steps);
		if (!str_is(section, "range") || !str_to_i64(steps, &n_steps) || n_steps < 1)
			continue;
		if (argc > 2 && str_find(query, str_of(argv[2])) == query.n)
			continue;
		measure(query, (size_t)n_steps, &d);
	}
	arena_free(d.arena);
	return EXIT_SUCCESS;
}
