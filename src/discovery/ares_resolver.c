#include "discovery/ares_resolver.h"

#include "base/alloc.h"
#include "base/ctx_event.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <stdlib.h>

enum {
	DEFAULT_TIMEOUT_MS = 2000,
	N_ATTEMPTS = 2,
	MAX_ADDRESSES = 4096, /* of one name: more do not fit an answer of 64 KiB */
};

struct ares_resolver {
	struct dns_resolver base; /* first, so that the two pointers convert */
	char *servers;            /* NULL: resolv.conf's */
	int timeout_ms;
};

/* One question under way; what comes back is copied into the arena. */
struct question {
	struct str name;
	struct arena *a;
	bool is_answered;
	int status;
	struct str answer;
};

/* --- asking ----------------------------------------------------------------------------------- */

static void answered(void *arg, int status, int n_timeouts, unsigned char *answer, int n)
{
	struct question *q = arg;

	(void)n_timeouts;
	q->is_answered = true;
	q->status = status;
	if (status == ARES_SUCCESS)
		q->answer = arena_str(q->a, str_from(answer, (size_t)n));
}

static bool channel_open(struct ares_resolver *r, ares_channel *out, struct err *err)
{
	struct ares_options options = {.timeout = r->timeout_ms, .tries = N_ATTEMPTS};

	int status = ares_init_options(out, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status != ARES_SUCCESS)
		return err_set(err, ERR_UNAVAILABLE, "DNS: %s", ares_strerror(status));
	if (!r->servers)
		return true;
	status = ares_set_servers_ports_csv(*out, r->servers);
	if (status == ARES_SUCCESS)
		return true;
	ares_destroy(*out);
	return err_set(err, ERR_INVALID, "DNS servers %s: %s", r->servers, ares_strerror(status));
}

/* Waits until one of the channel's sockets is ready, an attempt is over, or the context is done,
 * and lets the channel work. */
static void turn(ares_channel channel, struct ctx *ctx, const struct ctx_event *canceled)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM + 1];
	struct timeval longest = {.tv_sec = DEFAULT_TIMEOUT_MS / 1000}, next;
	nfds_t n = 0;

	/* The lower half of the bits says who reads, the upper half who writes; c-ares' own macros
	 * for them shift a signed number too far. */
	unsigned mask = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		int events = (mask >> i & 1 ? POLLIN : 0) |
			     (mask >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0);
		if (events)
			polled[n++] = (struct pollfd){.fd = sockets[i], .events = (short)events};
	}
	polled[n] = (struct pollfd){.fd = canceled->fd, .events = POLLIN};
	const struct timeval *left = ares_timeout(channel, &longest, &next);
	int timeout_ms = ctx_poll_timeout_ms(ctx, left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
	if (poll(polled, n + 1, timeout_ms) <= 0)
		n = 0;
	for (nfds_t i = 0; i < n; i++) {
		bool reads = polled[i].revents & (POLLIN | POLLERR | POLLHUP);
		bool writes = polled[i].revents & POLLOUT;
		ares_process_fd(channel, reads ? polled[i].fd : ARES_SOCKET_BAD,
				writes ? polled[i].fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what has timed out */
}

static bool status_to_err(const struct question *q, struct err *err)
{
	enum err_code code = q->status == ARES_ENOTFOUND  ? ERR_NOT_FOUND
			     : q->status == ARES_EBADNAME ? ERR_INVALID
			     : q->status == ARES_ETIMEOUT ? ERR_TIMEOUT
							  : ERR_UNAVAILABLE;

	return err_set(err, code, "lookup %.*s: %s", STR_FMT(q->name), ares_strerror(q->status));
}

/* True also when the name has no such records: the answer is empty then. */
static bool ask(struct ares_resolver *r, struct ctx *ctx, struct question *q, int type,
		struct err *err)
{
	struct ctx_event canceled;
	ares_channel channel;

	if (!ctx_check(ctx, err) || !channel_open(r, &channel, err))
		return err_wrap(err, "lookup %.*s", STR_FMT(q->name));
	ctx_event_start(&canceled, ctx);
	ares_search(channel, arena_cstr(q->a, q->name), ns_c_in, type, answered, q);
	while (!q->is_answered && !ctx_done(ctx))
		turn(channel, ctx, &canceled);
	ctx_event_stop(&canceled);
	bool is_answered = q->is_answered;
	ares_destroy(channel); /* answers what is open with a status of its own */
	if (!is_answered) {
		ctx_check(ctx, err);
		return err_wrap(err, "lookup %.*s", STR_FMT(q->name));
	}
	return q->status == ARES_SUCCESS || q->status == ARES_ENODATA || status_to_err(q, err);
}

/* --- reading answers -------------------------------------------------------------------------- */

static void push_address(struct arena *a, struct dns_addresses *out, int family,
			 const void *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, address, text, sizeof(text));
	ARENA_PUSH(a, out, arena_str(a, str_of(text)));
}

static int read_ipv4(const struct question *q, struct dns_addresses *out)
{
	struct ares_addrttl *found = ARENA_ARRAY(q->a, struct ares_addrttl, MAX_ADDRESSES);
	int n = MAX_ADDRESSES;

	int status =
	    ares_parse_a_reply((const void *)q->answer.p, (int)q->answer.n, NULL, found, &n);
	for (int i = 0; status == ARES_SUCCESS && i < n; i++)
		push_address(q->a, out, AF_INET, &found[i].ipaddr);
	return status;
}

static int read_ipv6(const struct question *q, struct dns_addresses *out)
{
	struct ares_addr6ttl *found = ARENA_ARRAY(q->a, struct ares_addr6ttl, MAX_ADDRESSES);
	int n = MAX_ADDRESSES;

	int status =
	    ares_parse_aaaa_reply((const void *)q->answer.p, (int)q->answer.n, NULL, found, &n);
	for (int i = 0; status == ARES_SUCCESS && i < n; i++)
		push_address(q->a, out, AF_INET6, &found[i].ip6addr);
	return status;
}

static int read_services(const struct question *q, struct dns_services *out)
{
	struct ares_srv_reply *found = NULL;

	int status = ares_parse_srv_reply((const void *)q->answer.p, (int)q->answer.n, &found);
	for (const struct ares_srv_reply *s = found; s; s = s->next) {
		struct str target = str_of(s->host);
		while (str_ends(target, STR(".")))
			target.n--;
		ARENA_PUSH(q->a, out, (struct dns_service){arena_str(q->a, target), s->port});
	}
	if (found)
		ares_free_data(found);
	return status;
}

/* The status of reading; an answer without records of the type has none to give. */
static bool is_read(const struct question *q, int status, struct err *err)
{
	return status == ARES_SUCCESS || status == ARES_ENODATA ||
	       err_set(err, ERR_CORRUPT, "lookup %.*s: the answer cannot be read: %s",
		       STR_FMT(q->name), ares_strerror(status));
}

/* --- the resolver ----------------------------------------------------------------------------- */

/* An address is its own answer. */
static bool is_literal(struct str host, struct arena *a, enum dns_family *family)
{
	unsigned char ignored[sizeof(struct in6_addr)];
	const char *text = arena_cstr(a, host);

	*family = inet_pton(AF_INET6, text, ignored) == 1 ? DNS_IPV6 : DNS_IPV4;
	return *family == DNS_IPV6 || inet_pton(AF_INET, text, ignored) == 1;
}

static bool addresses(struct dns_resolver *base, struct ctx *ctx, struct str host,
		      enum dns_family family, struct arena *a, struct dns_addresses *out,
		      struct err *err)
{
	struct question q = {.name = host, .a = a};
	enum dns_family literal;

	if (is_literal(host, a, &literal)) {
		if (literal == family)
			ARENA_PUSH(a, out, arena_str(a, host));
		return true;
	}
	if (!ask((struct ares_resolver *)base, ctx, &q, family == DNS_IPV4 ? ns_t_a : ns_t_aaaa,
		 err))
		return false;
	if (q.status != ARES_SUCCESS)
		return true;
	return is_read(&q, family == DNS_IPV4 ? read_ipv4(&q, out) : read_ipv6(&q, out), err);
}

static bool services(struct dns_resolver *base, struct ctx *ctx, struct str name, struct arena *a,
		     struct dns_services *out, struct err *err)
{
	struct question q = {.name = name, .a = a};

	if (!ask((struct ares_resolver *)base, ctx, &q, ns_t_srv, err))
		return false;
	return q.status != ARES_SUCCESS || is_read(&q, read_services(&q, out), err);
}

static void close_resolver(struct dns_resolver *base)
{
	free(((struct ares_resolver *)base)->servers);
	free(base);
}

struct dns_resolver *ares_resolver_new(const struct ares_resolver_options *options)
{
	static const struct dns_resolver_ops ops = {
	    .addresses = addresses,
	    .services = services,
	    .close = close_resolver,
	};
	struct ares_resolver *r = NEW(struct ares_resolver);

	r->base.ops = &ops;
	r->servers = options->servers ? xstrdup(options->servers) : NULL;
	r->timeout_ms = options->timeout_ms ? (int)options->timeout_ms : DEFAULT_TIMEOUT_MS;
	return &r->base;
}
