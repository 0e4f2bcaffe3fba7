/* memcached_requests.c - gets and sets of a memcached cache. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/duration.h"
#include "cache/exchange.h"
#include "cache/memcached_answer.h"
#include "cache/memcached_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* --- get -------------------------------------------------------------------------------------- */

/* The keys that one server has, and what it answers. */
struct part {
	struct cache_server *server;
	struct str *keys, *values;
	size_t *at; /* which of the caller's keys they are */
	size_t n;
	struct buf request;
	struct memcached_get get;
};

struct fetch {
	struct memcached_cache *cache;
	struct server_list *servers;
	struct arena *scratch;
	struct arena *a; /* for values */
	struct part *parts;
	size_t n_parts;
};

/* In which part each key is; SIZE_MAX for one that memcached cannot have. */
static size_t *assign(struct fetch *f, const struct str *keys, size_t n)
{
	size_t *part_of = ARENA_ARRAY(f->scratch, size_t, n);
	bool any_malformed = false;

	for (size_t i = 0; i < n; i++) {
		bool is_legal = memcached_key_is_legal(keys[i]);
		any_malformed = any_malformed || !is_legal;
		part_of[i] = is_legal ? server_list_pick(f->servers, keys[i]) : SIZE_MAX;
		if (is_legal)
			f->parts[part_of[i]].n++;
	}
	if (any_malformed)
		counter_inc(
		    f->cache->metrics.failures[MEMCACHED_GET_MULTI][MEMCACHED_MALFORMED_KEY]);
	return part_of;
}

static void distribute(struct fetch *f, const struct str *keys, size_t n)
{
	size_t *part_of = assign(f, keys, n);

	for (size_t i = 0; i < f->n_parts; i++) {
		struct part *p = &f->parts[i];
		p->server = server_list_at(f->servers, i);
		p->keys = ARENA_ARRAY(f->scratch, struct str, p->n);
		p->values = ARENA_ARRAY(f->scratch, struct str, p->n);
		p->at = ARENA_ARRAY(f->scratch, size_t, p->n);
		p->n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (part_of[i] == SIZE_MAX)
			continue;
		struct part *p = &f->parts[part_of[i]];
		p->keys[p->n] = keys[i];
		p->at[p->n++] = i;
	}
}

/* get k1 k2 ...\r\n, as many as the batch size makes. */
static size_t write_commands(struct part *p, size_t batch_size)
{
	size_t n_commands = 0;

	buf_init(&p->request, BUF_TEXT_MAX, NULL);
	for (size_t i = 0; i < p->n; i++) {
		if (i % batch_size == 0) {
			buf_puts(&p->request, i ? "\r\nget" : "get");
			n_commands++;
		}
		buf_putc(&p->request, ' ');
		buf_append_str(&p->request, p->keys[i]);
	}
	buf_puts(&p->request, "\r\n");
	return n_commands;
}

static enum answer_progress read_get(void *arg, struct str bytes, struct err *err)
{
	return memcached_get_read(arg, bytes, err);
}

/* False when there is no way to the server. */
static bool prepare(struct fetch *f, struct part *p, struct exchange *e)
{
	struct memcached_cache *c = f->cache;
	int64_t batch_size = c->config.max_get_multi_batch_size;
	struct err err = ERR_INIT;

	struct wire *w = cache_server_take(p->server, &err);
	if (!w) {
		memcached_metrics_fail(&c->metrics, MEMCACHED_GET_MULTI, &err);
		health_failed(&c->health, p->server, &err);
		return false;
	}
	p->get = (struct memcached_get){
	    .keys = p->keys,
	    .n_keys = p->n,
	    .values = p->values,
	    .a = f->a,
	    .n_commands = write_commands(p, batch_size > 0 ? (size_t)batch_size : p->n),
	};
	*e = (struct exchange){
	    .wire = w,
	    .request = buf_str(&p->request),
	    .read = read_get,
	    .arg = &p->get,
	    .timeout_ms = c->timeout_ms,
	};
	return true;
}

static void finish(struct fetch *f, struct part *p, struct exchange *e, int64_t start_ns)
{
	struct memcached_cache *c = f->cache;

	buf_done(&p->request);
	if (e->state == EXCHANGE_DONE) {
		cache_server_give(p->server, e->wire);
		memcached_metrics_succeed(&c->metrics, MEMCACHED_GET_MULTI, start_ns,
					  p->get.n_hit_bytes);
		health_succeeded(&c->health, p->server);
		return;
	}
	wire_close(e->wire);
	if (e->err.code == ERR_CANCELED)
		return;
	err_wrap(&e->err, "%s", cache_server_address(p->server));
	memcached_metrics_fail(&c->metrics, MEMCACHED_GET_MULTI, &e->err);
	health_failed(&c->health, p->server, &e->err);
}

/* What came before a failure counts too. */
static void collect(const struct fetch *f, struct str *values)
{
	for (size_t i = 0; i < f->n_parts; i++) {
		const struct part *p = &f->parts[i];
		for (size_t j = 0; j < p->n; j++)
			values[p->at[j]] = p->values[j];
	}
}

static void run(struct fetch *f, struct ctx *ctx)
{
	struct exchange *list = ARENA_ARRAY(f->scratch, struct exchange, f->n_parts);
	struct part **part_of = ARENA_ARRAY(f->scratch, struct part *, f->n_parts);
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	size_t n = 0;

	for (size_t i = 0; i < f->n_parts; i++) {
		struct part *p = &f->parts[i];
		if (p->n == 0)
			continue;
		counter_inc(f->cache->metrics.operations[MEMCACHED_GET_MULTI]);
		if (prepare(f, p, &list[n]))
			part_of[n++] = p;
	}
	exchanges_run(list, n, ctx);
	for (size_t i = 0; i < n; i++)
		finish(f, part_of[i], &list[i], start_ns);
}

void memcached_get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
			 struct arena *a, struct str *values)
{
	struct memcached_cache *c = (struct memcached_cache *)base;
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct server_list *servers auto_free(server_list_unref) = memcached_servers(c);
	struct fetch f = {
	    .cache = c,
	    .servers = servers,
	    .scratch = scratch,
	    .a = a,
	    .n_parts = server_list_length(servers),
	};
	struct err ignored;

	f.parts = ARENA_ARRAY(scratch, struct part, f.n_parts);
	distribute(&f, keys, n);
	if (!gate_enter(c->gate, ctx, &ignored))
		return;
	run(&f, ctx);
	gate_leave(c->gate);
	collect(&f, values);
}

/* --- set -------------------------------------------------------------------------------------- */

/* In seconds since 1970, which is how memcached takes what is more than a month away. */
static int64_t expiry(struct memcached_cache *c, int64_t ttl_ms)
{
	int64_t at_ms;

	if (__builtin_add_overflow(clock_wall_ms(c->clock), ttl_ms, &at_ms) ||
	    at_ms / MS_PER_S >= INT32_MAX)
		return INT32_MAX;
	return at_ms / MS_PER_S + (at_ms % MS_PER_S > 0);
}

/* set <key> <flags> <expiry> <bytes>\r\n<value>\r\n */
static struct set_item *set_command(struct memcached_cache *c, struct str key, struct str value,
				    int64_t ttl_ms)
{
	char rest[80];

	int n_rest =
	    snprintf(rest, sizeof(rest), " 0 %" PRId64 " %zu\r\n", expiry(c, ttl_ms), value.n);
	struct set_item *item = set_item_new(4 + key.n + (size_t)n_rest + value.n + 2);
	char *to = mempcpy(item->command, "set ", 4);
	item->key = str_from(to, key.n);
	item->value_bytes = value.n;
	to = mempcpy(to, key.p, key.n);
	to = mempcpy(to, rest, (size_t)n_rest);
	if (value.n)
		to = mempcpy(to, value.p, value.n);
	memcpy(to, "\r\n", 2);
	return item;
}

void memcached_set(struct cache *base, struct str key, struct str value, int64_t ttl_ms)
{
	struct memcached_cache *c = (struct memcached_cache *)base;
	int64_t max_bytes = c->config.max_item_size_bytes;

	if (max_bytes > 0 && value.n > (uint64_t)max_bytes) {
		counter_inc(c->metrics.set_too_large);
		return;
	}
	if (!memcached_key_is_legal(key)) {
		counter_inc(c->metrics.failures[MEMCACHED_SET][MEMCACHED_MALFORMED_KEY]);
		return;
	}
	if (!set_queue_put(c->sets, set_command(c, key, value, ttl_ms)))
		counter_inc(c->metrics.set_buffer_full);
}

static enum answer_progress read_set(void *arg, struct str bytes, struct err *err)
{
	return memcached_set_read(arg, bytes, err);
}

static bool send_to(struct memcached_cache *c, struct cache_server *server, struct ctx *ctx,
		    const struct set_item *item, struct err *err)
{
	struct memcached_set answer = {0};
	struct exchange e = {
	    .wire = cache_server_take(server, err),
	    .request = str_from(item->command, item->n),
	    .read = read_set,
	    .arg = &answer,
	    .timeout_ms = c->timeout_ms,
	};

	if (!e.wire)
		return false;
	exchanges_run(&e, 1, ctx);
	if (e.state == EXCHANGE_DONE) {
		cache_server_give(server, e.wire);
		*err = answer.why;
		return answer.is_stored || err_wrap(err, "%s", cache_server_address(server));
	}
	wire_close(e.wire);
	*err = e.err;
	return err_wrap(err, "%s", cache_server_address(server));
}

static void send_one(struct memcached_cache *c, struct ctx *ctx, const struct set_item *item)
{
	struct server_list *servers auto_free(server_list_unref) = memcached_servers(c);
	struct err err = ERR_INIT;
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	uint64_t generation;

	counter_inc(c->metrics.operations[MEMCACHED_SET]);
	if (!circuit_breaker_enter(&c->breaker, &generation)) {
		counter_inc(c->metrics.failures[MEMCACHED_SET][MEMCACHED_OTHER]);
		return;
	}
	struct cache_server *server = server_list_at(servers, server_list_pick(servers, item->key));
	bool ok = send_to(c, server, ctx, item, &err);
	circuit_breaker_leave(&c->breaker, generation, ok);
	if (ok) {
		memcached_metrics_succeed(&c->metrics, MEMCACHED_SET, start_ns, item->value_bytes);
		health_succeeded(&c->health, server);
		return;
	}
	memcached_metrics_fail(&c->metrics, MEMCACHED_SET, &err);
	if (err.code != ERR_INTERNAL) /* as for a value that is too large for the server */
		health_failed(&c->health, server, &err);
}

void memcached_send_sets(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		send_one(arg, ctx, items[i]);
}
