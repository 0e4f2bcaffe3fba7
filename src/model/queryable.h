/* queryable.h - where a query engine gets its series from: the plug between PromQL and everything
 * that holds data.
 *
 * select() finds series and their encoded chunks, in label order; read() turns one series' chunks
 * into samples. The two are apart so that finding is sequential and decoding can be parallel.
 */
#ifndef MODEL_QUERYABLE_H
#define MODEL_QUERYABLE_H

#include "base/ctx.h"
#include "base/notes.h"
#include "model/matcher.h"
#include "model/samples.h"
#include "model/series.h"

/* What the engine will do with the series. All hints but the time range may be ignored. */
struct select_hints {
	int64_t min_t_ms; /* samples outside [min_t_ms, max_t_ms] are not needed */
	int64_t max_t_ms;
	int64_t step_ms;      /* 0 for an instant query */
	int64_t range_ms;     /* of the matrix selector; 0 for an instant selector */
	const char *func;     /* innermost function or aggregation around the selector, or "" */
	struct str *grouping; /* of the innermost aggregation */
	size_t n_grouping;
	bool by;
	bool skip_chunks; /* only labels are wanted */
	/* Of native histograms only counts and sums are wanted, and with unknown counter resets
	 * what says whether there was one: the buckets of such histograms and of those before them.
	 */
	bool only_stats;
	int64_t limit; /* 0: no limit on the number of series */
	/* Which selector of the query it is, from 1 on; 0: not told. */
	uint32_t selector;
};

struct queryable;

struct queryable_ops {
	/* NULL on failure. `matchers` and `hints` outlive the iterator. Series may carry samples
	 * outside the time range. */
	struct series_iter *(*select)(struct queryable *q, struct ctx *ctx,
				      struct matchers matchers, const struct select_hints *hints,
				      struct notes *notes, struct tracker *tracker,
				      struct err *err);
	/* The samples of `s` within the hints' time range, appended to *out, in memory of `a`. The
	 * hints are those of the select that gave `s`, or of which `s` is a copy. Any number of
	 * threads may call it at once, with series of one or more iterators. */
	bool (*read)(struct queryable *q, const struct series *s, const struct select_hints *hints,
		     struct arena *a, struct samples *out, struct err *err);
	void (*close)(struct queryable *q);
};

struct queryable {
	const struct queryable_ops *ops;
};

static inline struct series_iter *queryable_select(struct queryable *q, struct ctx *ctx,
						   struct matchers matchers,
						   const struct select_hints *hints,
						   struct notes *notes, struct tracker *tracker,
						   struct err *err)
{
	return q->ops->select(q, ctx, matchers, hints, notes, tracker, err);
}

static inline bool queryable_read(struct queryable *q, const struct series *s,
				  const struct select_hints *hints, struct arena *a,
				  struct samples *out, struct err *err)
{
	return q->ops->read(q, s, hints, a, out, err);
}

static inline void queryable_close(struct queryable *q)
{
	if (q)
		q->ops->close(q);
}
CLEANUP_DEFINE(struct queryable, queryable_close)

#endif
