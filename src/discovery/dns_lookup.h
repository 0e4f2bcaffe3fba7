/* dns_lookup.h - what an address with a prefix stands for:
 *
 *	dns+name:port           the IPv6 addresses of the name, or the IPv4 ones when it has none
 *	dnsdualstack+name:port  both
 *	dnssrv+name[:port]      the addresses of its services' targets, with the service's port
 *	                        unless one is given
 *	dnssrvnoa+name[:port]   the targets themselves
 *
 * A scheme (http://) in front of the name is put in front of every result.
 */
#ifndef DISCOVERY_DNS_LOOKUP_H
#define DISCOVERY_DNS_LOOKUP_H

#include "discovery/dns_resolver.h"

struct dns_targets {
	struct str *v; /* "10.0.0.1:80", "http://[::1]:80" */
	size_t n, cap;
};

/* Has a prefix, though perhaps one that nobody knows. */
bool dns_is_dynamic(struct str address);

/* Appends to *out, in memory of `a`. A name that does not exist has no results, and is no failure.
 */
bool dns_lookup(struct dns_resolver *r, struct ctx *ctx, struct str address, struct arena *a,
		struct dns_targets *out, struct err *err);

#endif
