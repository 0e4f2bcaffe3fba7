/* dns_provider.h - addresses with and without DNS prefixes, and what they stood for when they were
 * last looked up with success.
 *
 * Counts <prefix>dns_lookups_total and <prefix>dns_failures_total, and shows the number of results
 * in <prefix>dns_provider_results{addr}.
 *
 * Threads: all functions but new and free may be called from any thread; one resolves at a time.
 */
#ifndef DISCOVERY_DNS_PROVIDER_H
#define DISCOVERY_DNS_PROVIDER_H

#include "base/metric.h"
#include "discovery/dns_lookup.h"

struct dns_provider;

/* `resolver` and `m` outlive it; `m` may be NULL. `name` is a label of the metrics, NULL: none. */
struct dns_provider *dns_provider_new(struct dns_resolver *resolver, struct metrics *m,
				      const char *prefix, const char *name);
void dns_provider_free(struct dns_provider *p); /* NULL is fine */
CLEANUP_DEFINE(struct dns_provider, dns_provider_free)

/* Looks all of them up; those without a prefix stand for themselves. An address whose lookup fails
 * keeps its last results; false when there was one, with all reasons. Addresses that are not among
 * these any more are forgotten when none fails. */
bool dns_provider_resolve(struct dns_provider *p, struct ctx *ctx, const struct str *addresses,
			  size_t n, struct err *err);

/* What all addresses stand for, copied into `a`, in the order they were first resolved in. */
void dns_provider_targets(struct dns_provider *p, struct arena *a, struct dns_targets *out);
/* What one of them stands for. */
void dns_provider_targets_of(struct dns_provider *p, struct str address, struct arena *a,
			     struct dns_targets *out);

#endif
