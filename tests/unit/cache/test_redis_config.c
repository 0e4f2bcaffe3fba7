#include "cache/redis_config.h"
#include "tests/lib/expect.h"

static bool decode(struct arena *a, const char *text, struct redis_config *c, struct err *err)
{
	struct yaml_node *root;

	return yaml_parse(str_of(text), a, &root, err) && redis_config_decode(root, a, c, err);
}

static void the_defaults_are_those_of_thanos(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct redis_config c;
	(void)state;

	expect_ok(decode(a, "addr: 127.0.0.1:6379", &c, &err), err);

	expect_str(c.addr, "127.0.0.1:6379");
	assert_int_equal(c.db, 0);
	assert_int_equal(c.dial_timeout_ns, INT64_C(5000000000));
	assert_int_equal(c.read_timeout_ns, INT64_C(3000000000));
	assert_int_equal(c.write_timeout_ns, INT64_C(3000000000));
	assert_int_equal(c.max_get_multi_concurrency, 100);
	assert_int_equal(c.get_multi_batch_size, 100);
	assert_int_equal(c.max_set_multi_concurrency, 100);
	assert_int_equal(c.set_multi_batch_size, 100);
	assert_int_equal(c.max_async_concurrency, 20);
	assert_int_equal(c.max_async_buffer_size, 10000);
	assert_int_equal(c.cache_size_bytes, 0);
	assert_false(c.tls_enabled);
	assert_int_equal(c.set_breaker.min_requests, 50);
}

static void every_key_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct redis_config c;
	(void)state;

	expect_ok(decode(a,
			 "addr: a:1,b:2\n"
			 "prefix: 'thanos:'\n"
			 "username: u\n"
			 "password: p\n"
			 "db: 3\n"
			 "dial_timeout: 1s\n"
			 "read_timeout: 2s\n"
			 "write_timeout: 4s\n"
			 "max_get_multi_concurrency: 5\n"
			 "get_multi_batch_size: 6\n"
			 "max_set_multi_concurrency: 7\n"
			 "set_multi_batch_size: 8\n"
			 "tls_enabled: true\n"
			 "tls_config:\n"
			 "  ca_file: /ca\n"
			 "  cert_file: /cert\n"
			 "  key_file: /key\n"
			 "  server_name: redis\n"
			 "  insecure_skip_verify: true\n"
			 "  min_version: '1.3'\n"
			 "cache_size: 1MiB\n"
			 "master_name: mymaster\n"
			 "max_async_buffer_size: 9\n"
			 "max_async_concurrency: 10\n"
			 "set_async_circuit_breaker_config: {enabled: true}\n",
			 &c, &err),
		  err);

	expect_str(c.addr, "a:1,b:2");
	expect_str(c.prefix, "thanos:");
	expect_str(c.username, "u");
	expect_str(c.password, "p");
	assert_int_equal(c.db, 3);
	assert_int_equal(c.dial_timeout_ns, 1000000000);
	assert_int_equal(c.read_timeout_ns, 2000000000);
	assert_int_equal(c.write_timeout_ns, INT64_C(4000000000));
	assert_int_equal(c.max_get_multi_concurrency, 5);
	assert_int_equal(c.get_multi_batch_size, 6);
	assert_int_equal(c.max_set_multi_concurrency, 7);
	assert_int_equal(c.set_multi_batch_size, 8);
	assert_true(c.tls_enabled);
	expect_str(c.tls.ca_file, "/ca");
	expect_str(c.tls.cert_file, "/cert");
	expect_str(c.tls.key_file, "/key");
	expect_str(c.tls.server_name, "redis");
	assert_true(c.tls.insecure_skip_verify);
	expect_str(c.tls.min_version, "1.3");
	assert_int_equal(c.cache_size_bytes, 1 << 20);
	expect_str(c.master_name, "mymaster");
	assert_int_equal(c.max_async_buffer_size, 9);
	assert_int_equal(c.max_async_concurrency, 10);
	assert_true(c.set_breaker.enabled);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
	    {"", "redis configuration: line 1: no redis addr provided"},
	    {"addr: ''", "no redis addr provided"},
	    {"addr: a:1\ntls_enabled: true\ntls_config: {cert_file: x}",
	     "both client key and certificate must be provided"},
	    {"addr: a:1\ntls_enabled: true\ntls_config: {key_file: x}",
	     "both client key and certificate must be provided"},
	    {"addr: a:1\ntls_enabled: true\ntls_config: {min_version: '0.9'}",
	     "tls_config.min_version invalid"},
	    {"addr: a:1\nread_timeout: 3", "line 2: cannot unmarshal !!int `3` into time.Duration"},
	    {"addr: a:1\ndb: -1", "db must not be negative"},
	    {"addr: a:1\nmax_async_concurrency: 0", "max_async_concurrency must be positive"},
	    {"addr: a:1\nset_async_circuit_breaker_config: {enabled: true, failure_percent: 0}",
	     "circuit breaker: failure percent must be in range (0,1]"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct redis_config c;
		expect_err(decode(a, bad[i].text, &c, &err), err, ERR_INVALID, bad[i].message);
	}
}

static void tls_settings_are_not_looked_at_without_tls(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct redis_config c;
	(void)state;

	expect_ok(decode(a, "addr: a:1\ntls_config: {cert_file: x, min_version: 9}", &c, &err),
		  err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_defaults_are_those_of_thanos),
	    cmocka_unit_test(every_key_is_read),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(tls_settings_are_not_looked_at_without_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
