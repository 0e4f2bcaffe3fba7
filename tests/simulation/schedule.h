/* schedule.h - actors, each a thread of its own, of which one runs at a time: who is next is drawn
 * from the seed, at every operation on the bucket. Time moves by a millisecond for each of them,
 * and to the next one that wakes up when all sleep.
 */
#ifndef TESTS_SIMULATION_SCHEDULE_H
#define TESTS_SIMULATION_SCHEDULE_H

#include "base/clock.h"
#include "base/rand.h"

#include <pthread.h>
#include <stdbool.h>

enum { MAX_ACTORS = 8 };

struct schedule;

struct actor {
	struct schedule *schedule;
	char name[16];
	void (*body)(struct actor *a, void *arg);
	void *arg;
	int64_t wakes_ms;
	bool is_done;
	bool has_crashed; /* what it asks of the bucket fails, until it begins anew */
	pthread_t thread;
	pthread_cond_t turn;
};

struct schedule {
	struct fake_clock clock;
	struct rand rand;
	struct actor actors[MAX_ACTORS];
	unsigned n_actors;
	/* From here on guarded by mu. */
	pthread_mutex_t mu;
	pthread_cond_t all_done;
	struct actor *running; /* NULL: all are done */
};

void schedule_init(struct schedule *s, uint64_t seed, int64_t now_ms);
void schedule_done(struct schedule *s);

/* Before schedule_run(), which waits for all of them and forgets them. */
struct actor *schedule_add(struct schedule *s, const char *name,
			   void (*body)(struct actor *a, void *arg), void *arg);
void schedule_run(struct schedule *s);

/* By the running actor: others may run before it goes on. */
void schedule_pass(struct actor *a);
void schedule_sleep(struct actor *a, int64_t ms);

#endif
