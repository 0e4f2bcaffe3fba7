#include "tests/lib/fake_dns.h"

#include <stdatomic.h>

static bool find(const struct fake_dns *d, struct str name, const struct fake_name **out,
		 struct err *err)
{
	const struct fake_name *names = atomic_load(&d->names);

	for (size_t i = 0; i < d->n_names; i++) {
		if (str_is(name, names[i].name)) {
			*out = &names[i];
			return true;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "%.*s does not exist", STR_FMT(name));
}

static bool fail(enum fake_dns_outcome outcome, const char *what, struct str name, struct err *err)
{
	return outcome == FAKE_DNS_FAILS &&
	       !err_set(err, ERR_UNAVAILABLE, "%s of %.*s: refused", what, STR_FMT(name));
}

static bool addresses(struct dns_resolver *base, struct ctx *ctx, struct str host,
		      enum dns_family family, struct arena *a, struct dns_addresses *out,
		      struct err *err)
{
	const struct fake_name *name = NULL;
	bool is_v4 = family == DNS_IPV4;

	(void)ctx;
	if (!find((struct fake_dns *)base, host, &name, err) ||
	    fail(is_v4 ? name->ipv4_outcome : name->ipv6_outcome, is_v4 ? "A" : "AAAA", host, err))
		return false;
	const char *list = is_v4 ? name->ipv4 : name->ipv6;
	for (struct str rest = str_of(list ? list : ""), one; rest.n;) {
		rest = str_split(rest, ' ', &one);
		ARENA_PUSH(a, out, one);
	}
	return true;
}

static bool services(struct dns_resolver *base, struct ctx *ctx, struct str host, struct arena *a,
		     struct dns_services *out, struct err *err)
{
	const struct fake_name *name = NULL;

	(void)ctx;
	if (!find((struct fake_dns *)base, host, &name, err) ||
	    fail(name->services_outcome, "SRV", host, err))
		return false;
	for (struct str rest = str_of(name->services ? name->services : ""), one, target; rest.n;) {
		uint64_t port = 0;
		rest = str_split(rest, ' ', &one);
		str_to_u64(str_split(one, ':', &target), &port);
		ARENA_PUSH(a, out, (struct dns_service){target, (uint16_t)port});
	}
	return true;
}

static void close_nothing(struct dns_resolver *base)
{
	(void)base;
}

void fake_dns_init(struct fake_dns *d, const struct fake_name *names, size_t n_names)
{
	static const struct dns_resolver_ops ops = {
	    .addresses = addresses,
	    .services = services,
	    .close = close_nothing,
	};

	*d = (struct fake_dns){.base.ops = &ops, .names = names, .n_names = n_names};
}
