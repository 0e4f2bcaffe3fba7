/* listener.c - accepts on the first loop and hands each socket to the loop whose turn it is. */
#include "net/listener.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/address.h"
#include "net/conn_internal.h"
#include "net/tls.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64, EXHAUSTED_PAUSE_MS = 100 };

struct listener {
	struct listener_options options; /* without the address */
	struct loops *loops;
	struct loop *loop; /* accepts here */
	char address[ADDRESS_TEXT_MAX];
	uint16_t port;
	_Atomic size_t n_connections;
	_Atomic size_t n_refs; /* the owner, the poll handle, and each socket on its way */

	/* on the thread of `loop` */
	int fd;
	uv_poll_t poll;
	struct loop_timer *retry;
	bool stopped;
};

struct handover {
	struct listener *listener;
	struct loop *loop;
	int fd;
};

static void unref(struct listener *l)
{
	if (atomic_fetch_sub(&l->n_refs, 1) > 1)
		return;
	tls_server_unref(l->options.tls);
	free(l);
}

/* --- accepting -------------------------------------------------------------------------------- */

static void accept_some(uv_poll_t *handle, int status, int events);

static void listen_again(void *arg)
{
	struct listener *l = arg;

	if (!l->stopped)
		uv_poll_start(&l->poll, UV_READABLE, accept_some);
}

static void rest(struct listener *l)
{
	uv_poll_stop(&l->poll);
	loop_timer_start(l->retry, EXHAUSTED_PAUSE_MS);
}

static bool has_room(const struct listener *l)
{
	return !l->options.max_connections || l->n_connections < l->options.max_connections;
}

static void connection_released(void *listener)
{
	struct listener *l = listener;

	atomic_fetch_sub(&l->n_connections, 1);
	unref(l);
}

static void receive_socket(void *arg)
{
	struct handover *h = arg;
	struct listener *l = h->listener;

	struct conn *c = conn_new(h->loop, &l->options.limits, NULL, NULL);
	if (l->options.tls)
		c->tls_server = tls_server_ref(l->options.tls);
	c->released = connection_released;
	c->listener = l;
	conn_note_addresses(c, h->fd);
	l->options.on_accept(c, l->options.arg);
	assert(c->events);
	if (c->state == CONN_CLOSED)
		close(h->fd);
	else
		conn_attach(c, h->fd);
	free(h);
}

/* Errors of one connection that did not come to be; accept(2) says to go on. */
static bool is_passing(int code)
{
	return code == EINTR || code == ECONNABORTED || code == EPROTO || code == ENETDOWN ||
	       code == ENOPROTOOPT || code == EHOSTDOWN || code == ENONET || code == EHOSTUNREACH ||
	       code == EOPNOTSUPP || code == ENETUNREACH;
}

static void accept_some(uv_poll_t *handle, int status, int events)
{
	struct listener *l = handle->data;

	(void)status, (void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (!has_room(l)) {
			rest(l);
			return;
		}
		int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && is_passing(errno))
			continue;
		if (fd < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				rest(l); /* EMFILE, ENFILE, ENOBUFS, ENOMEM: it may get better */
			return;
		}
		struct handover *h = NEW(struct handover);
		*h = (struct handover){.listener = l, .loop = loops_next(l->loops), .fd = fd};
		atomic_fetch_add(&l->n_refs, 1);
		atomic_fetch_add(&l->n_connections, 1);
		loop_post(h->loop, receive_socket, h);
	}
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool is_any(const char *host)
{
	return !host[0] || !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
}

static int bind_to(const struct sockaddr *sa, socklen_t size)
{
	int on = 1, off = 0;
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, sa, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int code = errno;
	close(fd);
	errno = code;
	return -1;
}

/* As Go does: any host is both families, and a name is its first IPv4 address if it has one. */
static int open_socket(const struct address *a, struct err *err)
{
	struct addrinfo *found, *pick;
	struct address any = *a;

	if (is_any(a->host))
		snprintf(any.host, sizeof(any.host), "::");
	if (!address_look_up(&any, true, &found, err))
		return -1;
	for (pick = found; pick && pick->ai_family != AF_INET; pick = pick->ai_next)
		;
	if (!pick)
		pick = found;
	int fd = bind_to(pick->ai_addr, pick->ai_addrlen);
	if (fd < 0 && is_any(a->host) && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		uint16_t port = ((struct sockaddr_in6 *)(void *)pick->ai_addr)->sin6_port;
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
		fd = bind_to((struct sockaddr *)&v4, sizeof(v4));
	}
	int code = errno;
	freeaddrinfo(found);
	if (fd < 0)
		err_set_errno(err, code, "listen on %s:%s", a->host, a->port);
	return fd;
}

static void note_address(struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof(sa);

	getsockname(l->fd, (struct sockaddr *)&sa, &size);
	address_format((struct sockaddr *)&sa, l->address);
	l->port = ntohs(((struct sockaddr_in *)(void *)&sa)->sin_port); /* same place in IPv6 */
}

static void start(void *arg)
{
	struct listener *l = arg;

	uv_poll_init(&l->loop->uv, &l->poll, l->fd);
	l->poll.data = l;
	l->retry = loop_timer_new(l->loop, listen_again, l);
	listen_again(l);
}

struct listener *listener_open(struct loops *loops, const struct listener_options *options,
			       struct err *err)
{
	struct address address;

	if (!address_parse(str_of(options->address), &address, err)) {
		err_wrap(err, "listen");
		return NULL;
	}
	int fd = open_socket(&address, err);
	if (fd < 0)
		return NULL;
	struct listener *l = NEW(struct listener);
	l->options = *options;
	l->options.address = NULL;
	if (options->tls)
		tls_server_ref(options->tls);
	l->loops = loops;
	l->loop = loops_get(loops, 0);
	l->fd = fd;
	l->n_refs = 2;
	note_address(l);
	loop_call(l->loop, start, l);
	return l;
}

/* --- ending ----------------------------------------------------------------------------------- */

static void poll_closed(uv_handle_t *handle)
{
	unref(handle->data);
}

static void stop(void *arg)
{
	struct listener *l = arg;

	if (l->stopped)
		return;
	l->stopped = true;
	uv_close((uv_handle_t *)&l->poll, poll_closed);
	loop_timer_free(l->retry);
	close(l->fd);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

void listener_stop(struct listener *l)
{
	loop_call(l->loop, stop, l);
	/* Sockets on their way to their loops arrive before what is posted now. */
	for (size_t i = 0; i < loops_count(l->loops); i++)
		loop_call(loops_get(l->loops, i), do_nothing, NULL);
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	listener_stop(l);
	unref(l);
}

const char *listener_address(const struct listener *l)
{
	return l->address;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

size_t listener_connections(const struct listener *l)
{
	return l->n_connections;
}
