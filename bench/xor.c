/* xor.c - how many samples a second one core decodes from XOR chunks, and encodes into them.
 *
 * Prints the median of some repeats, for chunks of 120 samples of different kinds of data. Counts
 * the thread's own time, so that a busy machine matters less.
 */
#include "base/vec.h"
#include "codec/xor_chunk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { N_CHUNKS = 16384, CHUNK_SAMPLES = 120, N_REPEATS = 11 };

static uint64_t random_state = 88172645463325252u;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t below(uint64_t n)
{
	return random_u64() % n;
}

static int64_t jitter(int64_t ms)
{
	return (int64_t)below(2 * (uint64_t)ms + 1) - ms;
}

static double next_counter(double v)
{
	return v + (double)below(200);
}

static double next_constant(double v)
{
	return v ? v : 42;
}

static double next_gauge(double v)
{
	(void)v;
	return (double)random_u64() / 1e19;
}

static double next_integer(double v)
{
	(void)v;
	return (double)below(1000);
}

static double next_rare(double v)
{
	return below(50) ? v : (double)below(100);
}

static const struct shape {
	const char *name;
	int64_t jitter_ms;
	double (*next)(double v);
} shapes[] = {
    {"counter_jitter_5ms", 5, next_counter},
    {"constant", 0, next_constant},
    {"gauge_jitter_1ms", 1, next_gauge},
    {"integers_below_1000", 0, next_integer},
    {"counter", 0, next_counter},
    {"rarely_changing", 0, next_rare},
};

struct chunks {
	struct buf bytes;
	size_t ends[N_CHUNKS];
};

static void encode_all(struct chunks *c, const int64_t *t, const double *v)
{
	buf_clear(&c->bytes);
	for (size_t i = 0; i < N_CHUNKS; i++) {
		struct xor_encoder e;
		xor_encoder_init(&e, &c->bytes);
		for (size_t k = 0; k < CHUNK_SAMPLES; k++, t++, v++)
			xor_encoder_append(&e, *t, *v);
		c->ends[i] = c->bytes.n;
	}
}

static void decode_all(const struct chunks *c)
{
	int64_t t[CHUNK_SAMPLES];
	double v[CHUNK_SAMPLES];
	struct err err = ERR_INIT;
	size_t n, start = 0;

	for (size_t i = 0; i < N_CHUNKS; i++) {
		if (!xor_chunk_decode((const uint8_t *)c->bytes.p + start, c->ends[i] - start, t, v,
				      &n, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			exit(1);
		}
		start = c->ends[i];
	}
}

static void generate(const struct shape *s, int64_t *t, double *v)
{
	double value = 0;

	for (size_t i = 0; i < (size_t)N_CHUNKS * CHUNK_SAMPLES; i++) {
		value = i % CHUNK_SAMPLES ? s->next(value) : s->next(0);
		t[i] =
		    1700000000000 + 15000 * (int64_t)i + (s->jitter_ms ? jitter(s->jitter_ms) : 0);
		v[i] = value;
	}
}

static int64_t own_time_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void print_median(const char *what, const struct shape *s, int64_t *took_ns)
{
	qsort(took_ns, N_REPEATS, sizeof(*took_ns), compare);
	printf("%s_%s %.1f Msamples/s\n", what, s->name,
	       1e3 * N_CHUNKS * CHUNK_SAMPLES / (double)took_ns[N_REPEATS / 2]);
}

static void run(const struct shape *s, struct chunks *c, int64_t *t, double *v)
{
	int64_t decode_ns[N_REPEATS], encode_ns[N_REPEATS];

	generate(s, t, v);
	for (size_t i = 0; i < N_REPEATS; i++) {
		int64_t start = own_time_ns();
		encode_all(c, t, v);
		int64_t mid = own_time_ns();
		for (int k = 0; k < 4; k++)
			decode_all(c);
		encode_ns[i] = mid - start;
		decode_ns[i] = (own_time_ns() - mid) / 4;
	}
	printf("xor_size_%s %.2f bytes/sample\n", s->name,
	       (double)c->bytes.n / N_CHUNKS / CHUNK_SAMPLES);
	print_median("xor_decode", s, decode_ns);
	print_median("xor_encode", s, encode_ns);
}

int main(void)
{
	static struct chunks c = {.bytes = BUF_INIT((size_t)1 << 30)};
	size_t n = (size_t)N_CHUNKS * CHUNK_SAMPLES;
	int64_t *t = xreallocarray(NULL, n, sizeof(*t));
	double *v = xreallocarray(NULL, n, sizeof(*v));

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		run(&shapes[i], &c, t, v);
	buf_done(&c.bytes);
	free(t);
	free(v);
	return 0;
}
