#include "base/buf.h"
#include "discovery/dns_provider.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_dns.h"

static const struct fake_name good[] = {
    {.name = "a.test", .ipv4 = "10.0.0.1 10.0.0.2"},
    {.name = "b.test", .ipv4 = "10.0.0.3"},
};
static const struct fake_name broken[] = {
    {.name = "a.test", .ipv4_outcome = FAKE_DNS_FAILS},
    {.name = "b.test", .ipv4 = "10.0.0.4"},
};

struct rig {
	struct metrics *m;
	struct fake_dns dns;
	struct dns_provider *p;
};

static void rig_init(struct rig *r, const char *name)
{
	r->m = metrics_new();
	fake_dns_init(&r->dns, good, 2);
	r->p = dns_provider_new(&r->dns.base, r->m, "thanos_memcached_", name);
}

static void rig_done(struct rig *r)
{
	dns_provider_free(r->p);
	metrics_free(r->m);
}

static void expect_targets(struct rig *r, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct dns_targets targets = {0};

	dns_provider_targets(r->p, a, &targets);
	for (size_t i = 0; i < targets.n; i++)
		buf_printf(&got, "%s%.*s", i ? " " : "", STR_FMT(targets.v[i]));
	expect_str(buf_str(&got), want);
}

/* "name{value,value}=n ..." of what begins with the prefix. */
static void expect_metrics(struct rig *r, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct metric_snapshots all = metrics_gather(r->m, a);

	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *s = &all.v[i];
		for (size_t j = 0; j < s->n_points; j++) {
			buf_printf(&got, "%.*s{", STR_FMT(str_skip(s->name, 17)));
			for (size_t k = 0; k < s->n_labels; k++)
				buf_printf(&got, "%s%.*s", k ? "," : "",
					   STR_FMT(s->points[j].label_values[k]));
			buf_printf(&got, "}=%g\n", s->points[j].value);
		}
	}
	expect_str(buf_str(&got), want);
}

static void plain_addresses_stand_for_themselves(void **state)
{
	struct rig r auto_done(rig_done);
	const struct str addresses[] = {STR("10.1.1.1:1"), STR("dns+a.test:2")};
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, NULL);

	expect_ok(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err);

	expect_targets(&r, "10.1.1.1:1 10.0.0.1:2 10.0.0.2:2");
	expect_metrics(&r, "dns_failures_total{}=0\n"
			   "dns_lookups_total{}=1\n"
			   "dns_provider_results{10.1.1.1:1}=1\n"
			   "dns_provider_results{dns+a.test:2}=2\n");
}

static void a_lookup_that_fails_keeps_the_last_results(void **state)
{
	struct rig r auto_done(rig_done);
	const struct str addresses[] = {STR("dns+a.test:1"), STR("dns+b.test:1")};
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, "index-cache");

	expect_ok(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err);
	expect_targets(&r, "10.0.0.1:1 10.0.0.2:1 10.0.0.3:1");
	r.dns.names = broken;
	expect_err(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err, ERR_UNAVAILABLE,
		   "A of a.test: refused");

	expect_targets(&r, "10.0.0.1:1 10.0.0.2:1 10.0.0.4:1");
	expect_metrics(&r, "dns_failures_total{index-cache}=1\n"
			   "dns_lookups_total{index-cache}=4\n"
			   "dns_provider_results{dns+a.test:1,index-cache}=2\n"
			   "dns_provider_results{dns+b.test:1,index-cache}=1\n");
}

static void all_reasons_are_told(void **state)
{
	struct rig r auto_done(rig_done);
	const struct str addresses[] = {STR("dns+a.test:1"), STR("dns+b.test")};
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, NULL);
	r.dns.names = broken;

	expect_err(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err, ERR_INVALID,
		   "2 errors: lookup IP addresses \"a.test\": A of a.test: refused; missing port");
}

static void a_name_that_is_gone_and_an_address_not_asked_for_are_forgotten(void **state)
{
	struct rig r auto_done(rig_done);
	const struct str addresses[] = {STR("dns+a.test:1"), STR("dns+b.test:1")};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_targets of_b = {0};
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, NULL);

	expect_ok(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err);
	r.dns.n_names = 1;
	expect_ok(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err);
	expect_targets(&r, "10.0.0.1:1 10.0.0.2:1");
	expect_ok(dns_provider_resolve(r.p, NULL, addresses + 1, 1, &err), err);
	expect_targets(&r, "");
	dns_provider_targets_of(r.p, addresses[1], a, &of_b);
	assert_int_equal(of_b.n, 0);
}

static void one_address_can_be_asked_for(void **state)
{
	struct rig r auto_done(rig_done);
	const struct str addresses[] = {STR("dns+a.test:1"), STR("dns+b.test:1")};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_targets targets = {0};
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, NULL);

	expect_ok(dns_provider_resolve(r.p, NULL, addresses, 2, &err), err);
	dns_provider_targets_of(r.p, addresses[1], a, &targets);

	assert_int_equal(targets.n, 1);
	expect_str(targets.v[0], "10.0.0.3:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_addresses_stand_for_themselves),
	    cmocka_unit_test(a_lookup_that_fails_keeps_the_last_results),
	    cmocka_unit_test(all_reasons_are_told),
	    cmocka_unit_test(a_name_that_is_gone_and_an_address_not_asked_for_are_forgotten),
	    cmocka_unit_test(one_address_can_be_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
