/* listener.h - a listening TCP socket that spreads its connections over the loops.
 *
 * Addresses are Go's: "host:port", ":port", "[::1]:port", "0.0.0.0:port". An empty or unspecified
 * host listens on IPv6 and IPv4 together; port 0 lets the kernel choose.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "net/conn.h"

#include <stdint.h>

struct listener;
struct loops;
struct tls_server;

struct listener_options {
	const char *address;
	struct tls_server *tls;    /* NULL: plain text; kept by reference */
	struct conn_limits limits; /* connect_timeout_ms is the TLS handshake's */
	size_t max_connections;    /* further ones wait in the kernel's queue; 0: no limit */

	/* On the thread of conn_loop(c): must call conn_set_events(). The handshake of a TLS
	 * connection comes after it and ends with on_open. */
	void (*on_accept)(struct conn *c, void *arg);
	void *arg;
};

/* Listens at once. Out of file descriptors, it pauses for a moment and goes on. */
struct listener *listener_open(struct loops *loops, const struct listener_options *options,
			       struct err *err);

/* The address with the real port, "127.0.0.1:34567" or "[::]:10902". */
const char *listener_address(const struct listener *l);
uint16_t listener_port(const struct listener *l);

/* Accept no more, and close the socket. Connections live on. Returns when no further on_accept
 * will be called. Not from a loop's thread; again is fine. */
void listener_stop(struct listener *l);
/* Also stops. The connections it accepted must be gone: their number is counted here. */
void listener_close(struct listener *l); /* NULL is fine */
CLEANUP_DEFINE(struct listener, listener_close)

size_t listener_connections(const struct listener *l); /* accepted and not yet closed */

#endif
