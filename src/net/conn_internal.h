/* conn_internal.h - a connection's insides.
 *
 * conn.c       its life, time, reading, writing, ending
 * conn_open.c  how it comes to be
 * conn_io.c    one attempt to read, write or shake hands, with or without TLS
 * dial.c       from a name to a connected socket
 */
#ifndef NET_CONN_INTERNAL_H
#define NET_CONN_INTERNAL_H

#include "net/address.h"
#include "net/conn.h"
#include "net/conn_io.h"
#include "net/loop_internal.h"
#include "net/output_queue.h"

struct dial;
struct tls_server;

enum conn_state {
	CONN_CONNECTING, /* no socket yet: dial.c is at work */
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_FINISHING, /* conn_finish(): the queue is leaving */
	CONN_LINGERING, /* our end is sent, the peer's is awaited */
	CONN_CLOSED,    /* on_close() comes as soon as libuv has let go */
};

#define CONN_NEVER INT64_MAX

struct conn {
	struct loop_member member; /* first, so that the two pointers convert */
	struct loop_flush flush;
	struct loop *loop;
	const struct conn_events *events;
	void *arg;
	struct conn_limits limits; /* no field is 0 */
	enum conn_state state;
	struct conn_io io;

	uv_poll_t poll;
	uv_timer_t timer;
	unsigned n_handles; /* of these two, not yet let go by libuv */
	int polled;         /* what uv_poll was last told */

	/* Alarms in loop_now_ms(); CONN_NEVER: off. The timer is set to the earliest, or earlier.
	 */
	int64_t phase_due_ms, alarm_due_ms, stall_due_ms, timer_due_ms;

	bool paused;
	bool read_ended;       /* nothing more will be read */
	bool end_told;         /* on_end() was called */
	bool wants_write;      /* the socket was full */
	bool read_wants_write; /* TLS has something to say before it reads on */
	bool was_full;         /* conn_is_full() said so */
	struct output_queue queue;

	struct tls_server *tls_server; /* referenced */
	struct tls_client *tls_client; /* referenced */
	struct dial *dial;             /* while CONN_CONNECTING */
	char *server_name;             /* client: verified */
	struct err *why;               /* NULL: ERR_OK */
	char peer[ADDRESS_TEXT_MAX];
	char local[ADDRESS_TEXT_MAX];

	/* listener.c: told after on_close() */
	void (*released)(void *listener);
	void *listener;
};

struct conn *conn_new(struct loop *loop, const struct conn_limits *limits,
		      const struct conn_events *events, void *arg);
/* Tell libuv what is waited for now. */
void conn_update(struct conn *c);
/* How long the state may last that the connection is in: connecting with the handshake. */
void conn_set_phase_ms(struct conn *c, int64_t ms);
/* The socket is there, and with TLS its session: shake hands, or be open. */
void conn_begin(struct conn *c);
void conn_stop_member(struct loop_member *m);
void conn_flush(struct loop_flush *f);

/* Takes a connected socket and goes on to the handshake or to CONN_OPEN. */
void conn_attach(struct conn *c, int fd);

/* For conn_local() and, unless it is known, conn_peer(). */
void conn_note_addresses(struct conn *c, int fd);

/* Starts; calls conn_attach() or conn_fail() later. */
void dial_start(struct conn *c, const char *address);
void dial_cancel(struct dial *d);

#endif
