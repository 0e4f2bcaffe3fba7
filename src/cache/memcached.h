/* memcached.h - a cache in memcached servers, shared with whoever uses them in the same way: Thanos
 * finds what is stored here, and the other way round.
 *
 * A get asks every server that has some of the keys at once, in one thread, one connection each;
 * batches follow one another on it without waiting. Sets are sent by workers. Servers come from
 * discovery/ and are looked up again in the background.
 */
#ifndef CACHE_MEMCACHED_H
#define CACHE_MEMCACHED_H

#include "cache/config.h"
#include "cache/memcached_config.h"

struct dns_resolver;

/* Fails when not one server's address is known, as Thanos does; a server that is down is no
 * failure. `resolver` may be NULL: the name servers of the system; else it outlives the cache.
 * Strings of `config` are copied. */
bool memcached_cache_open(const struct memcached_config *config,
			  const struct cache_context *context, struct dns_resolver *resolver,
			  struct cache **out, struct err *err);

#endif
