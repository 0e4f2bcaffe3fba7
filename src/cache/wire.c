#include "cache/wire.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/tls.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

struct wire {
	int fd;
	struct tls_client *tls;                /* NULL: plain */
	SSL *ssl;                              /* NULL: plain, or not connected yet */
	char *text, *host;                     /* of the address */
	short wants_to_send, wants_to_receive; /* what poll() has to wait for */
	bool is_connected, is_open, is_greeted;
};

/* --- addresses -------------------------------------------------------------------------------- */

static bool resolve_path(struct str path, struct wire_address *out, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->sa;

	if (path.n >= sizeof(un->sun_path) || memchr(path.p, '\0', path.n))
		return err_set(err, ERR_INVALID, "unix socket %.*s: not a usable path",
			       STR_FMT(path));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.n);
	out->size = sizeof(*un);
	return true;
}

static const struct addrinfo *choose(const struct addrinfo *found)
{
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		if (a->ai_family == AF_INET)
			return a;
	}
	return found;
}

bool wire_address_resolve(struct str text, struct wire_address *out, struct err *err)
{
	struct address parsed;
	struct addrinfo *found;

	memset(out, 0, sizeof(*out));
	snprintf(out->text, sizeof(out->text), "%.*s", STR_FMT(text));
	if (str_find_char(text, '/') < text.n)
		return resolve_path(text, out, err);
	if (!address_parse(text, &parsed, err) ||
	    !(address_of_literal(&parsed, &found) || address_look_up(&parsed, false, &found, err)))
		return false;
	const struct addrinfo *chosen = choose(found);
	memcpy(&out->sa, chosen->ai_addr, chosen->ai_addrlen);
	out->size = chosen->ai_addrlen;
	snprintf(out->host, sizeof(out->host), "%s", parsed.host);
	freeaddrinfo(found);
	return true;
}

/* --- opening and closing ---------------------------------------------------------------------- */

struct wire *wire_open(const struct wire_address *to, struct tls_client *tls, struct err *err)
{
	int one = 1;

	int fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_set_errno(err, errno, "%s: socket", to->text);
		return NULL;
	}
	if (to->sa.ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (const struct sockaddr *)&to->sa, to->size) != 0 && errno != EINPROGRESS) {
		err_set(err, ERR_UNAVAILABLE, "%s: connect: %s", to->text, strerror(errno));
		close(fd);
		return NULL;
	}
	struct wire *w = NEW(struct wire);
	*w = (struct wire){
	    .fd = fd,
	    .tls = tls ? tls_client_ref(tls) : NULL,
	    .text = xstrdup(to->text),
	    .host = xstrdup(to->host),
	    .wants_to_send = POLLOUT,
	};
	return w;
}

void wire_close(struct wire *w)
{
	if (!w)
		return;
	if (w->is_open && w->ssl)
		SSL_shutdown(w->ssl); /* one polite try */
	SSL_free(w->ssl);
	tls_client_unref(w->tls);
	close(w->fd);
	free(w->text);
	free(w->host);
	free(w);
}

int wire_fd(const struct wire *w)
{
	return w->fd;
}

short wire_events(const struct wire *w)
{
	return w->wants_to_send | w->wants_to_receive;
}

bool wire_is_greeted(const struct wire *w)
{
	return w->is_greeted;
}

void wire_set_greeted(struct wire *w)
{
	w->is_greeted = true;
}

static enum wire_result again(short *wanted, short events)
{
	*wanted = events;
	return WIRE_AGAIN;
}

static enum wire_result fail(const struct wire *w, struct err *err, const char *what,
			     const char *why)
{
	err_set(err, ERR_UNAVAILABLE, "%s: %s: %s", w->text, what, why);
	return WIRE_FAILED;
}

/* A TLS call that did not succeed. */
static enum wire_result tls_result(struct wire *w, int result, short *wanted, const char *what,
				   struct err *err)
{
	char line[256];

	switch (SSL_get_error(w->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return again(wanted, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return again(wanted, POLLOUT);
	case SSL_ERROR_ZERO_RETURN:
		return fail(w, err, what, "the server closed the connection");
	default:
		w->is_open = false; /* nothing more may be said on it */
		return fail(w, err, what, tls_failure(w->ssl, line, sizeof(line)));
	}
}

static enum wire_result finish_connect(struct wire *w, struct err *err)
{
	struct pollfd p = {.fd = w->fd, .events = POLLOUT};
	int code = 0;
	socklen_t size = sizeof(code);

	if (poll(&p, 1, 0) <= 0)
		return again(&w->wants_to_send, POLLOUT);
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &code, &size);
	if (code)
		return fail(w, err, "connect", strerror(code));
	w->is_connected = true;
	if (!w->tls)
		return WIRE_DONE;
	w->ssl = tls_client_session(w->tls, w->fd, w->host, err);
	return w->ssl ? WIRE_DONE : WIRE_FAILED;
}

enum wire_result wire_finish_opening(struct wire *w, struct err *err)
{
	if (w->is_open)
		return WIRE_DONE;
	if (!w->is_connected) {
		enum wire_result r = finish_connect(w, err);
		if (r != WIRE_DONE)
			return r;
	}
	if (w->ssl) {
		int result = SSL_do_handshake(w->ssl);
		if (result != 1)
			return tls_result(w, result, &w->wants_to_send, "TLS handshake", err);
	}
	w->wants_to_send = 0;
	w->is_open = true;
	return WIRE_DONE;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static enum wire_result send_tls(struct wire *w, struct str *bytes, struct err *err)
{
	while (bytes->n) {
		int n = bytes->n > INT_MAX ? INT_MAX : (int)bytes->n;
		int result = SSL_write(w->ssl, bytes->p, n);
		if (result <= 0)
			return tls_result(w, result, &w->wants_to_send, "write", err);
		*bytes = str_skip(*bytes, (size_t)result);
	}
	w->wants_to_send = 0;
	return WIRE_DONE;
}

enum wire_result wire_send(struct wire *w, struct str *bytes, struct err *err)
{
	if (w->ssl)
		return send_tls(w, bytes, err);
	while (bytes->n) {
		ssize_t n = send(w->fd, bytes->p, bytes->n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? again(&w->wants_to_send, POLLOUT)
					       : fail(w, err, "write", strerror(errno));
		*bytes = str_skip(*bytes, (size_t)n);
	}
	w->wants_to_send = 0;
	return WIRE_DONE;
}

static enum wire_result receive_tls(struct wire *w, char *to, size_t size, size_t *n,
				    struct err *err)
{
	int result = SSL_read(w->ssl, to, size > INT_MAX ? INT_MAX : (int)size);

	if (result <= 0)
		return tls_result(w, result, &w->wants_to_receive, "read", err);
	*n = (size_t)result;
	return WIRE_DONE;
}

enum wire_result wire_receive(struct wire *w, char *to, size_t size, size_t *n, struct err *err)
{
	assert(size > 0);
	if (w->ssl)
		return receive_tls(w, to, size, n, err);
	ssize_t got;
	do {
		got = recv(w->fd, to, size, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? again(&w->wants_to_receive, POLLIN)
				       : fail(w, err, "read", strerror(errno));
	if (got == 0)
		return fail(w, err, "read", "the server closed the connection");
	*n = (size_t)got;
	return WIRE_DONE;
}

bool wire_is_quiet(struct wire *w)
{
	struct err ignored;
	char byte;
	size_t n;

	/* A session ticket is read and dropped by OpenSSL, and is no answer. */
	return wire_receive(w, &byte, 1, &n, &ignored) == WIRE_AGAIN;
}
