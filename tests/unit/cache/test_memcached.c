#include "base/alloc.h"
#include "base/buf.h"
#include "cache/memcached.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_dns.h"
#include "tests/lib/fake_memcached.h"
#include "tests/lib/wait.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_SERVERS = 3 };

struct rig {
	struct arena *a;
	struct metrics *m;
	struct fake_clock clock;
	struct fake_memcached servers[MAX_SERVERS];
	size_t n_servers;
	struct cache *cache;
};

/* Servers are started, and a cache over them; `more` is YAML. */
static void rig_init(struct rig *r, size_t n_servers, const char *more)
{
	struct buf yaml auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct memcached_config config;
	struct yaml_node *root;

	*r = (struct rig){.a = arena_new(NULL), .m = metrics_new(), .n_servers = n_servers};
	fake_clock_init(&r->clock, 1000000);
	buf_puts(&yaml, "addresses:\n");
	for (size_t i = 0; i < n_servers; i++) {
		fake_memcached_start(&r->servers[i]);
		buf_printf(&yaml, "- %s\n", r->servers[i].tcp.address);
	}
	if (!strstr(more, "timeout"))
		buf_puts(&yaml, "timeout: 30s\n");
	buf_puts(&yaml, more);
	expect_ok(yaml_parse(buf_str(&yaml), r->a, &root, &err), err);
	expect_ok(memcached_config_decode(root, r->a, &config, &err), err);
	const struct cache_context context = {
	    .name = "index-cache", .clock = &r->clock.base, .metrics = r->m};
	expect_ok(memcached_cache_open(&config, &context, NULL, &r->cache, &err), err);
}

static void rig_done(struct rig *r)
{
	cache_close(r->cache);
	for (size_t i = 0; i < r->n_servers; i++)
		fake_memcached_stop(&r->servers[i]);
	metrics_free(r->m);
	arena_free(r->a);
}

static double failures(struct rig *r, const char *op, const char *reason)
{
	return counter_value(
	    counter_at(metrics_counters(r->m, "thanos_memcached_operation_failures_total", "",
					"operation", "reason", "name"),
		       op, reason, "index-cache"));
}

static double operations(struct rig *r, const char *op)
{
	return counter_value(counter_at(
	    metrics_counters(r->m, "thanos_memcached_operations_total", "", "operation", "name"),
	    op, "index-cache"));
}

static double skipped(struct rig *r, const char *reason)
{
	return counter_value(
	    counter_at(metrics_counters(r->m, "thanos_memcached_operation_skipped_total", "",
					"operation", "reason", "name"),
		       "set", reason, "index-cache"));
}

static size_t n_set(const struct rig *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_servers; i++)
		n += r->servers[i].n_sets;
	return n;
}

/* Stores key-0 to key-<n-1> and waits until the servers have them. */
static void store(struct rig *r, size_t n)
{
	size_t before = n_set(r);

	for (size_t i = 0; i < n; i++)
		cache_set(r->cache, str_of(arena_printf(r->a, "key-%zu", i)),
			  str_of(arena_printf(r->a, "value %zu", i)), 60000);
	wait_until(n_set(r) == before + n);
}

/* Asks for key-0 to key-<n-1>: how many were right. None may be wrong. */
static size_t fetch(struct rig *r, size_t n)
{
	struct str *keys = ARENA_ARRAY(r->a, struct str, n),
		   *values = ARENA_ARRAY(r->a, struct str, n);
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

static void what_was_set_is_found_on_its_server(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 3, "");

	store(&r, 100);

	assert_int_equal(fetch(&r, 120), 100);
	for (size_t i = 0; i < 3; i++)
		assert_true(fake_cache_n_items(r.servers[i].items) > 10);
	assert_true(operations(&r, "getmulti") == 3);
	assert_true(operations(&r, "set") == 100);
	assert_string_equal(cache_name(r.cache), "index-cache");
}

static void values_may_be_empty_or_binary(void **state)
{
	struct rig r auto_done(rig_done);
	struct str value;
	(void)state;
	rig_init(&r, 1, "");

	cache_set(r.cache, STR("empty"), STR(""), 1000);
	cache_set(r.cache, STR("binary"), STR("\r\nEND\r\n\0VALUE x 0 1\r\n"), 1000);
	wait_until(n_set(&r) == 2);

	assert_true(cache_get(r.cache, NULL, STR("empty"), r.a, &value));
	assert_int_equal(value.n, 0);
	assert_true(cache_get(r.cache, NULL, STR("binary"), r.a, &value));
	assert_true(str_eq(value, STR("\r\nEND\r\n\0VALUE x 0 1\r\n")));
}

static void keys_are_asked_for_in_batches_on_one_connection(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "max_get_multi_batch_size: 7\nmax_async_concurrency: 1\n");
	store(&r, 50);

	assert_int_equal(fetch(&r, 50), 50);

	assert_int_equal(r.servers[0].n_gets, 8);
	assert_int_equal(r.servers[0].n_keys, 50);
	/* One more where the last set was still on its way back. */
	assert_true(r.servers[0].tcp.n_accepted <= 2);
}

static void the_time_to_live_is_an_absolute_time(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "");

	cache_set(r.cache, STR("a"), STR("1"), 60001);
	wait_until(n_set(&r) == 1);
	assert_int_equal(r.servers[0].last_expiry_s, 1061);
	cache_set(r.cache, STR("a"), STR("1"), INT64_MAX);
	wait_until(n_set(&r) == 2);
	assert_int_equal(r.servers[0].last_expiry_s, INT32_MAX);
}

static void keys_that_memcached_cannot_have_are_misses(void **state)
{
	struct rig r auto_done(rig_done);
	char long_key[251];
	(void)state;
	memset(long_key, 'k', sizeof(long_key));
	rig_init(&r, 1, "");
	const struct str keys[] = {STR("a b"),
				   STR("key-0"),
				   STR(""),
				   STR("a\r\nflush_all"),
				   str_from(long_key, 251),
				   str_from(long_key, 250)};
	struct str values[6];

	store(&r, 1);
	for (size_t i = 0; i < 6; i++)
		cache_set(r.cache, keys[i], STR("value 0"), 1000);
	wait_until(n_set(&r) == 3);
	cache_get_multi(r.cache, NULL, keys, 6, r.a, values);

	for (size_t i = 0; i < 6; i++)
		assert_int_equal(values[i].p != NULL, i == 1 || i == 5);
	assert_true(failures(&r, "set", "malformed-key") == 4);
	assert_true(failures(&r, "getmulti", "malformed-key") == 1);
}

static void items_above_the_limit_are_skipped(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "max_item_size: 10B\n");

	cache_set(r.cache, STR("large"), STR("01234567890"), 1000);
	cache_set(r.cache, STR("fits"), STR("0123456789"), 1000);
	wait_until(n_set(&r) == 1);

	assert_true(skipped(&r, "max-item-size") == 1);
	assert_int_equal(fake_cache_n_items(r.servers[0].items), 1);
}

static void what_is_wrong_with_a_server_makes_misses(void **state)
{
	static const struct {
		enum fake_memcached_mood mood;
		const char *reason;
	} cases[] = {
	    {MEMCACHED_IS_SILENT, "timeout"},    {MEMCACHED_HANGS_UP, "network-error"},
	    {MEMCACHED_TALKS_GARBAGE, "other"},  {MEMCACHED_BOASTS, "other"},
	    {MEMCACHED_LIES, "other"},           {MEMCACHED_MIXES_UP, "other"},
	    {MEMCACHED_IS_FULL, "server-error"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r auto_done(rig_done);
		rig_init(&r, 1, "timeout: 2s\n");
		store(&r, 3);
		assert_int_equal(fetch(&r, 3), 3);
		r.servers[0].mood = cases[i].mood;
		assert_int_equal(fetch(&r, 3), 0);
		assert_true(failures(&r, "getmulti", cases[i].reason) == 1);
		r.servers[0].mood = MEMCACHED_WORKS;
		assert_int_equal(fetch(&r, 3), 3);
	}
}

static void whole_values_count_though_the_answer_broke_off(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "");
	store(&r, 4);

	r.servers[0].mood = MEMCACHED_CUTS_ANSWERS;
	size_t n_hits = fetch(&r, 4);
	assert_true(n_hits >= 1 && n_hits < 4);
	r.servers[0].mood = MEMCACHED_TALKS_ON;
	assert_int_equal(fetch(&r, 4), 4);

	assert_true(failures(&r, "getmulti", "network-error") == 1);
	assert_true(failures(&r, "getmulti", "other") == 1);
}

static void answers_may_come_byte_by_byte(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "max_get_multi_batch_size: 2\n");
	r.servers[0].mood = MEMCACHED_DRIPS;

	store(&r, 5);

	assert_int_equal(fetch(&r, 6), 5);
}

static void one_server_that_is_down_takes_nobody_with_it(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 3, "");
	store(&r, 90);
	size_t lost = fake_cache_n_items(r.servers[1].items);

	tcp_script_stop(&r.servers[1].tcp);
	assert_int_equal(fetch(&r, 90), 90 - lost);
	assert_int_equal(fetch(&r, 90), 90 - lost);
	assert_true(failures(&r, "getmulti", "network-error") == 2);

	tcp_script_restart(&r.servers[1].tcp);
	assert_int_equal(fetch(&r, 90), 90);
}

static void who_is_canceled_waits_no_longer(void **state)
{
	struct rig r auto_done(rig_done);
	struct str value;
	(void)state;
	rig_init(&r, 1, "timeout: 1h\n");
	r.servers[0].mood = MEMCACHED_IS_SILENT;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 50);

	assert_false(cache_get(r.cache, ctx, STR("key-0"), r.a, &value));

	assert_true(failures(&r, "getmulti", "timeout") == 1);
}

static void sets_that_find_the_queue_full_are_dropped_and_counted(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1, "timeout: 300ms\nmax_async_concurrency: 1\nmax_async_buffer_size: 2\n");
	r.servers[0].mood = MEMCACHED_IS_SILENT;

	for (int i = 0; i < 20; i++)
		cache_set(r.cache, STR("a"), STR("1"), 1000);

	/* One under way or about to be, two waiting; more only when a timeout has passed. */
	assert_true(skipped(&r, "async-buffer-full") >= 10);
}

static void a_server_that_fails_sets_is_left_alone(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r, 1,
		 "max_async_concurrency: 1\n"
		 "set_async_circuit_breaker_config: {enabled: true, min_requests: 3, "
		 "consecutive_failures: 3}\n");
	r.servers[0].mood = MEMCACHED_IS_FULL;

	for (int i = 0; i < 10; i++)
		cache_set(r.cache, STR("a"), STR("1"), 1000);

	wait_until(operations(&r, "set") == 10);
	wait_until(failures(&r, "set", "other") == 7);
	assert_true(failures(&r, "set", "server-error") == 3);
	assert_int_equal(r.servers[0].n_sets, 3);
}

struct visitor {
	struct rig *r;
	pthread_t thread;
	size_t n_hits;
};

static void *visit(void *arg)
{
	struct visitor *v = arg;

	for (int round = 0; round < 20; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct str keys[20], values[20];
		for (size_t i = 0; i < 20; i++)
			keys[i] = str_of(arena_printf(a, "key-%zu", i));
		cache_set(v->r->cache, keys[round], str_of(arena_printf(a, "value %d", round)),
			  1000);
		cache_get_multi(v->r->cache, NULL, keys, 20, a, values);
		for (size_t i = 0; i < 20; i++)
			v->n_hits +=
			    values[i].p && str_is(values[i], arena_printf(a, "value %zu", i));
	}
	return NULL;
}

static void many_threads_share_it(void **state)
{
	struct rig r auto_done(rig_done);
	struct visitor visitors[8];
	(void)state;
	rig_init(&r, 3, "max_get_multi_concurrency: 3\nmax_idle_connections: 1\n");
	store(&r, 20);

	for (int i = 0; i < 8; i++) {
		visitors[i] = (struct visitor){.r = &r};
		pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(visitors[i].thread, NULL);
		assert_int_equal(visitors[i].n_hits, 400);
	}
}

/* --- servers that come and go ------------------------------------------------------------------
 */

static bool open_with(const char *yaml, struct dns_resolver *resolver, struct metrics *m,
		      struct cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memcached_config config;
	struct yaml_node *root;
	const struct cache_context context = {
	    .name = "index-cache", .clock = &clock_system, .metrics = m};

	return yaml_parse(str_of(yaml), a, &root, err) &&
	       memcached_config_decode(root, a, &config, err) &&
	       memcached_cache_open(&config, &context, resolver, out, err);
}

static void without_any_address_it_does_not_start(void **state)
{
	struct fake_dns dns;
	struct cache *c;
	struct err err = ERR_INIT;
	(void)state;
	fake_dns_init(&dns, NULL, 0);

	expect_err(open_with("addresses: [dns+gone.test:1]", &dns.base, NULL, &c, &err), err,
		   ERR_UNAVAILABLE, "no server address resolved for index-cache");
	expect_err(open_with("addresses: [dns+gone.test]", &dns.base, NULL, &c, &err), err,
		   ERR_UNAVAILABLE,
		   "no server address resolved for index-cache: missing port in address");
	expect_err(open_with("addresses: ['127.0.0.1:x y']", &dns.base, NULL, &c, &err), err,
		   ERR_INVALID, "127.0.0.1");
}

static void servers_are_looked_up_again(void **state)
{
	struct fake_memcached first, second;
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct fake_dns dns;
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	char one[64], both[64];
	(void)state;
	fake_memcached_start(&first);
	fake_memcached_start(&second);
	snprintf(one, sizeof(one), "a.test:%s", strchr(first.tcp.address, ':') + 1);
	snprintf(both, sizeof(both), "%s a.test:%s", one, strchr(second.tcp.address, ':') + 1);
	const struct fake_name names[2][2] = {
	    {{.name = "_m.test", .services = one}, {.name = "a.test", .ipv4 = "127.0.0.1"}},
	    {{.name = "_m.test", .services = both}, {.name = "a.test", .ipv4 = "127.0.0.1"}},
	};
	fake_dns_init(&dns, names[0], 2);

	expect_ok(open_with("addresses: [dnssrv+_m.test]\ndns_provider_update_interval: 20ms",
			    &dns.base, m, &c, &err),
		  err);
	struct counter *lookups = counter_at(
	    metrics_counters(m, "thanos_memcached_dns_lookups_total", "", "name"), "index-cache");
	wait_until(counter_value(lookups) >= 2);
	dns.names = names[1];
	double before = counter_value(lookups);
	wait_until(counter_value(lookups) >= before + 2);
	for (int i = 0; i < 50; i++)
		cache_set(c, str_of(arena_printf(a, "key-%d", i)), STR("x"), 1000);

	wait_until(first.n_sets + second.n_sets == 50);
	assert_true(first.n_sets > 5);
	assert_true(second.n_sets > 5);
	cache_close(c);
	fake_memcached_stop(&first);
	fake_memcached_stop(&second);
}

/* --- auto-discovery -----------------------------------------------------------------------------
 */

struct config_endpoint {
	struct tcp_script tcp;
	char nodes[256];
};

static void tell_nodes(struct tcp_script_peer *p, void *arg)
{
	const struct config_endpoint *e = arg;
	char answer[512];

	if (!str_is(tcp_script_line(p), "config get cluster"))
		return;
	snprintf(answer, sizeof(answer), "CONFIG cluster 0 %zu\r\n%s\r\nEND\r\n", strlen(e->nodes),
		 e->nodes);
	tcp_script_say(p, str_of(answer));
	tcp_script_line(p);
}

static void nodes_are_discovered(void **state)
{
	struct fake_memcached node;
	struct config_endpoint endpoint;
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;
	fake_memcached_start(&node);
	snprintf(endpoint.nodes, sizeof(endpoint.nodes), "12\nlocalhost|127.0.0.1|%s\n",
		 strchr(node.tcp.address, ':') + 1);
	tcp_script_start(&endpoint.tcp, tell_nodes, &endpoint);
	const char *yaml =
	    arena_printf(a, "addresses: [%s]\nauto_discovery: true", endpoint.tcp.address);

	expect_ok(open_with(yaml, NULL, m, &c, &err), err);
	cache_set(c, STR("a"), STR("1"), 1000);
	wait_until(node.n_sets == 1);

	struct metric_snapshots all = metrics_gather(m, a);
	size_t n_found = 0;
	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *s = &all.v[i];
		if (str_is(s->name, "thanos_memcached_auto_discovery_config_version"))
			n_found += s->points[0].value == 12;
		if (str_is(s->name, "thanos_memcached_auto_discovery_resolved_addresses"))
			n_found += s->points[0].value == 1;
		if (str_is(s->name, "thanos_memcached_auto_discovery_total"))
			n_found += s->points[0].value == 1;
	}
	assert_int_equal(n_found, 3);
	cache_close(c);
	tcp_script_stop(&endpoint.tcp);
	fake_memcached_stop(&node);
}

static void say_error(struct tcp_script_peer *p, void *arg)
{
	(void)arg;
	tcp_script_line(p);
	tcp_script_say(p, STR("ERROR\r\n"));
}

static void a_server_without_auto_discovery_is_no_start(void **state)
{
	struct tcp_script tcp;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;
	tcp_script_start(&tcp, say_error, NULL);
	const char *yaml = arena_printf(a, "addresses: [%s]\nauto_discovery: true", tcp.address);

	expect_err(open_with(yaml, NULL, NULL, &c, &err), err, ERR_UNAVAILABLE,
		   "unexpected answer \"ERROR\"");
	tcp_script_stop(&tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_set_is_found_on_its_server),
	    cmocka_unit_test(values_may_be_empty_or_binary),
	    cmocka_unit_test(keys_are_asked_for_in_batches_on_one_connection),
	    cmocka_unit_test(the_time_to_live_is_an_absolute_time),
	    cmocka_unit_test(keys_that_memcached_cannot_have_are_misses),
	    cmocka_unit_test(items_above_the_limit_are_skipped),
	    cmocka_unit_test(what_is_wrong_with_a_server_makes_misses),
	    cmocka_unit_test(whole_values_count_though_the_answer_broke_off),
	    cmocka_unit_test(answers_may_come_byte_by_byte),
	    cmocka_unit_test(one_server_that_is_down_takes_nobody_with_it),
	    cmocka_unit_test(who_is_canceled_waits_no_longer),
	    cmocka_unit_test(sets_that_find_the_queue_full_are_dropped_and_counted),
	    cmocka_unit_test(a_server_that_fails_sets_is_left_alone),
	    cmocka_unit_test(many_threads_share_it),
	    cmocka_unit_test(without_any_address_it_does_not_start),
	    cmocka_unit_test(servers_are_looked_up_again),
	    cmocka_unit_test(nodes_are_discovered),
	    cmocka_unit_test(a_server_without_auto_discovery_is_no_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
