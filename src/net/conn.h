/* conn.h - a connection: a non-blocking byte pipe over TCP or TLS, owned by one loop thread.
 *
 * What the peer sends arrives in on_bytes(). What is written is queued and leaves at the end of the
 * loop's turn in as few system calls as possible; whoever produces stops at conn_is_full() and goes
 * on in on_writable(). HTTP/1.1 and HTTP/2 are users of this and know no sockets.
 *
 * Threads: every function and every callback is on the thread of conn_loop(). Other threads
 * loop_post() to it and check there that the connection still exists (on_close has not been
 * called).
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct loop;
struct tls_client;
struct x509_st; /* OpenSSL's X509 */

/* All but on_bytes and on_close may be NULL. A callback may call any function of this header,
 * conn_close() included. */
struct conn_events {
	/* Connected, and the TLS handshake is complete: conn_alpn() and the peer's certificate are
	 * known. Writing is allowed before; it is queued. */
	void (*on_open)(struct conn *c, void *arg);

	/* `bytes` is borrowed for the call and must be taken whole; never empty. */
	void (*on_bytes)(struct conn *c, void *arg, struct str bytes);

	/* The peer sent its end; writing still works. Called once, also while reading is paused,
	 * and then before the bytes that are not read yet. NULL closes the connection. */
	void (*on_end)(struct conn *c, void *arg);

	/* The queue was full and has fallen to half of the high-water mark. */
	void (*on_writable)(struct conn *c, void *arg);

	/* The time set by conn_set_timeout_ms() is over. NULL closes the connection. */
	void (*on_timeout)(struct conn *c, void *arg);

	/* Called exactly once, as the last; never from inside another function of this header.
	 * `why` has ERR_OK after conn_close() and conn_finish(), ERR_TIMEOUT, ERR_CANCELED when the
	 * peer went away, ERR_UNAVAILABLE when connecting or the handshake failed; its text names
	 * the peer. `c` is gone afterwards. */
	void (*on_close)(struct conn *c, void *arg, const struct err *why);
};

struct conn_limits {
	size_t high_water_bytes;    /* 0: 256 KiB */
	int64_t connect_timeout_ms; /* name, TCP and TLS together; 0: 10 s */
	int64_t write_stall_ms;     /* closed when nothing leaves for this long; 0: 2 min */
	int64_t linger_ms;          /* how long conn_finish() waits for the peer; 0: 5 s */
};

/* --- opening ---------------------------------------------------------------------------------- */

/* Strings are copied. */
struct conn_target {
	/* host:port; the host may be a name, an IPv4 or an [IPv6] address. */
	const char *address;
	/* NULL: plain text. Kept by reference. */
	struct tls_client *tls;
	/* For SNI and verification; NULL: the TLS client's, then the host. */
	const char *server_name;
};

/* Starts connecting and returns at once; failure arrives in on_close(). A name is resolved off the
 * loop, its addresses are tried in the system's order, the next one joins in after 300 ms or when
 * one fails. */
struct conn *conn_dial(struct loop *loop, const struct conn_target *target,
		       const struct conn_limits *limits, const struct conn_events *events,
		       void *arg);

/* Who gets the callbacks from now on. `events` outlives the connection. */
void conn_set_events(struct conn *c, const struct conn_events *events, void *arg);

/* --- writing ---------------------------------------------------------------------------------- */

/* Queue a copy. Quietly dropped when the connection is closing. */
void conn_write(struct conn *c, const void *p, size_t n);

/* Queue bytes without copying: `release(release_arg)` is called once they have left or the
 * connection is gone, possibly from inside this call. */
void conn_write_borrowed(struct conn *c, const void *p, size_t n,
			 void (*release)(void *release_arg), void *release_arg);

size_t conn_queued_bytes(const struct conn *c);
/* At or above the high-water mark: on_writable will be called. */
bool conn_is_full(struct conn *c);

/* --- reading ---------------------------------------------------------------------------------- */

/* Stop reading, so that the peer is held back by TCP. The peer's end is still noticed. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* --- ending ----------------------------------------------------------------------------------- */

/* One alarm per connection, for the protocol above: replaces the last one; 0 switches it off. */
void conn_set_timeout_ms(struct conn *c, int64_t timeout_ms);

/* Drop what is queued and close. After this only on_close() is called. */
void conn_close(struct conn *c);
/* The same, giving on_close() a reason. */
void conn_fail(struct conn *c, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Write what is queued, tell the peer that this is all, wait shortly for its end (what it still
 * sends is dropped, so that a reset does not overtake our last bytes) and close. After this only
 * on_close() is called. */
void conn_finish(struct conn *c);

/* --- asking ----------------------------------------------------------------------------------- */

struct loop *conn_loop(const struct conn *c);
/* on_open was reached, and no end was asked for. */
bool conn_is_open(const struct conn *c);
/* "10.0.0.1:4711", "[::1]:4711"; for one that was dialled, the address given. */
const char *conn_peer(const struct conn *c);
/* The same of this side; "" before it is connected. */
const char *conn_local(const struct conn *c);
bool conn_is_tls(const struct conn *c);
struct str conn_alpn(const struct conn *c); /* "h2", "http/1.1", or empty */
/* Borrowed; NULL without one. */
struct x509_st *conn_peer_certificate(const struct conn *c);

#endif
