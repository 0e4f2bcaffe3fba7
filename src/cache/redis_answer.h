/* redis_answer.h - the answers to what the redis cache sends: commands one behind the other, each
 * answered by one item or, for MGET, by an array of as many values as keys.
 */
#ifndef CACHE_REDIS_ANSWER_H
#define CACHE_REDIS_ANSWER_H

#include "cache/exchange.h"
#include "cache/resp.h"

/* The answers to `n_plain` commands that must succeed, then to some MGETs or, without values, to
 * nothing more. */
struct redis_answer {
	size_t n_plain;     /* still to come */
	size_t n_values;    /* of all MGETs together */
	size_t batch_size;  /* keys in each MGET but the last */
	struct str *values; /* of each key, p is NULL at first */
	struct arena *a;    /* for them, and for what is dropped */
	/* Errors that break nothing: of an MGET or of a plain command that is not a greeting. */
	size_t n_greetings; /* of the plain ones: an error of these breaks the answer */
	size_t n_failed;
	struct err why; /* the last of them */

	struct resp_reader reader; /* this and the rest starts as zero */
	size_t next;               /* value */
	size_t in_array;           /* items of it to come */
};

enum answer_progress redis_answer_read(struct redis_answer *r, struct str bytes, struct err *err);

/* A server's error, as an error of ours with ERR_INTERNAL. */
bool redis_error(struct str text, struct err *err);

#endif
