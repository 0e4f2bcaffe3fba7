/* conn.c - the life of a connection: connecting, handshake, open, finishing, lingering, closed.
 *
 * One uv_poll watches the socket. Writes queue up and leave in before_sleep of the loop, or when
 * the socket has room again.
 */
#include "net/conn.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/conn_internal.h"
#include "net/tls.h"

#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READS_PER_TURN = 8, /* then the other connections have theirs */
	WRITE_PER_TURN_BYTES = 1024 * 1024,
};

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
	conn_io_drop_tls(&c->io);
	uv_close((uv_handle_t *)&c->timer, let_go);
	if (c->io.fd >= 0) {
		uv_close((uv_handle_t *)&c->poll, let_go);
		close(c->io.fd);
	}
	output_queue_clear(&c->queue);
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

void conn_stop_member(struct loop_member *m)
{
	conn_fail((struct conn *)m, ERR_CANCELED, "this process is shutting down");
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
	return ms < CONN_NEVER - now ? now + ms : CONN_NEVER;
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

	c->timer_due_ms = CONN_NEVER;
	if (c->phase_due_ms <= now) {
		phase_is_over(c);
	} else if (c->stall_due_ms <= now) {
		conn_fail(c, ERR_TIMEOUT, "nothing could be written for %lld ms",
			  (long long)c->limits.write_stall_ms);
	} else if (c->alarm_due_ms <= now) {
		c->alarm_due_ms = CONN_NEVER;
		if (is_live(c) && c->events->on_timeout)
			c->events->on_timeout(c, c->arg);
		else
			conn_fail(c, ERR_TIMEOUT, "timed out");
	}
	set_timer(c);
}

void conn_set_phase_ms(struct conn *c, int64_t ms)
{
	c->phase_due_ms = due_after(c, ms);
	set_timer(c);
}

void conn_set_timeout_ms(struct conn *c, int64_t timeout_ms)
{
	c->alarm_due_ms = timeout_ms > 0 ? due_after(c, timeout_ms) : CONN_NEVER;
	set_timer(c);
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

/* Our end goes out behind the queue; now the peer's is awaited. */
static void send_end(struct conn *c)
{
	c->state = CONN_LINGERING;
	c->stall_due_ms = CONN_NEVER;
	if (!conn_io_end(&c->io) || c->read_ended) {
		conn_close(c);
		return;
	}
	c->phase_due_ms = due_after(c, c->limits.linger_ms);
	conn_update(c);
}

/* How much has left; 0: nothing more leaves now. */
static size_t write_some(struct conn *c)
{
	size_t written = 0;
	enum io_result r = conn_io_write(&c->io, c->loop, &c->queue, &written);

	c->wants_write = c->io.wants_write;
	if (r == IO_FAILED)
		conn_fail(c, ERR_CANCELED, "%s", c->io.why);
	if (r != IO_DONE)
		return 0;
	c->stall_due_ms = due_after(c, c->limits.write_stall_ms);
	tell_writable(c);
	return is_over(c) ? 0 : written;
}

static void write_out(struct conn *c)
{
	size_t total = 0, written;

	c->wants_write = false;
	while (c->queue.first && total < WRITE_PER_TURN_BYTES && (written = write_some(c)) > 0)
		total += written;
	if (total >= WRITE_PER_TURN_BYTES)
		c->wants_write = true; /* the poll brings us back at once */
	if (is_over(c))
		return;
	if (!c->queue.first)
		c->stall_due_ms = CONN_NEVER;
	if (!c->queue.first && c->state == CONN_FINISHING)
		send_end(c);
	else
		conn_update(c);
}

void conn_flush(struct loop_flush *f)
{
	struct conn *c = (struct conn *)((char *)f - offsetof(struct conn, flush));

	if ((c->state == CONN_OPEN || c->state == CONN_FINISHING) && !c->wants_write)
		write_out(c);
}

static void written_to(struct conn *c)
{
	if (c->stall_due_ms == CONN_NEVER && c->state == CONN_OPEN) {
		c->stall_due_ms = due_after(c, c->limits.write_stall_ms);
		set_timer(c);
	}
	loop_flush_schedule(c->loop, &c->flush);
}

void conn_write(struct conn *c, const void *p, size_t n)
{
	if (!is_live(c) || n == 0)
		return;
	output_queue_copy(&c->queue, p, n);
	written_to(c);
}

void conn_write_borrowed(struct conn *c, const void *p, size_t n,
			 void (*release)(void *release_arg), void *release_arg)
{
	if (is_live(c) && n > 0) {
		output_queue_borrow(&c->queue, p, n, release, release_arg);
		written_to(c);
	} else if (release) {
		release(release_arg);
	}
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
		enum io_result r = conn_io_read(&c->io, c->loop, &bytes);
		c->read_wants_write = c->io.wants_write;
		if (r == IO_FAILED)
			conn_fail(c, ERR_CANCELED, "%s", c->io.why);
		if (r == IO_END) {
			c->read_ended = true;
			peer_ended(c);
		}
		if (r != IO_DONE)
			break;
		if (is_live(c))
			c->events->on_bytes(c, c->arg, bytes);
		if (!c->io.ssl && bytes.n < LOOP_READ_BYTES)
			break; /* the socket is empty: save the call that would say so */
	}
	conn_update(c);
}

void conn_pause(struct conn *c)
{
	c->paused = true;
	conn_update(c);
}

void conn_resume(struct conn *c)
{
	c->paused = false;
	conn_update(c);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->phase_due_ms = CONN_NEVER;
	if (c->queue.first)
		written_to(c);
	if (c->events->on_open)
		c->events->on_open(c, c->arg);
	conn_update(c);
}

/* Our alert must arrive, so what the peer still sends is read and dropped: the kernel would answer
 * it with a reset that overtakes the alert. */
__attribute__((format(printf, 2, 3))) static void refuse(struct conn *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_why(c, ERR_UNAVAILABLE, fmt, args);
	va_end(args);
	conn_io_drop_tls(&c->io);
	output_queue_clear(&c->queue);
	c->wants_write = false;
	send_end(c);
}

static void shake_hands(struct conn *c)
{
	enum io_result r = conn_io_handshake(&c->io);

	c->wants_write = c->io.wants_write;
	if (r == IO_DONE)
		opened(c);
	else if (r == IO_FAILED)
		refuse(c, "TLS handshake: %s", c->io.why);
	else if (r == IO_END)
		refuse(c, "TLS handshake: the peer closed the connection");
	else
		conn_update(c);
}

void conn_begin(struct conn *c)
{
	if (!c->io.ssl) {
		opened(c);
		return;
	}
	c->state = CONN_HANDSHAKE;
	shake_hands(c);
}

static void connection_lost(struct conn *c)
{
	int code = 0;
	socklen_t size = sizeof(code);

	getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &code, &size);
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
	conn_update(c);
}

void conn_update(struct conn *c)
{
	int want = 0;

	if (is_over(c) || c->io.fd < 0)
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
	c->alarm_due_ms = CONN_NEVER;
	loop_flush_schedule(c->loop, &c->flush);
	conn_update(c);
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

	if (c->io.ssl)
		SSL_get0_alpn_selected(c->io.ssl, &name, &n);
	return str_from(name, n);
}

X509 *conn_peer_certificate(const struct conn *c)
{
	return c->io.ssl ? SSL_get0_peer_certificate(c->io.ssl) : NULL;
}
