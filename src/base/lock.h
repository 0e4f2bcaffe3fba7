/* lock.h - mutexes with a rank: a thread takes them only downwards in the list below, so that no
 * two threads can wait for each other. Debug builds stop the program on the wrong order.
 *
 * The ranks follow the floors of the house, the upper ones first. A lock that two neighbours on one
 * floor hold at once needs a rank of its own between theirs.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <pthread.h>

/* Outermost first. */
#define LOCK_RANKS(X)                                                                              \
	X(COMMAND)                                                                                 \
	X(COMPONENT)                                                                               \
	X(API)                                                                                     \
	X(FLEET)                                                                                   \
	X(STORE)                                                                                   \
	X(BLOCK)                                                                                   \
	X(RPC)                                                                                     \
	X(BUCKET)                                                                                  \
	X(CACHE)                                                                                   \
	X(DISCOVERY)                                                                               \
	X(HEAD)                                                                                    \
	X(SERIES)                                                                                  \
	X(CONNECTION)                                                                              \
	X(STREAM)                                                                                  \
	X(QUEUE)                                                                                   \
	X(LEAF)

enum lock_rank {
#define LOCK_RANK_ENUM_(name) RANK_##name,
	LOCK_RANKS(LOCK_RANK_ENUM_)
#undef LOCK_RANK_ENUM_
	    RANK_N,
};

struct mutex {
	pthread_mutex_t os; /* for ctx_wait() and pthread_cond_wait(), with the mutex held */
	enum lock_rank rank;
};

#define MUTEX_INIT(r)                                                                              \
	{                                                                                          \
		.os = PTHREAD_MUTEX_INITIALIZER, .rank = (r)                                       \
	}

void mutex_init(struct mutex *m, enum lock_rank rank);
void mutex_done(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

/* Held until the end of the block: MUTEX_HOLD(&q->mu); */
static inline void mutex_unlockp(struct mutex **m)
{
	mutex_unlock(*m);
}
#define MUTEX_HOLD(m)                                                                              \
	struct mutex *held_mutex_ __attribute__((cleanup(mutex_unlockp), unused)) = (m);           \
	mutex_lock(held_mutex_)

#endif
