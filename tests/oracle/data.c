#include "tests/oracle/data.h"

#include "base/float_text.h"

#include <math.h>
#include <stdlib.h>

const char *const data_counters[] = {"requests_total", "errors_total", "latency_count"};
const char *const data_gauges[] = {"temperature", "load", "up", "odd", "flaky"};
const char *const data_labels[] = {"job", "instance", "zone", "version"};

struct maker {
	struct arena *arena;
	struct rand rand;
	enum data_kind kind;
	struct oracle_data *out;
};

typedef double next_value_fn(struct rand *r, double v);

/* --- values ----------------------------------------------------------------------------------- */

static double next_count(struct rand *r, double v)
{
	if (rand_below(r, 40) == 0)
		return (double)rand_below(r, 3);
	return v + (double)(rand_below(r, 4) ? rand_below(r, 9) : 0);
}

static double next_fraction(struct rand *r, double v)
{
	if (rand_below(r, 60) == 0)
		return 0;
	return v + rand_unit(r) * 3;
}

/* The same for 2.42. */
static double next_large_count(struct rand *r, double v)
{
	return rand_below(r, 40) ? v + (double)rand_below(r, 9) : 1e6;
}

static double next_step(struct rand *r, double v)
{
	return v + ((double)rand_below(r, 21) - 10) * 0.1;
}

static double next_quarter(struct rand *r, double v)
{
	(void)v;
	return (double)rand_below(r, 40) * 0.25;
}

static double next_bit(struct rand *r, double v)
{
	return rand_below(r, 10) == 0 ? 1 - v : v;
}

static double next_finite(struct rand *r, double v)
{
	static const double values[] = {0, 1, -1, 0.125, 4096, 3, 100};

	(void)v;
	return values[rand_below(r, sizeof(values) / sizeof(values[0]))];
}

static double next_odd(struct rand *r, double v)
{
	static const double values[] = {0,     -0.0,   1,      -1,     INFINITY, -INFINITY,
					1e300, -1e300, 1e-300, 4.5e15, 3,        100};

	(void)v;
	uint64_t bits = NORMAL_NAN_BITS;
	double nan_value;
	memcpy(&nan_value, &bits, sizeof(bits));
	uint64_t i = rand_below(r, sizeof(values) / sizeof(values[0]) + 2);
	return i < sizeof(values) / sizeof(values[0]) ? values[i] : nan_value;
}

/* --- series ----------------------------------------------------------------------------------- */

static next_value_fn *counter_of(const struct maker *m)
{
	return m->kind == DATA_FOR_2_42 ? next_large_count : next_count;
}

/* How a series comes and goes, out of a thousand scrapes. */
struct presence {
	unsigned missing;
	unsigned vanishes;
	unsigned returns;
};

static const struct presence steady = {10, 2, 100};
static const struct presence unsteady = {50, 80, 60};

static int64_t scrape_ms(struct maker *m, int64_t phase_ms, int i)
{
	int64_t t_ms = DATA_START_MS + (int64_t)i * DATA_SCRAPE_MS;

	if (m->kind == DATA_FOR_2_42)
		/* Eighths of seconds are what they are as floating point numbers too. */
		return t_ms + 5500 + (int64_t)rand_below(&m->rand, 24) * 125;
	if (phase_ms == 0)
		return t_ms;
	return t_ms + phase_ms + (int64_t)rand_below(&m->rand, 4) * 125;
}

static void put(struct maker *m, struct samples *s, int64_t t_ms, double v)
{
	samples_reserve(m->arena, s, s->n + 1);
	s->t_ms[s->n] = t_ms;
	s->v[s->n++] = v;
}

static void put_stale(struct maker *m, struct samples *s, int64_t t_ms)
{
	uint64_t bits = STALE_NAN_BITS;
	double v;

	if (m->kind != DATA_WHOLE)
		return;
	memcpy(&v, &bits, sizeof(bits));
	put(m, s, t_ms, v);
}

static bool happens(struct maker *m, unsigned of_a_thousand)
{
	return rand_below(&m->rand, 1000) < of_a_thousand;
}

static struct samples make_samples(struct maker *m, next_value_fn *next, double first,
				   const struct presence *p)
{
	struct samples s = {0};
	int64_t phase_ms = rand_below(&m->rand, 2) ? 0 : (int64_t)rand_below(&m->rand, 72) * 125;
	bool is_there = !happens(m, 100);
	double v = first;

	for (int i = 0; i < DATA_SCRAPES; i++) {
		int64_t t_ms = scrape_ms(m, phase_ms, i);
		if (is_there && happens(m, p->vanishes)) {
			is_there = false;
			put_stale(m, &s, t_ms);
			continue;
		}
		is_there = is_there || happens(m, p->returns);
		v = next(&m->rand, v);
		if (is_there && !happens(m, p->missing))
			put(m, &s, t_ms, v);
	}
	return s;
}

static int compare_series(const void *a, const void *b)
{
	return labels_cmp(((const struct oracle_series *)a)->labels,
			  ((const struct oracle_series *)b)->labels);
}

static void add(struct maker *m, struct labels labels, struct samples samples)
{
	struct label kept[8];
	size_t n = 0;

	for (size_t i = 0; i < labels.n; i++)
		if (labels.v[i].value.n)
			kept[n++] = labels.v[i];
	labels_sort(kept, n);
	if (samples.n)
		ARENA_PUSH(m->arena, m->out,
			   (struct oracle_series){
			       .labels = labels_copy(m->arena, (struct labels){kept, n}),
			       .samples = samples,
			   });
}

/* --- metrics ---------------------------------------------------------------------------------- */

static const char *const jobs[] = {"api", "db", "web"};
static const char *const instances[] = {"0", "1", "10"};

static struct labels target(const char *metric, size_t job, size_t instance, const char *zone)
{
	static struct label labels[4];

	labels[0] = (struct label){STR(LABEL_NAME), str_of(metric)};
	labels[1] = (struct label){STR("job"), str_of(jobs[job])};
	labels[2] = (struct label){STR("instance"), str_of(instances[instance])};
	labels[3] = (struct label){STR("zone"), str_of(zone)};
	return (struct labels){labels, 4};
}

static void make_metric(struct maker *m, const char *name, next_value_fn *next, double first,
			const struct presence *p)
{
	for (size_t job = 0; job < 3; job++)
		for (size_t instance = 0; instance < 3; instance++)
			if (!happens(m, 150))
				add(m,
				    target(name, job, instance,
					   job == 1   ? ""
					   : instance ? "a"
						      : "b"),
				    make_samples(m, next, first, p));
}

/* The buckets of a target share their times, and mostly grow with their bound. */
static void make_histogram(struct maker *m, size_t job, size_t instance)
{
	static const char *const bounds[] = {"0.1", "0.5", "1", "2.5", "+Inf"};
	struct samples total =
	    make_samples(m, counter_of(m), m->kind == DATA_FOR_2_42 ? 1e6 : 0, &steady);
	struct label labels[4] = {{STR(LABEL_NAME), STR("latency_bucket")},
				  {STR("instance"), str_of(instances[instance])},
				  {STR("job"), str_of(jobs[job])},
				  {STR("le"), STR("")}};

	for (size_t b = 0; b < 5; b++) {
		struct samples bucket = {0};
		for (size_t i = 0; i < total.n; i++)
			put(m, &bucket, total.t_ms[i],
			    is_stale_nan(total.v[i])
				? total.v[i]
				: floor(total.v[i] * (b == 4 ? 1 : 0.2 * (double)(b + 1))) +
				      (happens(m, 20) ? 2 : 0));
		labels[3].value = str_of(bounds[b]);
		add(m, (struct labels){labels, 4}, bucket);
	}
	labels[0].value = STR("latency_count");
	labels[3].value = STR("");
	add(m, (struct labels){labels, 4}, total);
}

static void make_info(struct maker *m, size_t job, size_t instance)
{
	static const char *const versions[] = {"1.9", "1.10", "2.0"};
	struct label labels[4] = {{STR(LABEL_NAME), STR("build_info")},
				  {STR("instance"), str_of(instances[instance])},
				  {STR("job"), str_of(jobs[job])},
				  {STR("version"), str_of(versions[rand_below(&m->rand, 3)])}};

	add(m, (struct labels){labels, 4}, make_samples(m, next_bit, 1, &steady));
}

void data_generate(struct arena *a, uint64_t seed, enum data_kind kind, struct oracle_data *out)
{
	struct maker m = {.arena = a, .kind = kind, .out = out};

	*out = (struct oracle_data){0};
	rand_seed(&m.rand, seed);
	bool is_old = kind == DATA_FOR_2_42;
	make_metric(&m, "requests_total", counter_of(&m), is_old ? 1e6 : 0, &steady);
	make_metric(&m, "errors_total", is_old ? next_large_count : next_fraction, is_old ? 2e6 : 0,
		    &unsteady);
	make_metric(&m, "temperature", next_step, 20, &steady);
	make_metric(&m, "load", next_quarter, 0, &steady);
	make_metric(&m, "up", next_bit, 1, &steady);
	make_metric(&m, "odd", is_old ? next_finite : next_odd, 0, &steady);
	make_metric(&m, "flaky", next_quarter, 0, &unsteady);
	for (size_t job = 0; job < 2; job++)
		for (size_t instance = 0; instance < 2; instance++)
			make_histogram(&m, job, instance);
	for (size_t job = 0; job < 3; job++)
		for (size_t instance = 0; instance < 2; instance++)
			make_info(&m, job, instance);
	qsort(out->v, out->n, sizeof(*out->v), compare_series);
}

struct memory_queryable *data_queryable(const struct oracle_data *data)
{
	struct memory_queryable *mq = memory_queryable_new();

	for (size_t i = 0; i < data->n; i++)
		if (!memory_queryable_add(mq, data->v[i].labels, &data->v[i].samples))
			abort(); /* times ascend */
	return mq;
}

static void write_sample(struct buf *out, struct labels labels, int64_t t_ms, double v)
{
	char text[FLOAT_TEXT_MAX];

	buf_append_str(out, labels_get(labels, STR(LABEL_NAME)));
	buf_putc(out, '{');
	for (size_t i = 0, n = 0; i < labels.n; i++)
		if (!str_is(labels.v[i].name, LABEL_NAME))
			buf_printf(out, "%s%.*s=\"%.*s\"", n++ ? "," : "",
				   STR_FMT(labels.v[i].name), STR_FMT(labels.v[i].value));
	buf_puts(out, "} ");
	buf_append(out, text, float_metric(text, v));
	buf_printf(out, " %lld.%03d\n", (long long)(t_ms / 1000), (int)(t_ms % 1000));
}

void data_write_openmetrics(struct buf *out, const struct oracle_data *data)
{
	for (size_t i = 0; i < data->n; i++)
		for (size_t k = 0; k < data->v[i].samples.n; k++)
			write_sample(out, data->v[i].labels, data->v[i].samples.t_ms[k],
				     data->v[i].samples.v[k]);
	buf_puts(out, "# EOF\n");
}
