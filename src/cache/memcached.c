#include "cache/memcached.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "cache/memcached_cluster.h"
#include "cache/memcached_internal.h"
#include "cache/refresher.h"
#include "discovery/ares_resolver.h"
#include "discovery/dns_provider.h"

#include <stdlib.h>

enum { RESOLVE_TIMEOUT_MS = 10000, CLOSE_PATIENCE_MS = 5000 };

/* --- servers ---------------------------------------------------------------------------------- */

struct server_list *memcached_servers(struct memcached_cache *c)
{
	MUTEX_HOLD(&c->mu);
	return server_list_ref(c->servers);
}

/* Where the servers are now, as far as anyone knows; a failure is told, and is none as long as
 * something is known. */
static void find_servers(struct memcached_cache *c, struct ctx *ctx, struct arena *a,
			 struct dns_targets *out, struct err *err)
{
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, RESOLVE_TIMEOUT_MS);
	const struct str *addresses = c->config.addresses;
	size_t n = c->config.n_addresses;
	struct memcached_nodes nodes = {0};

	bool ok = c->cluster ? memcached_cluster_resolve(c->cluster, limited, addresses, n, err)
			     : dns_provider_resolve(c->dns, limited, addresses, n, err);
	if (!ok)
		log_error(c->logger, "failed to resolve addresses for memcached",
			  LOG_STR("name", c->name), LOG_ERR(err));
	if (!c->cluster) {
		dns_provider_targets(c->dns, a, out);
		return;
	}
	memcached_cluster_nodes(c->cluster, a, &nodes);
	for (size_t i = 0; i < nodes.n; i++)
		ARENA_PUSH(a, out, nodes.v[i]);
}

static bool update_servers(struct memcached_cache *c, struct ctx *ctx, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_targets targets = {0};
	struct err why = ERR_INIT;

	find_servers(c, ctx, a, &targets, &why);
	if (targets.n == 0)
		return err_set(err, ERR_UNAVAILABLE, "no server address resolved for %s%s%s",
			       c->name, why.code ? ": " : "", why.msg);
	struct server_list *made =
	    server_list_new(targets.v, targets.n, &c->server_options, c->servers, err);
	if (!made)
		return false;
	mutex_lock(&c->mu);
	struct server_list *before = c->servers;
	c->servers = made;
	mutex_unlock(&c->mu);
	server_list_unref(before);
	return true;
}

static void refresh(void *arg, struct ctx *ctx)
{
	struct memcached_cache *c = arg;
	struct err err = ERR_INIT;

	if (!update_servers(c, ctx, &err) && !ctx_done(ctx))
		log_warn(c->logger, "failed update memcached servers list",
			 LOG_STR("name", c->name), LOG_ERR(&err));
}

/* --- life ------------------------------------------------------------------------------------- */

static const char *name_of(struct cache *base)
{
	return ((struct memcached_cache *)base)->name;
}

static void close_cache(struct cache *base)
{
	struct memcached_cache *c = (struct memcached_cache *)base;

	refresher_free(c->refresher);
	set_queue_close(c->sets, CLOSE_PATIENCE_MS);
	server_list_unref(c->servers);
	dns_provider_free(c->dns);
	memcached_cluster_free(c->cluster);
	dns_resolver_close(c->own_resolver);
	gate_free(c->gate);
	circuit_breaker_done(&c->breaker);
	mutex_done(&c->mu);
	arena_free(c->a);
	free(c);
}

static void copy_strings(struct memcached_cache *c, const struct memcached_config *config,
			 const char *name)
{
	c->a = arena_new(NULL);
	c->name = arena_cstr(c->a, str_of(name));
	c->config = *config;
	c->config.addresses = ARENA_ARRAY(c->a, struct str, config->n_addresses);
	for (size_t i = 0; i < config->n_addresses; i++)
		c->config.addresses[i] = arena_str(c->a, config->addresses[i]);
}

static struct memcached_cache *cache_new(const struct memcached_config *config,
					 const struct cache_context *context)
{
	static const struct cache_ops ops = {
	    .get_multi = memcached_get_multi,
	    .set = memcached_set,
	    .name = name_of,
	    .close = close_cache,
	};
	struct memcached_cache *c = NEW(struct memcached_cache);

	c->base.ops = &ops;
	copy_strings(c, config, context->name);
	c->timeout_ms = config->timeout_ns / NS_PER_MS + (config->timeout_ns % NS_PER_MS > 0);
	c->server_options.max_idle = (size_t)config->max_idle_connections;
	c->clock = context->clock;
	c->logger = context->logger;
	memcached_metrics_init(&c->metrics, context->metrics, config, c->name);
	c->gate = gate_new_named((unsigned)config->max_get_multi_concurrency, context->metrics,
				 "thanos_memcached_getmulti_", "gets", c->name);
	circuit_breaker_init(&c->breaker, &config->set_breaker, context->clock);
	c->health = (struct health){
	    .logger = context->logger,
	    .kind = "memcached",
	    .name = c->name,
	};
	mutex_init(&c->mu, RANK_CACHE);
	c->sets = set_queue_new(&(const struct set_queue_options){
	    .name = "memcached",
	    .max_workers = (unsigned)config->max_async_concurrency,
	    .max_items = (size_t)config->max_async_buffer_size,
	    .max_batch = 1,
	    .send = memcached_send_sets,
	    .arg = c,
	});
	return c;
}

static void start_discovery(struct memcached_cache *c, struct metrics *m,
			    struct dns_resolver *resolver)
{
	if (c->config.auto_discovery) {
		c->cluster = memcached_cluster_new(m, c->name, c->timeout_ms);
		return;
	}
	if (!resolver)
		resolver = c->own_resolver =
		    ares_resolver_new(&(const struct ares_resolver_options){0});
	c->dns = dns_provider_new(resolver, m, "thanos_memcached_", c->name);
}

bool memcached_cache_open(const struct memcached_config *config,
			  const struct cache_context *context, struct dns_resolver *resolver,
			  struct cache **out, struct err *err)
{
	struct memcached_cache *c = cache_new(config, context);

	start_discovery(c, context->metrics, resolver);
	int64_t interval_ms = config->dns_update_interval_ns / NS_PER_MS;
	if (update_servers(c, NULL, err))
		c->refresher =
		    refresher_new("memcached-dns", interval_ms ? interval_ms : 1, refresh, c, err);
	if (!c->refresher) {
		close_cache(&c->base);
		return false;
	}
	*out = &c->base;
	return true;
}
