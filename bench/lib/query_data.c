#include "lib/query_data.h"

#include "base/alloc.h"
#include "base/rand.h"
#include "codec/histogram_chunk.h"
#include "codec/xor_chunk.h"
#include "dedup/series_samples.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_SAMPLES = 120 };

struct query_data {
	struct queryable base; /* first, so that the two pointers convert */
	const char *name;
	struct arena *arena;
	struct {
		struct recipe *v;
		size_t n, cap;
	} recipes;
	struct series *series; /* in label order; NULL until they are asked for */
};

const char *recipe_kind_name(enum recipe_kind kind)
{
	static const char *const names[] = {"floats", "histograms", "finer_histograms",
					    "custom_histograms"};
	return names[kind];
}

/* --- recipes ---------------------------------------------------------------------------------- */

#define FORMATTED(d, ...)                                                                          \
	__extension__({                                                                            \
		char text_[64];                                                                    \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                                       \
		arena_str((d)->arena, str_of(text_));                                              \
	})

/* Labels in any order; those without a value are left out. */
static void add(struct query_data *d, struct recipe recipe, struct labels labels)
{
	struct label v[16];
	size_t n = 0;

	for (size_t i = 0; i < labels.n; i++)
		if (labels.v[i].value.n)
			v[n++] = labels.v[i];
	labels_sort(v, n);
	recipe.labels = labels_copy(d->arena, (struct labels){v, n});
	ARENA_PUSH(d->arena, &d->recipes, recipe);
}

/* Of "histograms" as they were before native ones. */
static struct str bucket_bound(struct query_data *d, int i)
{
	return i < 10 ? FORMATTED(d, "%d", i) : STR("+Inf");
}

enum { RANGE_INTERVALS = 18640, RANGE_SERIES = 1443, SPARSE_SERIES = 50 };

static void add_counter(struct query_data *d, struct str name, struct str l, struct str le)
{
	struct recipe recipe = {
	    .interval_ms = 10000,
	    .n = RANGE_INTERVALS,
	    .first = (double)d->recipes.n / RANGE_SERIES,
	    .increment = 1,
	};

	add(d, recipe, LABELS({STR(LABEL_NAME), name}, {STR("l"), l}, {STR("le"), le}));
}

static void add_counters(struct query_data *d, const char *size, struct str l)
{
	struct str histogram = FORMATTED(d, "h_%s", size);

	add_counter(d, FORMATTED(d, "a_%s", size), l, STR(""));
	add_counter(d, FORMATTED(d, "b_%s", size), l, STR(""));
	for (int i = 0; i <= 10; i++)
		add_counter(d, histogram, l, bucket_bound(d, i));
}

static void make_range(struct query_data *d)
{
	const size_t at_once = RANGE_INTERVALS / SPARSE_SERIES;

	add_counters(d, "one", STR(""));
	for (int i = 0; i < 10; i++)
		add_counters(d, "ten", FORMATTED(d, "%d", i));
	for (int i = 0; i < 100; i++)
		add_counters(d, "hundred", FORMATTED(d, "%d", i));
	for (size_t from = 0; from < RANGE_INTERVALS; from += at_once) {
		size_t left = RANGE_INTERVALS - from;
		struct recipe recipe = {
		    .interval_ms = 10000,
		    .from = from,
		    .n = left < at_once ? left : at_once,
		    .increment = 1.0 / RANGE_SERIES,
		};
		add(d, recipe,
		    LABELS({STR(LABEL_NAME), STR("sparse")},
			   {STR("l"), FORMATTED(d, "%zu", from / at_once)}));
	}
}

static void make_join(struct query_data *d)
{
	static const char *const names[] = {"rpc_request_success_total", "rpc_request_error_total"};
	enum { N_INSTANCES = 1000, N_INTERVALS = 13640 };
	struct rand r;

	rand_seed(&r, 1);
	for (size_t i = 0; i < (size_t)2 * N_INSTANCES; i += 2) {
		struct str instance =
		    FORMATTED(d, "%016llx-%016llx", (unsigned long long)rand_u64(&r),
			      (unsigned long long)rand_u64(&r));
		for (size_t k = 0; k < 2; k++) {
			struct recipe recipe = {
			    .interval_ms = 10000,
			    .n = N_INTERVALS,
			    .first = (double)(i + k) / (2 * N_INSTANCES),
			    .increment = 1,
			};
			add(d, recipe,
			    LABELS({STR(LABEL_NAME), str_of(names[k])}, {STR("instance"), instance},
				   {STR("environment"), STR("staging")},
				   {STR("cluster"), STR("test-kubernetes-cluster")},
				   {STR("namespace"), STR("test-kubernetes-namespace")},
				   {STR("job"), STR("worker")},
				   {STR("rpc_method"), STR("fetch-my-data-from-this-service")},
				   {STR("domain"), STR("test-domain")}));
		}
	}
}

static void add_native(struct query_data *d, const char *name, enum recipe_kind kind)
{
	enum { N_SERIES = 3000, N_SAMPLES = 2000 };
	const struct recipe recipe = {.kind = kind, .interval_ms = 15000, .n = N_SAMPLES};

	for (int i = 0; i < N_SERIES; i++)
		add(d, recipe,
		    LABELS({STR(LABEL_NAME), str_of(name)}, {STR("foo"), STR("bar")},
			   {STR("h"), FORMATTED(d, "%d", i)}));
}

static void make_nh(struct query_data *d)
{
	add_native(d, "native_histogram_series", RECIPE_FINER_HISTOGRAMS);
}

static void make_nhcb(struct query_data *d)
{
	add_native(d, "native_histogram_custom_bucket_series", RECIPE_CUSTOM_HISTOGRAMS);
}

static void make_info(struct query_data *d)
{
	static const char *const codes[] = {"200", "400", "500"};
	enum { N_INFOS = 100, N_SAMPLES = 3600 };
	struct recipe recipe = {.interval_ms = 2000, .n = N_SAMPLES, .first = 1};

	for (int i = 0; i < N_INFOS; i++)
		add(d, recipe,
		    LABELS({STR(LABEL_NAME), STR("target_info")},
			   {STR("instance"), FORMATTED(d, "instance%d", i)},
			   {STR("job"), FORMATTED(d, "job%d", i)},
			   {STR("k8s_cluster_name"),
			    i < N_INFOS / 2 ? STR("us-east") : STR("eu-south")}));
	recipe.first = 0;
	recipe.increment = 1;
	for (size_t i = 0; i < 3; i++)
		add(d, recipe,
		    LABELS({STR(LABEL_NAME), STR("http_server_request_duration_seconds_count")},
			   {STR("instance"), STR("instance0")}, {STR("job"), STR("job0")},
			   {STR("http_status_code"), str_of(codes[i])}));
}

static void make_te(struct query_data *d)
{
	enum { N_PODS = 1000, N_CONTAINERS = 3 };
	struct recipe recipe = {.interval_ms = 30000, .n = 721};

	for (int i = 0; i < N_PODS; i++) {
		struct str pod = FORMATTED(d, "p%d", i);
		recipe.first = i;
		for (int k = 0; k < N_CONTAINERS; k++) {
			recipe.increment = k;
			add(d, recipe,
			    LABELS({STR(LABEL_NAME), STR("http_requests_total")}, {STR("pod"), pod},
				   {STR("container"), FORMATTED(d, "c%d", k)}));
		}
		recipe.increment = 0;
		add(d, recipe,
		    LABELS({STR(LABEL_NAME), STR("http_responses_total")}, {STR("pod"), pod}));
		for (int k = 0; k <= 10; k++) {
			recipe.increment = k < 10 ? k : i;
			add(d, recipe,
			    LABELS({STR(LABEL_NAME), STR("http_response_seconds_bucket")},
				   {STR("pod"), pod}, {STR("le"), bucket_bound(d, k)}));
		}
	}
}

static const struct queryable_ops data_ops;

struct query_data *query_data_new(const char *name)
{
	static const struct {
		const char *name;
		void (*make)(struct query_data *d);
	} sets[] = {
	    {"range", make_range}, {"join", make_join}, {"nh", make_nh},
	    {"nhcb", make_nhcb},   {"info", make_info}, {"te", make_te},
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (strcmp(sets[i].name, name) != 0)
			continue;
		struct query_data *d = NEW(struct query_data);
		d->base.ops = &data_ops;
		d->name = sets[i].name;
		d->arena = arena_new(NULL);
		sets[i].make(d);
		return d;
	}
	return NULL;
}

void query_data_free(struct query_data *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	free(d);
}

const char *query_data_name(const struct query_data *d)
{
	return d->name;
}

const struct recipe *query_data_recipes(const struct query_data *d, size_t *n)
{
	*n = d->recipes.n;
	return d->recipes.v;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static enum chunk_encoding encoding_of(const struct recipe *recipe)
{
	return recipe->kind == RECIPE_FLOATS ? CHUNK_XOR : CHUNK_HISTOGRAM;
}

static void encode_floats(const struct recipe *recipe, size_t from, size_t n, struct buf *out)
{
	struct xor_encoder e;

	xor_encoder_init(&e, out);
	for (size_t i = from; i < from + n; i++)
		xor_encoder_append(&e, (int64_t)i * recipe->interval_ms,
				   (double)i * recipe->increment + recipe->first);
}

static const struct histogram_span finer_spans[] = {{-5, 2}, {2, 3}, {2, 2}};
static const struct histogram_span spans[] = {{0, 2}, {1, 2}};
static const double custom_bounds[] = {0, 1, 2, 3, 4};

static void layout_of(enum recipe_kind kind, size_t from, struct histogram_layout *out)
{
	*out = (struct histogram_layout){.schema = 1, .positive = {spans, 2, 4}};
	if (kind == RECIPE_FINER_HISTOGRAMS && from == 0) {
		out->schema = 3;
		out->positive = (struct histogram_spans){finer_spans, 3, 7};
	} else if (kind == RECIPE_CUSTOM_HISTOGRAMS) {
		out->schema = HISTOGRAM_CHUNK_CUSTOM_SCHEMA;
		out->bounds = custom_bounds;
		out->n_bounds = 5;
	} else {
		out->zero_threshold = 0.001;
		out->negative = (struct histogram_spans){spans, 2, 4};
	}
}

static void sample_of(enum recipe_kind kind, size_t i, struct histogram_sample *out)
{
	static double finer[] = {1, 3, 1, 2, 1, 1, 4};
	double k = (double)i;

	if (kind == RECIPE_FINER_HISTOGRAMS && i == 0) {
		out->count = 13;
		out->positive = finer;
		return;
	}
	memcpy(out->positive, (double[]){k + 1, k + 2, k + 1, k + 1}, 4 * sizeof(double));
	out->sum = 18.4 * (k + 1);
	if (kind == RECIPE_CUSTOM_HISTOGRAMS) {
		out->count = 5 + 4 * k;
		return;
	}
	memcpy(out->negative, out->positive, 4 * sizeof(double));
	out->zero_count = 2 + k;
	out->count = 12 + 9 * k;
}

static void encode_histograms(const struct recipe *recipe, size_t from, size_t n, struct buf *out)
{
	static double counts[CHUNK_SAMPLES][8];
	struct histogram_sample samples[CHUNK_SAMPLES] = {0};
	struct histogram_chunk chunk = {
	    .reset = from ? HISTOGRAM_CHUNK_NOT_RESET : HISTOGRAM_CHUNK_UNKNOWN,
	    .samples = samples,
	    .n = n,
	};

	layout_of(recipe->kind, from, &chunk.layout);
	for (size_t i = 0; i < n; i++) {
		samples[i].t_ms = (int64_t)(from + i) * recipe->interval_ms;
		samples[i].positive = counts[i];
		samples[i].negative = counts[i] + 4;
		sample_of(recipe->kind, from + i, &samples[i]);
	}
	histogram_chunk_encode(CHUNK_HISTOGRAM, &chunk, out);
}

/* How many samples the chunk that begins with sample `from` has: another layout begins another. */
static size_t chunk_length(const struct recipe *recipe, size_t from)
{
	size_t left = recipe->from + recipe->n - from;

	if (recipe->kind == RECIPE_FINER_HISTOGRAMS && from == 0)
		return 1;
	return left < CHUNK_SAMPLES ? left : CHUNK_SAMPLES;
}

static struct chunk encode(struct query_data *d, const struct recipe *recipe, size_t from, size_t n)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (recipe->kind == RECIPE_FLOATS)
		encode_floats(recipe, from, n, &out);
	else
		encode_histograms(recipe, from, n, &out);
	struct str bytes = arena_str(d->arena, buf_str(&out));
	return (struct chunk){
	    .min_t_ms = (int64_t)from * recipe->interval_ms,
	    .max_t_ms = (int64_t)(from + n - 1) * recipe->interval_ms,
	    .raw = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, encoding_of(recipe), 0},
	};
}

static struct series encode_series(struct query_data *d, const struct recipe *recipe)
{
	struct chunk *chunks = ARENA_ARRAY(d->arena, struct chunk, recipe->n / CHUNK_SAMPLES + 2);
	size_t n_chunks = 0, n;

	for (size_t from = recipe->from; from < recipe->from + recipe->n; from += n) {
		n = chunk_length(recipe, from);
		chunks[n_chunks++] = encode(d, recipe, from, n);
	}
	return (struct series){recipe->labels, chunks, n_chunks};
}

static int cmp_series(const void *a, const void *b)
{
	return labels_cmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

struct queryable *query_data_queryable(struct query_data *d)
{
	if (d->series)
		return &d->base;
	d->series = ARENA_ARRAY(d->arena, struct series, d->recipes.n);
	for (size_t i = 0; i < d->recipes.n; i++)
		d->series[i] = encode_series(d, &d->recipes.v[i]);
	qsort(d->series, d->recipes.n, sizeof(*d->series), cmp_series);
	return &d->base;
}

/* --- the queryable ---------------------------------------------------------------------------- */

struct data_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	const struct series *next, *end;
	struct matchers matchers;
	const struct select_hints *hints;
};

/* Leaves the chunks with samples in the range. */
static void trim_chunks(struct series *s, const struct select_hints *hints)
{
	size_t low = 0, high = s->n_chunks;

	while (low < high) {
		size_t mid = (low + high) / 2;
		if (s->chunks[mid].max_t_ms < hints->min_t_ms)
			low = mid + 1;
		else
			high = mid;
	}
	s->chunks += low;
	s->n_chunks -= low;
	while (s->n_chunks && s->chunks[s->n_chunks - 1].min_t_ms > hints->max_t_ms)
		s->n_chunks--;
}

static enum iter_result data_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct data_iter *it = (struct data_iter *)base;
	(void)err;

	for (; it->next < it->end; it->next++) {
		if (!matchers_match(it->matchers, it->next->labels))
			continue;
		*out = *it->next++;
		trim_chunks(out, it->hints);
		return ITER_VALUE;
	}
	return ITER_END;
}

static void data_close(struct series_iter *it)
{
	free(it);
}

static const struct series_iter_ops data_iter_ops = {data_next, data_close};

/* The first series whose name is not below `name`, or which is above it. Label names that come
 * before __name__, with capital letters, are not among the recipes. */
static const struct series *first_named(const struct query_data *d, struct str name, bool is_above)
{
	const struct series *low = d->series, *high = low + d->recipes.n;

	while (low < high) {
		const struct series *mid = low + (high - low) / 2;
		if (str_cmp(labels_get(mid->labels, STR(LABEL_NAME)), name) < is_above)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct series_iter *data_select(struct queryable *q, struct ctx *ctx,
				       struct matchers matchers, const struct select_hints *hints,
				       struct notes *notes, struct tracker *tracker,
				       struct err *err)
{
	const struct query_data *d = (const struct query_data *)q;
	struct data_iter *it = NEW(struct data_iter);
	(void)ctx, (void)notes, (void)tracker, (void)err;

	*it = (struct data_iter){
	    .base = {&data_iter_ops},
	    .next = d->series,
	    .end = d->series + d->recipes.n,
	    .matchers = matchers,
	    .hints = hints,
	};
	for (size_t i = 0; i < matchers.n; i++) {
		const struct matcher *m = matchers.v[i];
		if (matcher_type(m) != MATCH_EQ || !str_is(matcher_name(m), LABEL_NAME))
			continue;
		it->next = first_named(d, matcher_value(m), false);
		it->end = first_named(d, matcher_value(m), true);
	}
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
