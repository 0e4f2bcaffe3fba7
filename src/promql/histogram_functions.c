#include "promql/histogram_functions.h"

#include "promql/kahan.h"
#include "promql/name_text.h"

static double count_of(const struct histogram *h)
{
	return h->count;
}

static double sum_of(const struct histogram *h)
{
	return h->sum;
}

static double average_of(const struct histogram *h)
{
	return h->sum / h->count;
}

/* Where the observations of a bucket are taken to be. */
static double middle(const struct histogram *h, const struct histogram_bucket *b)
{
	if (histogram_is_custom(h))
		return (b->upper + b->lower) / 2;
	if (b->lower <= 0 && b->upper >= 0)
		return 0;
	double v = sqrt(b->upper * b->lower);
	return b->upper < 0 ? -v : v;
}

static double variance_of(const struct histogram *h)
{
	double mean = h->sum / h->count;
	struct kahan variance = {0, 0};

	for (size_t i = 0; i < histogram_num_buckets(h); i++) {
		struct histogram_bucket b = histogram_bucket_at(h, i);
		if (b.count == 0)
			continue;
		double delta = middle(h, &b) - mean;
		kahan_add(&variance, b.count * delta * delta);
	}
	return (variance.sum + variance.c) / h->count;
}

static double deviation_of(const struct histogram *h)
{
	return sqrt(variance_of(h));
}

histogram_fn *histogram_function(enum function_id id)
{
	switch ((int)id) {
	case FUNCTION_HISTOGRAM_COUNT:
		return count_of;
	case FUNCTION_HISTOGRAM_SUM:
		return sum_of;
	case FUNCTION_HISTOGRAM_AVG:
		return average_of;
	case FUNCTION_HISTOGRAM_STDVAR:
		return variance_of;
	case FUNCTION_HISTOGRAM_STDDEV:
		return deviation_of;
	default:
		return NULL;
	}
}

/* --- quantile --------------------------------------------------------------------------------- */

static void note_nan(const struct note_place *p, const char *what)
{
	annotations_add(p->notes, NOTE_PROMQL_INFO, p->at, "input to histogram_%s%s", what,
			for_metric_name(p->name).s);
}

/* A walk over buckets from one end, counting. */
struct walk {
	const struct histogram *h;
	bool is_reverse;
	size_t i, n;
	double count;
	struct histogram_bucket bucket;
};

static bool walk_next(struct walk *w)
{
	if (w->i == w->n)
		return false;
	size_t i = w->is_reverse ? w->n - 1 - w->i : w->i;
	w->i++;
	w->bucket = histogram_bucket_at(w->h, i);
	return true;
}

/* To the bucket that holds the rank. */
static void walk_to_rank(struct walk *w, double rank)
{
	while (walk_next(w)) {
		if (w->bucket.count == 0)
			continue;
		w->count += w->bucket.count;
		if (w->count >= rank)
			return;
	}
}

/* The zero bucket reaches only to where there are other buckets. */
static void narrow_zero(const struct histogram *h, struct histogram_bucket *b)
{
	if (h->negative.n == 0 && h->positive.n > 0)
		b->lower = 0;
	else if (h->positive.n == 0 && h->negative.n > 0)
		b->upper = 0;
}

/* The lowest and highest custom bucket have an end only on one side; true if that is the answer. */
static bool is_outermost(struct histogram_bucket *b, double *out)
{
	if (b->lower == -INFINITY && b->upper <= 0) {
		*out = b->upper;
		return true;
	}
	if (b->lower == -INFINITY) {
		b->lower = 0;
		return false;
	}
	*out = b->lower;
	return b->upper == INFINITY;
}

static double interpolate(const struct histogram *h, const struct histogram_bucket *b,
			  double fraction)
{
	if (histogram_is_custom(h) || (b->lower <= 0 && b->upper >= 0))
		return b->lower + (b->upper - b->lower) * fraction;
	double log_lower = log2(fabs(b->lower)), log_upper = log2(fabs(b->upper));
	if (b->lower > 0)
		return exp2(log_lower + (log_upper - log_lower) * fraction);
	return -exp2(log_upper + (log_lower - log_upper) * (1 - fraction));
}

double native_histogram_quantile(double q, const struct histogram *h, const struct note_place *p)
{
	double answer;

	if (q < 0)
		return -INFINITY;
	if (q > 1)
		return INFINITY;
	if (h->count == 0 || isnan(q))
		return NAN;
	struct walk w = {
	    .h = h, .is_reverse = !isnan(h->sum) && q >= 0.5, .n = histogram_num_buckets(h)};
	double rank = (w.is_reverse ? 1 - q : q) * h->count;
	walk_to_rank(&w, rank);
	if (histogram_is_custom(h)) {
		if (is_outermost(&w.bucket, &answer))
			return answer;
	} else if (w.bucket.lower < 0 && w.bucket.upper > 0) {
		narrow_zero(h, &w.bucket);
	}
	if (w.count > h->count)
		w.count = h->count;
	if (w.count < rank) {
		if (!isnan(h->sum))
			return w.bucket.upper;
		note_nan(p, "quantile has NaN observations, result is NaN");
		return NAN;
	}
	rank = w.is_reverse ? w.count - rank : rank - (w.count - w.bucket.count);
	struct histogram_bucket b = w.bucket;
	while (isnan(h->sum) && walk_next(&w)) {
		w.count += w.bucket.count;
		b = w.bucket;
	}
	if (isnan(h->sum) && w.count < h->count)
		note_nan(p, "quantile has NaN observations, result is skewed higher");
	return interpolate(h, &b, rank / b.count);
}

/* --- fraction --------------------------------------------------------------------------------- */

/* How many observations are below a bound; is_set once it is known. */
struct rank {
	double bound;
	double rank;
	bool is_set;
};

static void find_rank(struct rank *r, const struct histogram *h, const struct histogram_bucket *b,
		      bool is_zero, double before)
{
	if (r->is_set)
		return;
	if (b->lower >= r->bound) {
		r->rank = before;
		r->is_set = true;
	} else if (b->upper > r->bound) {
		bool is_linear = histogram_is_custom(h) || is_zero;
		r->rank = before + b->count * histogram_share_below(b, r->bound, is_linear);
		if (is_linear && b->lower == -INFINITY)
			r->rank = b->count;
		r->is_set = true;
	}
}

double native_histogram_fraction(double lower, double upper, const struct histogram *h,
				 const struct note_place *p)
{
	struct rank from = {.bound = lower}, to = {.bound = upper};
	double count = 0, before = 0;
	size_t i = 0, n = histogram_num_buckets(h);

	if (h->count == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	while (i < n && !(from.is_set && to.is_set)) {
		struct histogram_bucket b = histogram_bucket_at(h, i++);
		bool is_zero = b.lower <= 0 && b.upper >= 0;
		count += b.count;
		if (is_zero)
			narrow_zero(h, &b);
		find_rank(&from, h, &b, is_zero, before);
		find_rank(&to, h, &b, is_zero, before);
		before += b.count;
	}
	for (; isnan(h->sum) && i < n; i++)
		count += histogram_bucket_at(h, i).count;
	if (isnan(h->sum) && count < h->count)
		note_nan(p, "fraction has NaN observations, which are excluded from all fractions");
	if (!isnan(h->sum))
		count = h->count;
	double below = !from.is_set || from.rank > count ? count : from.rank;
	double up_to = !to.is_set || to.rank > count ? count : to.rank;
	return (up_to - below) / h->count;
}
