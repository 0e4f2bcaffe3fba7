/* tcp_script.h - a TCP server on loopback whose connections each run a function of the test: for
 * peers that speak a protocol wrongly, slowly, or not at all.
 */
#ifndef TESTS_LIB_TCP_SCRIPT_H
#define TESTS_LIB_TCP_SCRIPT_H

#include "base/str.h"
#include "base/vec.h"

#include <pthread.h>
#include <stdatomic.h>

struct tcp_script;

/* One connection, on a thread of its own. */
struct tcp_script_peer {
	struct tcp_script *script;
	int fd;
	char buf[1 << 16];
	size_t n;
	pthread_t thread;
};

typedef void tcp_script_fn(struct tcp_script_peer *p, void *arg);

struct tcp_script {
	int fd;
	char address[32];
	tcp_script_fn *fn;
	void *arg;
	pthread_t thread;
	pthread_mutex_t mu;
	VEC(struct tcp_script_peer *) peers; /* guarded by mu */
	_Atomic size_t n_accepted;
};

/* `fn` is called for each connection, which is closed when it returns. */
void tcp_script_start(struct tcp_script *s, tcp_script_fn *fn, void *arg);
/* Breaks the connections and waits for their threads; also accepts no more. Again is fine. */
void tcp_script_stop(struct tcp_script *s);
/* Listens again on the same port. */
void tcp_script_restart(struct tcp_script *s);

/* The next line without its \r\n, borrowed until the next call; p is NULL at the end. */
struct str tcp_script_line(struct tcp_script_peer *p);
/* `n` bytes, borrowed until the next call. */
struct str tcp_script_bytes(struct tcp_script_peer *p, size_t n);
/* Quietly nothing when the peer is gone. */
void tcp_script_say(struct tcp_script_peer *p, struct str bytes);

#endif
