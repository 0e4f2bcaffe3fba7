#include "tools/blockgen/signal.h"

#include "base/hash.h"

#include <math.h>

#define DAY_MS INT64_C(86400000)

enum { NOISE_MS = 15000 };

/* Identifies a series within its pod. */
static uint64_t series_seed(const struct pod *pod, const char *family, size_t at0, size_t at1)
{
	return mix(mix(pod->seed, hash_bytes(str_of(family))), at0 * 64 + at1);
}

/* Most processes live until their pod dies; some restart every few hours or days. */
int64_t signal_start_ms(const struct pod *pod, int64_t t_ms)
{
	int64_t period_ms = (int64_t)((double)DAY_MS * (0.2 + 8 * mix_unit(pod->seed, 10)));
	int64_t restart_ms = t_ms - (t_ms - pod->born_ms) % period_ms;

	return mix(pod->seed, 11) % 3 ? pod->born_ms : restart_ms;
}

/* How much a counter of rate 1 has grown between the two, as days go: half as much again by day,
 * half by night. */
static double growth(int64_t from_ms, int64_t to_ms)
{
	double day = 2 * M_PI / (double)DAY_MS;

	return (double)(to_ms - from_ms) +
	       0.5 * (cos(day * (double)from_ms) - cos(day * (double)to_ms)) / day;
}

/* Noise never takes a counter back: it stays below what the counter gains until the next one. */
static double counter(uint64_t seed, double scale, int64_t start_ms, int64_t t_ms)
{
	double rate = scale / 1000 * exp2(4 * mix_unit(seed, 1) - 2);
	int64_t step_ms = t_ms - t_ms % NOISE_MS;
	double noise = mix_unit(seed, (uint64_t)(step_ms / NOISE_MS));

	if (step_ms < start_ms)
		return 0;
	return rate * (growth(start_ms, step_ms) + noise * NOISE_MS * 0.5);
}

static double gauge(uint64_t seed, double scale, int64_t t_ms)
{
	double level = scale * exp2(4 * mix_unit(seed, 1) - 2);
	double period_ms = (double)DAY_MS * (0.05 + mix_unit(seed, 2));
	double wave = sin(2 * M_PI * (double)t_ms / period_ms);
	double noise = mix_unit(seed, (uint64_t)(t_ms / NOISE_MS)) - 0.5;

	return round(level * (1 + 0.2 * wave + 0.05 * noise));
}

/* The share of requests that are done within each bound of a classic histogram. */
static double share_below(size_t bound)
{
	static const double shares[] = {0.02, 0.11, 0.34, 0.58,  0.77,  0.9,
					0.96, 0.98, 0.99, 0.995, 0.999, 1};

	return shares[bound];
}

double signal_value(const struct pod_series *s, int64_t t_ms)
{
	const struct family *f = s->family;
	int64_t start_ms = signal_start_ms(s->pod, t_ms);
	uint64_t seed = series_seed(s->pod, f->name, s->at[0], s->at[1]);

	switch (f->kind) {
	case KIND_UP:
		return 1;
	case KIND_START:
		return (double)start_ms / 1000;
	case KIND_GAUGE:
		return gauge(seed, f->scale, t_ms);
	case KIND_SECONDS:
		return counter(seed, f->scale, start_ms, t_ms);
	case KIND_BUCKET:
		seed = series_seed(s->pod, f->base, s->at[0], 0);
		return floor(floor(counter(seed, f->scale, start_ms, t_ms)) *
			     share_below(s->at[1]));
	case KIND_COUNTER:
	case KIND_NATIVE:
		break;
	}
	return floor(counter(seed, f->scale, start_ms, t_ms));
}

struct histogram_layout signal_layout(void)
{
	static const struct histogram_span span = {-20, SIGNAL_HISTOGRAM_BUCKETS};

	return (struct histogram_layout){
	    .schema = 3,
	    .zero_threshold = 0x1p-128,
	    .positive = {&span, 1, SIGNAL_HISTOGRAM_BUCKETS},
	};
}

/* Shares of a bell over the buckets. */
void signal_histogram(const struct pod_series *s, int64_t t_ms, struct histogram_sample *out)
{
	double n = signal_value(s, t_ms), mean = 0.3, total = 0;

	for (size_t i = 0; i < SIGNAL_HISTOGRAM_BUCKETS; i++) {
		double x = ((double)i - SIGNAL_HISTOGRAM_BUCKETS / 2.0) / 4;
		out->positive[i] = floor(n * 0.1 * exp(-x * x / 2));
		total += out->positive[i];
	}
	out->t_ms = t_ms;
	out->zero_count = 0;
	out->count = total;
	out->sum = total * mean;
}
