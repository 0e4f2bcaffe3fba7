/* Series made of the input must come out of the reader as they went in; and the reader, which
 * the tests trust, must stand any bytes. */
#include "api/columns.h"
#include "base/assert.h"
#include "tests/lib/columns_reader.h"

#include <string.h>

struct input {
	const uint8_t *p;
	size_t n;
};

/* Zeros at the end. */
static uint64_t take_bits(struct input *in, size_t n_bytes)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n_bytes && in->n > 0; i++, in->p++, in->n--)
		bits |= (uint64_t)*in->p << (8 * i);
	return bits;
}

static double take_double(struct input *in)
{
	uint64_t bits = take_bits(in, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static struct histogram_side make_side(struct arena *a, struct input *in)
{
	size_t n = take_bits(in, 1) % 5;
	int32_t *index = ARENA_ARRAY(a, int32_t, n);
	double *count = ARENA_ARRAY(a, double, n);

	for (size_t i = 0; i < n; i++) {
		index[i] = (int32_t)take_bits(in, 4);
		count[i] = take_double(in);
	}
	return (struct histogram_side){index, count, n};
}

static struct histogram *make_histogram(struct arena *a, struct input *in)
{
	struct histogram *h = ARENA_NEW(a, struct histogram);
	double *bounds = ARENA_ARRAY(a, double, 3);

	h->schema = (int32_t)take_bits(in, 4);
	h->zero_threshold = take_double(in);
	h->zero_count = take_double(in);
	h->count = take_double(in);
	h->sum = take_double(in);
	h->positive = make_side(a, in);
	h->negative = make_side(a, in);
	h->n_bounds = take_bits(in, 1) % 4;
	for (size_t i = 0; i < h->n_bounds; i++)
		bounds[i] = take_double(in);
	h->bounds = bounds;
	return h;
}

enum { MAX_STEPS = 70, MAX_SERIES = 8 };

static struct result_series make_series(struct arena *a, struct input *in, size_t n_steps)
{
	uint8_t flags = (uint8_t)take_bits(in, 1);
	struct label *label = ARENA_NEW(a, struct label);
	int64_t *t_ms = ARENA_ARRAY(a, int64_t, MAX_STEPS);
	double *v = ARENA_ARRAY(a, double, MAX_STEPS);
	uint32_t *steps = ARENA_ARRAY(a, uint32_t, MAX_STEPS);
	struct histogram **hist = ARENA_ARRAY(a, struct histogram *, MAX_STEPS);
	size_t n = 0;

	*label = (struct label){STR("l"), str_of(arena_printf(a, "%d", flags))};
	for (size_t i = 0; i < n_steps; i++) {
		uint8_t what = (uint8_t)take_bits(in, 1);
		if (what % 4 == 0)
			continue;
		t_ms[n] = (int64_t)take_bits(in, 6);
		v[n] = take_double(in);
		hist[n] = (flags & 1) && what % 4 == 1 ? make_histogram(a, in) : NULL;
		steps[n++] = (uint32_t)i;
	}
	return (struct result_series){
	    .labels = {label, 1},
	    .n = n,
	    .t_ms = t_ms,
	    .v = v,
	    .hist = flags & 1 ? hist : NULL,
	    .steps = flags & 2 ? NULL : steps,
	};
}

static bool same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void expect_side(const struct histogram_side *got, const struct histogram_side *want)
{
	assert(got->n == want->n);
	for (size_t i = 0; i < got->n; i++)
		assert(got->index[i] == want->index[i] && same_bits(got->count[i], want->count[i]));
}

static void expect_histogram(const struct histogram *got, const struct histogram *want)
{
	assert((got != NULL) == (want != NULL));
	if (!got)
		return;
	assert(got->schema == want->schema && got->n_bounds == want->n_bounds);
	assert(same_bits(got->zero_threshold, want->zero_threshold));
	assert(same_bits(got->zero_count, want->zero_count));
	assert(same_bits(got->count, want->count) && same_bits(got->sum, want->sum));
	expect_side(&got->positive, &want->positive);
	expect_side(&got->negative, &want->negative);
	for (size_t i = 0; i < got->n_bounds; i++)
		assert(same_bits(got->bounds[i], want->bounds[i]));
}

static void expect_series(const struct columns_series *got, const struct result_series *want,
			  size_t n_steps)
{
	size_t next = 0;

	assert(got->n == (want->steps ? n_steps : want->n));
	assert(str_eq(got->labels.v[0].value, want->labels.v[0].value));
	for (size_t i = 0; i < got->n; i++) {
		bool is_there = next < want->n && (!want->steps || want->steps[next] == i);
		const struct histogram *h = is_there && want->hist ? want->hist[next] : NULL;
		uint64_t bits = COLUMNS_MISSING;
		if (is_there && !h)
			memcpy(&bits, &want->v[next], sizeof(bits));
		if (is_there && !h && bits == COLUMNS_MISSING)
			assert(got->v[i] == 0x7ff8000000000000);
		else
			assert(got->v[i] == bits);
		expect_histogram(got->hist ? got->hist[i] : NULL, h);
		if (got->t_ms)
			assert(got->t_ms[i] == (double)want->t_ms[i]);
		next += is_there;
	}
	assert(next == want->n);
}

static void round_trip(struct arena *a, struct input in)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct columns_info info = {VALUE_MATRIX, (int64_t)take_bits(&in, 8), (int64_t)take_bits(&in, 6),
				    take_bits(&in, 1) % MAX_STEPS};
	size_t n = take_bits(&in, 1) % MAX_SERIES;
	struct result_series *series = ARENA_ARRAY(a, struct result_series, n);
	struct str parts[COLUMNS_PARTS];
	struct columns c auto_done(columns_done);
	struct columns_answer got;
	struct err err = ERR_INIT;

	columns_init(&c, &info, NULL);
	for (size_t i = 0; i < n; i++) {
		series[i] = make_series(a, &in, info.n_steps);
		assert(columns_add(&c, &series[i], &err));
	}
	assert(columns_end(&c, parts, &err));
	for (size_t i = 0; i < COLUMNS_PARTS; i++)
		buf_append_str(&bytes, parts[i]);
	assert(columns_read(a, buf_str(&bytes), &got, &err));
	assert(got.n == n && got.start_ms == info.start_ms && got.step_ms == info.step_ms);
	for (size_t i = 0; i < n; i++)
		expect_series(&got.v[i], &series[i], info.n_steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct columns_answer got;
	struct err err = ERR_INIT;

	if (!columns_read(a, str_from(data, size), &got, &err))
		assert(err.code != ERR_OK);
	round_trip(a, (struct input){data, size});
	return 0;
}
