#include "block/remembering_filter.h"

#include "tests/lib/expect.h"

/* Drops blocks with odd ids, or fails. */
struct odd_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	bool fails;
};

static bool drop_odd(struct block_filter *base, struct ctx *ctx, struct block_view *view,
		     struct err *err)
{
	bool drop[8] = {0};
	(void)ctx;

	if (((struct odd_filter *)base)->fails)
		return err_set(err, ERR_UNAVAILABLE, "no answer");
	for (size_t i = 0; i < view->metas.n; i++)
		drop[i] = view->metas.v[i]->id.bytes[15] % 2;
	block_view_drop(view, drop, BLOCK_DUPLICATE);
	return true;
}

static struct block_view make_view(uint8_t n)
{
	struct block_view view = {0};

	for (uint8_t i = 0; i < n; i++)
		vec_push(&view.metas, meta_new(&(struct meta){.id.bytes = {[15] = i}}));
	return view;
}

static void what_is_dropped_is_remembered_until_the_next_fetch(void **state)
{
	struct odd_filter odd = {.base.apply = drop_odd};
	struct remembering_filter f auto_done(remembering_filter_done);
	struct err err = ERR_INIT;
	(void)state;

	remembering_filter_init(&f, &odd.base);
	for (uint8_t n = 6; n > 0; n -= 2) {
		struct block_view view auto_done(block_view_done) = make_view(n);
		expect_ok(f.base.apply(&f.base, NULL, &view, &err), err);

		assert_int_equal(view.metas.n, n / 2);
		assert_int_equal(f.dropped.n, n / 2);
		for (size_t i = 0; i < f.dropped.n; i++)
			assert_int_equal(f.dropped.v[i].bytes[15], 2 * i + 1);
	}
}

static void a_failure_is_passed_on_and_nothing_is_remembered(void **state)
{
	struct odd_filter odd = {.base.apply = drop_odd, .fails = true};
	struct remembering_filter f auto_done(remembering_filter_done);
	struct block_view view auto_done(block_view_done) = make_view(3);
	struct err err = ERR_INIT;
	(void)state;

	remembering_filter_init(&f, &odd.base);
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_UNAVAILABLE, "no answer");
	assert_int_equal(f.dropped.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_dropped_is_remembered_until_the_next_fetch),
	    cmocka_unit_test(a_failure_is_passed_on_and_nothing_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
