#include "tests/lib/tcp_script.h"

#include "base/alloc.h"
#include "tests/lib/cmocka.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *arg)
{
	struct tcp_script_peer *p = arg;

	p->script->fn(p, p->script->arg);
	/* The descriptor itself lives until the script stops: nobody else may get its number. */
	shutdown(p->fd, SHUT_RDWR);
	return NULL;
}

static void start_peer(struct tcp_script *s, int fd)
{
	struct tcp_script_peer *p = NEW(struct tcp_script_peer);

	p->script = s;
	p->fd = fd;
	pthread_mutex_lock(&s->mu);
	vec_push(&s->peers, p);
	pthread_create(&p->thread, NULL, serve, p);
	pthread_mutex_unlock(&s->mu);
	s->n_accepted++;
}

static void *accept_all(void *arg)
{
	struct tcp_script *s = arg;

	for (int fd; (fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
		start_peer(s, fd);
	return NULL;
}

static void listen_on(struct tcp_script *s, uint16_t port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(port),
	};
	socklen_t size = sizeof(a);
	int one = 1;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(s->fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->fd, 128), 0);
	getsockname(s->fd, (void *)&a, &size);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", ntohs(a.sin_port));
	pthread_create(&s->thread, NULL, accept_all, s);
}

void tcp_script_start(struct tcp_script *s, tcp_script_fn *fn, void *arg)
{
	*s = (struct tcp_script){.fn = fn, .arg = arg};
	pthread_mutex_init(&s->mu, NULL);
	listen_on(s, 0);
}

void tcp_script_restart(struct tcp_script *s)
{
	listen_on(s, (uint16_t)atoi(strchr(s->address, ':') + 1));
}

void tcp_script_stop(struct tcp_script *s)
{
	if (s->fd < 0)
		return;
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	s->fd = -1;
	for (size_t i = 0; i < s->peers.n; i++) {
		shutdown(s->peers.v[i]->fd, SHUT_RDWR);
		pthread_join(s->peers.v[i]->thread, NULL);
		close(s->peers.v[i]->fd);
		free(s->peers.v[i]);
	}
	vec_done(&s->peers);
}

/* More bytes; false at the end. */
static bool fill(struct tcp_script_peer *p)
{
	assert_true(p->n < sizeof(p->buf));
	ssize_t n = recv(p->fd, p->buf + p->n, sizeof(p->buf) - p->n, 0);
	if (n <= 0)
		return false;
	p->n += (size_t)n;
	return true;
}

/* Takes the first `n` bytes out of the buffer. */
static struct str cut(struct tcp_script_peer *p, size_t n)
{
	static _Thread_local char taken[sizeof(p->buf)];

	memcpy(taken, p->buf, n);
	p->n -= n;
	memmove(p->buf, p->buf + n, p->n);
	return str_from(taken, n);
}

struct str tcp_script_line(struct tcp_script_peer *p)
{
	for (;;) {
		const char *end = memchr(p->buf, '\n', p->n);
		if (end) {
			struct str line = cut(p, (size_t)(end - p->buf) + 1);
			return str_trim(line, "\r\n");
		}
		if (!fill(p))
			return (struct str){0};
	}
}

struct str tcp_script_bytes(struct tcp_script_peer *p, size_t n)
{
	while (p->n < n) {
		if (!fill(p))
			return (struct str){0};
	}
	return cut(p, n);
}

void tcp_script_say(struct tcp_script_peer *p, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes = str_skip(bytes, (size_t)n);
	}
}
