/* hedging.h - when a request that nobody has answered yet is made once more: after as long as most
 * answers took lately.
 *
 * Threads: any.
 */
#ifndef OBJSTORE_HEDGING_H
#define OBJSTORE_HEDGING_H

#include "base/metric.h"
#include "codec/yaml.h"

#include <pthread.h>
#include <stdint.h>

struct hedging_config {
	bool enabled;
	int64_t up_to;   /* calls for one answer, the first among them */
	double quantile; /* of the answers that came sooner */
	/* Calls that were made once more, and those of them that were answered first; or NULL. */
	struct counter *hedges, *wins;
};

/* For the key `hedging_config`: sets the defaults. */
extern const struct yaml_table hedging_config_table;

enum { HEDGING_WINDOW = 512 };

struct hedging {
	struct hedging_config config;
	pthread_mutex_t mu;
	int64_t latencies_ns[HEDGING_WINDOW]; /* the last ones; guarded by mu, as all below */
	uint64_t n_seen;
	int64_t delay_ns;
};

void hedging_init(struct hedging *h, const struct hedging_config *config);
void hedging_done(struct hedging *h);

/* How long an answer took, from the first call on. */
void hedging_note(struct hedging *h, int64_t latency_ns);
/* How long to wait before the next call; -1 while too few answers were seen, or it is disabled. */
int64_t hedging_delay_ns(struct hedging *h);

#endif
