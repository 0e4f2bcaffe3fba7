#include "cache/redis.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "cache/redis_internal.h"
#include "cache/redis_sentinel.h"
#include "cache/refresher.h"
#include "net/tls.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	LOCATE_INTERVAL_MS = 10000,
	CLOSE_PATIENCE_MS = 5000,
	MAX_IDLE_CONNECTIONS = 100,
	DEFAULT_SET_BATCH = 1000,
};

/* --- where the server is ---------------------------------------------------------------------- */

static bool locate(struct redis_cache *c, struct ctx *ctx, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str address = c->addresses[0];

	if (c->config.master_name.n &&
	    !redis_sentinel_ask(c->addresses, c->n_addresses, c->config.master_name,
				c->dial_timeout_ms, ctx, a, &address, err))
		return false;
	struct server_list *made =
	    server_list_new(&address, 1, &c->server_options, c->servers, err);
	if (!made)
		return false;
	mutex_lock(&c->mu);
	struct server_list *before = c->servers;
	c->servers = made;
	mutex_unlock(&c->mu);
	server_list_unref(before);
	return true;
}

static void relocate(void *arg, struct ctx *ctx)
{
	struct redis_cache *c = arg;
	struct err err = ERR_INIT;

	if (!locate(c, ctx, &err) && !ctx_done(ctx))
		log_warn(c->health.logger, "redis server cannot be located",
			 LOG_STR("name", c->name), LOG_ERR(&err));
}

/* Is it there, does it want us, and is it of the kind that we can talk to? */
static bool check(struct redis_cache *c, struct err *err)
{
	struct buf commands auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct redis_answer answer = {.n_plain = 2, .n_greetings = 1, .a = a};

	resp_write_head(&commands, 1);
	resp_write_part(&commands, STR("PING"));
	resp_write_head(&commands, 2);
	resp_write_part(&commands, STR("CLUSTER"));
	resp_write_part(&commands, STR("INFO"));
	/* The last one fails where there is no cluster, or where we may not know. */
	if (!redis_ask(c, NULL, buf_str(&commands), c->read_timeout_ms, &answer, err))
		return answer.n_failed == 1;
	return err_set(err, ERR_UNSUPPORTED,
		       "redis server %.*s is part of a Redis Cluster, which is not supported",
		       STR_FMT(c->config.addr));
}

/* --- making ----------------------------------------------------------------------------------- */

static int64_t ms_of(int64_t ns)
{
	return ns / NS_PER_MS + (ns % NS_PER_MS > 0);
}

static void split_addresses(struct redis_cache *c)
{
	struct str one;

	c->addresses = ARENA_ARRAY(c->a, struct str, c->config.addr.n + 1);
	for (struct str rest = c->config.addr; rest.p;) {
		rest = str_split(rest, ',', &one);
		c->addresses[c->n_addresses++] = one;
	}
}

static void write_greeting(struct redis_cache *c)
{
	struct buf b auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	const struct redis_config *config = &c->config;

	if (config->username.n || config->password.n) {
		c->n_greetings++;
		resp_write_head(&b, config->username.n ? 3 : 2);
		resp_write_part(&b, STR("AUTH"));
		if (config->username.n)
			resp_write_part(&b, config->username);
		resp_write_part(&b, config->password);
	}
	if (config->db) {
		c->n_greetings++;
		resp_write_head(&b, 2);
		resp_write_part(&b, STR("SELECT"));
		resp_write_part(&b, str_of(arena_printf(c->a, "%" PRId64, config->db)));
	}
	c->greeting = arena_str(c->a, buf_str(&b));
}

static bool make_tls(struct redis_cache *c, struct err *err)
{
	const struct redis_tls_config *t = &c->config.tls;
	enum tls_version min_version = TLS_VERSION_DEFAULT;

	if (!c->config.tls_enabled)
		return true;
	if (t->min_version.n && !tls_version_parse(t->min_version.p, &min_version, err))
		return false;
	c->tls = tls_client_new(
	    &(const struct tls_settings){
		.ca.file = t->ca_file.n ? t->ca_file.p : NULL,
		.certificate.file = t->cert_file.n ? t->cert_file.p : NULL,
		.key.file = t->key_file.n ? t->key_file.p : NULL,
		.server_name = t->server_name.n ? t->server_name.p : NULL,
		.insecure_skip_verify = t->insecure_skip_verify,
		.min_version = min_version,
	    },
	    err);
	c->server_options.tls = c->tls;
	return c->tls != NULL;
}

static void copy_config(struct redis_cache *c, const struct redis_config *config, const char *name)
{
	c->a = arena_new(NULL);
	c->name = arena_cstr(c->a, str_of(name));
	c->config = *config;
	struct redis_config *k = &c->config;
	struct str *const strings[] = {
	    &k->addr,
	    &k->prefix,
	    &k->username,
	    &k->password,
	    &k->master_name,
	    &k->tls.ca_file,
	    &k->tls.cert_file,
	    &k->tls.key_file,
	    &k->tls.server_name,
	    &k->tls.min_version,
	};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_str(c->a, *strings[i]);
	c->dial_timeout_ms = ms_of(config->dial_timeout_ns);
	c->read_timeout_ms = ms_of(config->read_timeout_ns);
	c->write_timeout_ms = ms_of(config->write_timeout_ns);
	c->server_options.max_idle = MAX_IDLE_CONNECTIONS;
	split_addresses(c);
	write_greeting(c);
}

static void init_metrics(struct redis_cache *c, struct metrics *m)
{
	static const double SECONDS[] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
					 0.2,   0.5,   1,    3,     6,    10};
	struct family *duration = metrics_histograms(
	    m, "thanos_redis_operation_duration_seconds", "Duration of operations against redis.",
	    SECONDS, sizeof(SECONDS) / sizeof(SECONDS[0]), "operation", "name");
	struct family *failures = metrics_counters(
	    m, "thanos_redis_operation_failures_total",
	    "Total number of operations against redis that failed.", "operation", "name");
	struct family *skipped =
	    metrics_counters(m, "thanos_redis_operation_skipped_total",
			     "Total number of operations against redis that have been skipped.",
			     "operation", "reason", "name");

	c->metrics = (struct redis_metrics){
	    .get_multi = histogram_metric_at(duration, "getmulti", c->name),
	    .set = histogram_metric_at(duration, "set", c->name),
	    .set_multi = histogram_metric_at(duration, "setmulti", c->name),
	    .get_failures = counter_at(failures, "getmulti", c->name),
	    .set_failures = counter_at(failures, "set", c->name),
	    .set_buffer_full = counter_at(skipped, "set", "async-buffer-full", c->name),
	};
	c->get_gate = gate_new_named((unsigned)c->config.max_get_multi_concurrency, m,
				     "thanos_redis_getmulti_", "gets", c->name);
	c->set_gate = gate_new_named((unsigned)c->config.max_set_multi_concurrency, m,
				     "thanos_redis_setmulti_", "sets", c->name);
}

static const char *name_of(struct cache *base)
{
	return ((struct redis_cache *)base)->name;
}

static void close_cache(struct cache *base)
{
	struct redis_cache *c = (struct redis_cache *)base;

	set_queue_close(c->sets, CLOSE_PATIENCE_MS);
	refresher_free(c->refresher);
	server_list_unref(c->servers);
	tls_client_unref(c->tls);
	gate_free(c->get_gate);
	gate_free(c->set_gate);
	circuit_breaker_done(&c->breaker);
	mutex_done(&c->mu);
	arena_free(c->a);
	free(c);
}

static struct redis_cache *cache_new(const struct redis_config *config,
				     const struct cache_context *context)
{
	static const struct cache_ops ops = {
	    .get_multi = redis_get_multi,
	    .set = redis_set,
	    .name = name_of,
	    .close = close_cache,
	};
	struct redis_cache *c = NEW(struct redis_cache);

	c->base.ops = &ops;
	copy_config(c, config, context->name);
	init_metrics(c, context->metrics);
	circuit_breaker_init(&c->breaker, &config->set_breaker, context->clock);
	c->health = (struct health){.logger = context->logger, .kind = "redis", .name = c->name};
	mutex_init(&c->mu, RANK_CACHE);
	c->sets = set_queue_new(&(const struct set_queue_options){
	    .name = "redis",
	    .max_workers = (unsigned)config->max_async_concurrency,
	    .max_items = (size_t)config->max_async_buffer_size,
	    .max_batch =
		config->set_multi_batch_size > 0 && config->set_multi_batch_size < DEFAULT_SET_BATCH
		    ? (size_t)config->set_multi_batch_size
		    : DEFAULT_SET_BATCH,
	    .send = redis_send_sets,
	    .arg = c,
	});
	return c;
}

static bool start(struct redis_cache *c, struct err *err)
{
	if (c->n_addresses > 1 && c->config.master_name.n == 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "several addresses without master_name mean a Redis Cluster, which "
			       "is not supported");
	if (!make_tls(c, err) || !locate(c, NULL, err) || !check(c, err))
		return false;
	c->refresher = refresher_new("redis-locate", LOCATE_INTERVAL_MS, relocate, c, err);
	return c->refresher != NULL;
}

bool redis_cache_open(const struct redis_config *config, const struct cache_context *context,
		      struct cache **out, struct err *err)
{
	struct redis_cache *c = cache_new(config, context);

	if (!start(c, err)) {
		close_cache(&c->base);
		return err_wrap(err, "redis");
	}
	if (config->cache_size_bytes > 0)
		log_warn(context->logger,
			 "cache_size of redis, its caching in the client, is ignored",
			 LOG_STR("name", context->name));
	*out = &c->base;
	return true;
}
