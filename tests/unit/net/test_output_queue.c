#include "net/output_queue.h"

#include "tests/lib/expect.h"

#include <sys/uio.h>

static void count(void *arg)
{
	(*(unsigned *)arg)++;
}

static void copies_and_borrowed_runs_keep_their_order(void **state)
{
	struct output_queue q;
	char into[64], all[64];
	unsigned n_released = 0;
	size_t n = 0;
	(void)state;

	output_queue_init(&q);
	output_queue_copy(&q, "one ", 4);
	output_queue_copy(&q, "two ", 4);
	output_queue_borrow(&q, "three ", 6, count, &n_released);
	output_queue_copy(&q, "four", 4);
	assert_int_equal(q.n_bytes, 18);
	while (q.first) { /* three bytes at a time, across the runs */
		struct str front = output_queue_front(&q, into, 3);
		size_t part = front.n < 3 ? front.n : 3;
		memcpy(all + n, front.p, part);
		n += part;
		output_queue_take(&q, part);
	}

	expect_str(str_from(all, n), "one two three four");
	assert_int_equal(q.n_bytes, 0);
	assert_int_equal(n_released, 1);
}

static void the_front_is_gathered_only_where_that_saves_a_write(void **state)
{
	struct output_queue q;
	struct iovec runs[4];
	char into[16];
	static const char large[] = "a run of more than sixteen bytes";
	(void)state;

	output_queue_init(&q);
	output_queue_borrow(&q, large, sizeof(large) - 1, NULL, NULL);
	output_queue_copy(&q, "end", 3);
	assert_ptr_equal(output_queue_front(&q, into, sizeof(into)).p, large);
	assert_int_equal(output_queue_runs(&q, runs, 4), 2);
	assert_int_equal(output_queue_runs(&q, runs, 1), 1);
	assert_ptr_equal(runs[0].iov_base, large);
	output_queue_take(&q, sizeof(large) - 1 - 4);
	expect_str(output_queue_front(&q, into, sizeof(into)), "ytesend");
	output_queue_clear(&q);
	assert_null(q.first);
}

static void dropped_runs_are_released_too(void **state)
{
	struct output_queue q;
	unsigned n_released = 0;
	(void)state;

	output_queue_init(&q);
	output_queue_borrow(&q, "a", 1, count, &n_released);
	output_queue_borrow(&q, "b", 1, count, &n_released);
	output_queue_clear(&q);
	output_queue_clear(&q);

	assert_int_equal(n_released, 2);
	assert_int_equal(q.n_bytes, 0);
}

static void a_copy_larger_than_a_block_is_one_run(void **state)
{
	static char big[100000];
	struct output_queue q;
	struct iovec runs[4];
	(void)state;

	output_queue_init(&q);
	output_queue_copy(&q, "x", 1);
	output_queue_copy(&q, big, sizeof(big));

	assert_int_equal(output_queue_runs(&q, runs, 4), 2);
	assert_int_equal(runs[1].iov_len, sizeof(big));
	output_queue_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copies_and_borrowed_runs_keep_their_order),
	    cmocka_unit_test(the_front_is_gathered_only_where_that_saves_a_write),
	    cmocka_unit_test(dropped_runs_are_released_too),
	    cmocka_unit_test(a_copy_larger_than_a_block_is_one_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
