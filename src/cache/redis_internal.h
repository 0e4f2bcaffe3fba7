/* redis_internal.h - what the pieces of redis.h share. */
#ifndef CACHE_REDIS_INTERNAL_H
#define CACHE_REDIS_INTERNAL_H

#include "base/gate.h"
#include "base/lock.h"
#include "cache/health.h"
#include "cache/redis.h"
#include "cache/redis_answer.h"
#include "cache/server_list.h"
#include "cache/set_queue.h"

struct redis_metrics {
	struct histogram_metric *get_multi, *set, *set_multi; /* of what succeeded, in seconds */
	struct counter *get_failures, *set_failures, *set_buffer_full;
};

struct redis_cache {
	struct cache base; /* first, so that the two pointers convert */
	struct arena *a;   /* of the strings below */
	const char *name;
	struct redis_config config;
	struct str *addresses; /* of the server, or of sentinels */
	size_t n_addresses;
	struct str greeting; /* what every connection begins with: AUTH, SELECT */
	size_t n_greetings;
	int64_t dial_timeout_ms, read_timeout_ms, write_timeout_ms; /* 0: none */
	struct tls_client *tls;
	struct server_options server_options;
	struct redis_metrics metrics;
	struct gate *get_gate, *set_gate;
	struct circuit_breaker breaker;
	struct health health;
	struct set_queue *sets;
	struct refresher *refresher;
	struct mutex mu;
	struct server_list *servers; /* of one; NULL before it is found; guarded by mu */
};

/* Sends `commands` to the server, behind the greeting where the connection is new, and reads the
 * answer that `answer` describes. False when it is not whole, or when the server answered to one of
 * them with an error. */
bool redis_ask(struct redis_cache *c, struct ctx *ctx, struct str commands, int64_t timeout_ms,
	       struct redis_answer *answer, struct err *err);

void redis_get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
		     struct arena *a, struct str *values);
void redis_set(struct cache *base, struct str key, struct str value, int64_t ttl_ms);
/* What the queue calls. */
void redis_send_sets(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n);

#endif
