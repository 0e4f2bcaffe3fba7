#include "tests/lib/odd_series.h"

#include "base/vec.h"
#include "block/new_block.h"
#include "codec/xor_chunk.h"
#include "model/histogram_samples.h"
#include "model/samples.h"
#include "tests/lib/expect.h"
#include "tsdb/symbol_set.h"

#include <float.h>
#include <math.h>

enum { MINUTE_MS = 60 * 1000, CHUNK_SAMPLES = 120, CHUNK_HISTOGRAMS = 60 };

/* The chunks of one series. */
struct maker {
	struct arena *a;
	uint64_t random;
	VEC(int64_t) t_ms;
	VEC(double) v;
	VEC(struct histogram *) h;
	enum chunk_encoding encoding;
	bool is_gauge;
	VEC(struct chunk_meta) metas;
	VEC(struct chunk_data) chunks;
};

/* 0 to n - 1. */
static uint64_t pick(struct maker *m, uint64_t n)
{
	m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (m->random >> 33) % n;
}

static double double_of(uint64_t bits)
{
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void end_chunk(struct maker *m)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 24);
	struct histogram_chunk c;
	struct xor_encoder e;

	if (m->t_ms.n == 0)
		return;
	if (m->h.n) {
		histograms_to_chunk(m->a, m->t_ms.v, m->h.v, m->h.n,
				    m->is_gauge ? HISTOGRAM_CHUNK_GAUGE : HISTOGRAM_CHUNK_UNKNOWN,
				    &c);
		histogram_chunk_encode(m->encoding, &c, &bytes);
	} else {
		xor_encoder_init(&e, &bytes);
		for (size_t i = 0; i < m->t_ms.n; i++)
			xor_encoder_append(&e, m->t_ms.v[i], m->v.v[i]);
	}
	struct chunk_data data = {
	    .data = (const uint8_t *)arena_str(m->a, buf_str(&bytes)).p,
	    .size_bytes = (uint32_t)bytes.n,
	    .encoding = m->h.n ? m->encoding : CHUNK_XOR,
	};
	vec_push(&m->chunks, data);
	vec_push(&m->metas, (struct chunk_meta){.min_t_ms = m->t_ms.v[0],
						.max_t_ms = m->t_ms.v[m->t_ms.n - 1]});
	vec_clear(&m->t_ms);
	vec_clear(&m->v);
	vec_clear(&m->h);
}

static void put(struct maker *m, int64_t t_ms, double v)
{
	vec_push(&m->t_ms, t_ms);
	vec_push(&m->v, v);
	if (m->t_ms.n == CHUNK_SAMPLES)
		end_chunk(m);
}

/* --- floats ----------------------------------------------------------------------------------- */

static int64_t minute(struct maker *m, int i)
{
	return ODD_MIN_T_MS + (int64_t)i * MINUTE_MS + 7000 + (int64_t)pick(m, 30);
}

static void counter_with_resets(struct maker *m)
{
	double v = 100;

	for (int i = 0; i < 900; i++) {
		v = pick(m, 50) == 0 ? (double)pick(m, 20) : v + (double)pick(m, 1000) / 8;
		put(m, minute(m, i), v);
	}
}

static void long_counter(struct maker *m)
{
	double v = 0;

	for (int i = 0; i < 2880; i++) {
		v = pick(m, 400) == 0 ? 0 : v + (double)pick(m, 100);
		put(m, minute(m, 5 * i), v);
	}
}

static void odd_values(struct maker *m)
{
	static const double values[] = {0,   -0.0,      1e-310, -1.5,     INFINITY,
					2.5, -INFINITY, 1e300,  -DBL_MAX, 0.1};

	for (int i = 0; i < 400; i++)
		put(m, minute(m, i), values[pick(m, sizeof(values) / sizeof(values[0]))]);
}

static void infinities_alone(struct maker *m)
{
	for (int i = 0; i < 60; i++)
		put(m, minute(m, i), i < 30 ? INFINITY : -INFINITY);
}

static void stale_markers_and_gaps(struct maker *m)
{
	for (int i = 0; i < 900; i++) {
		bool is_gap = i % 100 > 70 || (i > 300 && i < 420);
		if (i % 100 == 70 || pick(m, 40) == 0)
			put(m, minute(m, i), double_of(STALE_NAN_BITS));
		else if (!is_gap)
			put(m, minute(m, i), (double)i * 3);
	}
}

static void some_nans_and_then_only_nans(struct maker *m)
{
	for (int i = 0; i < 1800; i++) {
		bool is_nan = (i > 700 && i < 1600) || pick(m, 4) == 0;
		put(m, minute(m, i), is_nan ? double_of(NORMAL_NAN_BITS) : (double)(i * i % 97));
	}
}

static void only_stale(struct maker *m)
{
	for (int i = 0; i < 10; i++)
		put(m, minute(m, i), double_of(STALE_NAN_BITS));
}

static void only_nans(struct maker *m)
{
	for (int i = 0; i < 10; i++)
		put(m, minute(m, i), double_of(NORMAL_NAN_BITS));
}

static void one_sample(struct maker *m)
{
	put(m, ODD_MIN_T_MS + 12345, 6.25);
}

static void far_apart(struct maker *m)
{
	for (int i = 0; i < 500; i++)
		put(m, minute(m, 23 * i), (double)pick(m, 100) - 50);
}

static void every_second(struct maker *m)
{
	for (int i = 0; i < 2000; i++)
		put(m, ODD_MIN_T_MS + 1000 * i + 299999, (double)(i % 700));
}

static void backwards_within_a_chunk(struct maker *m)
{
	for (int i = 0; i < 240; i++)
		put(m, minute(m, i % 120 == 60 ? i - 30 : i % 120 == 61 ? i - 1 : i), i);
}

static void same_time_twice(struct maker *m)
{
	for (int i = 0; i < 240; i++)
		put(m, ODD_MIN_T_MS + (int64_t)(i / 2) * MINUTE_MS * 3, i % 5 ? i : 0);
}

/* --- histograms ------------------------------------------------------------------------------- */

static struct histogram *histogram_with(struct maker *m, int32_t schema, int first, size_t n)
{
	struct histogram *h = ARENA_NEW(m->a, struct histogram);
	int32_t *index = ARENA_ARRAY(m->a, int32_t, n);

	for (size_t i = 0; i < n; i++)
		index[i] = first + (int)(i + i / 3);
	*h = (struct histogram){
	    .schema = schema,
	    .zero_threshold = 0x1p-128,
	    .positive = {index, ARENA_ARRAY(m->a, double, n), n},
	    .negative = {index, ARENA_ARRAY(m->a, double, n / 2), n / 2},
	};
	return h;
}

static void count_up(struct histogram *h)
{
	h->count = h->zero_count;
	for (size_t i = 0; i < h->positive.n; i++)
		h->count += h->positive.count[i];
	for (size_t i = 0; i < h->negative.n; i++)
		h->count += h->negative.count[i];
	h->sum = h->count * 1.5;
}

static void put_histogram(struct maker *m, int64_t t_ms, const struct histogram *h)
{
	vec_push(&m->t_ms, t_ms);
	vec_push(&m->h, histogram_copy(m->a, h));
	if (m->h.n == CHUNK_HISTOGRAMS)
		end_chunk(m);
}

static void grow(struct maker *m, struct histogram *h)
{
	for (size_t i = 0; i < h->positive.n; i++)
		h->positive.count[i] += (double)pick(m, 4);
	for (size_t i = 0; i < h->negative.n; i++)
		h->negative.count[i] += (double)pick(m, 2);
	h->zero_count += (double)pick(m, 3);
	count_up(h);
}

static void histogram_counter(struct maker *m)
{
	struct histogram *h = histogram_with(m, 2, -2, 6);

	m->encoding = CHUNK_HISTOGRAM;
	for (int i = 0; i < 900; i++) {
		if (i % 250 == 249) { /* starts anew, and has other buckets */
			end_chunk(m);
			h = histogram_with(m, 2, i % 4, 8);
		}
		grow(m, h);
		put_histogram(m, minute(m, i), h);
	}
}

static void histogram_of_other_resolutions(struct maker *m)
{
	struct histogram *h = histogram_with(m, 3, 0, 9);

	m->encoding = CHUNK_HISTOGRAM;
	for (int i = 0; i < 600; i++) {
		if (i % 120 == 119) {
			end_chunk(m);
			h = histogram_copy(m->a, h);
			if (i % 240 == 119)
				histogram_reduce(m->a, h, 1);
			else
				h = histogram_with(m, 3, 1, 7);
		}
		grow(m, h);
		put_histogram(m, minute(m, i), h);
	}
}

static void float_histogram_gauge(struct maker *m)
{
	struct histogram *h = histogram_with(m, 0, -1, 5);

	m->encoding = CHUNK_FLOAT_HISTOGRAM;
	m->is_gauge = true;
	for (int i = 0; i < 600; i++) {
		for (size_t k = 0; k < h->positive.n; k++)
			h->positive.count[k] = (double)pick(m, 1000) / 64;
		count_up(h);
		if (pick(m, 90) == 0)
			h->sum = double_of(pick(m, 2) ? STALE_NAN_BITS : NORMAL_NAN_BITS);
		put_histogram(m, minute(m, i), h);
	}
}

static void floats_and_histograms(struct maker *m)
{
	struct histogram *h = histogram_with(m, 1, 0, 4);

	m->encoding = CHUNK_HISTOGRAM;
	for (int i = 0; i < 720; i++) {
		if (i % 100 == 0)
			end_chunk(m);
		grow(m, h);
		if (i / 100 % 2)
			put_histogram(m, minute(m, i), h);
		else
			put(m, minute(m, i), i);
	}
}

/* --- the block -------------------------------------------------------------------------------- */

static const struct {
	const char *name; /* ascending */
	void (*make)(struct maker *m);
} all_series[] = {
    {"backwards_within_a_chunk", backwards_within_a_chunk},
    {"counter_with_resets", counter_with_resets},
    {"every_second", every_second},
    {"far_apart", far_apart},
    {"float_histogram_gauge", float_histogram_gauge},
    {"floats_and_histograms", floats_and_histograms},
    {"histogram_counter", histogram_counter},
    {"histogram_of_other_resolutions", histogram_of_other_resolutions},
    {"infinities_alone", infinities_alone},
    {"long_counter", long_counter},
    {"odd_values", odd_values},
    {"one_sample", one_sample},
    {"only_nans", only_nans},
    {"only_stale", only_stale},
    {"same_time_twice", same_time_twice},
    {"some_nans_and_then_only_nans", some_nans_and_then_only_nans},
    {"stale_markers_and_gaps", stale_markers_and_gaps},
};

enum { N_SERIES = sizeof(all_series) / sizeof(all_series[0]) };

static void put_series(struct block_writer *w, uint32_t name, uint32_t value, size_t i)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct maker m = {.a = a, .random = i + 1};
	struct symbol_pair label = {name, value};
	struct err err = ERR_INIT;

	all_series[i].make(&m);
	end_chunk(&m);
	struct index_series s = {&label, 1, m.metas.v, m.metas.n};
	expect_ok(block_writer_add_series(w, &s, m.chunks.v, &err), err);
	vec_done(&m.t_ms);
	vec_done(&m.v);
	vec_done(&m.h);
	vec_done(&m.metas);
	vec_done(&m.chunks);
}

void odd_block_make(const char *dir, struct ulid id, struct arena *a, struct meta *out)
{
	static struct label labels[] = {LABEL("cluster", "odd")};
	static const struct block_writer_options options;
	struct symbol_set *symbols auto_free(symbol_set_free) = symbol_set_new(NULL);
	uint32_t names[N_SERIES], name = symbol_set_add(symbols, STR("__name__"));
	struct err err = ERR_INIT;

	for (size_t i = 0; i < N_SERIES; i++)
		names[i] = symbol_set_add(symbols, str_of(all_series[i].name));
	symbol_set_sort(symbols);
	struct new_block *b auto_free(new_block_close) = new_block_open(dir, id, &options, &err);
	if (!b)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < symbol_set_count(symbols); i++)
		expect_ok(
		    block_writer_add_symbol(new_block_writer(b), symbol_set_text(symbols, i), &err),
		    err);
	for (size_t i = 0; i < N_SERIES; i++)
		put_series(new_block_writer(b), symbol_set_number(symbols, name),
			   symbol_set_number(symbols, names[i]), i);
	*out = (struct meta){
	    .min_t_ms = ODD_MIN_T_MS,
	    .max_t_ms = ODD_MAX_T_MS,
	    .compaction = {.level = 1, .sources = ARENA_NEW(a, struct ulid), .n_sources = 1},
	    .labels = {labels, 1},
	    .source = STR("test"),
	    .upload_time_ms = META_NO_UPLOAD_TIME,
	};
	out->compaction.sources[0] = id;
	expect_ok(new_block_commit(b, NULL, out, &err), err);
}
