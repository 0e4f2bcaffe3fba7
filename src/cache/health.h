/* health.h - says in the log that a server has stopped answering, and that it is back: what happens
 * at every request is for metrics to count.
 */
#ifndef CACHE_HEALTH_H
#define CACHE_HEALTH_H

#include "base/log.h"

struct cache_server;

struct health {
	struct logger *logger; /* may be NULL; borrowed */
	const char *kind;      /* "memcached" */
	const char *name;      /* of the cache */
};

void health_failed(const struct health *h, struct cache_server *s, const struct err *why);
void health_succeeded(const struct health *h, struct cache_server *s);

#endif
