/* progress.h - one line on a terminal that says what takes so long, and goes away again.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include "base/clock.h"
#include "base/ctx.h"

#include <stddef.h>

struct progress;

/* For a file that is no terminal (fd -1) nothing is ever written. */
struct progress *progress_new(int fd, struct clock *clock);
void progress_free(struct progress *p); /* NULL is fine; clears the line */
CLEANUP_DEFINE(struct progress, progress_free)

/* What is being done from now on: a literal. NULL: nothing, and the line is cleared. `p` may be
 * NULL. */
void progress_say(struct progress *p, const char *what);
/* How much of it is done, from now on: "3 of 12". `p` may be NULL. */
void progress_count(struct progress *p, size_t n_done, size_t n_all);
/* Writes the line anew if what is being done has taken a second or more. */
void progress_show(struct progress *p);

/* Shows it every 200 ms until `ctx` is done. */
void progress_run(struct progress *p, struct ctx *ctx);

#endif
