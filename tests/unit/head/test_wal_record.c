#include "head/wal_record.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

struct rig {
	struct arena *a;
	struct buf out;
	struct wal_record got;
};

static struct rig rig_new(void)
{
	return (struct rig){.a = arena_new(NULL), .out = BUF_INIT(1 << 16)};
}

static void rig_done(struct rig *r)
{
	buf_done(&r->out);
	arena_free(r->a);
}

static void decode(struct rig *r, enum wal_record_type type, size_t n)
{
	struct err err = ERR_INIT;

	expect_ok(wal_record_decode(buf_str(&r->out), r->a, &r->got, &err), err);
	assert_int_equal(r->got.type, type);
	assert_int_equal(r->got.n, n);
}

static void series_come_back(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct wal_series v[] = {
	    {7, LABELS(LABEL("__name__", "up"), LABEL("job", "node"))},
	    {UINT64_C(1) << 40, LABELS(LABEL("a", ""))},
	};
	(void)state;

	wal_put_series(&r.out, v, 2);
	decode(&r, WAL_SERIES, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r.got.series[i].ref, v[i].ref);
		assert_true(labels_eq(r.got.series[i].labels, v[i].labels));
	}
}

static void samples_come_back(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct wal_sample v[] = {
	    {.ref = 9, .t_ms = 1000, .v = 0.1},
	    {.ref = 3, .t_ms = INT64_MAX, .v = -0.0},
	    {.ref = UINT64_MAX, .t_ms = INT64_MIN, .v = 1e308},
	};
	(void)state;

	wal_put_samples(&r.out, v, 3);
	decode(&r, WAL_SAMPLES, 3);
	assert_memory_equal(r.got.samples, v, sizeof(v));
}

/* As Prometheus' encoder writes them with start timestamps: ref, time and start of the first, then
 * differences, and a marker in the place of the start. */
static void start_timestamps_are_read(void **state)
{
	static const char bytes[] = "\x0b"
				    "\x0a\xd0\x0f\xc8\x01" /* series 5, 1000, start 100 */
				    "\x3f\xf0\0\0\0\0\0\0"
				    "\x02\x14\x01" /* series 6, +10, as before */
				    "\x40\0\0\0\0\0\0\0"
				    "\x01\x28\0" /* series 5, +20, none */
				    "\x40\x08\0\0\0\0\0\0"
				    "\x02\x3c\x02\x0a" /* series 6, +30, the first + 5 */
				    "\x40\x10\0\0\0\0\0";
	static const struct wal_sample want[] = {
	    {5, 1000, 100, 1}, {6, 1010, 100, 2}, {5, 1020, 0, 3}, {6, 1030, 105, 4}};
	struct rig r auto_done(rig_done) = rig_new();
	(void)state;

	buf_append(&r.out, bytes, sizeof(bytes));
	decode(&r, WAL_SAMPLES_ST, 4);
	assert_memory_equal(r.got.samples, want, sizeof(want));
}

static void exemplars_stones_and_markers_come_back(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct wal_exemplar e[] = {{4, 77, 1.5, LABELS(LABEL("trace_id", "abc"))},
				   {5, 70, 2.5, {0}}};
	struct wal_stone s[] = {{4, {-5, 100}}, {4, {200, INT64_MAX}}};
	struct wal_marker m[] = {{4, UINT64_C(0x100000008)}, {9, 8}};
	(void)state;

	wal_put_exemplars(&r.out, e, 2);
	decode(&r, WAL_EXEMPLARS, 2);
	assert_int_equal(r.got.exemplars[1].t_ms, 70);
	assert_true(labels_eq(r.got.exemplars[0].labels, e[0].labels));
	buf_clear(&r.out);
	wal_put_stones(&r.out, s, 2);
	decode(&r, WAL_STONES, 2);
	assert_memory_equal(r.got.stones, s, sizeof(s));
	buf_clear(&r.out);
	wal_put_markers(&r.out, m, 2);
	decode(&r, WAL_MARKERS, 2);
	assert_memory_equal(r.got.markers, m, sizeof(m));
}

static void metadata_come_back_and_unknown_fields_are_passed_over(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct wal_metadata m[] = {{.ref = 300, .type = 1, .unit = STR("s"), .help = STR("Time.")}};
	(void)state;

	wal_put_metadata(&r.out, m, 1);
	decode(&r, WAL_METADATA, 1);
	expect_str(r.got.metadata[0].unit, "s");
	expect_str(r.got.metadata[0].help, "Time.");
	buf_clear(&r.out);
	buf_append_str(&r.out, STR("\x06\x05\x02\x02\x05other\x01x\x04HELP\x02hi"));
	decode(&r, WAL_METADATA, 1);
	expect_str(r.got.metadata[0].unit, "");
	expect_str(r.got.metadata[0].help, "hi");
}

static void histograms_come_back(void **state)
{
	static const struct {
		enum wal_record_type type;
		const char *text;
	} cases[] = {
	    {WAL_HISTOGRAMS, "{{schema:1 count:12 sum:5.5 z_bucket:2 z_bucket_w:0.001 "
			     "buckets:[1 0 3 2] offset:-2 n_buckets:[4] n_offset:3}}"},
	    {WAL_FLOAT_HISTOGRAMS, "{{schema:-4 count:1.25 sum:-1 buckets:[0.25 1]}}"},
	    {WAL_CUSTOM_HISTOGRAMS,
	     "{{schema:-53 count:6 sum:3 custom_values:[1 2.5] buckets:[1 2 3]}}"},
	    {WAL_CUSTOM_FLOAT_HISTOGRAMS,
	     "{{schema:-53 count:1.5 sum:3 custom_values:[1 2.5] buckets:[1 0.5]}}"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rig r auto_done(rig_done) = rig_new();
		struct wal_histogram v[] = {
		    {.ref = 1, .t_ms = 60, .h = histogram_of(r.a, cases[i].text)},
		    {.ref = 2, .t_ms = 61, .h = histogram_of(r.a, cases[i].text)},
		};
		v[1].h->hint = HISTOGRAM_GAUGE;
		wal_put_histograms(&r.out, cases[i].type, v, 2);
		decode(&r, cases[i].type, 2);
		for (size_t k = 0; k < 2; k++) {
			assert_true(histogram_equal(r.got.histograms[k].h, v[k].h));
			assert_int_equal(r.got.histograms[k].h->hint, v[k].h->hint);
			assert_int_equal(r.got.histograms[k].t_ms, v[k].t_ms);
		}
	}
}

static void records_that_break_off_are_corrupt_and_unknown_ones_unsupported(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct wal_series v[] = {{7, LABELS(LABEL("a", "b"))}};
	struct err err = ERR_INIT;
	(void)state;

	wal_put_series(&r.out, v, 1);
	for (size_t n = 2; n < r.out.n; n++)
		expect_err(wal_record_decode(str_from(r.out.p, n), r.a, &r.got, &err), err,
			   ERR_CORRUPT, "a record of series breaks off");
	expect_err(wal_record_decode(STR("\x63zz"), r.a, &r.got, &err), err, ERR_UNSUPPORTED,
		   "unknown type 99, of 3 bytes");
	expect_err(wal_record_decode(STR(""), r.a, &r.got, &err), err, ERR_UNSUPPORTED,
		   "unknown type 0");
	/* Two buckets, and a span of one. */
	buf_clear(&r.out);
	buf_append_str(&r.out, STR("\x07\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\2\0\0\0\0\0\0\0\0\1\0\1\0\2\2\0\0"));
	expect_err(wal_record_decode(buf_str(&r.out), r.a, &r.got, &err), err, ERR_CORRUPT,
		   "histogram_samples");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_come_back),
	    cmocka_unit_test(samples_come_back),
	    cmocka_unit_test(start_timestamps_are_read),
	    cmocka_unit_test(exemplars_stones_and_markers_come_back),
	    cmocka_unit_test(metadata_come_back_and_unknown_fields_are_passed_over),
	    cmocka_unit_test(histograms_come_back),
	    cmocka_unit_test(records_that_break_off_are_corrupt_and_unknown_ones_unsupported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
