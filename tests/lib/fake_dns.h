/* fake_dns.h - a resolver that knows a few names. */
#ifndef TESTS_LIB_FAKE_DNS_H
#define TESTS_LIB_FAKE_DNS_H

#include "discovery/dns_resolver.h"

enum fake_dns_outcome { FAKE_DNS_ANSWERS, FAKE_DNS_FAILS };

/* A NULL list means that there is no such record. */
struct fake_name {
	const char *name;
	const char *ipv4; /* "10.0.0.1 10.0.0.2" */
	const char *ipv6;
	const char *services; /* "a.test:80 b.test:81" */
	enum fake_dns_outcome ipv4_outcome, ipv6_outcome, services_outcome;
};

struct fake_dns {
	struct dns_resolver base; /* first, so that the two pointers convert */
	const struct fake_name *_Atomic names;
	size_t n_names;
};

/* `names` is borrowed; the test may point to others between two lookups. */
void fake_dns_init(struct fake_dns *d, const struct fake_name *names, size_t n_names);

#endif
