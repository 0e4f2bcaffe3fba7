#include "discovery/dns_lookup.h"

#include "net/address.h"

#include <stdio.h>

struct lookup {
	struct dns_resolver *r;
	struct ctx *ctx;
	struct arena *a;
	struct str kind; /* dns, dnssrv, ... */
	struct str name; /* all that follows, but for the scheme */
	struct str scheme;
	struct str host, port; /* the port may be empty */
	struct dns_targets *out;
};

bool dns_is_dynamic(struct str address)
{
	return str_find_char(address, '+') < address.n;
}

static void parse(struct lookup *l, struct str address)
{
	struct address split;
	struct err ignored;

	l->name = str_split(address, '+', &l->kind);
	size_t slashes = str_find(l->name, STR("//"));
	if (slashes < l->name.n) {
		l->scheme = str_from(l->name.p, slashes + 2);
		l->name = str_skip(l->name, slashes + 2);
		l->name.n = str_find(l->name, STR("//"));
	}
	l->host = l->name;
	if (address_parse(l->name, &split, &ignored)) {
		l->host = arena_str(l->a, str_of(split.host));
		l->port = arena_str(l->a, str_of(split.port));
	}
}

static void push_target(struct lookup *l, struct str host, struct str port)
{
	bool is_ipv6 = str_find_char(host, ':') < host.n;
	char *target =
	    arena_printf(l->a, "%.*s%s%.*s%s:%.*s", STR_FMT(l->scheme), is_ipv6 ? "[" : "",
			 STR_FMT(host), is_ipv6 ? "]" : "", STR_FMT(port));

	ARENA_PUSH(l->a, l->out, str_of(target));
}

static void push_all(struct lookup *l, const struct dns_addresses *found, struct str port)
{
	for (size_t i = 0; i < found->n; i++)
		push_target(l, found->v[i], port);
}

/* A name that does not exist has no addresses. */
static bool ask(struct lookup *l, struct str host, enum dns_family family,
		struct dns_addresses *found, struct err *err)
{
	return l->r->ops->addresses(l->r, l->ctx, host, family, l->a, found, err) ||
	       err->code == ERR_NOT_FOUND;
}

/* IPv6 if there is any, or else IPv4. */
static bool one_family(struct lookup *l, struct str host, struct str port, struct err *err)
{
	struct dns_addresses found = {0};

	if ((!ask(l, host, DNS_IPV6, &found, err) || found.n == 0) &&
	    !ask(l, host, DNS_IPV4, &found, err))
		return err_wrap(err, "lookup IP addresses \"%.*s\"", STR_FMT(l->host));
	push_all(l, &found, port);
	return true;
}

static bool needs_port(const struct lookup *l, struct err *err)
{
	return l->port.n > 0 ||
	       err_set(err, ERR_INVALID, "missing port in address given for %.*s lookup: %.*s",
		       STR_FMT(l->kind), STR_FMT(l->name));
}

static bool look_up_dns(struct lookup *l, struct err *err)
{
	return needs_port(l, err) && one_family(l, l->host, l->port, err);
}

/* One family that fails is enough when the other has something. */
static bool look_up_dual_stack(struct lookup *l, struct err *err)
{
	struct dns_addresses found = {0};
	struct err ignored;

	if (!needs_port(l, err))
		return false;
	bool v6_ok = ask(l, l->host, DNS_IPV6, &found, err);
	bool v4_ok = ask(l, l->host, DNS_IPV4, &found, v6_ok ? err : &ignored);
	if (found.n == 0 && !(v6_ok && v4_ok))
		return err_wrap(err, "lookup IP addresses (dual-stack) \"%.*s\"", STR_FMT(l->host));
	push_all(l, &found, l->port);
	return true;
}

static bool find_services(struct lookup *l, struct dns_services *found, struct err *err)
{
	return l->r->ops->services(l->r, l->ctx, l->host, l->a, found, err) ||
	       err->code == ERR_NOT_FOUND ||
	       err_wrap(err, "lookup SRV records \"%.*s\"", STR_FMT(l->host));
}

static struct str port_of(const struct lookup *l, const struct dns_service *s)
{
	return l->port.n ? l->port : str_of(arena_printf(l->a, "%u", s->port));
}

static bool look_up_services(struct lookup *l, struct err *err)
{
	struct dns_services found = {0};

	if (!find_services(l, &found, err))
		return false;
	for (size_t i = 0; i < found.n; i++) {
		if (!one_family(l, found.v[i].target, port_of(l, &found.v[i]), err))
			return false;
	}
	return true;
}

static bool look_up_service_names(struct lookup *l, struct err *err)
{
	struct dns_services found = {0};

	if (!find_services(l, &found, err))
		return false;
	for (size_t i = 0; i < found.n; i++)
		push_target(l, found.v[i].target, port_of(l, &found.v[i]));
	return true;
}

bool dns_lookup(struct dns_resolver *r, struct ctx *ctx, struct str address, struct arena *a,
		struct dns_targets *out, struct err *err)
{
	static const struct {
		const char *kind;
		bool (*look_up)(struct lookup *l, struct err *err);
	} kinds[] = {
	    {"dns", look_up_dns},
	    {"dnssrv", look_up_services},
	    {"dnssrvnoa", look_up_service_names},
	    {"dnsdualstack", look_up_dual_stack},
	};
	struct lookup l = {.r = r, .ctx = ctx, .a = a, .out = out};

	parse(&l, address);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (str_is(l.kind, kinds[i].kind))
			return kinds[i].look_up(&l, err);
	}
	return err_set(err, ERR_INVALID, "invalid lookup scheme \"%.*s\"", STR_FMT(l.kind));
}
