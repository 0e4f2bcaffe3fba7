/* dial.c - from a name to a connected socket: look up, then try the addresses, families in turn,
 * each joining the race 300 ms after the one before or when one fails (RFC 8305, simplified).
 */
#include "base/alloc.h"
#include "net/conn_internal.h"
#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_ATTEMPTS = 16, NEXT_ATTEMPT_MS = 300 };

struct attempt {
	uv_poll_t poll;
	struct dial *dial; /* NULL once it has no part in the race */
	int fd;
};

struct dial {
	struct conn *conn;
	struct address address;
	struct resolve *resolve; /* while it runs */
	struct loop_timer *next_timer;
	struct addrinfo *found;
	struct addrinfo *order[MAX_ATTEMPTS]; /* in `found` */
	size_t n_order, n_started;
	struct attempt *racing[MAX_ATTEMPTS];
	size_t n_racing;
	int failed; /* the last attempt's errno */
};

static void attempt_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Leave the race; returns the socket, still open. */
static int attempt_end(struct attempt *a)
{
	struct dial *d = take(a->dial);
	int fd = a->fd;

	for (size_t i = 0; i < d->n_racing; i++) {
		if (d->racing[i] == a)
			d->racing[i] = d->racing[--d->n_racing];
	}
	uv_close((uv_handle_t *)&a->poll, attempt_closed);
	return fd;
}

static void dial_free(struct dial *d)
{
	if (d->resolve)
		resolve_cancel(d->resolve);
	while (d->n_racing > 0)
		close(attempt_end(d->racing[0]));
	loop_timer_free(d->next_timer);
	if (d->found)
		freeaddrinfo(d->found);
	free(d);
}

void dial_cancel(struct dial *d)
{
	dial_free(d);
}

static void won(struct dial *d, int fd)
{
	struct conn *c = d->conn;

	c->dial = NULL;
	if (!c->server_name)
		c->server_name = xstrdup(d->address.host);
	dial_free(d);
	conn_attach(c, fd);
}

static void try_next(struct dial *d);

static void connected(uv_poll_t *handle, int status, int events)
{
	struct attempt *a = handle->data;
	struct dial *d = a->dial;
	int code = 0;
	socklen_t size = sizeof(code);

	(void)events;
	getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &code, &size);
	int fd = attempt_end(a);
	if (code == 0 && status >= 0) {
		won(d, fd);
		return;
	}
	close(fd);
	d->failed = code ? code : ECONNREFUSED;
	try_next(d);
}

/* False: it failed at once. */
static bool attempt_start(struct dial *d, const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		d->failed = errno;
		return false;
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS) {
		d->failed = errno;
		close(fd);
		return false;
	}
	struct attempt *a = NEW(struct attempt);
	a->dial = d;
	a->fd = fd;
	uv_poll_init(&d->conn->loop->uv, &a->poll, fd);
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_WRITABLE, connected);
	d->racing[d->n_racing++] = a;
	return true;
}

static void try_next(struct dial *d)
{
	while (d->n_started < d->n_order) {
		if (!attempt_start(d, d->order[d->n_started++]))
			continue;
		if (d->n_started < d->n_order)
			loop_timer_start(d->next_timer, NEXT_ATTEMPT_MS);
		return;
	}
	if (d->n_racing == 0)
		conn_fail(d->conn, ERR_UNAVAILABLE, "connect: %s", strerror(d->failed));
}

static void next_is_due(void *arg)
{
	try_next(arg);
}

/* The system's order, but the family changes each time while there is another. */
static void put_in_order(struct dial *d)
{
	int family = AF_UNSPEC;

	while (d->n_order < MAX_ATTEMPTS) {
		struct addrinfo *pick = NULL;
		for (struct addrinfo *a = d->found; a; a = a->ai_next) {
			bool used = false;
			for (size_t i = 0; i < d->n_order; i++)
				used |= d->order[i] == a;
			if (!used &&
			    (!pick || (pick->ai_family == family && a->ai_family != family)))
				pick = a;
		}
		if (!pick)
			return;
		family = pick->ai_family;
		d->order[d->n_order++] = pick;
	}
}

static void resolved(void *arg, struct addrinfo *found, const struct err *err)
{
	struct dial *d = arg;

	d->resolve = NULL;
	if (!found) {
		conn_fail(d->conn, ERR_UNAVAILABLE, "%s", err->msg);
		return;
	}
	d->found = found;
	put_in_order(d);
	try_next(d);
}

void dial_start(struct conn *c, const char *address)
{
	struct dial *d = NEW(struct dial);
	struct err err = ERR_INIT;

	d->conn = c;
	if (!address_parse(str_of(address), &d->address, &err)) {
		conn_fail(c, err.code, "%s", err.msg);
		free(d);
		return;
	}
	c->dial = d;
	d->next_timer = loop_timer_new(c->loop, next_is_due, d);
	d->resolve = resolve_start(c->loop, &d->address, resolved, d);
}
