#include "base/rand.h"
#include "model/labels.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static void label_sets_order_pair_by_pair_and_a_shorter_one_first(void **state)
{
	struct labels ascending[] = {
	    LABELS(LABEL("a", "1")),
	    LABELS(LABEL("a", "1"), LABEL("b", "1")),
	    LABELS(LABEL("a", "1"), LABEL("b", "2")),
	    LABELS(LABEL("a", "11")),
	    LABELS(LABEL("a", "2")),
	    LABELS(LABEL("b", "0")),
	};
	(void)state;

	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 6; k++) {
			int c = labels_cmp(ascending[i], ascending[k]);
			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
			assert_int_equal(labels_eq(ascending[i], ascending[k]), i == k);
		}
}

static void the_hash_is_prometheus(void **state)
{
	(void)state;
	/* xxhash64 of "a\xff1\xff" and so on, as labels.Hash computes it. */
	struct labels ls = LABELS(LABEL("a", "1"), LABEL("b", "2"), LABEL("c", "3"));
	struct str names[] = {STR("a"), STR("c")};
	struct labels a_and_c = LABELS(LABEL("a", "1"), LABEL("c", "3"));

	assert_true(labels_hash(LABELS(LABEL("baz", "qux"), LABEL("foo", "bar"))) ==
		    UINT64_C(0x6a5e81fa5c31cd5d));
	assert_true(labels_hash_for(ls, names, 2) == labels_hash(a_and_c));
	assert_true(labels_hash_without(ls, &(struct str){"b", 1}, 1) == labels_hash(a_and_c));
}

static void a_long_label_set_hashes_as_its_bytes_do(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *text = arena_alloc(a, 3000);
	(void)state;
	memset(text, 'x', 3000);

	struct labels whole = {&(struct label){STR("n"), str_from(text, 3000)}, 1};
	struct labels copy = labels_copy(a, whole);

	assert_true(labels_hash(whole) == labels_hash(copy));
	assert_true(labels_hash(whole) != labels_hash((struct labels){
					      &(struct label){STR("n"), str_from(text, 2999)}, 1}));
}

static void labels_are_printed_as_prometheus_prints_them(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	(void)state;

	labels_format(&out,
		      LABELS(LABEL("__name__", "up"), LABEL("a.b", "x\"y\n"), LABEL("z", "")));

	expect_str(buf_str(&out), "{__name__=\"up\", \"a.b\"=\"x\\\"y\\n\", z=\"\"}");
}

static void merging_adds_replaces_and_removes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	(void)state;

	labels_format(&out,
		      labels_merge(a, LABELS(LABEL("a", "1"), LABEL("b", "2"), LABEL("d", "4")),
				   LABELS(LABEL("b", ""), LABEL("c", "3"), LABEL("d", "5"))));

	expect_str(buf_str(&out), "{a=\"1\", c=\"3\", d=\"5\"}");
}

static void names_can_be_dropped_and_kept(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct labels ls = LABELS(LABEL("a", "1"), LABEL("b", "2"), LABEL("c", "3"));
	struct str b_and_x[] = {STR("x"), STR("b")};
	(void)state;

	assert_true(
	    labels_eq(labels_without(a, ls, b_and_x, 2), LABELS(LABEL("a", "1"), LABEL("c", "3"))));
	assert_true(labels_eq(labels_only(a, ls, b_and_x, 2), LABELS(LABEL("b", "2"))));
	assert_ptr_equal(labels_without(a, ls, b_and_x, 1).v, ls.v);
}

static void sorting_finds_names_that_occur_twice(void **state)
{
	struct label v[] = {LABEL("c", "1"), LABEL("a", "2"), LABEL("b", "3")};
	(void)state;

	assert_true(labels_sort(v, 3));
	assert_true(str_is(v[0].name, "a") && str_is(v[2].name, "c"));
	v[1].name = STR("c");
	assert_false(labels_sort(v, 3));
}

static struct labels random_labels(struct arena *a, struct rand *r)
{
	static const char bytes[] = {0, 1, 2, 'a', (char)0xff};
	struct label *v = ARENA_ARRAY(a, struct label, 3);
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		if (rand_below(r, 3) == 0)
			continue;
		char *text = arena_alloc(a, 3);
		size_t length = rand_below(r, 4);
		for (size_t k = 0; k < length; k++)
			text[k] = bytes[rand_below(r, sizeof(bytes))];
		v[n++] = (struct label){str_from(&"abc"[i], 1), str_from(text, length)};
	}
	return (struct labels){v, n};
}

static void keys_order_as_the_label_sets_do(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct rand r;
	(void)state;

	rand_seed(&r, 5);
	for (int i = 0; i < 20000; i++) {
		struct arena_mark mark = arena_mark(a);
		struct labels x = random_labels(a, &r), y = random_labels(a, &r);
		int want = labels_cmp(x, y), got = str_cmp(labels_key(a, x), labels_key(a, y));
		assert_int_equal((want > 0) - (want < 0), (got > 0) - (got < 0));
		arena_rewind(a, mark);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(label_sets_order_pair_by_pair_and_a_shorter_one_first),
	    cmocka_unit_test(the_hash_is_prometheus),
	    cmocka_unit_test(a_long_label_set_hashes_as_its_bytes_do),
	    cmocka_unit_test(labels_are_printed_as_prometheus_prints_them),
	    cmocka_unit_test(merging_adds_replaces_and_removes),
	    cmocka_unit_test(names_can_be_dropped_and_kept),
	    cmocka_unit_test(sorting_finds_names_that_occur_twice),
	    cmocka_unit_test(keys_order_as_the_label_sets_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
