/* pace.h - how fast a store may be asked, learned from its answers: as fast as anybody likes until
 * it says that this is too much, then below what it bore, and slowly faster again.
 *
 * Threads: any.
 */
#ifndef OBJSTORE_PACE_H
#define OBJSTORE_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
	pthread_mutex_t mu;
	double per_second;   /* 0: no limit; guarded by mu, as all below */
	int64_t next_ns;     /* when the next request may go */
	int64_t lowered_ns;  /* when the store last complained */
	int64_t window_ns;   /* since when requests are counted */
	uint64_t n_requests; /* in the window */
	double seen_per_second;
};

void pace_init(struct pace *p);
void pace_done(struct pace *p);

/* A place in the queue: how long to wait from now. */
int64_t pace_take_ns(struct pace *p, int64_t now_ns);
/* Whether the store has complained lately. */
bool pace_is_limited(struct pace *p);
/* The store answered with 429 or 503, or without complaint. */
void pace_complained(struct pace *p, int64_t now_ns);
void pace_answered(struct pace *p, int64_t now_ns);

#endif
