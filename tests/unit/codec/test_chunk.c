#include "codec/chunk.h"

#include "base/str.h"
#include "tests/lib/expect.h"

static struct chunk_data chunk_of(enum chunk_encoding encoding, struct str bytes)
{
	return (struct chunk_data){
	    .data = (const uint8_t *)bytes.p,
	    .size_bytes = (uint32_t)bytes.n,
	    .encoding = encoding,
	};
}

static void every_encoding_tells_its_number_of_samples(void **state)
{
	static const struct {
		enum chunk_encoding encoding;
		struct str bytes;
		size_t want;
	} cases[] = {
	    {CHUNK_XOR, STR("\0\1\0\0\0\0\0\0\0\0\0"), 1},
	    {CHUNK_HISTOGRAM, STR("\1\2\0...."), 258},
	    {CHUNK_FLOAT_HISTOGRAM, STR("\0\3\0...."), 3},
	    {CHUNK_XOR2, STR("\0\4\0...."), 4},
	    {CHUNK_HISTOGRAM_ST, STR("\x80\5\0...."), 5},
	    {CHUNK_FLOAT_HISTOGRAM_ST, STR("\xc0\6\0...."), 6},
	    {CHUNK_AGGR, STR("\4\1\0\7\0\0\0\0\0\0"), 7},
	    {CHUNK_AGGR, STR("\0\0\0\0\0"), 0},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chunk_data c = chunk_of(cases[i].encoding, cases[i].bytes);
		struct err err = ERR_INIT;
		size_t n;
		expect_ok(chunk_num_samples(&c, &n, &err), err);
		assert_int_equal(n, cases[i].want);
	}
}

static void a_number_of_samples_without_a_header_is_an_error(void **state)
{
	struct chunk_data histogram = chunk_of(CHUNK_HISTOGRAM, STR("\0\1"));
	struct chunk_data nested = chunk_of(CHUNK_AGGR, STR("\1\xff\0\0\0\0\0"));
	struct chunk_data unknown = chunk_of(99, STR("\0\1\0"));
	struct err err = ERR_INIT;
	size_t n;
	(void)state;

	expect_err(chunk_num_samples(&histogram, &n, &err), err, ERR_CORRUPT,
		   "histogram chunk: 2 bytes, too few for its header");
	expect_err(chunk_num_samples(&nested, &n, &err), err, ERR_CORRUPT,
		   "an aggregate inside another");
	expect_err(chunk_num_samples(&unknown, &n, &err), err, ERR_UNSUPPORTED,
		   "encoding 99 (unknown)");
}

static void floats_are_not_found_in_histograms(void **state)
{
	struct chunk_data c = chunk_of(CHUNK_FLOAT_HISTOGRAM, STR("\0\1\0...."));
	struct err err = ERR_INIT;
	int64_t t_ms[1];
	double v[1];
	size_t n;
	(void)state;

	expect_err(chunk_decode_floats(&c, t_ms, v, NULL, &n, &err), err, ERR_UNSUPPORTED,
		   "cannot decode floats of encoding 3 (float histogram)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_encoding_tells_its_number_of_samples),
	    cmocka_unit_test(a_number_of_samples_without_a_header_is_an_error),
	    cmocka_unit_test(floats_are_not_found_in_histograms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
