/* Whether a counter started anew between two samples.
 */
#include "model/histogram_internal.h"

/* The buckets of one side at a lower schema, without those in the zero bucket. */
struct walk {
	const struct histogram_side *side;
	size_t next;
	int shift;
	int32_t schema;
	double threshold;
	bool is_above; /* the zero bucket is behind it */
	int64_t index;
	double count;
};

static struct walk walk_of(const struct histogram_side *side, const struct histogram *of,
			   const struct histogram *to)
{
	return (struct walk){
	    .side = side,
	    .shift = histogram_is_custom(of) ? 0 : of->schema - to->schema,
	    .schema = to->schema,
	    .threshold = to->zero_threshold,
	    .is_above = to->zero_threshold == 0 || histogram_is_custom(of),
	};
}

static bool walk_merge(struct walk *w)
{
	const struct histogram_side *side = w->side;

	if (w->next == side->n)
		return false;
	w->index = histogram_wider_index(side->index[w->next], w->shift);
	w->count = 0;
	for (;
	     w->next < side->n && histogram_wider_index(side->index[w->next], w->shift) == w->index;
	     w->next++)
		w->count += side->count[w->next];
	return true;
}

static bool walk_next(struct walk *w)
{
	while (walk_merge(w)) {
		w->is_above = w->is_above || histogram_bound(w->index, w->schema) > w->threshold;
		if (w->is_above)
			return true;
	}
	return false;
}

/* Has a bucket lost observations, or one that held some gone? */
static bool has_shrunk(struct walk now, struct walk before)
{
	bool has_now = walk_next(&now);

	while (walk_next(&before)) {
		while (has_now && now.index < before.index)
			has_now = walk_next(&now);
		if (has_now && now.index == before.index) {
			if (now.count < before.count)
				return true;
		} else if (before.count != 0) {
			return true;
		}
	}
	return false;
}

/* The sum of custom buckets from *next on that end at `bound` or below it. */
static double sum_up_to(const struct histogram *h, double bound, size_t *next)
{
	double sum = 0;

	for (;
	     *next < h->positive.n && histogram_custom_bound(h, h->positive.index[*next]) <= bound;
	     (*next)++)
		sum += h->positive.count[*next];
	return sum;
}

/* Custom buckets, compared between the bounds that both have. */
static bool has_shrunk_custom(const struct histogram *h, const struct histogram *previous)
{
	size_t i = 0, k = 0, next = 0, previous_next = 0;

	while (i <= h->n_bounds && k <= previous->n_bounds) {
		double bound = histogram_custom_bound(h, (int64_t)i);
		double previous_bound = histogram_custom_bound(previous, (int64_t)k);
		if (bound == previous_bound) {
			double sum = sum_up_to(h, bound, &next);
			if (sum < sum_up_to(previous, bound, &previous_next))
				return true;
			i++, k++;
		} else if (bound < previous_bound) {
			i++;
		} else {
			k++;
		}
	}
	return false;
}

static bool has_other_bounds(const struct histogram *h, const struct histogram *previous)
{
	if (h->n_bounds != previous->n_bounds)
		return true;
	for (size_t i = 0; i < h->n_bounds; i++)
		if (h->bounds[i] != previous->bounds[i])
			return true;
	return false;
}

bool histogram_is_reset(const struct histogram *h, const struct histogram *previous)
{
	double threshold = h->zero_threshold, unused = 0;

	if (h->hint == HISTOGRAM_RESET || h->hint == HISTOGRAM_NOT_RESET)
		return h->hint == HISTOGRAM_RESET;
	if (h->count < previous->count)
		return true;
	if (histogram_is_custom(h) && !histogram_is_custom(previous))
		return true;
	if (histogram_is_custom(h) && has_other_bounds(h, previous))
		return has_shrunk_custom(h, previous);
	if (h->schema > previous->schema || h->zero_threshold < previous->zero_threshold)
		return true;
	double zero = histogram_widened_zero(previous, NULL, &threshold, &unused);
	if (threshold != h->zero_threshold || h->zero_count < zero)
		return true;
	return has_shrunk(walk_of(&h->positive, h, h), walk_of(&previous->positive, previous, h)) ||
	       has_shrunk(walk_of(&h->negative, h, h), walk_of(&previous->negative, previous, h));
}
