/* health.h - says once in the log that a server has stopped answering, and once that it is back:
 * what happens at every request is for metrics to count.
 */
#ifndef CACHE_HEALTH_H
#define CACHE_HEALTH_H

#include "base/log.h"

#include <stdatomic.h>

struct health {
	struct logger *logger; /* may be NULL; borrowed */
	const char *kind;      /* "memcached" */
	const char *name;      /* of the cache */
	_Atomic bool is_ill;
};

void health_failed(struct health *h, const struct err *why);
void health_succeeded(struct health *h);

#endif
