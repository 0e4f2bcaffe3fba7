/* conn.c - sockets, TLS and the output queue.
 *
 * One uv_poll watches the socket; OpenSSL works on the descriptor itself. Reading goes into the
 * loop's buffer, which is larger than a TLS record, so that OpenSSL holds nothing back and the
 * level-triggered poll sees all there is. Writes queue up and leave in before_sleep of the loop,
 * or when the socket has room again.
 */
#include "net/conn.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/conn_internal.h"
#include "net/tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	HIGH_WATER_BYTES = 256 * 1024,
	CONNECT_TIMEOUT_MS = 10 * 1000,
	WRITE_STALL_MS = 120 * 1000,
	LINGER_MS = 5 * 1000,
	BLOCK_BYTES = 16 * 1024 - 64, /* small writes share such a block */
	READS_PER_TURN = 8,           /* then the other connections have theirs */
	WRITE_PER_TURN_BYTES = 1024 * 1024,
	MAX_IOVECS = 64,
};

#define NEVER INT64_MAX

static void update(struct conn *c);

/* --- the queue -------------------------------------------------------------------------------- */

struct output {
	struct output *next;
	const char *p;
	size_t n;
	size_t room; /* behind p + n, in our own blocks */
	void (*release)(void *arg);
	void *release_arg;
	char bytes[];
};

static struct output *output_new(size_t room)
{
	struct output *o = xmalloc(sizeof(*o) + room);
	*o = (struct output){.p = o->bytes, .room = room};
	return o;
}

static void output_free(struct output *o)
{
	if (o->release)
		o->release(o->release_arg);
	free(o);
}

static void queue_put(struct output_queue *q, struct output *o)
{
	*q->last = o;
	q->last = &o->next;
	q->n_bytes += o->n;
}

static void queue_take(struct output_queue *q, size_t n)
{
	q->n_bytes -= n;
	while (n > 0 || (q->first && q->first->n == 0)) {
		struct output *o = q->first;
		if (n < o->n) {
			o->p += n;
			o->n -= n;
			return;
		}
		n -= o->n;
		q->first = o->next;
		if (!q->first)
			q->last = &q->first;
		output_free(o);
	}
}

static void queue_drop(struct output_queue *q)
{
	struct output *o = q->first;

	*q = (struct output_queue){.last = &q->first};
	while (o) {
		struct output *next = o->next;
		output_free(o);
		o = next;
	}
}

/* --- life ------------------------------------------------------------------------------------- */

static bool is_over(const struct conn *c)
{
	return c->state == CONN_CLOSED;
}

/* Are callbacks still wanted? */
static bool is_live(const struct conn *c)
{
	return c->state <= CONN_OPEN;
}

static void let_go(uv_handle_t *handle)
{
	static const struct err fine = {.code = ERR_OK};
	struct conn *c = handle->data;

	if (--c->n_handles > 0)
		return;
	c->events->on_close(c, c->arg, c->why ? c->why : &fine);
	if (c->released)
		c->released(c->listener);
	loop_member_remove(&c->member);
	tls_server_unref(c->tls_server);
	tls_client_unref(c->tls_client);
	free(c->server_name);
	free(c->why);
	free(c);
}

void conn_close(struct conn *c)
{
	if (is_over(c))
		return;
	c->state = CONN_CLOSED;
	if (c->dial)
		dial_cancel(take(c->dial));
	loop_flush_cancel(&c->flush);
	SSL_free(c->ssl);
	c->ssl = NULL;
	uv_close((uv_handle_t *)&c->timer, let_go);
	if (c->fd >= 0) {
		uv_close((uv_handle_t *)&c->poll, let_go);
		close(c->fd);
	}
	queue_drop(&c->queue);
}

static void set_why(struct conn *c, enum err_code code, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	c->why = NEW(struct err);
	err_set(c->why, code, "%s: %s", c->peer, text);
}

void conn_fail(struct conn *c, enum err_code code, const char *fmt, ...)
{
	va_list args;

	if (is_live(c)) { /* else its end was asked for: how it comes is no news */
		va_start(args, fmt);
		set_why(c, code, fmt, args);
		va_end(args);
	}
	conn_close(c);
}

static void stop_member(struct loop_member *m)
{
	conn_fail((struct conn *)m, ERR_CANCELED, "this process is shutting down");
}

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

/* --- time ------------------------------------------------------------------------------------- */

static void timer_fired(uv_timer_t *handle);

/* Alarms that move back leave the timer alone: it fires too early and is set anew. */
static void set_timer(struct conn *c)
{
	int64_t due = c->phase_due_ms;

	if (is_over(c))
		return;
	if (c->alarm_due_ms < due)
		due = c->alarm_due_ms;
	if (c->stall_due_ms < due)
		due = c->stall_due_ms;
	if (due >= c->timer_due_ms)
		return;
	int64_t now = loop_now_ms(c->loop);
	c->timer_due_ms = due;
	uv_timer_start(&c->timer, timer_fired, due > now ? (uint64_t)(due - now) : 0, 0);
}

static int64_t due_after(struct conn *c, int64_t ms)
{
	int64_t now = loop_now_ms(c->loop);
	return ms < NEVER - now ? now + ms : NEVER;
}

static void phase_is_over(struct conn *c)
{
	if (c->state == CONN_LINGERING)
		conn_close(c);
	else if (c->state == CONN_HANDSHAKE)
		conn_fail(c, ERR_TIMEOUT, "no TLS handshake within %lld ms",
			  (long long)c->limits.connect_timeout_ms);
	else
		conn_fail(c, ERR_TIMEOUT, "no connection within %lld ms",
			  (long long)c->limits.connect_timeout_ms);
}

static void timer_fired(uv_timer_t *handle)
{
	struct conn *c = handle->data;
	int64_t now = loop_now_ms(c->loop);

	c->timer_due_ms = NEVER;
	if (c->phase_due_ms <= now) {
		phase_is_over(c);
	} else if (c->stall_due_ms <= now) {
		conn_fail(c, ERR_TIMEOUT, "nothing could be written for %lld ms",
			  (long long)c->limits.write_stall_ms);
	} else if (c->alarm_due_ms <= now) {
		c->alarm_due_ms = NEVER;
		if (is_live(c) && c->events->on_timeout)
			c->events->on_timeout(c, c->arg);
		else
			conn_fail(c, ERR_TIMEOUT, "timed out");
	}
	set_timer(c);
}

void conn_set_timeout_ms(struct conn *c, int64_t timeout_ms)
{
	c->alarm_due_ms = timeout_ms > 0 ? due_after(c, timeout_ms) : NEVER;
	set_timer(c);
}

/* --- socket or TLS ---------------------------------------------------------------------------- */

/* Our end goes out behind the queue; now the peer's is awaited. */
static void send_end(struct conn *c)
{
	c->state = CONN_LINGERING;
	c->stall_due_ms = NEVER;
	if (c->ssl) {
		ERR_clear_error();
		SSL_shutdown(c->ssl);
	}
	if (shutdown(c->fd, SHUT_WR) != 0 || c->read_ended) {
		conn_close(c);
		return;
	}
	c->phase_due_ms = due_after(c, c->limits.linger_ms);
	update(c);
}

/* The handshake failed: our alert must arrive, so what the peer still sends is read and dropped,
 * or the kernel would answer it with a reset that overtakes the alert. */
__attribute__((format(printf, 2, 3))) static void refuse(struct conn *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_why(c, ERR_UNAVAILABLE, fmt, args);
	va_end(args);
	SSL_free(c->ssl);
	c->ssl = NULL;
	queue_drop(&c->queue);
	c->wants_write = false;
	send_end(c);
}

enum io_result { IO_DONE, IO_AGAIN, IO_END, IO_FAILED };

/* What a failed TLS call means; on IO_FAILED the connection has been given up. */
static enum io_result tls_result(struct conn *c, int result, const char *doing)
{
	int saved = errno;
	char line[256];

	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->wants_write = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_END;
	case SSL_ERROR_SYSCALL:
		snprintf(line, sizeof(line), "%s",
			 saved ? strerror(saved) : "the connection was closed");
		break;
	default:
		tls_failure(c->ssl, line, sizeof(line));
	}
	if (c->state == CONN_HANDSHAKE)
		refuse(c, "TLS handshake: %s", line);
	else
		conn_fail(c, ERR_CANCELED, "%s: %s", doing, line);
	return IO_FAILED;
}

static enum io_result socket_result(struct conn *c, const char *doing)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return IO_AGAIN;
	conn_fail(c, ERR_CANCELED, "%s: %s", doing, strerror(errno));
	return IO_FAILED;
}

static enum io_result read_some(struct conn *c, struct str *out)
{
	char *into = c->loop->read_bytes;
	ssize_t n;

	if (c->ssl) {
		ERR_clear_error();
		errno = 0;
		int got = SSL_read(c->ssl, into, LOOP_READ_BYTES);
		c->read_wants_write = got <= 0 && SSL_want_write(c->ssl);
		if (got <= 0)
			return tls_result(c, got, "read");
		n = got;
	} else {
		do
			n = recv(c->fd, into, LOOP_READ_BYTES, 0);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n == 0 ? IO_END : socket_result(c, "read");
	}
	*out = str_from(into, (size_t)n);
	return IO_DONE;
}

static enum io_result write_tls(struct conn *c, size_t *written)
{
	struct output *o = c->queue.first;
	const char *p = o->p;
	size_t n = o->n;

	if (n < LOOP_GATHER_BYTES && o->next) {
		n = 0;
		p = c->loop->gather_bytes;
		for (; o && n < LOOP_GATHER_BYTES; o = o->next) {
			size_t part = o->n < LOOP_GATHER_BYTES - n ? o->n : LOOP_GATHER_BYTES - n;
			memcpy(c->loop->gather_bytes + n, o->p, part);
			n += part;
		}
	}
	ERR_clear_error();
	errno = 0;
	int put = SSL_write(c->ssl, p, n < INT32_MAX ? (int)n : INT32_MAX);
	if (put <= 0)
		return tls_result(c, put, "write");
	*written = (size_t)put;
	return IO_DONE;
}

static enum io_result write_socket(struct conn *c, size_t *written)
{
	struct iovec parts[MAX_IOVECS];
	struct msghdr message = {.msg_iov = parts};
	size_t n = 0;

	for (struct output *o = c->queue.first; o && n < MAX_IOVECS; o = o->next)
		parts[n++] = (struct iovec){.iov_base = (void *)o->p, .iov_len = o->n};
	message.msg_iovlen = n;
	ssize_t put = sendmsg(c->fd, &message, MSG_NOSIGNAL);
	if (put < 0 && errno == EINTR)
		put = 0;
	if (put < 0) {
		enum io_result r = socket_result(c, "write");
		c->wants_write = r == IO_AGAIN;
		return r;
	}
	*written = (size_t)put;
	return IO_DONE;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void tell_writable(struct conn *c)
{
	if (!c->was_full || c->queue.n_bytes > c->limits.high_water_bytes / 2)
		return;
	c->was_full = false;
	if (is_live(c) && c->events->on_writable)
		c->events->on_writable(c, c->arg);
}

static void write_out(struct conn *c)
{
	size_t written = 0, budget = WRITE_PER_TURN_BYTES;

	c->wants_write = false;
	while (c->queue.first) {
		if (budget == 0) {
			c->wants_write = true; /* the poll brings us back at once */
			break;
		}
		enum io_result r = c->ssl ? write_tls(c, &written) : write_socket(c, &written);
		if (r == IO_FAILED)
			return;
		if (r != IO_DONE)
			break;
		queue_take(&c->queue, written);
		budget -= written < budget ? written : budget;
		c->stall_due_ms = due_after(c, c->limits.write_stall_ms);
		tell_writable(c);
		if (is_over(c))
			return;
	}
	if (!c->queue.first)
		c->stall_due_ms = NEVER;
	if (!c->queue.first && c->state == CONN_FINISHING)
		send_end(c);
	else
		update(c);
}

static void flush(struct loop_flush *f)
{
	struct conn *c = (struct conn *)((char *)f - offsetof(struct conn, flush));

	if ((c->state == CONN_OPEN || c->state == CONN_FINISHING) && !c->wants_write)
		write_out(c);
}

static void written_to(struct conn *c)
{
	if (c->stall_due_ms == NEVER && c->state == CONN_OPEN) {
		c->stall_due_ms = due_after(c, c->limits.write_stall_ms);
		set_timer(c);
	}
	loop_flush_schedule(c->loop, &c->flush);
}

void conn_write(struct conn *c, const void *p, size_t n)
{
	struct output_queue *q = &c->queue;

	if (!is_live(c) || n == 0)
		return;
	struct output *tail =
	    q->first ? (struct output *)((char *)q->last - offsetof(struct output, next)) : NULL;
	if (!tail || tail->room < n) {
		tail = output_new(n > BLOCK_BYTES ? n : BLOCK_BYTES);
		queue_put(q, tail);
	}
	memcpy((char *)tail->p + tail->n, p, n);
	tail->n += n;
	tail->room -= n;
	q->n_bytes += n;
	written_to(c);
}

void conn_write_borrowed(struct conn *c, const void *p, size_t n,
			 void (*release)(void *release_arg), void *release_arg)
{
	if (!is_live(c) || n == 0) {
		if (release)
			release(release_arg);
		return;
	}
	struct output *o = output_new(0);
	o->p = p;
	o->n = n;
	o->release = release;
	o->release_arg = release_arg;
	queue_put(&c->queue, o);
	written_to(c);
}

size_t conn_queued_bytes(const struct conn *c)
{
	return c->queue.n_bytes;
}

bool conn_is_full(struct conn *c)
{
	if (c->queue.n_bytes < c->limits.high_water_bytes)
		return false;
	c->was_full = true;
	return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void peer_ended(struct conn *c)
{
	if (!is_live(c)) {
		if (c->state == CONN_LINGERING)
			conn_close(c);
		return;
	}
	if (c->end_told)
		return;
	c->end_told = true;
	if (c->events->on_end)
		c->events->on_end(c, c->arg);
	else
		conn_fail(c, ERR_CANCELED, "the peer closed the connection");
}

static void read_in(struct conn *c)
{
	struct str bytes;

	for (int i = 0; i < READS_PER_TURN && !is_over(c); i++) {
		if (c->paused && is_live(c))
			break;
		enum io_result r = read_some(c, &bytes);
		if (r == IO_FAILED)
			return;
		if (r == IO_END) {
			c->read_ended = true;
			peer_ended(c);
		}
		if (r != IO_DONE)
			break;
		if (is_live(c))
			c->events->on_bytes(c, c->arg, bytes);
		if (!c->ssl && bytes.n < LOOP_READ_BYTES)
			break; /* the socket is empty: save the call that would say so */
	}
	update(c);
}

void conn_pause(struct conn *c)
{
	c->paused = true;
	update(c);
}

void conn_resume(struct conn *c)
{
	c->paused = false;
	update(c);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->phase_due_ms = NEVER;
	if (c->queue.first)
		written_to(c);
	if (c->events->on_open)
		c->events->on_open(c, c->arg);
	update(c);
}

static void shake_hands(struct conn *c)
{
	ERR_clear_error();
	errno = 0;
	c->wants_write = false;
	int result = SSL_do_handshake(c->ssl);
	if (result == 1)
		opened(c);
	else if (tls_result(c, result, "TLS handshake") == IO_END)
		conn_fail(c, ERR_UNAVAILABLE, "TLS handshake: the peer closed the connection");
	else
		update(c);
}

static void connection_lost(struct conn *c)
{
	int code = 0;
	socklen_t size = sizeof(code);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &code, &size);
	if (c->state == CONN_LINGERING)
		conn_close(c);
	else
		conn_fail(c, c->state == CONN_HANDSHAKE ? ERR_UNAVAILABLE : ERR_CANCELED, "%s",
			  code ? strerror(code) : "connection lost");
}

static void polled(uv_poll_t *handle, int status, int events)
{
	struct conn *c = handle->data;

	if (status < 0) {
		connection_lost(c);
		return;
	}
	if (c->state == CONN_HANDSHAKE) {
		shake_hands(c);
		return;
	}
	bool retry_read = c->read_wants_write && (events & UV_WRITABLE);
	if (events & UV_WRITABLE)
		write_out(c);
	if (!is_over(c) && (retry_read || (events & UV_READABLE)))
		read_in(c);
	if (!is_over(c) && (events & UV_DISCONNECT) && c->paused)
		peer_ended(c);
	update(c);
}

/* Tell libuv what is waited for now. */
static void update(struct conn *c)
{
	int want = 0;

	if (is_over(c) || c->fd < 0)
		return;
	bool reads = !c->paused || !is_live(c) || c->state == CONN_HANDSHAKE;
	if (reads && !c->read_ended)
		want |= UV_READABLE;
	if (c->paused && is_live(c) && !c->end_told)
		want |= UV_DISCONNECT;
	if (c->wants_write || c->read_wants_write)
		want |= UV_WRITABLE;
	if (want != c->polled) {
		c->polled = want;
		uv_poll_start(&c->poll, want, polled);
	}
	set_timer(c);
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

	c->fd = fd;
	c->n_handles++;
	uv_poll_init(&c->loop->uv, &c->poll, fd);
	c->poll.data = c;
	set_socket_options(fd);
	conn_note_addresses(c, fd);
	if (c->tls_server)
		c->ssl = tls_server_session(c->tls_server, fd, &err);
	else if (c->tls_client)
		c->ssl = tls_client_session(c->tls_client, fd, c->server_name, &err);
	else {
		opened(c);
		return;
	}
	if (!c->ssl) {
		conn_fail(c, err.code, "%s", err.msg);
		return;
	}
	c->state = CONN_HANDSHAKE;
	shake_hands(c);
}

struct conn *conn_new(struct loop *loop, const struct conn_limits *limits,
		      const struct conn_events *events, void *arg)
{
	struct conn *c = NEW(struct conn);

	assert(loop_is_current(loop));
	c->loop = loop;
	c->events = events;
	c->arg = arg;
	c->fd = -1;
	c->queue.last = &c->queue.first;
	c->member.stop = stop_member;
	c->flush.fn = flush;
	c->alarm_due_ms = c->stall_due_ms = c->timer_due_ms = NEVER;
	set_limits(&c->limits, limits);
	uv_timer_init(&loop->uv, &c->timer);
	c->timer.data = c;
	c->n_handles = 1;
	loop_member_add(loop, &c->member);
	c->phase_due_ms = due_after(c, c->limits.connect_timeout_ms);
	set_timer(c);
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

void conn_set_events(struct conn *c, const struct conn_events *events, void *arg)
{
	c->events = events;
	c->arg = arg;
}

void conn_finish(struct conn *c)
{
	if (!is_live(c))
		return;
	if (c->state != CONN_OPEN) {
		conn_close(c);
		return;
	}
	c->state = CONN_FINISHING;
	c->alarm_due_ms = NEVER;
	loop_flush_schedule(c->loop, &c->flush);
	update(c);
}

/* --- asking ----------------------------------------------------------------------------------- */

struct loop *conn_loop(const struct conn *c)
{
	return c->loop;
}

bool conn_is_open(const struct conn *c)
{
	return c->state == CONN_OPEN;
}

const char *conn_peer(const struct conn *c)
{
	return c->peer;
}

const char *conn_local(const struct conn *c)
{
	return c->local;
}

bool conn_is_tls(const struct conn *c)
{
	return c->tls_server || c->tls_client;
}

struct str conn_alpn(const struct conn *c)
{
	const unsigned char *name = NULL;
	unsigned n = 0;

	if (c->ssl)
		SSL_get0_alpn_selected(c->ssl, &name, &n);
	return str_from(name, n);
}

X509 *conn_peer_certificate(const struct conn *c)
{
	return c->ssl ? SSL_get0_peer_certificate(c->ssl) : NULL;
}
