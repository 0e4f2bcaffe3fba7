/* exchange.h - questions to several servers at once: one thread sends them all, and reads the
 * answers as they come, until each is whole, has failed, or its time is over.
 */
#ifndef CACHE_EXCHANGE_H
#define CACHE_EXCHANGE_H

#include "base/ctx.h"
#include "base/str.h"
#include "cache/wire.h"

enum answer_progress {
	ANSWER_MORE, /* all bytes were taken, more are needed */
	ANSWER_PART, /* as well, and one of several answers is whole: the time starts anew */
	ANSWER_WHOLE,
	ANSWER_BROKEN, /* *err says why: what follows cannot be understood */
};

enum exchange_state { EXCHANGE_OPENING, EXCHANGE_TALKING, EXCHANGE_DONE, EXCHANGE_FAILED };

struct exchange {
	struct wire *wire;  /* not NULL; stays the caller's, who closes it unless it is done */
	struct str request; /* borrowed */
	enum answer_progress (*read)(void *arg, struct str bytes, struct err *err);
	void *arg;
	int64_t open_timeout_ms; /* 0: part of the next one */
	int64_t timeout_ms;      /* of an answer; 0: none */

	enum exchange_state state; /* starts as zero, ends as done or failed */
	int64_t deadline_ns;
	struct err err; /* ERR_TIMEOUT, ERR_UNAVAILABLE for the network, what read() said, or the
			   context */
};

/* Until all have ended, or `ctx` has. */
void exchanges_run(struct exchange *list, size_t n, struct ctx *ctx);

#endif
