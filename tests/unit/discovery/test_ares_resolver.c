#include "base/alloc.h"
#include "base/buf.h"
#include "discovery/ares_resolver.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a name server on loopback that answers every question in one way --------------------------
 */

enum server_mood {
	GIVES_RECORDS,
	KNOWS_NO_NAMES,
	HAS_NO_RECORDS,
	REFUSES,
	TALKS_GARBAGE,
	CUTS_ANSWERS, /* announces two records and sends half of one */
	STAYS_SILENT,
};

struct name_server {
	int fd;
	char address[64];
	_Atomic enum server_mood mood;
	_Atomic int n_asked;
	_Atomic bool is_ending;
	pthread_t thread;
};

static void put16(struct buf *b, unsigned v)
{
	buf_putc(b, (char)(v >> 8));
	buf_putc(b, (char)v);
}

/* The name of the question by reference, the type, IN, a minute. */
static void put_record(struct buf *b, unsigned type, const void *data, size_t n)
{
	put16(b, 0xc00c);
	put16(b, type);
	put16(b, 1);
	put16(b, 0);
	put16(b, 60);
	put16(b, (unsigned)n);
	buf_append(b, data, n);
}

static void put_records(struct buf *b, unsigned type)
{
	static const char ipv4[2][4] = {{10, 0, 0, 1}, {10, 0, 0, 2}};
	static const char ipv6[2][16] = {{(char)0xfd, [15] = 1}, {(char)0xfd, [15] = 2}};
	/* Priority, weight, port, target: two labels and the root. */
	static const char service[2][6 + 8] = {"\0\1\0\1\x23\x82\1a\4test",
					       "\0\1\0\1\0\x50\1b\4test"};

	for (int i = 0; i < 2; i++) {
		if (type == ns_t_a)
			put_record(b, type, ipv4[i], sizeof(ipv4[i]));
		else if (type == ns_t_aaaa)
			put_record(b, type, ipv6[i], sizeof(ipv6[i]));
		else
			put_record(b, type, service[i], sizeof(service[i]));
	}
}

/* Header, and the question as it came. */
static void put_head(struct buf *b, const unsigned char *question, size_t n, unsigned code,
		     unsigned n_answers)
{
	buf_append(b, question, 2);
	put16(b, 0x8180 | code);
	put16(b, 1);
	put16(b, n_answers);
	put16(b, 0);
	put16(b, 0);
	buf_append(b, question + 12, n - 12);
}

static void answer(struct buf *b, const unsigned char *question, size_t n, enum server_mood mood)
{
	unsigned type = (unsigned)question[n - 4] << 8 | question[n - 3];

	switch (mood) {
	case GIVES_RECORDS:
		put_head(b, question, n, 0, 2);
		put_records(b, type);
		return;
	case KNOWS_NO_NAMES:
		put_head(b, question, n, 3, 0);
		return;
	case HAS_NO_RECORDS:
		put_head(b, question, n, 0, 0);
		return;
	case REFUSES:
		put_head(b, question, n, 5, 0);
		return;
	case CUTS_ANSWERS:
		put_head(b, question, n, 0, 2);
		put_record(b, type, "\1\2\3\4", 4);
		b->n -= 3;
		return;
	case TALKS_GARBAGE:
		buf_append(b, question, 2);
		buf_puts(b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
		return;
	case STAYS_SILENT:
		return;
	}
}

static void *serve(void *arg)
{
	struct name_server *s = arg;
	unsigned char question[512];
	struct sockaddr_in peer;

	while (!s->is_ending) {
		struct buf b auto_done(buf_done) = BUF_INIT(4096);
		socklen_t size = sizeof(peer);
		ssize_t n = recvfrom(s->fd, question, sizeof(question), 0, (void *)&peer, &size);
		if (n < 17)
			continue;
		s->n_asked++;
		answer(&b, question, (size_t)n, s->mood);
		if (b.n)
			assert_true(sendto(s->fd, b.p, b.n, 0, (void *)&peer, size) ==
				    (ssize_t)b.n);
	}
	return NULL;
}

static void name_server_start(struct name_server *s, enum server_mood mood)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_usec = 20000};
	socklen_t size = sizeof(a);

	*s =
	    (struct name_server){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .mood = mood};
	assert_int_equal(bind(s->fd, (void *)&a, sizeof(a)), 0);
	getsockname(s->fd, (void *)&a, &size);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", ntohs(a.sin_port));
	pthread_create(&s->thread, NULL, serve, s);
}

static void name_server_stop(struct name_server *s)
{
	s->is_ending = true;
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static struct dns_resolver *resolver_of(const struct name_server *s, int64_t timeout_ms)
{
	return ares_resolver_new(
	    &(const struct ares_resolver_options){.servers = s->address, .timeout_ms = timeout_ms});
}

/* --- tests ------------------------------------------------------------------------------------ */

static void addresses_of_both_families_are_read(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_addresses v4 = {0}, v6 = {0};
	struct err err = ERR_INIT;
	(void)state;
	name_server_start(&s, GIVES_RECORDS);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 10000);

	expect_ok(r->ops->addresses(r, NULL, STR("x.test"), DNS_IPV4, a, &v4, &err), err);
	expect_ok(r->ops->addresses(r, NULL, STR("x.test."), DNS_IPV6, a, &v6, &err), err);

	assert_int_equal(v4.n, 2);
	expect_str(v4.v[0], "10.0.0.1");
	expect_str(v4.v[1], "10.0.0.2");
	assert_int_equal(v6.n, 2);
	expect_str(v6.v[0], "fd00::1");
	expect_str(v6.v[1], "fd00::2");
}

static void services_have_a_target_and_a_port(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_services found = {0};
	struct err err = ERR_INIT;
	(void)state;
	name_server_start(&s, GIVES_RECORDS);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 10000);

	expect_ok(r->ops->services(r, NULL, STR("_x._tcp.test"), a, &found, &err), err);

	assert_int_equal(found.n, 2);
	expect_str(found.v[0].target, "a.test");
	assert_int_equal(found.v[0].port, 9090);
	expect_str(found.v[1].target, "b.test");
	assert_int_equal(found.v[1].port, 80);
}

static void a_name_without_records_has_none(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_addresses found = {0};
	struct err err = ERR_INIT;
	(void)state;
	name_server_start(&s, HAS_NO_RECORDS);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 10000);

	expect_ok(r->ops->addresses(r, NULL, STR("x.test."), DNS_IPV4, a, &found, &err), err);

	assert_int_equal(found.n, 0);
}

static void failures_are_told_apart(void **state)
{
	static const struct {
		enum server_mood mood;
		int64_t timeout_ms;
		enum err_code code;
		const char *message;
	} cases[] = {
	    {KNOWS_NO_NAMES, 10000, ERR_NOT_FOUND, "lookup x.test.: Domain name not found"},
	    {REFUSES, 10000, ERR_UNAVAILABLE, "lookup x.test.: "},
	    {CUTS_ANSWERS, 10000, ERR_CORRUPT, "lookup x.test.: the answer cannot be read"},
	    {STAYS_SILENT, 20, ERR_TIMEOUT, "lookup x.test.: Timeout while contacting DNS servers"},
	};
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_addresses found = {0};
	(void)state;
	name_server_start(&s, GIVES_RECORDS);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_resolver *r auto_free(dns_resolver_close) =
		    resolver_of(&s, cases[i].timeout_ms);
		struct err err = ERR_INIT;
		s.mood = cases[i].mood;
		expect_err(r->ops->addresses(r, NULL, STR("x.test."), DNS_IPV4, a, &found, &err),
			   err, cases[i].code, cases[i].message);
	}
	assert_int_equal(found.n, 0);
}

static void garbage_is_no_answer(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_services found = {0};
	struct err err = ERR_INIT;
	(void)state;
	name_server_start(&s, TALKS_GARBAGE);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 20);

	assert_false(r->ops->services(r, NULL, STR("_x._tcp.test."), a, &found, &err));
	assert_int_not_equal(err.code, ERR_NOT_FOUND);
}

static void an_address_is_its_own_answer(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_addresses v4 = {0}, v6 = {0};
	struct err err = ERR_INIT;
	(void)state;
	name_server_start(&s, KNOWS_NO_NAMES);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 10000);

	expect_ok(r->ops->addresses(r, NULL, STR("10.1.2.3"), DNS_IPV4, a, &v4, &err), err);
	expect_ok(r->ops->addresses(r, NULL, STR("10.1.2.3"), DNS_IPV6, a, &v6, &err), err);

	assert_int_equal(v4.n, 1);
	expect_str(v4.v[0], "10.1.2.3");
	assert_int_equal(v6.n, 0);
	assert_int_equal(s.n_asked, 0);
}

static void *cancel_when_asked(void *arg)
{
	void **both = arg;
	struct name_server *s = both[0];

	while (s->n_asked == 0)
		usleep(1000);
	ctx_cancel(both[1], ERR_CANCELED, "the test went away");
	return NULL;
}

static void who_is_canceled_waits_no_longer(void **state)
{
	struct name_server s auto_done(name_server_stop);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct dns_addresses found = {0};
	struct err err = ERR_INIT;
	void *both[] = {&s, ctx};
	pthread_t thread;
	(void)state;
	name_server_start(&s, STAYS_SILENT);
	struct dns_resolver *r auto_free(dns_resolver_close) = resolver_of(&s, 3600000);

	pthread_create(&thread, NULL, cancel_when_asked, both);
	expect_err(r->ops->addresses(r, ctx, STR("x.test."), DNS_IPV4, a, &found, &err), err,
		   ERR_CANCELED, "lookup x.test.: the test went away");
	pthread_join(thread, NULL);
}

static void servers_that_are_no_addresses_are_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct dns_addresses found = {0};
	struct err err = ERR_INIT;
	struct dns_resolver *r auto_free(dns_resolver_close) =
	    ares_resolver_new(&(const struct ares_resolver_options){.servers = "nonsense:x:y"});
	(void)state;

	expect_err(r->ops->addresses(r, NULL, STR("x.test"), DNS_IPV4, a, &found, &err), err,
		   ERR_INVALID, "DNS servers nonsense:x:y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_both_families_are_read),
	    cmocka_unit_test(services_have_a_target_and_a_port),
	    cmocka_unit_test(a_name_without_records_has_none),
	    cmocka_unit_test(failures_are_told_apart),
	    cmocka_unit_test(garbage_is_no_answer),
	    cmocka_unit_test(an_address_is_its_own_answer),
	    cmocka_unit_test(who_is_canceled_waits_no_longer),
	    cmocka_unit_test(servers_that_are_no_addresses_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
