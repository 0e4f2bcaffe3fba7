/* The part of a histogram above or below a bound.
 */
#include "model/histogram_internal.h"

struct cut {
	double bound;
	bool is_upper; /* what is below the bound stays */
	bool is_custom;
	bool has_changed;
	double count;
	double sum;
};

/* Where the observations of an interval are taken to be. */
static double middle(double lower, double upper, bool is_positive, bool is_linear)
{
	if (isinf(lower)) {
		if (isinf(upper))
			return 0;
		return upper > 0 ? upper / 2 : upper;
	}
	if (isinf(upper))
		return lower;
	if (is_linear)
		return (lower + upper) / 2;
	double mean = sqrt(fabs(lower * upper));
	return is_positive ? mean : -mean;
}

static double finite_or_zero(double v)
{
	return isinf(v) ? 0 : v;
}

/* What is left of a bucket that has no lower end. */
static double cut_lowest(const struct cut *cut, const struct histogram_bucket *b, double *at)
{
	*at = finite_or_zero(b->upper);
	if (cut->is_upper) {
		if (cut->bound > 0 && b->upper > 0 && !isinf(b->upper)) {
			*at = cut->bound / 2;
			return b->count * cut->bound / b->upper;
		}
		if (b->upper > 0)
			return 0;
		*at = cut->bound;
		return b->count;
	}
	if (cut->bound < 0 || isinf(b->upper))
		return 0;
	*at = (cut->bound + b->upper) / 2;
	return b->count * (1 - cut->bound / b->upper);
}

static double cut_highest(const struct cut *cut, const struct histogram_bucket *b, double *at)
{
	if (cut->is_upper) {
		*at = finite_or_zero(b->lower);
		return 0;
	}
	*at = cut->bound;
	return b->count;
}

/* What is left of a bucket that the bound lies within, and where. */
static double cut_bucket(const struct cut *cut, const struct histogram_bucket *b, bool is_positive,
			 double *at)
{
	if (isinf(b->lower))
		return cut_lowest(cut, b, at);
	if (isinf(b->upper))
		return cut_highest(cut, b, at);
	double below = b->count * histogram_share_below(b, cut->bound, cut->is_custom);
	*at = cut->is_upper ? middle(b->lower, cut->bound, is_positive, cut->is_custom)
			    : middle(cut->bound, b->upper, is_positive, cut->is_custom);
	return cut->is_upper ? below : b->count - below;
}

/* Gives what is left of the bucket. */
static double trim_bucket(struct cut *cut, const struct histogram_bucket *b, bool is_positive)
{
	double at = 0, kept = 0;
	bool is_whole = cut->is_upper ? b->upper <= cut->bound : b->lower >= cut->bound;
	bool is_gone = cut->is_upper ? b->lower >= cut->bound : b->upper <= cut->bound;

	if (is_whole) {
		kept = b->count;
		at = middle(b->lower, b->upper, is_positive, cut->is_custom);
	} else if (!is_gone) {
		kept = cut_bucket(cut, b, is_positive, &at);
	}
	cut->has_changed |= kept != b->count;
	cut->count += kept;
	cut->sum += at * kept;
	return kept;
}

/* The zero bucket reaches only to where there are other buckets. */
static double trim_zero(struct cut *cut, const struct histogram *h, bool has_negative,
			bool has_positive)
{
	double lower = has_positive && !has_negative ? 0 : -h->zero_threshold;
	double upper = has_negative && !has_positive ? 0 : h->zero_threshold;
	double from = lower, to = upper, share = 1;
	bool is_whole = cut->is_upper ? cut->bound >= upper : cut->bound <= lower;
	bool is_gone = cut->is_upper ? cut->bound <= lower : cut->bound >= upper;

	if (is_gone) {
		share = 0;
	} else if (!is_whole) {
		from = cut->is_upper ? lower : cut->bound;
		to = cut->is_upper ? cut->bound : upper;
		share = (to - from) / (upper - lower);
	}
	double kept = is_gone ? 0 : h->zero_count * share;
	cut->has_changed |= kept != h->zero_count;
	cut->count += kept;
	cut->sum += is_gone ? 0 : (from + to) / 2 * kept;
	return kept;
}

void histogram_trim(struct arena *a, struct histogram *h, double bound, bool is_upper)
{
	struct cut cut = {
	    .bound = bound, .is_upper = is_upper, .is_custom = histogram_is_custom(h)};
	bool has_positive = false, has_negative = false;

	for (size_t k = 0; k < h->positive.n; k++) {
		struct histogram_bucket b = histogram_positive_at(h, k);
		if (b.count == 0)
			continue;
		has_positive = true;
		h->positive.count[k] = trim_bucket(&cut, &b, true);
	}
	for (size_t k = 0; k < h->negative.n; k++) {
		struct histogram_bucket b = histogram_negative_at(h, k);
		if (b.count == 0)
			continue;
		has_negative = true;
		h->negative.count[k] = trim_bucket(&cut, &b, false);
	}
	if (h->zero_count > 0)
		h->zero_count = trim_zero(&cut, h, has_negative, has_positive);
	if (!cut.has_changed)
		return;
	h->count = cut.count;
	h->sum = cut.sum;
	histogram_compact(a, h);
}
