#include "base/buf.h"
#include "discovery/dns_lookup.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_dns.h"

static const struct fake_name names[] = {
    {.name = "v4.test", .ipv4 = "10.0.0.1 10.0.0.2"},
    {.name = "both.test", .ipv4 = "10.0.0.3", .ipv6 = "fd00::3"},
    {.name = "half.test", .ipv4 = "10.0.0.4", .ipv6_outcome = FAKE_DNS_FAILS},
    {.name = "empty.test"},
    {.name = "down.test", .ipv4_outcome = FAKE_DNS_FAILS, .ipv6_outcome = FAKE_DNS_FAILS},
    {.name = "_x._tcp.test", .services = "v4.test:81 both.test:82 gone.test:83"},
    {.name = "_down._tcp.test", .services_outcome = FAKE_DNS_FAILS},
    {.name = "_half._tcp.test", .services = "v4.test:81 down.test:82"},
};

static struct fake_dns dns_of(const struct fake_name *list, size_t n)
{
	struct fake_dns d;

	fake_dns_init(&d, list, n);
	return d;
}

/* What an address stands for, with spaces between. */
static void expect_targets(const char *address, const char *want)
{
	struct fake_dns d = dns_of(names, sizeof(names) / sizeof(names[0]));
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct dns_targets targets = {0};
	struct err err = ERR_INIT;

	expect_ok(dns_lookup(&d.base, NULL, str_of(address), a, &targets, &err), err);
	for (size_t i = 0; i < targets.n; i++)
		buf_printf(&got, "%s%.*s", i ? " " : "", STR_FMT(targets.v[i]));
	expect_str(buf_str(&got), want);
}

static void expect_failure(const char *address, enum err_code code, const char *message)
{
	struct fake_dns d = dns_of(names, sizeof(names) / sizeof(names[0]));
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_targets targets = {0};
	struct err err = ERR_INIT;

	expect_err(dns_lookup(&d.base, NULL, str_of(address), a, &targets, &err), err, code,
		   message);
}

static void dns_gives_ipv6_or_else_ipv4(void **state)
{
	(void)state;
	expect_targets("dns+v4.test:9090", "10.0.0.1:9090 10.0.0.2:9090");
	expect_targets("dns+both.test:9090", "[fd00::3]:9090");
	expect_targets("dns+half.test:9090", "10.0.0.4:9090");
	expect_targets("dns+empty.test:9090", "");
	expect_targets("dns+gone.test:9090", "");
	expect_failure("dns+down.test:9090", ERR_UNAVAILABLE,
		       "lookup IP addresses \"down.test\": A of down.test: refused");
}

static void dnsdualstack_gives_both(void **state)
{
	(void)state;
	expect_targets("dnsdualstack+both.test:9090", "[fd00::3]:9090 10.0.0.3:9090");
	expect_targets("dnsdualstack+half.test:9090", "10.0.0.4:9090");
	expect_targets("dnsdualstack+gone.test:9090", "");
	expect_failure(
	    "dnsdualstack+down.test:9090", ERR_UNAVAILABLE,
	    "lookup IP addresses (dual-stack) \"down.test\": AAAA of down.test: refused");
}

static void dnssrv_gives_the_addresses_of_services(void **state)
{
	(void)state;
	expect_targets("dnssrv+_x._tcp.test", "10.0.0.1:81 10.0.0.2:81 [fd00::3]:82");
	expect_targets("dnssrv+_x._tcp.test:7", "10.0.0.1:7 10.0.0.2:7 [fd00::3]:7");
	expect_targets("dnssrv+_gone._tcp.test", "");
	expect_failure("dnssrv+_down._tcp.test", ERR_UNAVAILABLE,
		       "lookup SRV records \"_down._tcp.test\": SRV of _down._tcp.test: refused");
	expect_failure("dnssrv+_half._tcp.test", ERR_UNAVAILABLE,
		       "lookup IP addresses \"_half._tcp.test\"");
}

static void dnssrvnoa_gives_the_names_of_services(void **state)
{
	(void)state;
	expect_targets("dnssrvnoa+_x._tcp.test", "v4.test:81 both.test:82 gone.test:83");
	expect_targets("dnssrvnoa+_x._tcp.test:7", "v4.test:7 both.test:7 gone.test:7");
}

static void a_scheme_stays_in_front(void **state)
{
	(void)state;
	expect_targets("dns+http://v4.test:9090", "http://10.0.0.1:9090 http://10.0.0.2:9090");
	expect_targets("dns+https://both.test:9090", "https://[fd00::3]:9090");
	expect_targets("dnssrvnoa+http://_x._tcp.test:7//more",
		       "http://v4.test:7 http://both.test:7 http://gone.test:7");
}

static void what_cannot_be_looked_up_is_refused(void **state)
{
	(void)state;
	expect_failure("dns+v4.test", ERR_INVALID,
		       "missing port in address given for dns lookup: v4.test");
	expect_failure("dnsdualstack+v4.test", ERR_INVALID,
		       "missing port in address given for dnsdualstack lookup: v4.test");
	expect_failure("dnsx+v4.test:1", ERR_INVALID, "invalid lookup scheme \"dnsx\"");
	expect_failure("+v4.test:1", ERR_INVALID, "invalid lookup scheme \"\"");
}

static void a_plus_makes_an_address_dynamic(void **state)
{
	(void)state;
	assert_true(dns_is_dynamic(STR("dns+a:1")));
	assert_true(dns_is_dynamic(STR("other+a:1")));
	assert_false(dns_is_dynamic(STR("a:1")));
	assert_false(dns_is_dynamic(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dns_gives_ipv6_or_else_ipv4),
	    cmocka_unit_test(dnsdualstack_gives_both),
	    cmocka_unit_test(dnssrv_gives_the_addresses_of_services),
	    cmocka_unit_test(dnssrvnoa_gives_the_names_of_services),
	    cmocka_unit_test(a_scheme_stays_in_front),
	    cmocka_unit_test(what_cannot_be_looked_up_is_refused),
	    cmocka_unit_test(a_plus_makes_an_address_dynamic),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
