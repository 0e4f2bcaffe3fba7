#include "block/label_pool.h"

#include "tests/lib/expect.h"

static void equal_sets_are_one(void **state)
{
	struct label_pool *p = label_pool_new();
	(void)state;

	struct shared_labels *a = label_pool_get(p, LABELS(LABEL("a", "1"), LABEL("b", "")));
	struct shared_labels *b = label_pool_get(p, LABELS(LABEL("a", "1"), LABEL("b", "")));
	struct shared_labels *c = label_pool_get(p, LABELS(LABEL("a", "2")));
	struct shared_labels *none = label_pool_get(p, (struct labels){0});
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(none->labels.n, 0);
	assert_int_equal(a->labels.n, 2);
	expect_str(labels_get(a->labels, STR("a")), "1");
	assert_int_equal(label_pool_count(p), 3);

	shared_labels_unref(a);
	shared_labels_unref(none);
	shared_labels_unref(c);
	label_pool_sweep(p);
	assert_int_equal(label_pool_count(p), 1);
	label_pool_free(p);
	expect_str(labels_get(b->labels, STR("a")), "1"); /* whoever holds one keeps it */
	shared_labels_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(equal_sets_are_one)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
