/* conn_open.c - how connections come to be: by dialling, and from sockets that were accepted. */
#include "base/alloc.h"
#include "base/assert.h"
#include "net/conn_internal.h"
#include "net/tls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	HIGH_WATER_BYTES = 256 * 1024,
	CONNECT_TIMEOUT_MS = 10 * 1000,
	WRITE_STALL_MS = 120 * 1000,
	LINGER_MS = 5 * 1000,
};

static void set_limits(struct conn_limits *to, const struct conn_limits *from)
{
	*to = from ? *from : (struct conn_limits){0};
	if (!to->high_water_bytes)
		to->high_water_bytes = HIGH_WATER_BYTES;
	if (!to->connect_timeout_ms)
		to->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (!to->write_stall_ms)
		to->write_stall_ms = WRITE_STALL_MS;
	if (!to->linger_ms)
		to->linger_ms = LINGER_MS;
}

static void set_socket_options(int fd)
{
	int on = 1, idle_s = 15, interval_s = 15, probes = 9;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

void conn_note_addresses(struct conn *c, int fd)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &size) == 0)
		address_format((struct sockaddr *)&sa, c->local);
	size = sizeof(sa);
	if (!c->peer[0] && getpeername(fd, (struct sockaddr *)&sa, &size) == 0)
		address_format((struct sockaddr *)&sa, c->peer);
}

void conn_attach(struct conn *c, int fd)
{
	struct err err = ERR_INIT;

	c->io.fd = fd;
	c->n_handles++;
	uv_poll_init(&c->loop->uv, &c->poll, fd);
	c->poll.data = c;
	set_socket_options(fd);
	conn_note_addresses(c, fd);
	if (c->tls_server)
		c->io.ssl = tls_server_session(c->tls_server, fd, &err);
	else if (c->tls_client)
		c->io.ssl = tls_client_session(c->tls_client, fd, c->server_name, &err);
	if (err.code != ERR_OK)
		conn_fail(c, err.code, "%s", err.msg);
	else
		conn_begin(c);
}

struct conn *conn_new(struct loop *loop, const struct conn_limits *limits,
		      const struct conn_events *events, void *arg)
{
	struct conn *c = NEW(struct conn);

	assert(loop_is_current(loop));
	c->loop = loop;
	c->events = events;
	c->arg = arg;
	c->io.fd = -1;
	output_queue_init(&c->queue);
	c->member.stop = conn_stop_member;
	c->flush.fn = conn_flush;
	c->alarm_due_ms = c->stall_due_ms = c->timer_due_ms = CONN_NEVER;
	set_limits(&c->limits, limits);
	uv_timer_init(&loop->uv, &c->timer);
	c->timer.data = c;
	c->n_handles = 1;
	loop_member_add(loop, &c->member);
	conn_set_phase_ms(c, c->limits.connect_timeout_ms);
	return c;
}

struct conn *conn_dial(struct loop *loop, const struct conn_target *target,
		       const struct conn_limits *limits, const struct conn_events *events,
		       void *arg)
{
	struct conn *c = conn_new(loop, limits, events, arg);

	snprintf(c->peer, sizeof(c->peer), "%s", target->address);
	if (target->tls)
		c->tls_client = tls_client_ref(target->tls);
	if (target->server_name && target->server_name[0])
		c->server_name = xstrdup(target->server_name);
	dial_start(c, target->address);
	return c;
}
