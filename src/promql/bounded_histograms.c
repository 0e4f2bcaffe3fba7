#include "promql/bounded_histograms.h"

#include "promql/duration.h"

static bool add(struct arena *a, struct histogram *h, const struct histogram *other,
		const struct note_place *place)
{
	struct histogram_clash clash = histogram_add(a, h, other);

	if (clash.is_incompatible)
		note_mixed_schemas(place);
	if (clash.has_bounds)
		note_reconciled_bounds(place, "addition");
	return !clash.is_incompatible;
}

static bool subtract(struct arena *a, struct histogram *h, const struct histogram *other,
		     const struct note_place *place)
{
	struct histogram_clash clash = histogram_subtract(a, h, other);

	if (clash.is_incompatible)
		note_mixed_schemas(place);
	if (clash.has_bounds)
		note_reconciled_bounds(place, "subtraction");
	return !clash.is_incompatible;
}

/* On the line from sample i to the next one. */
static struct histogram *interpolate(const struct samples *s, size_t i, int64_t t_ms,
				     bool is_counter, const struct note_place *place,
				     struct arena *a)
{
	struct histogram *before = s->hist[i], *after = s->hist[i + 1];
	double fraction = (double)(t_ms - s->t_ms[i]) / (double)(s->t_ms[i + 1] - s->t_ms[i]);

	if (t_ms == s->t_ms[i])
		return before;
	struct histogram *h = histogram_copy(a, after);
	if (is_counter && histogram_is_reset(after, before)) {
		histogram_multiply(h, fraction);
		return h;
	}
	if (!subtract(a, h, before, place))
		return NULL;
	histogram_multiply(h, fraction);
	return add(a, h, before, place) ? h : NULL;
}

/* --- windows ---------------------------------------------------------------------------------- */

static const struct histogram *left_end(const struct samples *s, const struct bounded_window *b,
					bool is_counter, const struct note_place *place,
					struct arena *a)
{
	if (b->smoothed && s->t_ms[b->first] < b->start_ms)
		return interpolate(s, b->first, b->start_ms, is_counter, place, a);
	return s->hist[b->first];
}

static const struct histogram *right_end(const struct samples *s, const struct bounded_window *b,
					 bool is_counter, const struct note_place *place,
					 struct arena *a)
{
	if (b->smoothed && b->last > b->first && s->t_ms[b->last] > b->end_ms)
		return interpolate(s, b->last - 1, b->end_ms, is_counter, place, a);
	return s->hist[b->last];
}

/* All of one kind of buckets, and counters if they should be. */
static bool check(const struct samples *s, const struct bounded_window *b, bool is_counter,
		  const struct note_place *place)
{
	for (size_t i = b->first; i <= b->last; i++) {
		if (histogram_is_custom(s->hist[i]) != histogram_is_custom(s->hist[b->first])) {
			note_mixed_schemas(place);
			return false;
		}
		if (is_counter && s->hist[i]->hint == HISTOGRAM_GAUGE)
			note_not_counter(place);
	}
	return true;
}

struct correction {
	struct histogram *sum; /* NULL: nothing was lost */
	const struct note_place *place;
	struct arena *a;
};

static bool correct(struct correction *c, const struct histogram *h, const struct histogram *before)
{
	if (!histogram_is_reset(h, before))
		return true;
	if (c->sum)
		return add(c->a, c->sum, before, c->place);
	c->sum = histogram_copy(c->a, before);
	return true;
}

/* What resets took away between both ends. The last sample is not looked at: the right end is it,
 * or has its hint, which must not count twice. */
static bool find_lost(const struct samples *s, const struct bounded_window *b,
		      const struct histogram *left, const struct histogram *right,
		      struct correction *c)
{
	size_t i = b->first + 1;

	/* The left end lies on a line that took care of the reset behind it. */
	if (b->smoothed && s->t_ms[b->first] < b->start_ms &&
	    histogram_is_reset(s->hist[i], s->hist[b->first]))
		left = s->hist[i++];
	if (i > b->last)
		return true;
	for (; i < b->last; i++) {
		if (!correct(c, s->hist[i], left))
			return false;
		left = s->hist[i];
	}
	return correct(c, right, left);
}

struct histogram *bounded_histogram_rate(const struct samples *s, const struct bounded_window *b,
					 enum rate_kind kind, const struct note_place *place,
					 struct arena *a)
{
	bool is_counter = kind != RATE_DELTA;
	struct correction lost = {.place = place, .a = a};

	if (!check(s, b, is_counter, place))
		return NULL;
	const struct histogram *left = left_end(s, b, is_counter, place, a);
	const struct histogram *right = right_end(s, b, is_counter, place, a);
	if (!left || !right)
		return NULL;
	if (!is_counter && (left->hint != HISTOGRAM_GAUGE || right->hint != HISTOGRAM_GAUGE))
		note_not_gauge(place);
	struct histogram *h = histogram_copy(a, right);
	if (!subtract(a, h, left, place))
		return NULL;
	if (is_counter && !find_lost(s, b, left, right, &lost))
		return NULL;
	if (lost.sum && !add(a, h, lost.sum, place))
		return NULL;
	if (kind == RATE_PER_SECOND)
		histogram_divide(h, seconds_of_ms(b->end_ms - b->start_ms));
	h->hint = HISTOGRAM_GAUGE;
	histogram_compact(a, h);
	return h;
}

/* --- instants --------------------------------------------------------------------------------- */

struct histogram *smoothed_histogram(const struct samples *s, size_t i, bool has_next, int64_t t_ms,
				     const struct note_place *place, struct arena *a)
{
	if (s->t_ms[i] == t_ms)
		return s->hist[i];
	if (!has_next) {
		/* What it says about the one before is of its own time. */
		struct histogram *h = histogram_copy(a, s->hist[i]);
		h->hint = HISTOGRAM_UNKNOWN;
		return h;
	}
	const struct histogram *before = s->hist[i], *after = s->hist[i + 1];
	bool are_gauges = before->hint == HISTOGRAM_GAUGE && after->hint == HISTOGRAM_GAUGE;
	if (histogram_is_custom(before) != histogram_is_custom(after)) {
		note_mixed_schemas(place);
		return NULL;
	}
	return interpolate(s, i, t_ms, !are_gauges, place, a);
}
