#include "promql/histogram_total.h"

#include <float.h>
#include <math.h>

static bool is_large(double v)
{
	return !(fabs(v) < DBL_MAX / 4);
}

static bool any_large(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_large(v[i]))
			return true;
	return false;
}

/* Might adding two such histograms overflow? */
static bool may_overflow(const struct histogram *h)
{
	return is_large(h->count) || is_large(h->sum) || is_large(h->zero_count) ||
	       any_large(h->positive.count, h->positive.n) ||
	       any_large(h->negative.count, h->negative.n);
}

static void add(struct histogram_total *t, struct arena *a, const struct histogram *h)
{
	struct histogram_clash clash = histogram_add_compensated(a, t->sum, t->c, h);

	t->is_incompatible |= clash.is_incompatible;
	t->has_bounds |= clash.has_bounds;
}

/* To an average of those before, because the sum has become too large. */
static void become_incremental(struct histogram_total *t)
{
	t->is_incremental = true;
	histogram_divide(t->sum, t->count - 1);
	histogram_divide(t->c, t->count - 1);
}

/* False if the sum overflows, which is then as it was. */
static bool add_to_sum(struct histogram_total *t, struct arena *a, const struct histogram *h)
{
	if (!may_overflow(t->sum) && !may_overflow(h)) {
		add(t, a, h);
		return true;
	}
	struct histogram_total before = *t;
	t->sum = histogram_copy(a, t->sum);
	t->c = histogram_copy(a, t->c);
	add(t, a, h);
	if (t->is_incompatible || !histogram_has_overflow(t->sum))
		return true;
	*t = before;
	return false;
}

void histogram_total_add(struct histogram_total *t, struct arena *a, const struct histogram *h,
			 bool is_average)
{
	if (t->is_incompatible)
		return;
	t->has_reset |= h->hint == HISTOGRAM_RESET;
	t->has_not_reset |= h->hint == HISTOGRAM_NOT_RESET;
	t->count++;
	if (!t->sum) {
		t->sum = histogram_copy(a, h);
		t->c = histogram_compensation(a, h);
		return;
	}
	if (!is_average) {
		add(t, a, h);
		return;
	}
	if (!t->is_incremental) {
		if (add_to_sum(t, a, h))
			return;
		become_incremental(t);
	}
	double weight = (t->count - 1) / t->count;
	struct histogram *part = histogram_copy(a, h);
	histogram_divide(part, t->count);
	histogram_multiply(t->sum, weight);
	histogram_multiply(t->c, weight);
	add(t, a, part);
}

struct histogram *histogram_total_value(struct histogram_total *t, struct arena *a, bool is_average)
{
	if (is_average && !t->is_incremental) {
		histogram_divide(t->sum, t->count);
		histogram_divide(t->c, t->count);
	}
	if (t->count > 1)
		histogram_settle(a, t->sum, t->c);
	return t->sum;
}
