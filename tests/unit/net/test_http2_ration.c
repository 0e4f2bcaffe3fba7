#include "net/http2_ration.h"

#include "tests/lib/cmocka.h"

static int take_all(struct http2_ration *r, int64_t now_ms)
{
	int n = 0;

	while (http2_ration_take(r, now_ms))
		n++;
	return n;
}

static void a_ration_allows_a_burst_and_then_a_rate(void **state)
{
	(void)state;
	struct http2_ration r;
	http2_ration_init(&r);

	assert_int_equal(take_all(&r, 1000000), 500);
	assert_int_equal(take_all(&r, 1000005), 0);
	assert_int_equal(take_all(&r, 1000010), 1);
	assert_int_equal(take_all(&r, 1001010), 100);
	assert_int_equal(take_all(&r, 9000000), 500);
}

static void three_early_pings_are_too_many(void **state)
{
	(void)state;
	struct http2_ping_watch w = {0};

	assert_true(http2_ping_watch_allows(&w, 1000, true, 10000));
	assert_true(http2_ping_watch_allows(&w, 2000, true, 10000));
	assert_true(http2_ping_watch_allows(&w, 3000, true, 10000));
	assert_false(http2_ping_watch_allows(&w, 4000, true, 10000));
}

static void pings_in_time_are_no_strikes(void **state)
{
	(void)state;
	struct http2_ping_watch w = {0};

	for (int64_t now_ms = 10000; now_ms < 200000; now_ms += 10000)
		assert_true(http2_ping_watch_allows(&w, now_ms, true, 10000));
}

static void idle_connections_need_no_pings(void **state)
{
	(void)state;
	struct http2_ping_watch w = {0};

	for (int i = 1; i <= 3; i++)
		assert_true(http2_ping_watch_allows(&w, i * 60000, false, 10000));
	assert_false(http2_ping_watch_allows(&w, 4 * 60000, false, 10000));
}

static void sending_forgives(void **state)
{
	(void)state;
	struct http2_ping_watch w = {0};

	for (int i = 1; i < 100; i++) {
		assert_true(http2_ping_watch_allows(&w, i, true, 10000));
		http2_ping_watch_forgive(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ration_allows_a_burst_and_then_a_rate),
	    cmocka_unit_test(three_early_pings_are_too_many),
	    cmocka_unit_test(pings_in_time_are_no_strikes),
	    cmocka_unit_test(idle_connections_need_no_pings),
	    cmocka_unit_test(sending_forgives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
