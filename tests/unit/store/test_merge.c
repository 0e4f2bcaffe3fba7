#include "base/alloc.h"
#include "base/rand.h"
#include "store/merge.h"
#include "tests/lib/expect.h"
#include "tests/lib/series_text.h"

#include <stdlib.h>

static char *merge_texts(struct arena *a, const char *const *texts, size_t n)
{
	struct series_iter *streams[16];
	for (size_t i = 0; i < n; i++)
		streams[i] = series_stream(a, texts[i]);
	return series_to_text(a, series_merge(streams, n, NULL));
}

static void series_of_all_streams_come_in_label_order(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char *const texts[] = {
	    "a=\"1\"\na=\"3\"\na=\"7\"\n", "", "a=\"2\"\na=\"2\" b=\"1\"\n", "a=\"0\"\n",
	    "a=\"10\"\nb=\"1\"\n",
	};
	(void)state;

	assert_string_equal(merge_texts(a, texts, 5),
			    "a=\"0\"\na=\"1\"\na=\"10\"\na=\"2\"\na=\"2\" "
			    "b=\"1\"\na=\"3\"\na=\"7\"\nb=\"1\"\n");
}

static void the_chunks_of_equal_series_are_put_in_order(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char *const texts[] = {
	    "a=\"1\" | 20-30:c 40-50:e\na=\"2\" | 0-1:x\n",
	    "a=\"1\" | 0-10:a 20-35:d\n",
	    "a=\"1\" | 0-9:b\n",
	};
	(void)state;

	assert_string_equal(merge_texts(a, texts, 3),
			    "a=\"1\" | 0-9:b 0-10:a 20-30:c 20-35:d 40-50:e\na=\"2\" | 0-1:x\n");
}

static void identical_chunks_come_once(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char *const texts[] = {
	    "a=\"1\" | 0-9:same 10-19:one\n",
	    "a=\"1\" | 0-9:same 10-19:two\n",
	    "a=\"1\" | 0-9:same\n",
	};
	(void)state;

	assert_string_equal(merge_texts(a, texts, 3), "a=\"1\" | 0-9:same 10-19:two 10-19:one\n");
}

static void a_stream_without_chunks_merges_too(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char *const texts[] = {"a=\"1\"\n", "a=\"1\"\n", "a=\"1\"\nb=\"1\"\n"};
	(void)state;

	assert_string_equal(merge_texts(a, texts, 3), "a=\"1\"\nb=\"1\"\n");
}

static void the_empty_label_set_is_a_label_set(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char *const texts[] = {" | 0-1:x\na=\"1\"\n", " | 2-3:y\n"};
	(void)state;

	assert_string_equal(merge_texts(a, texts, 2), " | 0-1:x 2-3:y\na=\"1\"\n");
}

struct failing_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	struct series_iter *src;
	int left;
};

static enum iter_result failing_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct failing_iter *it = (struct failing_iter *)base;

	if (it->left-- == 0) {
		err_set(err, ERR_UNAVAILABLE, "store b: gone");
		return ITER_ERROR;
	}
	return series_iter_next(it->src, out, err);
}

static void failing_close(struct series_iter *base)
{
	series_iter_close(((struct failing_iter *)base)->src);
	free(base);
}

static const struct series_iter_ops failing_ops = {failing_next, failing_close};

static void a_failing_stream_fails_the_whole(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct failing_iter *failing = NEW(struct failing_iter);
	struct err err = ERR_INIT;
	struct series s;
	(void)state;

	*failing = (struct failing_iter){
	    .base.ops = &failing_ops, .src = series_stream(a, "a=\"2\"\na=\"4\"\n"), .left = 1};
	struct series_iter *streams[] = {series_stream(a, "a=\"1\"\na=\"3\"\n"), &failing->base};
	struct series_iter *it auto_free(series_iter_close) = series_merge(streams, 2, NULL);

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	assert_string_equal(err.msg, "store b: gone");
}

/* --- against an oracle: sort everything, drop equals --------------------------------------- */

enum { N_LABEL_SETS = 60 };

static char *random_stream(struct arena *a, struct rand *r, bool *present)
{
	char *text = arena_printf(a, "%s", "");
	for (int i = 0; i < N_LABEL_SETS; i++) {
		if (rand_below(r, 3))
			continue;
		present[i] = true;
		text = arena_printf(a, "%sa=\"%02d\" b=\"x\"\n", text, i);
	}
	return text;
}

static void any_number_of_streams_merges_as_sorting_does(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (size_t n = 1; n <= 16; n++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		bool present[N_LABEL_SETS] = {false};
		const char *texts[16];
		char *want = arena_printf(a, "%s", "");
		for (size_t i = 0; i < n; i++)
			texts[i] = random_stream(a, &r, present);
		for (int i = 0; i < N_LABEL_SETS; i++)
			if (present[i])
				want = arena_printf(a, "%sa=\"%02d\" b=\"x\"\n", want, i);

		assert_string_equal(merge_texts(a, texts, n), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_of_all_streams_come_in_label_order),
	    cmocka_unit_test(the_chunks_of_equal_series_are_put_in_order),
	    cmocka_unit_test(identical_chunks_come_once),
	    cmocka_unit_test(a_stream_without_chunks_merges_too),
	    cmocka_unit_test(the_empty_label_set_is_a_label_set),
	    cmocka_unit_test(a_failing_stream_fails_the_whole),
	    cmocka_unit_test(any_number_of_streams_merges_as_sorting_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
