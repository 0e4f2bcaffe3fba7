/* postings_answer.h - the series that a plan's lists select, made from the lists as they come.
 *
 * Lists come in any order, whole or as the bytes of a run in pieces. A group of many lists is not
 * kept but united on the way: in a bitmap over all references there can be, or, where there are
 * few, as they are. So memory is bounded by the size of the index's section of series, whatever
 * number of lists there is.
 */
#ifndef TSDB_POSTINGS_ANSWER_H
#define TSDB_POSTINGS_ANSWER_H

#include "tsdb/postings_plan.h"

struct postings_answer;

/* Told of every list that is complete, borrowed during the call: run `run` of group `group`, which
 * knows its values. */
typedef void postings_list_fn(void *arg, size_t group, size_t run, struct postings list);

/* Lives in `a`; the plan outlives it. `fn` may be NULL. */
struct postings_answer *postings_answer_new(const struct postings_plan *plan, struct arena *a,
					    postings_list_fn *fn, void *arg);
void postings_answer_done(struct postings_answer *answer); /* NULL is fine */
CLEANUP_DEFINE(struct postings_answer, postings_answer_done)

/* A list that is known already. A group of one list only borrows it, until the answer is there. */
bool postings_answer_add(struct postings_answer *answer, size_t group, struct postings list,
			 struct err *err);

/* The bytes of a run: begin, any number of pieces, end. One run at a time. Fails with ERR_CORRUPT,
 * and with ERR_LIMIT when the arena's tracker is over its limit. */
void postings_answer_begin_run(struct postings_answer *answer, size_t group, size_t run);
bool postings_answer_feed(struct postings_answer *answer, const uint8_t *p, size_t n,
			  struct err *err);
bool postings_answer_end_run(struct postings_answer *answer, struct err *err);

/* What is in all groups that add and in none that subtracts; deferred ones left out. It lives in
 * the arena, or where the lists do that were added. */
bool postings_answer_end(struct postings_answer *answer, struct postings *out, struct err *err);

/* All of it for an index at hand, with no group left out. */
bool postings_for_matchers(struct byte_source *index, struct index_postings *ip, struct ctx *ctx,
			   struct matchers matchers, struct arena *a, struct postings *out,
			   struct err *err);

#endif
