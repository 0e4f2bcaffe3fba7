/* conn_io.c - reading goes into the loop's buffer, which is larger than a TLS record, so that
 * OpenSSL holds nothing back and a level-triggered poll sees all there is.
 */
#include "net/conn_io.h"

#include "net/loop_internal.h"
#include "net/output_queue.h"
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { MAX_RUNS = 64 };

static void before_tls(void)
{
	ERR_clear_error();
	errno = 0;
}

static enum io_result tls_result(struct conn_io *io, int result)
{
	int code = errno;

	switch (SSL_get_error(io->ssl, result)) {
	case SSL_ERROR_WANT_WRITE:
		io->wants_write = true;
		return IO_AGAIN;
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_END;
	case SSL_ERROR_SYSCALL:
		snprintf(io->why, sizeof(io->why), "%s",
			 code ? strerror(code) : "the connection was closed");
		return IO_FAILED;
	default:
		tls_failure(io->ssl, io->why, sizeof(io->why));
		return IO_FAILED;
	}
}

static enum io_result socket_result(struct conn_io *io, bool writing)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		io->wants_write = writing;
		return IO_AGAIN;
	}
	snprintf(io->why, sizeof(io->why), "%s: %s", writing ? "write" : "read", strerror(errno));
	return IO_FAILED;
}

enum io_result conn_io_handshake(struct conn_io *io)
{
	io->wants_write = false;
	before_tls();
	int result = SSL_do_handshake(io->ssl);
	return result == 1 ? IO_DONE : tls_result(io, result);
}

enum io_result conn_io_read(struct conn_io *io, struct loop *loop, struct str *out)
{
	ssize_t n;

	io->wants_write = false;
	if (io->ssl) {
		before_tls();
		n = SSL_read(io->ssl, loop->read_bytes, LOOP_READ_BYTES);
		if (n <= 0)
			return tls_result(io, (int)n);
	} else {
		do
			n = recv(io->fd, loop->read_bytes, LOOP_READ_BYTES, 0);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n == 0 ? IO_END : socket_result(io, false);
	}
	*out = str_from(loop->read_bytes, (size_t)n);
	return IO_DONE;
}

enum io_result conn_io_write(struct conn_io *io, struct loop *loop, struct output_queue *q,
			     size_t *written)
{
	struct iovec runs[MAX_RUNS];
	struct msghdr message = {.msg_iov = runs};
	ssize_t n;

	io->wants_write = false;
	if (io->ssl) {
		struct str front = output_queue_front(q, loop->gather_bytes, LOOP_GATHER_BYTES);
		before_tls();
		n = SSL_write(io->ssl, front.p, front.n < INT32_MAX ? (int)front.n : INT32_MAX);
		if (n <= 0)
			return tls_result(io, (int)n);
	} else {
		message.msg_iovlen = output_queue_runs(q, runs, MAX_RUNS);
		do
			n = sendmsg(io->fd, &message, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return socket_result(io, true);
	}
	*written = (size_t)n;
	output_queue_take(q, *written);
	return IO_DONE;
}

bool conn_io_end(struct conn_io *io)
{
	if (io->ssl) {
		before_tls();
		SSL_shutdown(io->ssl);
	}
	return shutdown(io->fd, SHUT_WR) == 0;
}

void conn_io_drop_tls(struct conn_io *io)
{
	SSL_free(io->ssl);
	io->ssl = NULL;
}
