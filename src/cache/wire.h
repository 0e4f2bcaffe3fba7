/* wire.h - a connection to a cache server, in the hands of one thread at a time: TCP, TLS over it,
 * or a unix socket. Nothing here waits: who has it polls wire_fd() for wire_events().
 */
#ifndef CACHE_WIRE_H
#define CACHE_WIRE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "net/address.h"

#include <sys/socket.h>

struct tls_client;
struct wire;

/* Where a server is. */
struct wire_address {
	struct sockaddr_storage sa;
	socklen_t size;
	char text[ADDRESS_TEXT_MAX]; /* as it was given, for messages */
	char host[256];              /* of it, for TLS */
};

/* "host:port", or the path of a unix socket: a text with a slash. A name is asked for at the
 * system's resolver, which waits; its first IPv4 address counts, as in Go. */
bool wire_address_resolve(struct str text, struct wire_address *out, struct err *err);

enum wire_result {
	WIRE_DONE,
	WIRE_AGAIN,
	WIRE_FAILED, /* or ended by the peer; *err says which */
};

/* Starts connecting. `tls` may be NULL; a reference is kept. NULL and `err` when that fails at
 * once. */
struct wire *wire_open(const struct wire_address *to, struct tls_client *tls, struct err *err);
void wire_close(struct wire *w); /* NULL is fine */
CLEANUP_DEFINE(struct wire, wire_close)

int wire_fd(const struct wire *w);
short wire_events(const struct wire *w); /* after WIRE_AGAIN */

/* Connected, and the TLS handshake is complete. */
enum wire_result wire_finish_opening(struct wire *w, struct err *err);
/* As much as the socket takes; *bytes is then what is left. */
enum wire_result wire_send(struct wire *w, struct str *bytes, struct err *err);
/* At most `size` bytes; *n is never 0 on WIRE_DONE. */
enum wire_result wire_receive(struct wire *w, char *to, size_t size, size_t *n, struct err *err);

/* Nothing has come, and the peer is still there, as far as anyone can know. */
bool wire_is_quiet(struct wire *w);

/* Whether anything was said yet: the first one has to say who we are. */
bool wire_is_greeted(const struct wire *w);
void wire_set_greeted(struct wire *w);

#endif
