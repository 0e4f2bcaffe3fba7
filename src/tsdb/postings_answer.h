/* postings_answer.h - the series that a plan's lists select, made from the lists as they come.
 *
 * Lists come in any order, whole or as the bytes of a run in pieces. A group of many lists is not
 * kept but united on the way: in a bitmap over all references there can be, or, where there are
 * few, as they are. So memory is bounded by the size of the index's section of series, whatever
 * number of lists there is.
 */
#ifndef TSDB_POSTINGS_ANSWER_H
#define TSDB_POSTINGS_ANSWER_H

#include "base/buf.h"
#include "tsdb/postings_plan.h"

struct postings_answer;

/* Told of every list that a feed completes, borrowed during the call: run `run` of group `group`,
 * which knows its values. From any feed's thread. */
typedef void postings_list_fn(void *arg, size_t group, size_t run, struct postings list);

/* Lives in `a`; the plan outlives it. `fn` may be NULL. */
struct postings_answer *postings_answer_new(const struct postings_plan *plan, struct arena *a,
					    postings_list_fn *fn, void *arg);
void postings_answer_done(struct postings_answer *answer); /* NULL is fine */
CLEANUP_DEFINE(struct postings_answer, postings_answer_done)

/* A list that is known already. A group of one list only borrows it, until the answer is there. */
bool postings_answer_add(struct postings_answer *answer, size_t group, struct postings list,
			 struct err *err);

/* The bytes of runs, one run after the other. Several feeds may work for one answer at once, each
 * on a thread of its own. */
struct postings_feed {
	struct postings_answer *answer;
	struct arena *a; /* as long as the answer; of this thread */
	size_t group;
	size_t run;
	uint32_t lists_left;
	uint8_t *whole; /* of a group of one list: all of its bytes */
	size_t whole_used;
	struct buf partial; /* of any other: a list of which not all is there */
};

void postings_feed_init(struct postings_feed *feed, struct postings_answer *answer,
			struct arena *a);
void postings_feed_done(struct postings_feed *feed);

/* Begin a run, any number of pieces, end. Fails with ERR_CORRUPT, and with ERR_LIMIT when the
 * arena's tracker is over its limit. */
void postings_feed_begin(struct postings_feed *feed, size_t group, size_t run);
bool postings_feed_bytes(struct postings_feed *feed, const uint8_t *p, size_t n, struct err *err);
bool postings_feed_end(struct postings_feed *feed, struct err *err);

/* What is in all groups that add and in none that subtracts; deferred ones left out. It lives in
 * the arena, or where the lists do that were added. */
bool postings_answer_end(struct postings_answer *answer, struct postings *out, struct err *err);

/* All of it for an index at hand, with no group left out. */
bool postings_for_matchers(struct byte_source *index, struct index_postings *ip, struct ctx *ctx,
			   struct matchers matchers, struct arena *a, struct postings *out,
			   struct err *err);

#endif
