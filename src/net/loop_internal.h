/* loop_internal.h - what the files of net/ share about a loop. */
#ifndef NET_LOOP_INTERNAL_H
#define NET_LOOP_INTERNAL_H

#include "base/vec.h"
#include "net/loop.h"

#include <pthread.h>
#include <uv.h>

/* Something that keeps the loop running until it has removed itself. */
struct loop_member {
	/* The loop is being stopped: end soon, by loop_member_remove(), but not inside this call.
	 * May be called again. */
	void (*stop)(struct loop_member *m);
	struct loop_member *next, **link; /* the loop's own */
};

/* Something to do at the end of the loop's turn, just before it sleeps. */
struct loop_flush {
	void (*fn)(struct loop_flush *f);
	struct loop_flush *next, **link; /* the loop's own; link is NULL while not scheduled */
};

struct loop_task {
	void (*fn)(void *arg);
	void *arg;
};

enum { LOOP_READ_BYTES = 64 * 1024, LOOP_GATHER_BYTES = 16 * 1024 };

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_prepare_t before_sleep;
	pthread_t thread;
	pthread_mutex_t mu;
	VEC(struct loop_task) posted; /* guarded by mu */
	VEC(struct loop_task) running;
	struct loop_member *members;
	struct loop_flush *flushes;
	bool stopping;
	char *read_bytes;   /* where connections read to: LOOP_READ_BYTES */
	char *gather_bytes; /* where small writes become one TLS record: LOOP_GATHER_BYTES */
};

void loop_member_add(struct loop *loop, struct loop_member *m);
void loop_member_remove(struct loop_member *m);

void loop_flush_schedule(struct loop *loop, struct loop_flush *f); /* again is fine */
void loop_flush_cancel(struct loop_flush *f);

#endif
