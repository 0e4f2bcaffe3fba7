#include "base/tracker.h"

#include "tests/lib/expect.h"

#include <pthread.h>

static void a_tracker_over_its_limit_names_the_limit(void **state)
{
	struct tracker process, query;
	struct err err = ERR_INIT;
	(void)state;

	tracker_init(&process, NULL, "the process", "--query.max-memory", 1000);
	tracker_init(&query, &process, "the query", "--query.max-memory-per-query", 500);

	assert_true(tracker_reserve(&query, 400, &err));
	expect_err(tracker_reserve(&query, 200, &err), err, ERR_LIMIT,
		   "the query needs more than the 500 bytes of memory that "
		   "--query.max-memory-per-query allows");
	expect_err(tracker_room(&query, 200, &err), err, ERR_LIMIT, "the query needs more");
	assert_true(tracker_room(&query, 100, &err));
	assert_int_equal(process.used_bytes, 400);
	tracker_charge(&process, 700);
	expect_err(tracker_check(&query, &err), err, ERR_LIMIT, "the process needs more");
	tracker_done(&query);
	assert_int_equal(process.used_bytes, 700);
}

static void what_a_tracker_holds_at_its_end_goes_back_to_those_above(void **state)
{
	struct tracker process, query;
	(void)state;

	tracker_init(&process, NULL, "the process", "--a", 0);
	tracker_init(&query, &process, "the query", "--b", 0);
	tracker_charge(&query, 30);
	tracker_charge(&process, 5);
	tracker_release(&query, 10);
	assert_int_equal(process.used_bytes, 25);
	assert_int_equal(process.n_users, 1);
	assert_int_equal(process.own_bytes, 5);
	tracker_done(&query);
	assert_int_equal(process.used_bytes, 5);
	assert_int_equal(process.peak_bytes, 35);
	assert_int_equal(process.n_users, 0);
}

static void over_a_common_limit_those_fail_who_use_more_than_their_share(void **state)
{
	struct tracker process, large, small, idle;
	struct err err = ERR_INIT;
	(void)state;

	tracker_init(&process, NULL, "the querier", "--query.max-memory", 1000);
	tracker_init(&large, &process, "the query", "--b", 0);
	tracker_init(&small, &process, "the query", "--b", 0);
	tracker_init(&idle, &process, "the query", "--b", 0);
	tracker_charge(&large, 900);
	tracker_charge(&small, 100);
	expect_ok(tracker_check(&large, &err), err);
	tracker_charge(&small, 100);
	expect_ok(tracker_check(&small, &err), err);
	expect_ok(tracker_reserve(&small, 300, &err), err);
	expect_err(tracker_reserve(&small, 1, &err), err, ERR_LIMIT, "share of 500 bytes");
	expect_err(tracker_check(&large, &err), err, ERR_LIMIT,
		   "the querier needs more than the 1000 bytes of memory that "
		   "--query.max-memory allows, and the query more than its share of 500 bytes");
	tracker_done(&large);
	expect_ok(tracker_reserve(&small, 500, &err), err);
	tracker_done(&small);
	tracker_done(&idle);
}

/* Memory of the process that belongs to no query makes the shares smaller. */
static void what_belongs_to_nobody_is_not_shared(void **state)
{
	struct tracker process, query;
	struct err err = ERR_INIT;
	(void)state;

	tracker_init(&process, NULL, "the process", "--a", 1000);
	tracker_init(&query, &process, "the query", "--b", 0);
	tracker_charge(&process, 600);
	tracker_charge(&query, 401);
	expect_err(tracker_check(&query, &err), err, ERR_LIMIT, "share of 400 bytes");
	tracker_release(&query, 1);
	expect_ok(tracker_check(&query, &err), err);
	tracker_charge(&process, 500);
	expect_err(tracker_check(&query, &err), err, ERR_LIMIT, "share of 0 bytes");
	tracker_done(&query);
}

static void *charge_and_release(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		tracker_charge(arg, 3);
		tracker_release(arg, 3);
	}
	return NULL;
}

static void threads_that_share_a_tracker_count_as_one_user(void **state)
{
	struct tracker process, query;
	pthread_t threads[3];
	(void)state;

	tracker_init(&process, NULL, "the process", "--a", 0);
	tracker_init(&query, &process, "the query", "--b", 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, charge_and_release, &query), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(process.n_users, 0);
	assert_int_equal(process.used_bytes, 0);
	assert_int_equal(process.own_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tracker_over_its_limit_names_the_limit),
	    cmocka_unit_test(what_a_tracker_holds_at_its_end_goes_back_to_those_above),
	    cmocka_unit_test(over_a_common_limit_those_fail_who_use_more_than_their_share),
	    cmocka_unit_test(what_belongs_to_nobody_is_not_shared),
	    cmocka_unit_test(threads_that_share_a_tracker_count_as_one_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
