#include "objstore/pace.h"

#define SECOND_NS INT64_C(1000000000)

/* A complaint takes the rate to this share of what was asked lately; complaints about requests that
 * were already under way do not count again. Each second without one gives a tenth back. */
static const double lower_to = 0.7, raise_per_second = 0.1, least_per_second = 1;
static const int64_t deaf_ns = SECOND_NS / 2, forget_ns = 120 * SECOND_NS;

void pace_init(struct pace *p)
{
	*p = (struct pace){.lowered_ns = INT64_MIN / 2};
	pthread_mutex_init(&p->mu, NULL);
}

void pace_done(struct pace *p)
{
	pthread_mutex_destroy(&p->mu);
}

/* Requests per second, from windows of a quarter of a second or longer. */
static void count(struct pace *p, int64_t now_ns)
{
	int64_t span_ns = now_ns - p->window_ns;

	p->n_requests++;
	if (span_ns < SECOND_NS / 4)
		return;
	p->seen_per_second = (double)p->n_requests * (double)SECOND_NS / (double)span_ns;
	p->window_ns = now_ns;
	p->n_requests = 0;
}

int64_t pace_take_ns(struct pace *p, int64_t now_ns)
{
	int64_t wait_ns = 0;

	pthread_mutex_lock(&p->mu);
	count(p, now_ns);
	if (p->per_second > 0) {
		if (p->next_ns < now_ns)
			p->next_ns = now_ns;
		wait_ns = p->next_ns - now_ns;
		p->next_ns += (int64_t)((double)SECOND_NS / p->per_second);
	}
	pthread_mutex_unlock(&p->mu);
	return wait_ns;
}

bool pace_is_limited(struct pace *p)
{
	pthread_mutex_lock(&p->mu);
	bool is_limited = p->per_second > 0;
	pthread_mutex_unlock(&p->mu);
	return is_limited;
}

void pace_complained(struct pace *p, int64_t now_ns)
{
	pthread_mutex_lock(&p->mu);
	if (now_ns - p->lowered_ns >= deaf_ns) {
		double rate = p->seen_per_second > 0 ? p->seen_per_second : 100;
		if (p->per_second > 0 && p->per_second < rate)
			rate = p->per_second;
		p->per_second = rate * lower_to;
		if (p->per_second < least_per_second)
			p->per_second = least_per_second;
		p->lowered_ns = now_ns;
	}
	pthread_mutex_unlock(&p->mu);
}

void pace_answered(struct pace *p, int64_t now_ns)
{
	pthread_mutex_lock(&p->mu);
	if (now_ns - p->lowered_ns > forget_ns)
		p->per_second = 0;
	else if (p->per_second > 0) /* about per_second answers come in each second */
		p->per_second += raise_per_second;
	pthread_mutex_unlock(&p->mu);
}
