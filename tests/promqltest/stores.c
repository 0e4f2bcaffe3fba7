#include "tests/promqltest/stores.h"

#include "base/alloc.h"
#include "base/pool.h"
#include "codec/xor_chunk.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/stored_samples.h"

#include <stdlib.h>

enum { CHUNK_SAMPLES = 120, TIMEOUT_MS = 60000 };

struct script_store {
	struct fake_store fake;
	const char *name;
	struct labels external_labels;
	struct {
		struct series *v;
		size_t n, cap;
	} series; /* ascending by labels */
};

struct stores {
	struct arena *arena;
	struct {
		struct script_store **v;
		size_t n, cap;
	} all;
	struct pool *pool;
	/* Made anew when there is another store. */
	struct endpoint_set *endpoints;
	struct store_api *proxy;
	struct evaluator evaluator;
};

struct stores *stores_new(void)
{
	struct stores *s = NEW(struct stores);

	s->arena = arena_new(NULL);
	s->pool = pool_new(&(struct pool_options){.name = "stores", .max_threads = 4});
	return s;
}

static void forget_fleet(struct stores *s)
{
	store_close(s->proxy);
	endpoint_set_free(s->endpoints);
	s->proxy = NULL;
	s->endpoints = NULL;
}

void stores_free(struct stores *s)
{
	if (!s)
		return;
	forget_fleet(s);
	pool_free(s->pool);
	arena_free(s->arena);
	free(s);
}

/* --- stores ----------------------------------------------------------------------------------- */

static struct script_store *find(struct stores *s, struct str name)
{
	for (size_t i = 0; i < s->all.n; i++)
		if (str_is(name, s->all.v[i]->name))
			return s->all.v[i];
	return NULL;
}

/* It announces its external labels: queries for others are not sent to it. */
static struct script_store *create(struct stores *s, struct str name, struct labels external)
{
	struct script_store *store = ARENA_NEW(s->arena, struct script_store);

	store->name = arena_cstr(s->arena, name);
	fake_store_init(&store->fake, NULL, 0);
	store->external_labels = labels_copy(s->arena, external);
	store->fake.info.label_sets = &store->external_labels;
	store->fake.info.n_label_sets = external.n ? 1 : 0;
	store->fake.info.supports_without_replica_labels = false;
	ARENA_PUSH(s->arena, &s->all, store);
	forget_fleet(s);
	return store;
}

static struct chunk encode(struct arena *a, const struct samples *s, size_t from, size_t to)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct xor_encoder encoder;

	xor_encoder_init(&encoder, &bytes);
	for (size_t i = from; i < to; i++)
		xor_encoder_append(&encoder, s->t_ms[i], s->v[i]);
	return (struct chunk){
	    .min_t_ms = s->t_ms[from],
	    .max_t_ms = s->t_ms[to - 1],
	    .raw = {.data = (const uint8_t *)arena_str(a, buf_str(&bytes)).p,
		    .size_bytes = (uint32_t)bytes.n,
		    .encoding = CHUNK_XOR},
	};
}

static struct series series_of(struct arena *a, struct labels labels, const struct samples *s)
{
	size_t n = (s->n + CHUNK_SAMPLES - 1) / CHUNK_SAMPLES;
	struct chunk *chunks = ARENA_ARRAY(a, struct chunk, n);

	for (size_t i = 0; i < n; i++) {
		size_t from = i * CHUNK_SAMPLES;
		size_t to = from + CHUNK_SAMPLES < s->n ? from + CHUNK_SAMPLES : s->n;
		chunks[i] = encode(a, s, from, to);
	}
	return (struct series){.labels = labels, .chunks = chunks, .n_chunks = n};
}

/* In its place in label order. */
static bool add(struct arena *a, struct script_store *store, struct series series, struct err *err)
{
	size_t i = store->series.n;

	for (; i > 0 && labels_cmp(store->series.v[i - 1].labels, series.labels) > 0; i--)
		;
	if (i > 0 && labels_eq(store->series.v[i - 1].labels, series.labels))
		return err_set(err, ERR_INVALID, "the store %s has the series already",
			       store->name);
	ARENA_PUSH(a, &store->series, series);
	for (size_t k = store->series.n - 1; k > i; k--)
		store->series.v[k] = store->series.v[k - 1];
	store->series.v[i] = series;
	store->fake.series = store->series.v;
	store->fake.n_series = store->series.n;
	return true;
}

bool stores_load(struct stores *s, const struct load *load, struct err *err)
{
	struct script_store *store = find(s, load->store);

	if (!store)
		store = create(s, load->store, load->external_labels);
	for (size_t i = 0; i < load->lines.n; i++) {
		const struct series_line *line = &load->lines.v[i];
		struct samples samples = {0};
		samples_of_points(s->arena, line, load->step_ms, &samples);
		if (samples.hist)
			return err_set(err, ERR_INVALID, "stores take floats only");
		struct labels labels = labels_copy(
		    s->arena, labels_merge(s->arena, line->labels, store->external_labels));
		if (samples.n && !add(s->arena, store, series_of(s->arena, labels, &samples), err))
			return false;
	}
	return true;
}

bool stores_order(struct stores *s, const struct store_order *order, struct err *err)
{
	struct script_store *store = find(s, order->store);
	const char *text = arena_cstr(s->arena, order->text);

	if (!store)
		return err_set(err, ERR_INVALID, "there is no store %.*s", STR_FMT(order->store));
	store->fake.fail = order->verb == STORE_FAILS ? text : NULL;
	store->fake.fail_after_one = order->verb == STORE_BREAKS ? text : NULL;
	store->fake.warning = order->verb == STORE_WARNS ? text : NULL;
	return true;
}

/* --- the querier ------------------------------------------------------------------------------ */

static struct store_api *dial(void *arg, const char *address)
{
	return &find(arg, str_of(address))->fake.base;
}

/* A store that fails was well when it was asked who it is. */
static void make_fleet(struct stores *s)
{
	struct endpoint_spec *specs = ARENA_ARRAY(s->arena, struct endpoint_spec, s->all.n);

	for (size_t i = 0; i < s->all.n; i++)
		specs[i] = (struct endpoint_spec){.address = s->all.v[i]->name, .strict = true};
	s->endpoints = endpoint_set_new(&(struct endpoint_set_options){
	    .specs = specs,
	    .n_specs = s->all.n,
	    .dial = dial,
	    .dial_arg = s,
	    .info_timeout_ms = TIMEOUT_MS,
	    .unhealthy_timeout_ms = TIMEOUT_MS,
	    .pool = s->pool,
	    .clock = &clock_system,
	});
	endpoint_set_update(s->endpoints, NULL);
	s->proxy = proxy_new(&(struct proxy_options){
	    .endpoints = s->endpoints, .component = "query", .pool = s->pool});
}

const struct evaluator *stores_evaluator(struct stores *s)
{
	static const struct str replica = {"replica", 7};

	if (!s->proxy)
		make_fleet(s);
	s->evaluator = (struct evaluator){
	    .store = s->proxy,
	    .clock = &clock_system,
	    .replica_labels = &replica,
	    .n_replica_labels = 1,
	    .timeout_ms = TIMEOUT_MS,
	};
	return &s->evaluator;
}
