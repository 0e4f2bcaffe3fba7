/* gate.h - at most so many at once; the others wait at the gate, first come first served, until
 * their context ends.
 *
 * Threads: all functions but gate_free() may be called from any thread. A gate may be left by
 * another thread than the one that entered.
 */
#ifndef BASE_GATE_H
#define BASE_GATE_H

#include "base/cleanup.h"
#include "base/ctx.h"

struct gate;
struct metrics;

/* `max_in_flight` 0: no limit. With `m`, counts as Thanos does in <prefix>gate_<operation>_max,
 * _in_flight, _total and _duration_seconds (the time spent waiting); `operation` is "queries",
 * "selects", ... `m` may be NULL. */
struct gate *gate_new(unsigned max_in_flight, struct metrics *m, const char *prefix,
		      const char *operation);
/* The same, with the label `name` on its metrics: for one of several in a process. */
struct gate *gate_new_named(unsigned max_in_flight, struct metrics *m, const char *prefix,
			    const char *operation, const char *name);
/* Another one with the same limit, which counts in the metrics of `g`. */
struct gate *gate_new_like(const struct gate *g);
void gate_free(struct gate *g); /* NULL is fine */
CLEANUP_DEFINE(struct gate, gate_free)

/* Waits for a place; on success gate_leave() must follow. A NULL gate lets everyone in. */
bool gate_enter(struct gate *g, struct ctx *ctx, struct err *err);
void gate_leave(struct gate *g);

#endif
