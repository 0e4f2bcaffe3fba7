#include "store/postings_codec.h"

#include "codec/snappy.h"
#include "tests/lib/expect.h"

enum { ANY_REF = UINT32_MAX };

static void expect_list(struct postings list, const uint32_t *refs, size_t n)
{
	assert_int_equal(list.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(postings_at(list, i), refs[i]);
}

/* header + differences, compressed as one block or as a stream. */
static void put_value(struct buf *out, const char *header, const uint8_t *plain, size_t n)
{
	struct err err = ERR_INIT;

	buf_puts(out, header);
	if (strcmp(header, "dvs") == 0)
		expect_ok(snappy_encode(str_from(plain, n), out, &err), err);
	else
		expect_ok(snappy_encode_frames(str_from(plain, n), out, &err), err);
}

static void expect_broken(const char *header, const uint8_t *plain, size_t n, uint32_t max_ref,
			  const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct postings list;
	struct err err = ERR_INIT;

	put_value(&value, header, plain, n);
	expect_err(postings_decode(buf_str(&value), max_ref, a, &list, &err), err, ERR_CORRUPT,
		   want);
}

static void what_is_encoded_decodes_to_the_same(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct postings list;
	struct err err = ERR_INIT;
	enum { N = 200000 }; /* more than one frame */
	uint32_t *refs = ARENA_ARRAY(a, uint32_t, N);
	(void)state;

	for (uint32_t i = 0, ref = 7; i < N; i++, ref += 1 + i % 300)
		refs[i] = ref;
	refs[N - 1] = UINT32_MAX;
	expect_ok(postings_encode(postings_of(a, refs, N), &value, &err), err);
	expect_ok(postings_decode(buf_str(&value), ANY_REF, a, &list, &err), err);

	assert_memory_equal(value.p, "dss\xff\x06\0\0sNaPpY", 13);
	expect_list(list, refs, N);
}

static void an_empty_list_is_three_letters(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct postings list = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(postings_encode(list, &value, &err), err);
	expect_str(buf_str(&value), "dss");
	expect_ok(postings_decode(STR("dss"), 0, a, &list, &err), err);
	assert_non_null(list.be);
	assert_int_equal(list.n, 0);
}

static void the_older_encoding_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct postings list;
	struct err err = ERR_INIT;
	(void)state;

	put_value(&value, "dvs", (const uint8_t *)"\x05\x01\xac\x02", 4);
	expect_ok(postings_decode(buf_str(&value), 306, a, &list, &err), err);

	expect_list(list, (const uint32_t[]){5, 6, 306}, 3);
}

static void broken_lists_are_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings list;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(postings_decode(STR("xyz"), ANY_REF, a, &list, &err), err, ERR_CORRUPT,
		   "3 bytes begin with neither dss nor dvs");
	expect_err(postings_decode(STR(""), ANY_REF, a, &list, &err), err, ERR_CORRUPT, "0 bytes");
	expect_err(postings_decode(STR("dssgarbage"), ANY_REF, a, &list, &err), err, ERR_CORRUPT,
		   "snappy stream");
	expect_err(postings_decode(STR("dvs"), ANY_REF, a, &list, &err), err, ERR_CORRUPT,
		   "snappy");
	expect_broken("dss", (const uint8_t *)"\x05\x80", 2, ANY_REF, "entry 1 is no number");
	expect_broken("dss", (const uint8_t *)"\x05\x00", 2, ANY_REF,
		      "entry 1 is not above its predecessor");
	expect_broken("dss", (const uint8_t *)"\x05\x02", 2, 6, "entry 1 is beyond the index");
	expect_broken("dvs", (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01", 11,
		      ANY_REF, "entry 0 is beyond the index");
}

static void a_bomb_is_limited_by_what_the_index_can_hold(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t *zeros = arena_calloc(a, 1 << 20, 1);
	struct postings list;
	struct err err = ERR_INIT;
	(void)state;

	put_value(&value, "dss", zeros, 1 << 20);

	expect_err(postings_decode(buf_str(&value), 1000, a, &list, &err), err, ERR_LIMIT,
		   "the limit is 5005");
}

static void a_request_that_is_over_its_limit_gets_no_list(void **state)
{
	struct tracker t;
	tracker_init(&t, NULL, "request", "--limit", 1000);
	struct arena *a = arena_new(&t);
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t ones[2000];
	struct postings list;
	struct err err = ERR_INIT;
	(void)state;

	memset(ones, 1, sizeof(ones));
	put_value(&value, "dss", ones, sizeof(ones));
	expect_err(postings_decode(buf_str(&value), ANY_REF, a, &list, &err), err, ERR_LIMIT,
		   "--limit");
	arena_free(a);
	tracker_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_encoded_decodes_to_the_same),
	    cmocka_unit_test(an_empty_list_is_three_letters),
	    cmocka_unit_test(the_older_encoding_is_read),
	    cmocka_unit_test(broken_lists_are_refused),
	    cmocka_unit_test(a_bomb_is_limited_by_what_the_index_can_hold),
	    cmocka_unit_test(a_request_that_is_over_its_limit_gets_no_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
