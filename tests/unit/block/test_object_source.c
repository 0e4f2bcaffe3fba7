#include "block/object_source.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"

static void ranges_of_an_object_are_read(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	char got[4] = {0};
	(void)state;

	expect_ok(bucket_put_bytes(b, NULL, STR("o"), STR("0123456789"), PUT_REPLACE, &err), err);
	struct byte_source *src auto_free(byte_source_close) = object_source_new(b, STR("o"), 10);
	expect_ok(byte_source_read(src, NULL, 3, got, 3, &err), err);
	assert_string_equal(got, "345");
	expect_err(byte_source_read(src, NULL, 8, got, 3, &err), err, ERR_CORRUPT,
		   "o: 3 bytes at 8 are wanted, it has 10");
}

static void an_object_that_is_shorter_than_told_is_corrupt(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	char got[4];
	(void)state;

	expect_ok(bucket_put_bytes(b, NULL, STR("o"), STR("01"), PUT_REPLACE, &err), err);
	struct byte_source *src auto_free(byte_source_close) = object_source_new(b, STR("o"), 10);
	expect_err(byte_source_read(src, NULL, 0, got, 4, &err), err, ERR_CORRUPT,
		   "object o: ends at byte 2, it should have 10");
	struct byte_source *absent auto_free(byte_source_close) =
	    object_source_new(b, STR("x"), 10);
	expect_err(byte_source_read(absent, NULL, 0, got, 4, &err), err, ERR_NOT_FOUND, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_of_an_object_are_read),
	    cmocka_unit_test(an_object_that_is_shorter_than_told_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
