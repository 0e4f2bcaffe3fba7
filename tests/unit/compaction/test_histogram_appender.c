#include "compaction/histogram_appender.h"

#include "model/samples.h"
#include "tests/lib/expect.h"

/* Two spans at most: buckets from `first` on. */
struct shape {
	int32_t first;
	uint32_t n;
	int32_t gap; /* before a second span of one bucket; 0: none */
};

struct rig {
	struct arena *a;
	struct histogram_appender p;
	int64_t t_ms;
};

static int set_up(void **state)
{
	static struct rig r;

	r = (struct rig){.a = arena_new(NULL)};
	*state = &r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	arena_free(r->a);
	return 0;
}

static struct histogram_spans make_spans(struct arena *a, struct shape shape)
{
	struct histogram_span *v = ARENA_ARRAY(a, struct histogram_span, 2);

	v[0] = (struct histogram_span){shape.first, shape.n};
	v[1] = (struct histogram_span){shape.gap, 1};
	return (struct histogram_spans){v, shape.gap ? 2 : 1, shape.n + (shape.gap != 0)};
}

/* The next sample, with these counts in its positive buckets. */
static struct column_sample make_sample(struct rig *r, struct shape shape, const double *counts)
{
	struct column_sample s = {.encoding = CHUNK_HISTOGRAM, .t_ms = r->t_ms += 1000};
	size_t n = shape.n + (shape.gap != 0);

	s.layout = (struct histogram_layout){.schema = 1, .positive = make_spans(r->a, shape)};
	s.histogram = (struct histogram_sample){.t_ms = s.t_ms};
	s.histogram.positive = ARENA_ARRAY(r->a, double, n);
	s.histogram.negative = ARENA_ARRAY(r->a, double, 1);
	for (size_t i = 0; i < n; i++) {
		s.histogram.positive[i] = counts[i];
		s.histogram.count += counts[i];
	}
	return s;
}

#define SAMPLE(r, shape, ...) make_sample((r), shape, (double[]){__VA_ARGS__})
#define SHAPE(...)            ((struct shape){__VA_ARGS__})

static struct column_sample stale_sample(struct rig *r)
{
	uint64_t bits = STALE_NAN_BITS;
	struct column_sample s = {.encoding = CHUNK_HISTOGRAM, .t_ms = r->t_ms += 1000};

	memcpy(&s.histogram.sum, &bits, sizeof(bits));
	s.histogram.t_ms = s.t_ms;
	return s;
}

static void begin(struct rig *r, struct column_sample s)
{
	histogram_appender_begin(&r->p, r->a, &s, HISTOGRAM_CHUNK_UNKNOWN);
}

static void expect_added(struct rig *r, struct column_sample s)
{
	enum histogram_chunk_reset reset;

	assert_true(histogram_appender_add(&r->p, &s, &reset));
}

static void expect_refused(struct rig *r, struct column_sample s, enum histogram_chunk_reset want)
{
	enum histogram_chunk_reset reset;

	assert_false(histogram_appender_add(&r->p, &s, &reset));
	assert_int_equal(reset, want);
}

/* "header | offset:length ... | counts of a sample | ..." */
static void expect_chunk(struct rig *r, const char *want)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 16);
	struct histogram_chunk c;
	struct err err = ERR_INIT;

	histogram_appender_encode(&r->p, &bytes);
	struct chunk_data data = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, r->p.encoding, 0};
	expect_ok(histogram_chunk_decode(&data, r->a, &c, &err), err);
	buf_printf(&text, "%02x |", c.reset);
	for (size_t i = 0; i < c.layout.positive.n; i++)
		buf_printf(&text, " %d:%u", c.layout.positive.v[i].offset,
			   c.layout.positive.v[i].length);
	for (size_t i = 0; i < c.n; i++) {
		buf_puts(&text, " |");
		for (size_t k = 0; c.samples[i].positive && k < c.layout.positive.n_buckets; k++)
			buf_printf(&text, " %g", c.samples[i].positive[k]);
	}
	expect_str(buf_str(&text), want);
}

static void samples_of_one_layout_share_a_chunk(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(0, 2), 1, 2));
	expect_added(r, SAMPLE(r, SHAPE(0, 2), 1, 3));
	expect_added(r, stale_sample(r));

	expect_chunk(r, "00 | 0:2 | 1 2 | 1 3 |");
}

static void new_buckets_are_added_to_the_samples_before(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(2, 2), 1, 2));
	expect_added(r, SAMPLE(r, SHAPE(1, 3, 2), 5, 1, 2, 7));

	expect_chunk(r, "00 | 1:3 2:1 | 0 1 2 0 | 5 1 2 7");
}

static void buckets_that_were_empty_may_be_missing(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(0, 3), 1, 0, 2));
	expect_added(r, SAMPLE(r, SHAPE(0, 1, 1), 2, 2));

	expect_chunk(r, "00 | 0:3 | 1 0 2 | 2 0 2");
}

static void buckets_may_come_and_be_missing_at_once(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(0, 2), 1, 0));
	expect_added(r, SAMPLE(r, SHAPE(0, 1, 1), 1, 4));

	expect_chunk(r, "00 | 0:3 | 1 0 0 | 1 0 4");
}

static void a_counter_that_was_reset_begins_a_chunk(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(0, 2), 1, 2));
	expect_refused(r, SAMPLE(r, SHAPE(0, 2), 1, 1), HISTOGRAM_CHUNK_RESET);
	/* More in all, but less in one bucket. */
	expect_refused(r, SAMPLE(r, SHAPE(0, 2), 9, 1), HISTOGRAM_CHUNK_RESET);
	expect_refused(r, SAMPLE(r, SHAPE(1, 1), 9), HISTOGRAM_CHUNK_RESET);
	struct column_sample told = SAMPLE(r, SHAPE(0, 2), 9, 9);
	told.hint = HISTOGRAM_RESET;
	expect_refused(r, told, HISTOGRAM_CHUNK_RESET);

	histogram_appender_begin(&r->p, r->a, &told, HISTOGRAM_CHUNK_UNKNOWN);
	expect_chunk(r, "80 | 0:2 | 9 9");
}

static void another_resolution_begins_a_chunk_that_tells_nothing(void **state)
{
	struct rig *r = *state;
	struct column_sample other = SAMPLE(r, SHAPE(0, 2), 2, 3);

	begin(r, SAMPLE(r, SHAPE(0, 2), 1, 2));
	other.layout.schema = 2;
	expect_refused(r, other, HISTOGRAM_CHUNK_UNKNOWN);
}

static void behind_a_marker_of_staleness_a_chunk_begins(void **state)
{
	struct rig *r = *state;

	begin(r, stale_sample(r));
	expect_added(r, stale_sample(r));
	expect_refused(r, SAMPLE(r, SHAPE(0, 1), 1), HISTOGRAM_CHUNK_UNKNOWN);
}

static struct column_sample gauge(struct column_sample s)
{
	s.hint = HISTOGRAM_GAUGE;
	return s;
}

static void gauges_may_shrink_and_lose_buckets(void **state)
{
	struct rig *r = *state;

	begin(r, gauge(SAMPLE(r, SHAPE(0, 2), 5, 5)));
	expect_added(r, gauge(SAMPLE(r, SHAPE(0, 2), 4, 1)));
	expect_added(r, gauge(SAMPLE(r, SHAPE(3, 1), 2)));

	expect_chunk(r, "c0 | 0:2 1:1 | 5 5 0 | 4 1 0 | 0 0 2");
}

static void gauges_and_counters_do_not_share_a_chunk(void **state)
{
	struct rig *r = *state;

	begin(r, SAMPLE(r, SHAPE(0, 1), 5));
	expect_refused(r, gauge(SAMPLE(r, SHAPE(0, 1), 6)), HISTOGRAM_CHUNK_UNKNOWN);
	begin(r, gauge(SAMPLE(r, SHAPE(0, 1), 5)));
	expect_refused(r, SAMPLE(r, SHAPE(0, 1), 6), HISTOGRAM_CHUNK_NOT_RESET);
	expect_refused(r, stale_sample(r), HISTOGRAM_CHUNK_NOT_RESET);
}

static void a_float_histogram_behind_a_gauge_is_told_nothing_about(void **state)
{
	struct rig *r = *state;
	struct column_sample first = gauge(SAMPLE(r, SHAPE(0, 1), 5));
	struct column_sample second = SAMPLE(r, SHAPE(0, 1), 6);

	first.encoding = second.encoding = CHUNK_FLOAT_HISTOGRAM;
	begin(r, first);
	expect_refused(r, second, HISTOGRAM_CHUNK_UNKNOWN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(samples_of_one_layout_share_a_chunk),
	    TEST(new_buckets_are_added_to_the_samples_before),
	    TEST(buckets_that_were_empty_may_be_missing),
	    TEST(buckets_may_come_and_be_missing_at_once),
	    TEST(a_counter_that_was_reset_begins_a_chunk),
	    TEST(another_resolution_begins_a_chunk_that_tells_nothing),
	    TEST(behind_a_marker_of_staleness_a_chunk_begins),
	    TEST(gauges_may_shrink_and_lose_buckets),
	    TEST(gauges_and_counters_do_not_share_a_chunk),
	    TEST(a_float_histogram_behind_a_gauge_is_told_nothing_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
