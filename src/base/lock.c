#include "base/lock.h"

#include "base/assert.h"

#ifdef ATHANOR_SLOW_ASSERTS

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {
#define LOCK_RANK_NAME_(name) #name,
    LOCK_RANKS(LOCK_RANK_NAME_)
#undef LOCK_RANK_NAME_
};

static _Thread_local unsigned held[RANK_N];

static void check_order(const struct mutex *m)
{
	for (int rank = (int)m->rank; rank < RANK_N; rank++) {
		if (held[rank] == 0)
			continue;
		fprintf(stderr, "athanor: lock order: %s is taken while %s is held\n",
			names[m->rank], names[rank]);
		abort();
	}
}

static void note_locked(const struct mutex *m)
{
	held[m->rank]++;
}

static void note_unlocked(const struct mutex *m)
{
	assert(held[m->rank] > 0);
	held[m->rank]--;
}

#else

static void check_order(const struct mutex *m)
{
	(void)m;
}

static void note_locked(const struct mutex *m)
{
	(void)m;
}

static void note_unlocked(const struct mutex *m)
{
	(void)m;
}

#endif

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	*m = (struct mutex)MUTEX_INIT(rank);
}

void mutex_done(struct mutex *m)
{
	pthread_mutex_destroy(&m->os);
}

void mutex_lock(struct mutex *m)
{
	check_order(m);
	pthread_mutex_lock(&m->os);
	note_locked(m);
}

void mutex_unlock(struct mutex *m)
{
	note_unlocked(m);
	pthread_mutex_unlock(&m->os);
}
