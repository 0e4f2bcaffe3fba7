/* shaky_bucket.h - a bucket as one actor of a simulation sees it: each operation waits for the
 * actor's turn, may go wrong, and is observed.
 */
#ifndef TESTS_SIMULATION_SHAKY_BUCKET_H
#define TESTS_SIMULATION_SHAKY_BUCKET_H

#include "model/bucket.h"
#include "tests/simulation/observer.h"
#include "tests/simulation/schedule.h"

enum shake {
	SHAKE_NONE,
	SHAKE_REQUEST_LOST, /* fails, and has no effect */
	SHAKE_ANSWER_LOST,  /* fails, and has its effect */
	SHAKE_STALE,        /* a listing without what is new; else as SHAKE_REQUEST_LOST */
	SHAKE_CUT,          /* half of what is read, then a failure; else as SHAKE_ANSWER_LOST */
	SHAKE_CRASH,        /* as SHAKE_REQUEST_LOST, and all that comes after it */
	SHAKE_CRASH_AFTER,  /* as SHAKE_ANSWER_LOST, and all that comes after it */
	SHAKE_N,
};

/* Shared by all actors of a run. */
struct shakes {
	struct observer *observer;
	bool traces;
	size_t n_operations;
	size_t at; /* what happens at this operation: */
	enum shake what;
	unsigned one_in; /* beside that one of so many goes wrong; 0: none */
	unsigned crash_one_in;
	size_t n_shakes;
};

/* All are borrowed until it is closed. */
struct bucket *shaky_bucket_new(struct bucket *inner, struct actor *actor, struct shakes *shakes);

#endif
