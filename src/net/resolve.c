/* resolve.c - a short-lived thread per name, because getaddrinfo() can neither be polled nor
 * stopped. Canceling forgets the thread: it cleans up when the name service answers.
 */
#include "net/resolve.h"

#include "base/alloc.h"
#include "net/loop.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { RESOLVE_STACK_BYTES = 256 * 1024 };

struct resolve {
	struct loop *loop;
	struct address address;
	resolve_done *done;
	void *arg;
	struct addrinfo *found;
	struct err err;
	pthread_mutex_t mu;
	bool canceled; /* guarded by mu */
};

static void resolve_free(struct resolve *r)
{
	if (r->found)
		freeaddrinfo(r->found);
	pthread_mutex_destroy(&r->mu);
	free(r);
}

static void report(void *arg)
{
	struct resolve *r = arg;

	pthread_mutex_lock(&r->mu);
	bool canceled = r->canceled;
	pthread_mutex_unlock(&r->mu);
	if (!canceled)
		r->done(r->arg, take(r->found), &r->err);
	resolve_free(r);
}

static void *look_up(void *arg)
{
	struct resolve *r = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (!address_look_up(&r->address, false, &r->found, &r->err))
		r->found = NULL;
	pthread_mutex_lock(&r->mu);
	bool canceled = r->canceled;
	if (!canceled)
		loop_post(r->loop, report, r);
	pthread_mutex_unlock(&r->mu);
	if (canceled)
		resolve_free(r);
	return NULL;
}

struct resolve *resolve_start(struct loop *loop, const struct address *address, resolve_done *done,
			      void *arg)
{
	struct resolve *r = NEW(struct resolve);
	pthread_attr_t attr;
	pthread_t thread;

	r->loop = loop;
	r->address = *address;
	r->done = done;
	r->arg = arg;
	pthread_mutex_init(&r->mu, NULL);
	if (address_of_literal(address, &r->found)) {
		loop_post(loop, report, r);
		return r;
	}
	r->found = NULL;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, RESOLVE_STACK_BYTES);
	int failed = pthread_create(&thread, &attr, look_up, r);
	pthread_attr_destroy(&attr);
	if (failed) {
		err_set_errno(&r->err, failed, "lookup %s: thread", address->host);
		loop_post(loop, report, r);
	}
	return r;
}

void resolve_cancel(struct resolve *r)
{
	pthread_mutex_lock(&r->mu);
	r->canceled = true; /* frees itself in look_up(), or in report() if that was posted */
	pthread_mutex_unlock(&r->mu);
}
