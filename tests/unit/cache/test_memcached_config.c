#include "cache/memcached_config.h"
#include "tests/lib/expect.h"

static bool decode(struct arena *a, const char *text, struct memcached_config *c, struct err *err)
{
	struct yaml_node *root;

	return yaml_parse(str_of(text), a, &root, err) && memcached_config_decode(root, a, c, err);
}

static void the_defaults_are_those_of_thanos(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct memcached_config c;
	(void)state;

	expect_ok(decode(a, "addresses: [127.0.0.1:11211, dns+b:11211]", &c, &err), err);

	assert_int_equal(c.n_addresses, 2);
	expect_str(c.addresses[1], "dns+b:11211");
	assert_int_equal(c.timeout_ns, 500000000);
	assert_int_equal(c.max_idle_connections, 100);
	assert_int_equal(c.max_async_concurrency, 20);
	assert_int_equal(c.max_async_buffer_size, 10000);
	assert_int_equal(c.max_get_multi_concurrency, 100);
	assert_int_equal(c.max_item_size_bytes, 1 << 20);
	assert_int_equal(c.max_get_multi_batch_size, 0);
	assert_int_equal(c.dns_update_interval_ns, INT64_C(10000000000));
	assert_false(c.auto_discovery);
	assert_false(c.set_breaker.enabled);
	assert_int_equal(c.set_breaker.half_open_max_requests, 10);
	assert_int_equal(c.set_breaker.open_ns, INT64_C(5000000000));
	assert_int_equal(c.set_breaker.min_requests, 50);
	assert_int_equal(c.set_breaker.consecutive_failures, 5);
	assert_true(c.set_breaker.failure_percent == 0.05);
}

static void every_key_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct memcached_config c;
	(void)state;

	expect_ok(decode(a,
			 "addresses: [a:1]\n"
			 "timeout: 300ms\n"
			 "max_idle_connections: 7\n"
			 "max_async_concurrency: 3\n"
			 "max_async_buffer_size: 25000\n"
			 "max_get_multi_concurrency: 0\n"
			 "max_item_size: 5MiB\n"
			 "max_get_multi_batch_size: 100\n"
			 "dns_provider_update_interval: 1m\n"
			 "auto_discovery: true\n"
			 "set_async_circuit_breaker_config:\n"
			 "  enabled: true\n"
			 "  consecutive_failures: 2\n",
			 &c, &err),
		  err);

	assert_int_equal(c.timeout_ns, 300000000);
	assert_int_equal(c.max_idle_connections, 7);
	assert_int_equal(c.max_async_concurrency, 3);
	assert_int_equal(c.max_async_buffer_size, 25000);
	assert_int_equal(c.max_get_multi_concurrency, 0);
	assert_int_equal(c.max_item_size_bytes, 5 << 20);
	assert_int_equal(c.max_get_multi_batch_size, 100);
	assert_int_equal(c.dns_update_interval_ns, INT64_C(60000000000));
	assert_true(c.auto_discovery);
	assert_true(c.set_breaker.enabled);
	assert_int_equal(c.set_breaker.consecutive_failures, 2);
	assert_int_equal(c.set_breaker.min_requests, 50);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
	    {"", "memcached configuration: line 1: no memcached addresses provided"},
	    {"addresses: []", "no memcached addresses provided"},
	    {"addresses: [a:1]\ndns_provider_update_interval: 0s",
	     "DNS provider update interval must be positive"},
	    {"addresses: [a:1]\nmax_async_concurrency: 0",
	     "max async concurrency must be positive"},
	    {"addresses: [a:1]\nmax_async_buffer_size: -1",
	     "max_async_buffer_size must not be negative"},
	    {"addresses: [a:1]\nmax_async_concurrency: 1000000",
	     "max_async_concurrency must be at most 65536"},
	    {"addresses: [a:1]\ntimeout: soon", "line 2: cannot unmarshal !!str `soon`"},
	    {"addresses: a:1", "cannot unmarshal !!str `a:1` into []string"},
	    {"addresses: [a:1]\nset_async_circuit_breaker_config: {enabled: true, "
	     "consecutive_failures: 0}",
	     "circuit breaker: consecutive failures must be greater than 0"},
	    {"addresses: [a:1]\nset_async_circuit_breaker_config: {enabled: true, "
	     "failure_percent: 1.5}",
	     "circuit breaker: failure percent must be in range (0,1]"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct memcached_config c;
		expect_err(decode(a, bad[i].text, &c, &err), err, ERR_INVALID, bad[i].message);
	}
}

static void unknown_keys_are_ignored_and_can_be_found(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct memcached_config c;
	struct yaml_node *root;
	(void)state;

	expect_ok(yaml_parse(STR("addresses: [a:1]\ntimeuot: 1s"), a, &root, &err), err);
	expect_ok(memcached_config_decode(root, a, &c, &err), err);

	expect_str(yaml_unknown_key(root, &memcached_config_table)->text, "timeuot");
}

static void zeroes_mean_what_they_mean_to_gos_client(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct memcached_config c;
	(void)state;

	expect_ok(decode(a, "addresses: [a:1]\ntimeout: 0s\nmax_idle_connections: 0", &c, &err),
		  err);

	assert_int_equal(c.timeout_ns, 500000000);
	assert_int_equal(c.max_idle_connections, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_defaults_are_those_of_thanos),
	    cmocka_unit_test(every_key_is_read),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(unknown_keys_are_ignored_and_can_be_found),
	    cmocka_unit_test(zeroes_mean_what_they_mean_to_gos_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
