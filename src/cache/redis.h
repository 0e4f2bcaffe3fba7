/* redis.h - a cache in a redis server, shared with whoever uses it in the same way: Thanos finds
 * what is stored here, and the other way round.
 *
 * A get is some MGETs, one behind the other on one connection; sets are sent by workers, many in
 * one go. With `master_name` the server is the master that the sentinels name, asked for again in
 * the background and when something fails. Redis Cluster is not spoken.
 */
#ifndef CACHE_REDIS_H
#define CACHE_REDIS_H

#include "cache/config.h"
#include "cache/redis_config.h"

/* Fails when the server does not answer, or not to us, as Thanos does. Strings of `config` are
 * copied. */
bool redis_cache_open(const struct redis_config *config, const struct cache_context *context,
		      struct cache **out, struct err *err);

#endif
