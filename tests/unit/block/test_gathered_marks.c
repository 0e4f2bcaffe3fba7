#include "block/gathered_marks.h"

#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"

#include <stdio.h>

enum { N_BLOCKS = 9 };

struct rig {
	struct fake_clock clock;
	struct bucket *bucket;
	struct block_view view;
};

static struct ulid id_of(int i)
{
	return (struct ulid){.bytes = {[15] = (uint8_t)i}};
}

static int set_up(void **state)
{
	static struct rig r;

	r = (struct rig){0};
	fake_clock_init(&r.clock, 1000);
	r.bucket = inmem_bucket_new(&r.clock.base);
	for (int i = 0; i < N_BLOCKS; i++)
		vec_push(&r.view.metas, meta_new(&(struct meta){.id = id_of(i)}));
	*state = &r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	block_view_done(&r->view);
	bucket_close(r->bucket);
	return 0;
}

static void put_mark(struct rig *r, int i, const char *json)
{
	struct err err = ERR_INIT;
	char name[64];

	snprintf(name, sizeof(name), "%s/no-compact-mark.json", ulid_str(id_of(i)));
	expect_ok(bucket_put_bytes(r->bucket, NULL, str_of(name), str_of(json), PUT_REPLACE, &err),
		  err);
}

static void put_good_mark(struct rig *r, int i)
{
	struct block_mark mark = {.id = id_of(i), .time_s = 1, .reason = STR("manual")};
	struct err err = ERR_INIT;

	expect_ok(mark_write(r->bucket, NULL, MARK_NO_COMPACT, &mark, &err), err);
}

static void marked_blocks_are_known_and_stay(void **state)
{
	struct rig *r = *state;
	struct gathered_marks g;
	struct err err = ERR_INIT;

	gathered_marks_init(&g, r->bucket, MARK_NO_COMPACT, 4, NULL);
	put_good_mark(r, 7);
	put_good_mark(r, 2);
	put_mark(r, 3, "this is no mark");
	for (int round = 0; round < 2; round++) {
		expect_ok(g.base.apply(&g.base, NULL, &r->view, &err), err);

		assert_int_equal(r->view.metas.n, N_BLOCKS);
		assert_int_equal(r->view.n_in_state[BLOCK_MARKED_FOR_NO_COMPACT], 2);
		for (int i = 0; i < N_BLOCKS; i++)
			assert_int_equal(gathered_marks_has(&g, id_of(i)), i == 2 || i == 7);
	}
	gathered_marks_done(&g);
}

static void a_mark_of_another_version_is_an_error(void **state)
{
	struct rig *r = *state;
	struct gathered_marks g;
	struct err err = ERR_INIT;

	gathered_marks_init(&g, r->bucket, MARK_NO_COMPACT, 1, NULL);
	put_mark(r, 5, "{\"id\":\"00000000000000000000000005\",\"version\":2}");
	expect_err(g.base.apply(&g.base, NULL, &r->view, &err), err, ERR_UNSUPPORTED, "version");
	gathered_marks_done(&g);
}

static void a_bucket_that_does_not_answer_is_an_error(void **state)
{
	struct rig *r = *state;
	struct fault_bucket *faults = fault_bucket_new(r->bucket, FAULT_REQUEST_LOST, 3);
	struct gathered_marks g;
	struct err err = ERR_INIT;

	gathered_marks_init(&g, &faults->base, MARK_NO_COMPACT, 1, NULL);
	assert_false(g.base.apply(&g.base, NULL, &r->view, &err));
	gathered_marks_done(&g);
	bucket_close(&faults->base);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(marked_blocks_are_known_and_stay),
	    TEST(a_mark_of_another_version_is_an_error),
	    TEST(a_bucket_that_does_not_answer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
