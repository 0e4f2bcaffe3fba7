/* metric.c - a registry maps names to families, a family maps label values to children.
 *
 * Counts are 64-bit atomics: integers are added to one word, other numbers to the bits of a double
 * by compare-and-swap, and a reader adds the two up.
 */
#include "base/metric.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/map.h"
#include "base/vec.h"

#include <math.h>

/* A double that threads add to; it is kept as its bits. */
struct atomic_double {
	_Atomic uint64_t bits;
};

struct counter {
	_Atomic uint64_t whole;
	struct atomic_double rest;
};

struct gauge {
	struct atomic_double v;
};

struct histogram_metric {
	const double *bounds; /* the family's */
	size_t n_bounds;
	struct atomic_double sum;
	_Atomic uint64_t counts[]; /* per bucket, n_bounds + 1 */
};

struct child {
	char *key; /* the values, each with its NUL */
	size_t key_bytes;
	const char **values;        /* into key */
	_Alignas(16) char metric[]; /* the counter, gauge or histogram */
};

struct metric_callback {
	struct metrics *registry;
	struct family *family;
	metric_callback_fn *fn;
	void *arg;
	struct metric_callback *next;
};

struct family {
	char *name;
	char *help;
	enum metric_type type;
	char **label_names;
	size_t n_labels;
	double *bounds;
	size_t n_bounds;
	struct metric_callback *callbacks; /* guarded by the registry's gathering */
	pthread_rwlock_t mu;
	struct map children; /* guarded by mu */
};

struct metrics {
	struct mutex gathering; /* held while callbacks run, and to change their lists */
	struct mutex mu;
	struct map families; /* guarded by mu */
};

const double METRIC_DEFAULT_BUCKETS[11] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

/* --- doubles as atomics -------------------------------------------------------------------------
 */

static double double_of(uint64_t bits)
{
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static uint64_t bits_of(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

static void atomic_double_add(struct atomic_double *d, double v)
{
	uint64_t old = atomic_load_explicit(&d->bits, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&d->bits, &old, bits_of(double_of(old) + v),
						      memory_order_relaxed, memory_order_relaxed))
		;
}

static double atomic_double_get(const struct atomic_double *d)
{
	return double_of(atomic_load_explicit(&d->bits, memory_order_relaxed));
}

/* --- values -------------------------------------------------------------------------------------
 */

void counter_inc(struct counter *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->whole, 1, memory_order_relaxed);
}

void counter_add(struct counter *c, double v)
{
	if (!c)
		return;
	assert(v >= 0);
	if (v < 0x1p53 && v == floor(v))
		atomic_fetch_add_explicit(&c->whole, (uint64_t)v, memory_order_relaxed);
	else
		atomic_double_add(&c->rest, v);
}

double counter_value(const struct counter *c)
{
	if (!c)
		return 0;
	return (double)atomic_load_explicit(&c->whole, memory_order_relaxed) +
	       atomic_double_get(&c->rest);
}

void gauge_set(struct gauge *g, double v)
{
	if (g)
		atomic_store_explicit(&g->v.bits, bits_of(v), memory_order_relaxed);
}

void gauge_add(struct gauge *g, double v)
{
	if (g)
		atomic_double_add(&g->v, v);
}

void gauge_set_to_now(struct gauge *g)
{
	gauge_set(g, (double)clock_wall_ms(&clock_system) / 1000);
}

double gauge_value(const struct gauge *g)
{
	return g ? atomic_double_get(&g->v) : 0;
}

void histogram_metric_observe(struct histogram_metric *h, double v)
{
	size_t i = 0;

	if (!h)
		return;
	while (i < h->n_bounds && !(v <= h->bounds[i]))
		i++;
	atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
	atomic_double_add(&h->sum, v);
}

uint64_t histogram_metric_count(const struct histogram_metric *h)
{
	uint64_t count = 0;

	for (size_t i = 0; h && i <= h->n_bounds; i++)
		count += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
	return count;
}

/* --- families -----------------------------------------------------------------------------------
 */

struct metrics *metrics_new(void)
{
	struct metrics *m = NEW(struct metrics);
	mutex_init(&m->gathering, RANK_COMMAND);
	mutex_init(&m->mu, RANK_LEAF);
	return m;
}

static void child_free(struct child *c)
{
	free(c->key);
	free(c->values);
	free(c);
}

static void children_free(struct family *f)
{
	for (struct map_entry *e = map_next(&f->children, NULL); e; e = map_next(&f->children, e))
		child_free(e->value);
	map_clear(&f->children);
}

static void family_free(struct family *f)
{
	children_free(f);
	map_done(&f->children);
	for (struct metric_callback *cb = f->callbacks, *next; cb; cb = next) {
		next = cb->next;
		free(cb);
	}
	for (size_t i = 0; i < f->n_labels; i++)
		free(f->label_names[i]);
	free(f->label_names);
	free(f->bounds);
	free(f->name);
	free(f->help);
	pthread_rwlock_destroy(&f->mu);
	free(f);
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (struct map_entry *e = map_next(&m->families, NULL); e; e = map_next(&m->families, e))
		family_free(e->value);
	map_done(&m->families);
	mutex_done(&m->mu);
	mutex_done(&m->gathering);
	free(m);
}

static size_t names_count(const char *const *names)
{
	size_t n = 0;
	while (names && names[n])
		n++;
	return n;
}

static struct family *family_new(const struct metric_spec *spec)
{
	struct family *f = NEW(struct family);
	f->name = xstrdup(spec->name);
	f->help = xstrdup(spec->help ? spec->help : "");
	f->type = spec->type;
	f->n_labels = names_count(spec->label_names);
	f->label_names = xcalloc(f->n_labels, sizeof(*f->label_names));
	for (size_t i = 0; i < f->n_labels; i++)
		f->label_names[i] = xstrdup(spec->label_names[i]);
	f->n_bounds = spec->n_buckets;
	f->bounds = xcalloc(f->n_bounds, sizeof(*f->bounds));
	for (size_t i = 0; i < f->n_bounds; i++) {
		assert(i == 0 || spec->buckets[i - 1] < spec->buckets[i]);
		f->bounds[i] = spec->buckets[i];
	}
	pthread_rwlock_init(&f->mu, NULL);
	return f;
}

static bool is_same_kind(const struct family *f, const struct metric_spec *spec)
{
	if (f->type != spec->type || f->n_labels != names_count(spec->label_names))
		return false;
	for (size_t i = 0; i < f->n_labels; i++)
		if (strcmp(f->label_names[i], spec->label_names[i]) != 0)
			return false;
	return true;
}

struct family *metrics_family(struct metrics *m, const struct metric_spec *spec)
{
	if (!m)
		return NULL;
	MUTEX_HOLD(&m->mu);
	struct family *f = map_get(&m->families, str_of(spec->name));
	if (f) {
		assert(is_same_kind(f, spec));
		return f;
	}
	f = family_new(spec);
	map_put(&m->families, str_of(f->name), f);
	return f;
}

/* --- children -----------------------------------------------------------------------------------
 */

static size_t metric_bytes(const struct family *f)
{
	if (f->type == METRIC_HISTOGRAM)
		return sizeof(struct histogram_metric) + (f->n_bounds + 1) * sizeof(uint64_t);
	return f->type == METRIC_COUNTER ? sizeof(struct counter) : sizeof(struct gauge);
}

static size_t key_bytes(const char *const *values, size_t n)
{
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++)
		bytes += strlen(values[i]) + 1;
	return bytes;
}

static void key_write(char *to, const char *const *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to = stpcpy(to, values[i]) + 1;
}

static struct child *child_new(struct family *f, struct str key)
{
	struct child *c = xcalloc(1, sizeof(*c) + metric_bytes(f));
	c->key_bytes = key.n;
	c->key = xmalloc(key.n);
	c->values = xcalloc(f->n_labels, sizeof(*c->values));
	if (key.n)
		memcpy(c->key, key.p, key.n);
	const char *at = c->key;
	for (size_t i = 0; i < f->n_labels; i++) {
		c->values[i] = at;
		at += strlen(at) + 1;
	}
	if (f->type == METRIC_HISTOGRAM) {
		struct histogram_metric *h = (struct histogram_metric *)c->metric;
		h->bounds = f->bounds;
		h->n_bounds = f->n_bounds;
	}
	return c;
}

static struct child *find_or_make(struct family *f, struct str key)
{
	pthread_rwlock_rdlock(&f->mu);
	struct child *c = map_get(&f->children, key);
	pthread_rwlock_unlock(&f->mu);
	if (c)
		return c;

	pthread_rwlock_wrlock(&f->mu);
	c = map_get(&f->children, key);
	if (!c) {
		c = child_new(f, key);
		map_put(&f->children, str_from(c->key, c->key_bytes), c);
	}
	pthread_rwlock_unlock(&f->mu);
	return c;
}

enum { KEY_ON_STACK = 512 };

static void *metric_of(struct family *f, enum metric_type type, const char *const *values, size_t n)
{
	if (!f)
		return NULL;
	assert(f->type == type && f->n_labels == n);

	char on_stack[KEY_ON_STACK];
	size_t bytes = key_bytes(values, n);
	char *key = bytes <= sizeof(on_stack) ? on_stack : xmalloc(bytes);
	key_write(key, values, n);
	struct child *c = find_or_make(f, str_from(key, bytes));
	if (key != on_stack)
		free(key);
	return c->metric;
}

struct counter *counter_of(struct family *f, const char *const *values, size_t n)
{
	return metric_of(f, METRIC_COUNTER, values, n);
}

struct gauge *gauge_of(struct family *f, const char *const *values, size_t n)
{
	return metric_of(f, METRIC_GAUGE, values, n);
}

struct histogram_metric *histogram_metric_of(struct family *f, const char *const *values, size_t n)
{
	return metric_of(f, METRIC_HISTOGRAM, values, n);
}

void family_remove_of(struct family *f, const char *const *values, size_t n)
{
	if (!f)
		return;
	assert(f->n_labels == n);
	size_t bytes = key_bytes(values, n);
	char *key auto_free(mem_free) = xmalloc(bytes);
	key_write(key, values, n);

	pthread_rwlock_wrlock(&f->mu);
	struct child *c = map_remove(&f->children, str_from(key, bytes));
	pthread_rwlock_unlock(&f->mu);
	if (c)
		child_free(c);
}

void family_clear(struct family *f)
{
	if (!f)
		return;
	pthread_rwlock_wrlock(&f->mu);
	children_free(f);
	pthread_rwlock_unlock(&f->mu);
}

struct counter *metrics_counter(struct metrics *m, const char *name, const char *help)
{
	struct metric_spec spec = {.name = name, .help = help, .type = METRIC_COUNTER};
	return counter_of(metrics_family(m, &spec), NULL, 0);
}

struct gauge *metrics_gauge(struct metrics *m, const char *name, const char *help)
{
	struct metric_spec spec = {.name = name, .help = help, .type = METRIC_GAUGE};
	return gauge_of(metrics_family(m, &spec), NULL, 0);
}

struct histogram_metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
					   const double *buckets, size_t n_buckets)
{
	struct metric_spec spec = {
	    .name = name,
	    .help = help,
	    .type = METRIC_HISTOGRAM,
	    .buckets = buckets,
	    .n_buckets = n_buckets,
	};
	return histogram_metric_of(metrics_family(m, &spec), NULL, 0);
}

/* --- callbacks ----------------------------------------------------------------------------------
 */

struct metric_sink {
	struct arena *a;
	struct family *family;
	struct {
		struct metric_point *v;
		size_t n, cap;
	} points;
};

struct metric_callback *metrics_callback(struct metrics *m, const struct metric_spec *spec,
					 metric_callback_fn *fn, void *arg)
{
	assert(spec->type != METRIC_HISTOGRAM);
	struct metric_callback *cb = NEW(struct metric_callback);
	*cb = (struct metric_callback){m, metrics_family(m, spec), fn, arg, NULL};
	MUTEX_HOLD(&m->gathering);
	cb->next = cb->family->callbacks;
	cb->family->callbacks = cb;
	return cb;
}

void metrics_callback_remove(struct metric_callback *cb)
{
	if (!cb)
		return;
	mutex_lock(&cb->registry->gathering);
	struct metric_callback **link = &cb->family->callbacks;
	while (*link != cb)
		link = &(*link)->next;
	*link = cb->next;
	mutex_unlock(&cb->registry->gathering);
	free(cb);
}

static struct str *copy_values(struct arena *a, const char *const *values, size_t n)
{
	struct str *out = ARENA_ARRAY(a, struct str, n);
	for (size_t i = 0; i < n; i++)
		out[i] = arena_str(a, str_of(values[i]));
	return out;
}

void metric_emit_of(struct metric_sink *sink, double value, const char *const *values, size_t n)
{
	assert(n == sink->family->n_labels);
	ARENA_PUSH(sink->a, &sink->points,
		   (struct metric_point){copy_values(sink->a, values, n), value, NULL});
}

/* --- gathering ----------------------------------------------------------------------------------
 */

static void gather_histogram(struct metric_sink *sink, const struct child *c)
{
	const struct histogram_metric *h = (const struct histogram_metric *)c->metric;
	uint64_t *cumulative = ARENA_ARRAY(sink->a, uint64_t, h->n_bounds + 1);
	uint64_t count = 0;

	for (size_t i = 0; i <= h->n_bounds; i++) {
		count += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
		cumulative[i] = count;
	}
	sink->points.v[sink->points.n - 1].buckets = cumulative;
}

static void gather_child(struct metric_sink *sink, const struct child *c)
{
	const struct family *f = sink->family;
	double value;

	if (f->type == METRIC_COUNTER)
		value = counter_value((const struct counter *)c->metric);
	else if (f->type == METRIC_HISTOGRAM)
		value = atomic_double_get(&((const struct histogram_metric *)c->metric)->sum);
	else
		value = gauge_value((const struct gauge *)c->metric);
	metric_emit_of(sink, value, c->values, f->n_labels);
	if (f->type == METRIC_HISTOGRAM)
		gather_histogram(sink, c);
}

static int point_cmp(const void *a, const void *b, void *n_labels)
{
	const struct metric_point *x = a, *y = b;

	for (size_t i = 0; i < *(size_t *)n_labels; i++) {
		int c = str_cmp(x->label_values[i], y->label_values[i]);
		if (c != 0)
			return c;
	}
	return 0;
}

static void sort_points(struct metric_sink *sink)
{
	struct metric_point *v = sink->points.v;
	size_t n_labels = sink->family->n_labels;
	size_t kept = 0;

	if (sink->points.n == 0)
		return;
	qsort_r(v, sink->points.n, sizeof(*v), point_cmp, &n_labels);
	for (size_t i = 1; i < sink->points.n; i++) {
		if (point_cmp(&v[kept], &v[i], &n_labels) == 0)
			v[kept].value += v[i].value;
		else
			v[++kept] = v[i];
	}
	sink->points.n = kept + 1;
}

static struct metric_snapshot gather_family(struct family *f, struct arena *a)
{
	struct metric_sink sink = {.a = a, .family = f};

	pthread_rwlock_rdlock(&f->mu);
	for (struct map_entry *e = map_next(&f->children, NULL); e; e = map_next(&f->children, e))
		gather_child(&sink, e->value);
	pthread_rwlock_unlock(&f->mu);
	for (struct metric_callback *cb = f->callbacks; cb; cb = cb->next)
		cb->fn(&sink, cb->arg);
	sort_points(&sink);

	return (struct metric_snapshot){
	    .name = str_of(f->name), /* families live as long as the registry */
	    .help = str_of(f->help),
	    .type = f->type,
	    .label_names = copy_values(a, (const char *const *)f->label_names, f->n_labels),
	    .n_labels = f->n_labels,
	    .bounds = f->bounds,
	    .n_bounds = f->n_bounds,
	    .points = sink.points.v,
	    .n_points = sink.points.n,
	};
}

static int snapshot_cmp(const void *a, const void *b)
{
	const struct metric_snapshot *x = a, *y = b;
	return str_cmp(x->name, y->name);
}

struct metric_snapshots metrics_gather(struct metrics *m, struct arena *a)
{
	struct metric_snapshots out = {0};
	VEC(struct family *) families = {0};

	mutex_lock(&m->gathering);
	mutex_lock(&m->mu);
	for (struct map_entry *e = map_next(&m->families, NULL); e; e = map_next(&m->families, e))
		vec_push(&families, e->value);
	mutex_unlock(&m->mu);
	for (size_t i = 0; i < families.n; i++) {
		struct metric_snapshot s = gather_family(families.v[i], a);
		if (s.n_points)
			ARENA_PUSH(a, &out, s);
	}
	mutex_unlock(&m->gathering);
	vec_done(&families);
	if (out.n)
		qsort(out.v, out.n, sizeof(*out.v), snapshot_cmp);
	return out;
}
