#include "net/address.h"

#include "tests/lib/expect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void host_and_port_are_split_as_go_does(void **state)
{
	static const char *const good[][3] = {
	    {"localhost:80", "localhost", "80"},
	    {":10902", "", "10902"},
	    {"[::1]:0", "::1", "0"},
	    {"[fe80::1%eth0]:80", "fe80::1%eth0", "80"},
	    {"127.0.0.1:65535", "127.0.0.1", "65535"},
	    {"a.b:http", "a.b", "http"},
	};
	static const char *const bad[][2] = {
	    {"", "missing port"},
	    {"localhost", "missing port"},
	    {"localhost:", "missing port"},
	    {"::1:80", "too many colons"},
	    {"[::1]80", "missing ']'"},
	    {"a[b:80", "unexpected character"},
	    {"localhost:65536", "invalid port"},
	    {"localhost:99999999999999999999", "invalid port"},
	};
	struct address a;
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		expect_ok(address_parse(str_of(good[i][0]), &a, &err), err);
		assert_string_equal(a.host, good[i][1]);
		assert_string_equal(a.port, good[i][2]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_err(address_parse(str_of(bad[i][0]), &a, &err), err, ERR_INVALID, bad[i][1]);
}

static void a_literal_address_reads_back_as_it_was(void **state)
{
	static const char *const texts[] = {"127.0.0.1:80", "[::1]:10901", "[2001:db8::7]:1"};
	struct address a;
	struct addrinfo *found;
	struct err err = ERR_INIT;
	char text[ADDRESS_TEXT_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		expect_ok(address_parse(str_of(texts[i]), &a, &err), err);
		assert_true(address_of_literal(&a, &found));
		address_format(found->ai_addr, text);
		assert_string_equal(text, texts[i]);
		freeaddrinfo(found);
	}
	expect_ok(address_parse(STR("localhost:80"), &a, &err), err);
	assert_false(address_of_literal(&a, &found));
}

static void an_ipv4_peer_on_an_ipv6_socket_is_shown_as_ipv4(void **state)
{
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	char text[ADDRESS_TEXT_MAX];
	(void)state;

	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[12] = 10;
	mapped.sin6_addr.s6_addr[15] = 1;
	address_format((struct sockaddr *)&mapped, text);

	assert_string_equal(text, "10.0.0.1:7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(host_and_port_are_split_as_go_does),
	    cmocka_unit_test(a_literal_address_reads_back_as_it_was),
	    cmocka_unit_test(an_ipv4_peer_on_an_ipv6_socket_is_shown_as_ipv4),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
