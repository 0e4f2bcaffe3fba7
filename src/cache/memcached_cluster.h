/* memcached_cluster.h - auto-discovery of AWS ElastiCache: a configuration endpoint is asked for
 *the nodes of its cluster, which is kept when it fails to answer.
 *
 *	config get cluster\r\n
 *	CONFIG cluster 0 <bytes>\r\n<version>\n<host>|<ip>|<port> <host>|<ip>|<port>
 *...\n\r\nEND\r\n
 *
 * Counts in thanos_memcached_auto_discovery_*, with the label `name`.
 */
#ifndef CACHE_MEMCACHED_CLUSTER_H
#define CACHE_MEMCACHED_CLUSTER_H

#include "base/arena.h"
#include "base/metric.h"

struct ctx;
struct memcached_cluster;

struct memcached_nodes {
	int64_t version;
	struct str *v; /* "host:port" */
	size_t n, cap;
};

/* What stands between the first line and END. In memory of `a`. */
bool memcached_nodes_parse(struct str text, struct arena *a, struct memcached_nodes *out,
			   struct err *err);

/* `m` may be NULL and outlives it. */
struct memcached_cluster *memcached_cluster_new(struct metrics *m, const char *name,
						int64_t timeout_ms);
void memcached_cluster_free(struct memcached_cluster *c); /* NULL is fine */

/* Asks all endpoints; those that fail keep their last nodes. False when one did, with the reason of
 * the last. One thread at a time. */
bool memcached_cluster_resolve(struct memcached_cluster *c, struct ctx *ctx,
			       const struct str *endpoints, size_t n, struct err *err);
/* The nodes of all endpoints, in memory of `a`. */
void memcached_cluster_nodes(struct memcached_cluster *c, struct arena *a,
			     struct memcached_nodes *out);

#endif
