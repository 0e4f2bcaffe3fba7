/* redis_requests.c - gets and sets of a redis cache. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/duration.h"
#include "cache/redis_internal.h"
#include "cache/refresher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SETS_MAX_BYTES = 4 << 20, /* that go together, unless one alone is larger */
	MAX_TTL_S = 10 * 365 * 24 * 3600,
};

/* --- asking the server ------------------------------------------------------------------------ */

static struct server_list *current_servers(struct redis_cache *c)
{
	MUTEX_HOLD(&c->mu);
	return server_list_ref(c->servers);
}

static enum answer_progress read_answer(void *arg, struct str bytes, struct err *err)
{
	return redis_answer_read(arg, bytes, err);
}

/* The whole exchange over `w`, which is taken. */
static bool talk(struct redis_cache *c, struct cache_server *server, struct wire *w,
		 struct ctx *ctx, struct str request, int64_t timeout_ms,
		 struct redis_answer *answer, struct err *err)
{
	struct exchange e = {
	    .wire = w,
	    .request = request,
	    .read = read_answer,
	    .arg = answer,
	    .open_timeout_ms = c->dial_timeout_ms,
	    .timeout_ms = timeout_ms,
	};

	exchanges_run(&e, 1, ctx);
	if (e.state != EXCHANGE_DONE) {
		wire_close(w);
		*err = e.err;
		return err_wrap(err, "%s", cache_server_address(server));
	}
	wire_set_greeted(w);
	cache_server_give(server, w);
	if (answer->n_failed == 0)
		return true;
	*err = answer->why;
	return err_wrap(err, "%s", cache_server_address(server));
}

bool redis_ask(struct redis_cache *c, struct ctx *ctx, struct str commands, int64_t timeout_ms,
	       struct redis_answer *answer, struct err *err)
{
	struct server_list *servers auto_free(server_list_unref) = current_servers(c);
	struct cache_server *server = server_list_at(servers, 0);
	struct buf greeted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	struct wire *w = cache_server_take(server, err);
	if (!w)
		return false;
	if (wire_is_greeted(w) || c->n_greetings == 0)
		return talk(c, server, w, ctx, commands, timeout_ms, answer, err);
	answer->n_plain += c->n_greetings;
	answer->n_greetings += c->n_greetings;
	buf_append_str(&greeted, c->greeting);
	buf_append_str(&greeted, commands);
	return talk(c, server, w, ctx, buf_str(&greeted), timeout_ms, answer, err);
}

static void failed(struct redis_cache *c, struct counter *failures, const struct err *err)
{
	struct server_list *servers auto_free(server_list_unref) = current_servers(c);

	if (err->code == ERR_CANCELED)
		return;
	counter_inc(failures);
	health_failed(&c->health, server_list_at(servers, 0), err);
	refresher_hurry(c->refresher); /* perhaps the server is another one now */
}

static void succeeded(struct redis_cache *c, struct histogram_metric *h, int64_t start_ns)
{
	struct server_list *servers auto_free(server_list_unref) = current_servers(c);

	health_succeeded(&c->health, server_list_at(servers, 0));
	histogram_metric_observe(h, (double)(clock_monotonic_ns(&clock_system) - start_ns) /
					(double)NS_PER_S);
}

/* --- get -------------------------------------------------------------------------------------- */

static void write_key(const struct redis_cache *c, struct buf *b, struct str key)
{
	buf_printf(b, "$%zu\r\n", c->config.prefix.n + key.n);
	buf_append_str(b, c->config.prefix);
	buf_append_str(b, key);
	buf_puts(b, "\r\n");
}

/* MGET by MGET. */
static void write_gets(const struct redis_cache *c, struct buf *b, const struct str *keys, size_t n,
		       size_t batch_size)
{
	for (size_t i = 0; i < n; i++) {
		if (i % batch_size == 0) {
			size_t left = n - i;
			resp_write_head(b, 1 + (left < batch_size ? left : batch_size));
			resp_write_part(b, STR("MGET"));
		}
		write_key(c, b, keys[i]);
	}
}

static void get_in_time(struct redis_cache *c, struct ctx *ctx, const struct str *keys, size_t n,
			struct arena *a, struct str *values)
{
	struct buf commands auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t batch_size =
	    c->config.get_multi_batch_size > 0 ? (size_t)c->config.get_multi_batch_size : n;
	struct redis_answer answer = {
	    .n_values = n, .batch_size = batch_size, .values = values, .a = a};
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	struct err err = ERR_INIT;

	if (!gate_enter(c->get_gate, ctx, &err))
		return;
	write_gets(c, &commands, keys, n, batch_size);
	bool ok = redis_ask(c, ctx, buf_str(&commands), c->read_timeout_ms, &answer, &err);
	gate_leave(c->get_gate);
	if (!ok) {
		failed(c, c->metrics.get_failures, &err);
		return;
	}
	succeeded(c, c->metrics.get_multi, start_ns);
}

void redis_get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
		     struct arena *a, struct str *values)
{
	struct redis_cache *c = (struct redis_cache *)base;

	if (c->read_timeout_ms == 0) {
		get_in_time(c, ctx, keys, n, a, values);
		return;
	}
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, c->read_timeout_ms);
	get_in_time(c, limited, keys, n, a, values);
}

/* --- set -------------------------------------------------------------------------------------- */

/* SET <key> <value> EX <seconds> */
static struct set_item *set_command(const struct redis_cache *c, struct str key, struct str value,
				    int64_t ttl_ms)
{
	struct buf head auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf tail auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char ttl[24];

	int64_t ttl_s = ttl_ms / MS_PER_S + (ttl_ms % MS_PER_S > 0);
	snprintf(ttl, sizeof(ttl), "%" PRId64, ttl_s < MAX_TTL_S ? ttl_s : MAX_TTL_S);
	resp_write_head(&head, 5);
	resp_write_part(&head, STR("SET"));
	write_key(c, &head, key);
	buf_printf(&head, "$%zu\r\n", value.n);
	buf_puts(&tail, "\r\n");
	resp_write_part(&tail, STR("EX"));
	resp_write_part(&tail, str_of(ttl));

	struct set_item *item = set_item_new(head.n + value.n + tail.n);
	char *to = mempcpy(item->command, head.p, head.n);
	if (value.n)
		to = mempcpy(to, value.p, value.n);
	memcpy(to, tail.p, tail.n);
	item->value_bytes = value.n;
	return item;
}

void redis_set(struct cache *base, struct str key, struct str value, int64_t ttl_ms)
{
	struct redis_cache *c = (struct redis_cache *)base;

	if (!set_queue_put(c->sets, set_command(c, key, value, ttl_ms)))
		counter_inc(c->metrics.set_buffer_full);
}

/* Some sets, one behind the other. */
static void send_together(struct redis_cache *c, struct ctx *ctx, struct str commands, size_t n)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct redis_answer answer = {.n_plain = n, .a = a};
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	struct err err = ERR_INIT;
	uint64_t generation;

	if (!circuit_breaker_enter(&c->breaker, &generation)) {
		counter_inc(c->metrics.set_failures);
		return;
	}
	bool ok = gate_enter(c->set_gate, ctx, &err);
	if (ok) {
		ok = redis_ask(c, ctx, commands, c->write_timeout_ms, &answer, &err);
		gate_leave(c->set_gate);
	}
	circuit_breaker_leave(&c->breaker, generation, ok);
	if (!ok) {
		failed(c, c->metrics.set_failures, &err);
		return;
	}
	succeeded(c, n > 1 ? c->metrics.set_multi : c->metrics.set, start_ns);
}

void redis_send_sets(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n)
{
	struct buf commands auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t n_together = 0;

	for (size_t i = 0; i < n; i++) {
		if (n_together > 0 && commands.n + items[i]->n > SETS_MAX_BYTES) {
			send_together(arg, ctx, buf_str(&commands), n_together);
			buf_clear(&commands);
			n_together = 0;
		}
		buf_append(&commands, items[i]->command, items[i]->n);
		n_together++;
	}
	if (n_together > 0)
		send_together(arg, ctx, buf_str(&commands), n_together);
}
