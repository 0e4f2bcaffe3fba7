/* circuit_breaker.h - stops asking a server that fails: closed, it lets all requests pass; after
 * too many failures it opens and lets none pass; after a while, half open, it lets a few try, which
 * close it again when all of them succeed.
 *
 * Counts as sony/gobreaker does: while closed, counting starts anew every ten seconds, and what was
 * let in before a change of state does not count after it.
 *
 * Threads: all functions but init and done may be called from any thread.
 */
#ifndef CACHE_CIRCUIT_BREAKER_H
#define CACHE_CIRCUIT_BREAKER_H

#include "base/clock.h"
#include "base/lock.h"
#include "codec/yaml.h"

/* `set_async_circuit_breaker_config`. */
struct circuit_breaker_config {
	bool enabled;
	uint64_t half_open_max_requests; /* 0: one */
	int64_t open_ns;                 /* 0: a minute */
	uint64_t min_requests;           /* before this many, it does not open */
	uint64_t consecutive_failures;
	double failure_percent; /* of 1 */
};

/* Sets the defaults and validates. */
extern const struct yaml_table circuit_breaker_config_table;

enum circuit_state { CIRCUIT_CLOSED, CIRCUIT_HALF_OPEN, CIRCUIT_OPEN };

struct circuit_breaker {
	struct circuit_breaker_config config;
	struct clock *clock;
	struct mutex mu;
	enum circuit_state state; /* guarded by mu, as all below */
	uint64_t generation;
	int64_t ends_ns; /* of the counts while closed, of the state while open */
	uint64_t n_requests, n_successes_in_a_row, n_failures, n_failures_in_a_row;
};

/* `clock` outlives it. */
void circuit_breaker_init(struct circuit_breaker *b, const struct circuit_breaker_config *config,
			  struct clock *clock);
void circuit_breaker_done(struct circuit_breaker *b);

/* On true, circuit_breaker_leave() follows with what is in *generation. */
bool circuit_breaker_enter(struct circuit_breaker *b, uint64_t *generation);
void circuit_breaker_leave(struct circuit_breaker *b, uint64_t generation, bool succeeded);

#endif
