#include "model/histogram_samples.h"

#include "base/fs.h"
#include "tests/lib/expect.h"

/* Sample 30 of chunks that Prometheus 3.14 has written, as Prometheus prints it. */
static void samples_are_what_prometheus_reads(void **state)
{
	static const struct {
		const char *chunk;
		int64_t t_ms;
		enum histogram_hint hint;
		const char *want;
	} cases[] = {
	    {"whole_counter", 1600000449997, HISTOGRAM_NOT_RESET,
	     "{count:1182, sum:-96.90352794349906, [-11.31370849898476,-8):24, "
	     "[-8,-5.65685424949238):27, [-5.65685424949238,-4):29, "
	     "[-0.001,0.001]:275, (0.25,0.35355339059327373]:138, "
	     "(0.35355339059327373,0.5]:139, (1,1.414213562373095]:156, "
	     "(1.414213562373095,2]:121, (2,2.82842712474619]:107, "
	     "(2.82842712474619,4]:166}"},
	    {"float_gauge", 1600000450003, HISTOGRAM_GAUGE,
	     "{count:198, sum:-16.519788474957537, [-11.31370849898476,-8):32, "
	     "[-8,-5.65685424949238):34, [-5.65685424949238,-4):30, "
	     "[-0.001,0.001]:25, (0.25,0.35355339059327373]:12, "
	     "(0.35355339059327373,0.5]:20, (1,1.414213562373095]:13, "
	     "(1.414213562373095,2]:7, (2,2.82842712474619]:8, "
	     "(2.82842712474619,4]:17}"},
	    {"whole_custom", 1600000450000, HISTOGRAM_NOT_RESET,
	     "{count:834, sum:44.57093265649311, [-Inf,0.005]:141, "
	     "(0.005,0.25]:107, (0.25,1]:153, (1,12.3456789]:134, "
	     "(12.3456789,1000]:133, (1000,+Inf]:166}"},
	    {"float_large", 1929161594433, HISTOGRAM_NOT_RESET,
	     "{count:1.1448027794234225e+14, sum:-19.041542912821875, "
	     "[-11.31370849898476,-8):9.99, [-8,-5.65685424949238):12.95, "
	     "[-5.65685424949238,-4):15.17, [-0.001,0.001]:2.862006948557585e+13, "
	     "(0.25,0.35355339059327373]:1.037782165089036e+13, "
	     "(0.35355339059327373,0.5]:2.64256663576831e+13, "
	     "(1,1.414213562373095]:2.167318536037568e+13, "
	     "(1.414213562373095,2]:3.14368070657441e+12, "
	     "(2,2.82842712474619]:4.95480796464503e+12, "
	     "(2.82842712474619,4]:1.928504641655971e+13}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct buf file auto_done(buf_done) = BUF_INIT(1 << 20);
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		const char *path = arena_printf(
		    a, TEST_DATA_DIR "/../fuzz/corpus/histogram_chunk/%s", cases[i].chunk);
		expect_ok(fs_read(path, &file, &err), err);
		struct chunk_data c = {.data = (uint8_t *)file.p + 1,
				       .size_bytes = (uint32_t)file.n - 1,
				       .encoding = (enum chunk_encoding)file.p[0]};
		expect_ok(histogram_chunk_decode(&c, a, &chunk, &err), err);
		struct histogram *h = histograms_of_chunk(a, &chunk, 30, 31);
		assert_int_equal(chunk.samples[30].t_ms, cases[i].t_ms);
		assert_int_equal(h->hint, cases[i].hint);
		histogram_format(&text, h);
		expect_str(buf_str(&text), cases[i].want);
	}
	(void)state;
}

static void the_first_sample_of_a_chunk_says_nothing_about_resets(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	double bucket = 1;
	const struct histogram_span span = {0, 1};
	struct histogram_sample samples[] = {{.positive = &bucket}, {.positive = &bucket}};
	struct histogram_chunk c = {
	    .reset = HISTOGRAM_CHUNK_RESET,
	    .layout.positive = {&span, 1, 1},
	    .samples = samples,
	    .n = 2,
	};
	struct histogram *h = histograms_of_chunk(a, &c, 0, 2);

	assert_int_equal(h[0].hint, HISTOGRAM_UNKNOWN);
	assert_int_equal(h[1].hint, HISTOGRAM_NOT_RESET);
	assert_int_equal(histograms_of_chunk(a, &c, 1, 2)->hint, HISTOGRAM_NOT_RESET);
	(void)state;
}

static void resolutions_that_are_too_high_are_lowered(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	double buckets[] = {1, 2, 3};
	const struct histogram_span span = {1, 3};
	struct histogram_sample sample = {.positive = buckets};
	struct histogram_chunk c = {
	    .layout = {.schema = 9, .positive = {&span, 1, 3}}, .samples = &sample, .n = 1};
	struct histogram *h = histograms_of_chunk(a, &c, 0, 1);

	assert_int_equal(h->schema, HISTOGRAM_MAX_SCHEMA);
	assert_int_equal(h->positive.n, 2);
	assert_true(h->positive.count[0] == 3 && h->positive.count[1] == 3);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(samples_are_what_prometheus_reads),
	    cmocka_unit_test(the_first_sample_of_a_chunk_says_nothing_about_resets),
	    cmocka_unit_test(resolutions_that_are_too_high_are_lowered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
