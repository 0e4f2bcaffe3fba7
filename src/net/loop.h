/* loop.h - event loops: threads that own sockets and timers and never wait for anything else.
 *
 * Work that may block runs on a worker thread and comes back with loop_post(). Everything that
 * belongs to a loop (connections, timers) is touched on that loop's thread only.
 *
 * Order of the end: stop the servers and clients that use the loops, then the worker threads that
 * post to them, then loops_stop().
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loops;

/* Starts `n_threads` loops (1 to LOOPS_MAX). Their threads block all signals but the fatal ones
 * and SIGPROF, so a broken pipe is an error on the connection and never a signal. */
struct loops *loops_start(size_t n_threads, struct err *err);
enum { LOOPS_MAX = 64 };

/* Closes what is still open on each loop (on_close is called), frees the timers that are left and
 * joins the threads. NULL is fine. */
void loops_stop(struct loops *loops);
CLEANUP_DEFINE(struct loops, loops_stop)

size_t loops_count(const struct loops *loops);
struct loop *loops_get(struct loops *loops, size_t i);
/* Each in turn, from any thread. */
struct loop *loops_next(struct loops *loops);

/* From any thread: `fn(arg)` runs on the loop's thread, after everything posted before it and never
 * inside this call. */
void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/* The same, and waits until it has run. Not from a loop's thread. */
void loop_call(struct loop *loop, void (*fn)(void *arg), void *arg);

bool loop_is_current(const struct loop *loop); /* is this the loop's own thread? */

/* --- on the loop's thread ------------------------------------------------------------------- */

/* Monotonic milliseconds, read once per turn of the loop. */
int64_t loop_now_ms(struct loop *loop);

struct loop_timer;

/* Calls `fn(arg)` once per start. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg), void *arg);
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms); /* replaces an earlier start */
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* also from its own call; NULL is fine */

#endif
