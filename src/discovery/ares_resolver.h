/* ares_resolver.h - a resolver that asks name servers itself, by c-ares.
 *
 * Names are tried with the search list of resolv.conf, truncated answers are asked for again over
 * TCP. The hosts file and nsswitch are not looked at. The file is read again for every question, so
 * that a change of it needs no restart.
 */
#ifndef DISCOVERY_ARES_RESOLVER_H
#define DISCOVERY_ARES_RESOLVER_H

#include "discovery/dns_resolver.h"

struct ares_resolver_options {
	const char *servers; /* "127.0.0.1:5353,[::1]:53" instead of resolv.conf's; NULL: those */
	int64_t timeout_ms;  /* of one attempt at one server; 0: 2 s */
};

/* Strings are copied. */
struct dns_resolver *ares_resolver_new(const struct ares_resolver_options *options);

#endif
