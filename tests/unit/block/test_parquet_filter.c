#include "base/duration.h"
#include "block/filters.h"
#include "codec/pb_wire.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"

#define DAY MS_PER_DAY

static struct ulid id_of(char letter)
{
	char text[] = "01HZX00000000000000000000A";
	struct ulid id;

	text[25] = letter;
	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

static void add(struct block_view *view, char letter, int64_t min_t_ms, int64_t max_t_ms)
{
	vec_push(&view->metas,
		 meta_new(&(struct meta){
		     .id = id_of(letter), .min_t_ms = min_t_ms, .max_t_ms = max_t_ms}));
}

/* A file that was made from the blocks of these letters; field 1 stands for the fields that do not
 * matter. */
static void put_converted(struct bucket *b, const char *name, const char *letters)
{
	struct buf message auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;

	buf_append(&message, "\x08\x01", 2);
	for (; *letters; letters++) {
		buf_putc(&message, (char)PB_BYTES(6));
		buf_putc(&message, ULID_LEN);
		buf_puts(&message, ulid_str(id_of(*letters)));
	}
	expect_ok(bucket_put_bytes(b, NULL, str_of(name), buf_str(&message), PUT_REPLACE, &err),
		  err);
}

static void expect_left(struct bucket *b, struct block_view *view, const char *want)
{
	struct parquet_filter f;
	struct err err = ERR_INIT;
	size_t n_before = view->metas.n;
	char got[32] = "";

	parquet_filter_init(&f, b, 4);
	expect_ok(f.base.apply(&f.base, NULL, view, &err), err);
	for (size_t i = 0; i < view->metas.n; i++)
		got[i] = ulid_str(view->metas.v[i]->id)[25];
	assert_string_equal(got, want);
	assert_int_equal(view->n_in_state[BLOCK_PARQUET_CONVERTED], n_before - view->metas.n);
	block_view_done(view);
	*view = (struct block_view){0};
}

static void a_converted_block_of_whole_days_is_dropped(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "1970/01/02/meta.pb", "A");
	add(&view, 'A', DAY, 3 * DAY);
	add(&view, 'B', DAY, 3 * DAY);

	expect_left(b, &view, "B");
}

static void blocks_that_cover_a_day_together_are_dropped_together(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "a/meta.pb", "AB");
	put_converted(b, "meta.pb", "C");
	add(&view, 'A', 0, DAY / 2);
	add(&view, 'B', DAY / 2, DAY);
	add(&view, 'C', DAY, DAY + DAY / 2); /* half of a day */

	expect_left(b, &view, "C");
}

static void a_gap_keeps_the_blocks_of_its_day(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "a/meta.pb", "ABCD");
	add(&view, 'A', 0, DAY);
	add(&view, 'B', DAY, DAY + DAY / 3);
	add(&view, 'C', DAY + DAY / 2, 2 * DAY);
	add(&view, 'D', 2 * DAY, 3 * DAY - 1); /* its last millisecond is not missed */

	expect_left(b, &view, "BC");
}

static void a_block_that_is_not_converted_covers_nothing(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "a/meta.pb", "A");
	add(&view, 'A', 0, DAY / 2);
	add(&view, 'B', DAY / 2, DAY);

	expect_left(b, &view, "AB");
}

static void days_before_1970_and_times_without_end_are_days_too(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "a/meta.pb", "AB");
	add(&view, 'A', -2 * DAY, -DAY);
	add(&view, 'B', -DAY / 2, DAY);
	expect_left(b, &view, "B");

	put_converted(b, "a/meta.pb", "C");
	add(&view, 'C', INT64_MIN, INT64_MAX);
	expect_left(b, &view, "C");
}

static void other_files_are_not_looked_at(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	(void)state;

	put_converted(b, "a/not-meta.pb", "A");
	put_converted(b, "a/meta.pb.tmp", "A");
	add(&view, 'A', 0, DAY);

	expect_left(b, &view, "A");
	add(&view, 'A', 0, DAY);
	expect_left(NULL, &view, "A");
}

static void what_cannot_be_read_fails_the_fetch(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view = {0};
	struct parquet_filter f;
	struct err err = ERR_INIT;
	(void)state;

	parquet_filter_init(&f, b, 1);
	add(&view, 'A', 0, DAY);
	expect_ok(bucket_put_bytes(b, NULL, STR("x/meta.pb"),
				   STR("\x32\x03"
				       "abc"),
				   PUT_REPLACE, &err),
		  err);
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_CORRUPT,
		   "read parquet metadata x/meta.pb: \"abc\" is no block's id");
	expect_ok(bucket_put_bytes(b, NULL, STR("x/meta.pb"), STR("\x32\x7f"), PUT_REPLACE, &err),
		  err);
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_CORRUPT,
		   "read parquet metadata x/meta.pb");
	for (size_t at = 0; at < 2; at++) {
		struct fault_bucket *faults = fault_bucket_new(b, FAULT_REQUEST_LOST, at);
		parquet_filter_init(&f, &faults->base, 1);
		expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_UNAVAILABLE,
			   "parquet metadata");
		bucket_close(&faults->base);
	}
	assert_int_equal(view.metas.n, 1);
	block_view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_converted_block_of_whole_days_is_dropped),
	    cmocka_unit_test(blocks_that_cover_a_day_together_are_dropped_together),
	    cmocka_unit_test(a_gap_keeps_the_blocks_of_its_day),
	    cmocka_unit_test(a_block_that_is_not_converted_covers_nothing),
	    cmocka_unit_test(days_before_1970_and_times_without_end_are_days_too),
	    cmocka_unit_test(other_files_are_not_looked_at),
	    cmocka_unit_test(what_cannot_be_read_fails_the_fetch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
