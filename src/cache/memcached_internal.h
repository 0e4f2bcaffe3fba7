/* memcached_internal.h - what the pieces of memcached.h share. */
#ifndef CACHE_MEMCACHED_INTERNAL_H
#define CACHE_MEMCACHED_INTERNAL_H

#include "base/gate.h"
#include "base/lock.h"
#include "cache/health.h"
#include "cache/memcached.h"
#include "cache/memcached_metrics.h"
#include "cache/server_list.h"
#include "cache/set_queue.h"

struct memcached_cache {
	struct cache base; /* first, so that the two pointers convert */
	struct arena *a;   /* of the strings below */
	const char *name;
	struct memcached_config config;
	int64_t timeout_ms;
	struct server_options server_options;
	struct clock *clock;
	struct logger *logger;
	struct memcached_metrics metrics;
	struct gate *gate;
	struct circuit_breaker breaker;
	struct health health;
	struct set_queue *sets;

	struct dns_resolver *own_resolver; /* NULL: it is somebody else's */
	struct dns_provider *dns;          /* or, with auto-discovery, the cluster */
	struct memcached_cluster *cluster;
	struct refresher *refresher;
	struct mutex mu;
	struct server_list *servers; /* guarded by mu */
};

/* A reference, the caller's. */
struct server_list *memcached_servers(struct memcached_cache *c);

void memcached_get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
			 struct arena *a, struct str *values);
void memcached_set(struct cache *base, struct str key, struct str value, int64_t ttl_ms);
/* What the queue calls. */
void memcached_send_sets(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n);

#endif
