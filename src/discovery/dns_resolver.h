/* dns_resolver.h - asking the DNS, as a plug: production asks the servers of /etc/resolv.conf,
 * tests answer themselves.
 *
 * Threads: the operations may be called from any thread, and wait.
 */
#ifndef DISCOVERY_DNS_RESOLVER_H
#define DISCOVERY_DNS_RESOLVER_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/ctx.h"

struct dns_resolver;

enum dns_family { DNS_IPV4, DNS_IPV6 };

/* "10.0.0.1", "::1". */
struct dns_addresses {
	struct str *v;
	size_t n, cap;
};

struct dns_service {
	struct str target; /* a name without the dot at its end */
	uint16_t port;
};

struct dns_services {
	struct dns_service *v;
	size_t n, cap;
};

/* Both append what the name has, which may be nothing; it lives in `a`. ERR_NOT_FOUND: there is no
 * such name. */
struct dns_resolver_ops {
	bool (*addresses)(struct dns_resolver *r, struct ctx *ctx, struct str host,
			  enum dns_family family, struct arena *a, struct dns_addresses *out,
			  struct err *err);
	bool (*services)(struct dns_resolver *r, struct ctx *ctx, struct str name, struct arena *a,
			 struct dns_services *out, struct err *err);
	void (*close)(struct dns_resolver *r);
};

struct dns_resolver {
	const struct dns_resolver_ops *ops;
};

void dns_resolver_close(struct dns_resolver *r); /* NULL is fine */
CLEANUP_DEFINE(struct dns_resolver, dns_resolver_close)

#endif
