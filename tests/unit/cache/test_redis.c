#include "cache/redis.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_redis.h"
#include "tests/lib/wait.h"

#include <stdlib.h>

struct rig {
	struct arena *a;
	struct metrics *m;
	struct fake_redis server;
	struct cache *cache;
};

static bool open_with(const char *yaml, struct metrics *m, struct cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct redis_config config;
	struct yaml_node *root;
	const struct cache_context context = {
	    .name = "caching-bucket", .clock = &clock_system, .metrics = m};

	return yaml_parse(str_of(yaml), a, &root, err) &&
	       redis_config_decode(root, a, &config, err) &&
	       redis_cache_open(&config, &context, out, err);
}

/* A server is started, and a cache over it; `more` is YAML. */
static void rig_init(struct rig *r, const char *more)
{
	struct err err = ERR_INIT;

	*r = (struct rig){.a = arena_new(NULL), .m = metrics_new()};
	fake_redis_start(&r->server);
	const char *limit = strstr(more, "read_timeout") ? "" : "read_timeout: 30s\n";
	expect_ok(
	    open_with(arena_printf(r->a, "addr: %s\n%s%s", r->server.tcp.address, limit, more),
		      r->m, &r->cache, &err),
	    err);
}

static void rig_done(struct rig *r)
{
	cache_close(r->cache);
	fake_redis_stop(&r->server);
	metrics_free(r->m);
	arena_free(r->a);
}

static double failures(struct rig *r, const char *op)
{
	return counter_value(
	    counter_at(metrics_counters(r->m, "thanos_redis_operation_failures_total", "",
					"operation", "name"),
		       op, "caching-bucket"));
}

static void store(struct rig *r, size_t n)
{
	size_t before = r->server.n_sets;

	for (size_t i = 0; i < n; i++)
		cache_set(r->cache, str_of(arena_printf(r->a, "key-%zu", i)),
			  str_of(arena_printf(r->a, "value %zu", i)), 60000);
	wait_until(r->server.n_sets == before + n);
}

/* Asks for key-0 to key-<n-1>: how many were right. None may be wrong. */
static size_t fetch(struct rig *r, size_t n)
{
	struct str *keys = ARENA_ARRAY(r->a, struct str, n);
	struct str *values = ARENA_ARRAY(r->a, struct str, n);
	size_t n_hits = 0;

	for (size_t i = 0; i < n; i++)
		keys[i] = str_of(arena_printf(r->a, "key-%zu", i));
	cache_get_multi(r->cache, NULL, keys, n, r->a, values);
	for (size_t i = 0; i < n; i++) {
		if (!values[i].p)
			continue;
		expect_str(values[i], arena_printf(r->a, "value %zu", i));
		n_hits++;
	}
	return n_hits;
}

static void what_was_set_is_found(void **state)
{
	struct rig r auto_done(rig_done);
	struct str value;
	(void)state;
	rig_init(&r, "");

	store(&r, 250);
	cache_set(r.cache, STR("any\r\nbytes\xff"), STR("\r\n$-1\r\n\0"), 1);
	cache_set(r.cache, STR("empty"), STR(""), 1000);
	wait_until(r.server.n_sets == 252);

	assert_int_equal(fetch(&r, 260), 250);
	assert_int_equal(r.server.n_gets, 3);
	assert_int_equal(r.server.last_ttl_s, 1);
	assert_true(cache_get(r.cache, NULL, STR("any\r\nbytes\xff"), r.a, &value));
	assert_true(str_eq(value, STR("\r\n$-1\r\n\0")));
	assert_true(cache_get(r.cache, NULL, STR("empty"), r.a, &value));
	assert_int_equal(value.n, 0);
	assert_string_equal(cache_name(r.cache), "caching-bucket");
}

static void keys_have_the_prefix_on_the_server(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "prefix: 'thanos:'\n");

	store(&r, 3);

	assert_int_equal(fetch(&r, 3), 3);
	assert_int_equal(fake_cache_ttl_ms(r.server.items, "thanos:key-0"), 1);
	assert_int_equal(fake_cache_ttl_ms(r.server.items, "key-0"), 0);
}

static void sets_that_wait_are_sent_together(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "max_async_concurrency: 1\nset_multi_batch_size: 5\n");

	store(&r, 200);

	struct family *duration =
	    metrics_family(r.m, &(const struct metric_spec){
				    .name = "thanos_redis_operation_duration_seconds",
				    .type = METRIC_HISTOGRAM,
				    .label_names = METRIC_NAMES("operation", "name"),
				});
	struct histogram_metric *alone = histogram_metric_at(duration, "set", "caching-bucket");
	struct histogram_metric *together =
	    histogram_metric_at(duration, "setmulti", "caching-bucket");
	wait_until(histogram_metric_count(alone) + histogram_metric_count(together) >= 40);
	assert_true(histogram_metric_count(together) > 0);
	assert_int_equal(fetch(&r, 200), 200);
}

static void every_connection_says_who_it_is(void **state)
{
	struct fake_redis server auto_done(fake_redis_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	struct str value;
	(void)state;
	fake_redis_start(&server);
	server.username = "thanos";
	server.password = "secret";

	const char *good = arena_printf(a, "addr: %s\nusername: thanos\npassword: secret\ndb: 3\n",
					server.tcp.address);
	expect_ok(open_with(good, NULL, &c, &err), err);
	cache_set(c, STR("a"), STR("1"), 1000);
	wait_until(server.n_sets == 1);
	assert_true(cache_get(c, NULL, STR("a"), a, &value));
	assert_int_equal(server.last_db, 3);
	cache_close(c);

	const char *unnamed = arena_printf(a, "addr: %s\npassword: secret\n", server.tcp.address);
	expect_ok(open_with(unnamed, NULL, &c, &err), err);
	cache_close(c);

	const char *wrong = arena_printf(a, "addr: %s\npassword: terces\n", server.tcp.address);
	expect_err(open_with(wrong, NULL, &c, &err), err, ERR_INTERNAL,
		   "the server answered \"WRONGPASS invalid username-password pair");
	assert_null(strstr(err.msg, "terces"));
	const char *nobody = arena_printf(a, "addr: %s\n", server.tcp.address);
	expect_err(open_with(nobody, NULL, &c, &err), err, ERR_INTERNAL, "NOAUTH");
}

static void what_is_wrong_with_the_server_makes_misses(void **state)
{
	static const enum fake_redis_mood moods[] = {
	    REDIS_IS_SILENT, REDIS_HANGS_UP,  REDIS_TALKS_GARBAGE,
	    REDIS_BOASTS,    REDIS_MISCOUNTS, REDIS_IS_LOADING,
	};
	(void)state;

	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
		struct rig r auto_done(rig_done);
		rig_init(&r, "read_timeout: 2s\n");
		store(&r, 3);
		assert_int_equal(fetch(&r, 3), 3);
		r.server.mood = moods[i];
		assert_int_equal(fetch(&r, 3), 0);
		assert_true(failures(&r, "getmulti") == 1);
		r.server.mood = REDIS_WORKS;
		assert_int_equal(fetch(&r, 3), 3);
	}
}

static void whole_values_count_though_the_answer_broke_off(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "");
	store(&r, 4);

	r.server.mood = REDIS_CUTS_ANSWERS;
	size_t n_hits = fetch(&r, 4);
	assert_true(n_hits >= 1 && n_hits < 4);
	r.server.mood = REDIS_TALKS_ON;
	assert_int_equal(fetch(&r, 4), 4);
	r.server.mood = REDIS_WORKS;
	assert_int_equal(fetch(&r, 4), 4);
}

static void answers_may_come_byte_by_byte(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "get_multi_batch_size: 2\n");
	r.server.mood = REDIS_DRIPS;

	store(&r, 5);

	assert_int_equal(fetch(&r, 6), 5);
}

static void it_goes_on_when_the_server_is_back(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "");
	store(&r, 3);

	tcp_script_stop(&r.server.tcp);
	assert_int_equal(fetch(&r, 3), 0);
	cache_set(r.cache, STR("key-0"), STR("value 0"), 1000);
	wait_until(failures(&r, "set") == 1);
	tcp_script_restart(&r.server.tcp);

	assert_int_equal(fetch(&r, 3), 3);
}

static void sets_that_find_the_queue_full_are_dropped_and_counted(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, "write_timeout: 300ms\nmax_async_concurrency: 1\nmax_async_buffer_size: 2\n"
		     "set_multi_batch_size: 1\n");
	r.server.mood = REDIS_IS_SILENT;

	for (int i = 0; i < 20; i++)
		cache_set(r.cache, STR("a"), STR("1"), 1000);

	struct family *skipped = metrics_counters(r.m, "thanos_redis_operation_skipped_total", "",
						  "operation", "reason", "name");
	assert_true(
	    counter_value(counter_at(skipped, "set", "async-buffer-full", "caching-bucket")) >= 10);
}

static void a_server_that_is_not_there_is_no_start(void **state)
{
	struct fake_redis server;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;
	fake_redis_start(&server);
	const char *yaml = arena_printf(a, "addr: %s\n", server.tcp.address);

	server.mood = REDIS_IS_CLUSTER;
	expect_err(open_with(yaml, NULL, &c, &err), err, ERR_UNSUPPORTED,
		   "is part of a Redis Cluster, which is not supported");
	tcp_script_stop(&server.tcp);
	expect_err(open_with(yaml, NULL, &c, &err), err, ERR_UNAVAILABLE, "Connection refused");
	expect_err(open_with("addr: 'a:1,b:2'", NULL, &c, &err), err, ERR_UNSUPPORTED,
		   "several addresses without master_name");
	expect_err(open_with("addr: a:1\ntls_enabled: true\ntls_config: {ca_file: /nonexistent}",
			     NULL, &c, &err),
		   err, ERR_NOT_FOUND, "/nonexistent");
	fake_redis_stop(&server);
}

static void sentinels_say_where_the_master_is(void **state)
{
	struct fake_redis sentinel auto_done(fake_redis_stop);
	struct fake_redis first auto_done(fake_redis_stop);
	struct fake_redis second auto_done(fake_redis_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	struct str value;
	(void)state;
	fake_redis_start(&sentinel);
	fake_redis_start(&first);
	fake_redis_start(&second);
	const char *yaml = arena_printf(a, "addr: '127.0.0.1:1,%s'\nmaster_name: mymaster\n",
					sentinel.tcp.address);

	expect_err(open_with(yaml, NULL, &c, &err), err, ERR_NOT_FOUND,
		   "redis master \"mymaster\": sentinel ");
	sentinel.master_port = strchr(first.tcp.address, ':') + 1;
	sentinel.master_host = "127.0.0.1";
	expect_ok(open_with(yaml, NULL, &c, &err), err);
	cache_set(c, STR("a"), STR("1"), 1000);
	wait_until(first.n_sets == 1);

	/* The master fails, and another one takes its place. */
	sentinel.master_port = strchr(second.tcp.address, ':') + 1;
	first.mood = REDIS_HANGS_UP;
	cache_set(fake_cache_as_cache(second.items), STR("a"), STR("2"), 1000);
	wait_until(cache_get(c, NULL, STR("a"), a, &value));
	expect_str(value, "2");
	cache_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_set_is_found),
	    cmocka_unit_test(keys_have_the_prefix_on_the_server),
	    cmocka_unit_test(sets_that_wait_are_sent_together),
	    cmocka_unit_test(every_connection_says_who_it_is),
	    cmocka_unit_test(what_is_wrong_with_the_server_makes_misses),
	    cmocka_unit_test(whole_values_count_though_the_answer_broke_off),
	    cmocka_unit_test(answers_may_come_byte_by_byte),
	    cmocka_unit_test(it_goes_on_when_the_server_is_back),
	    cmocka_unit_test(sets_that_find_the_queue_full_are_dropped_and_counted),
	    cmocka_unit_test(a_server_that_is_not_there_is_no_start),
	    cmocka_unit_test(sentinels_say_where_the_master_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
