/* kahan.h - summation with a compensation for what rounding loses, as Prometheus sums.
 */
#ifndef PROMQL_KAHAN_H
#define PROMQL_KAHAN_H

#include <math.h>
#include <stdbool.h>

struct kahan {
	double sum;
	double c;
};

/* Neumaier's form. A sum that is infinite has no compensation. */
static inline void kahan_add(struct kahan *k, double v)
{
	double t = k->sum + v;

	if (isinf(t))
		k->c = 0;
	else if (fabs(k->sum) >= fabs(v))
		k->c += (k->sum - t) + v;
	else
		k->c += (v - t) + k->sum;
	k->sum = t;
}

/* An average: of the sum, until that would overflow, from then on adjusted by each number. */
struct mean {
	struct kahan k; /* the sum so far, or the mean when is_incremental */
	double count;
	bool is_incremental;
};

static inline void mean_add(struct mean *m, double v)
{
	if (m->count++ == 0) {
		m->k = (struct kahan){v, 0};
		return;
	}
	if (!m->is_incremental) {
		struct kahan k = m->k;
		kahan_add(&k, v);
		if (!isinf(k.sum)) {
			m->k = k;
			return;
		}
		m->is_incremental = true;
		m->k.sum /= m->count - 1;
		m->k.c /= m->count - 1;
	}
	double weight = (m->count - 1) / m->count;
	m->k.sum *= weight;
	m->k.c *= weight;
	kahan_add(&m->k, v / m->count);
}

/* Numbers that came after those of `m`. */
static inline void mean_merge(struct mean *m, const struct mean *more)
{
	if (m->count == 0) {
		*m = *more;
		return;
	}
	double count = m->count + more->count;
	if (!m->is_incremental && !more->is_incremental) {
		struct kahan k = m->k;
		kahan_add(&k, more->k.sum);
		if (!isinf(k.sum)) {
			m->k = (struct kahan){k.sum, k.c + more->k.c};
			m->count = count;
			return;
		}
	}
	double own = m->count / count, other = more->count / count;
	double scale = m->is_incremental ? own : own / m->count;
	double scale_more = more->is_incremental ? other : other / more->count;
	m->k.sum *= scale;
	m->k.c *= scale;
	kahan_add(&m->k, more->k.sum * scale_more);
	m->k.c += more->k.c * scale_more;
	m->count = count;
	m->is_incremental = true;
}

static inline double mean_value(const struct mean *m)
{
	if (m->is_incremental)
		return m->k.sum + m->k.c;
	return m->k.sum / m->count + m->k.c / m->count;
}

#endif
