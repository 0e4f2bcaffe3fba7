#include "proto/hints.h"

#include "tests/lib/expect.h"

static struct str any_of(struct pb_writer *w, const char *type_url, struct str value)
{
	pb_writer_clear(w);
	pb_put_bytes(w, 2, value);
	pb_put_bytes(w, 1, str_of(type_url));
	return pb_written(w);
}

/* {__block_id=~"01A.*"} and query stats, as Thanos' querier would send them. */
static const uint8_t series_hints[] = {0x0a, 0x15, 0x08, 2,   0x12, 10,   '_', '_',  'b',
				       'l',  'o',  'c',  'k', '_',  'i',  'd', 0x1a, 5,
				       '0',  '1',  'A',  '.', '*',  0x10, 1};

static void block_matchers_and_query_stats_are_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct pb_writer w auto_done(pb_writer_done);
	struct request_hints hints auto_done(request_hints_release) = {0};
	struct err err = ERR_INIT;
	(void)state;

	pb_writer_init(&w, 1 << 20, NULL);
	struct str any = any_of(&w, "type.googleapis.com/hintspb.SeriesRequestHints",
				str_from(series_hints, sizeof(series_hints)));
	expect_ok(request_hints_decode(HINTS_SERIES, any, a, &hints, &err), err);
	assert_true(hints.enable_query_stats);
	assert_int_equal(hints.block_matchers.n, 1);
	expect_str(matcher_name(hints.block_matchers.v[0]), "__block_id");
	expect_str(matcher_value(hints.block_matchers.v[0]), "01A.*");
}

static void no_hints_are_no_matchers(void **state)
{
	struct request_hints hints auto_done(request_hints_release) = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(request_hints_decode(HINTS_SERIES, STR(""), NULL, &hints, &err), err);
	assert_int_equal(hints.block_matchers.n, 0);
}

static void hints_of_another_method_are_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct pb_writer w auto_done(pb_writer_done);
	struct request_hints hints auto_done(request_hints_release) = {0};
	struct err err = ERR_INIT;
	(void)state;

	pb_writer_init(&w, 1 << 20, NULL);
	struct str any = any_of(&w, "type.googleapis.com/hintspb.SeriesRequestHints", STR(""));
	expect_err(request_hints_decode(HINTS_LABEL_NAMES, any, a, &hints, &err), err, ERR_INVALID,
		   "unmarshal label names request hints: mismatched message type");
	expect_err(request_hints_decode(HINTS_LABEL_NAMES, STR("\xff"), a, &hints, &err), err,
		   ERR_INVALID, "unmarshal label names request hints: ");
}

static void the_blocks_that_were_asked_are_told(void **state)
{
	const struct str ids[] = {STR("01A"), STR("01B")};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct str any;
	(void)state;

	expect_ok(response_hints_encode(HINTS_LABEL_VALUES, ids, 2, a, &any, &err), err);
	expect_str(any, "\x0a\x34type.googleapis.com/hintspb.LabelValuesResponseHints"
			"\x12\x0e\x0a\x05\x0a\x03"
			"01A\x0a\x05\x0a\x03"
			"01B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(block_matchers_and_query_stats_are_read),
	    cmocka_unit_test(no_hints_are_no_matchers),
	    cmocka_unit_test(hints_of_another_method_are_refused),
	    cmocka_unit_test(the_blocks_that_were_asked_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
