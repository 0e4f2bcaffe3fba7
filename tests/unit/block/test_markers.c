#include "base/arena.h"
#include "base/clock.h"
#include "block/markers.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"

static struct ulid id_of(const char *text)
{
	struct ulid id;
	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

#define ID "01BX5ZZKBKACTAV9WEVGEMMVS0"

static void marks_are_compact_json_in_go_order(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct block_mark m = {.id = id_of(ID), .time_s = 1700000000};
	(void)state;

	mark_format(MARK_DELETION, &m, &out);
	expect_str(buf_str(&out), "{\"id\":\"" ID "\",\"version\":1,\"deletion_time\":1700000000}");
	buf_clear(&out);
	m.details = STR("outdated <block>");
	m.reason = STR("manual");
	mark_format(MARK_NO_COMPACT, &m, &out);
	expect_str(buf_str(&out),
		   "{\"id\":\"" ID "\",\"version\":1,\"details\":\"outdated \\u003cblock\\u003e\","
		   "\"no_compact_time\":1700000000,\"reason\":\"manual\"}");
	buf_clear(&out);
	mark_format(MARK_NO_DOWNSAMPLE, &m, &out);
	expect_str(buf_str(&out),
		   "{\"id\":\"" ID "\",\"version\":1,\"details\":\"outdated \\u003cblock\\u003e\","
		   "\"no_downsample_time\":1700000000,\"reason\":\"manual\"}");
}

static void a_mark_in_the_bucket_is_read_kept_and_removed(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_mark got, m = {
				   .id = id_of(ID),
				   .time_s = 7,
				   .details = STR("outdated block"),
			       };
	struct err err = ERR_INIT;
	(void)state;

	expect_err(mark_read(b, NULL, MARK_DELETION, m.id, a, &got, &err), err, ERR_NOT_FOUND,
		   ID "/deletion-mark.json");
	expect_ok(mark_write(b, NULL, MARK_DELETION, &m, &err), err);
	m.time_s = 8;
	expect_err(mark_write(b, NULL, MARK_DELETION, &m, &err), err, ERR_EXISTS, "deletion-mark");

	expect_ok(mark_read(b, NULL, MARK_DELETION, m.id, a, &got, &err), err);
	assert_int_equal(got.time_s, 7);
	expect_str(got.details, "outdated block");
	assert_int_equal(ulid_cmp(got.id, m.id), 0);

	expect_ok(mark_remove(b, NULL, MARK_DELETION, m.id, &err), err);
	expect_err(mark_remove(b, NULL, MARK_DELETION, m.id, &err), err, ERR_NOT_FOUND,
		   "deletion-mark");
}

static void bytes_that_are_no_mark_are_told_from_other_versions(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_mark m;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(mark_parse(MARK_DELETION, STR(""), a, &m, &err), err, ERR_CORRUPT,
		   "deletion-mark.json: line 1");
	expect_err(mark_parse(MARK_DELETION, STR("{\"id\":\"x\"}"), a, &m, &err), err, ERR_CORRUPT,
		   ".id: \"x\" is no ULID");
	expect_err(mark_parse(MARK_DELETION, STR("{\"deletion_time\":\"x\"}"), a, &m, &err), err,
		   ERR_CORRUPT, ".deletion_time: want");
	expect_err(mark_parse(MARK_NO_COMPACT, STR("{\"version\":2}"), a, &m, &err), err,
		   ERR_UNSUPPORTED, "no-compact-mark.json: unexpected version 2, want 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(marks_are_compact_json_in_go_order),
	    cmocka_unit_test(a_mark_in_the_bucket_is_read_kept_and_removed),
	    cmocka_unit_test(bytes_that_are_no_mark_are_told_from_other_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
