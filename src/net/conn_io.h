/* conn_io.h - one attempt to read, write or shake hands on a non-blocking socket, with or without
 * TLS, for conn.c.
 */
#ifndef NET_CONN_IO_H
#define NET_CONN_IO_H

#include "base/str.h"

struct loop;
struct output_queue;
struct ssl_st;

struct conn_io {
	int fd;             /* -1: none */
	struct ssl_st *ssl; /* NULL: plain */
	bool wants_write;   /* the last attempt goes on when the socket has room */
	char why[256];      /* after IO_FAILED */
};

enum io_result {
	IO_DONE,
	IO_AGAIN, /* when the socket is ready again */
	IO_END,   /* the peer sends no more */
	IO_FAILED,
};

enum io_result conn_io_handshake(struct conn_io *io);
/* *out lies in the loop's read buffer. */
enum io_result conn_io_read(struct conn_io *io, struct loop *loop, struct str *out);
/* From the front of a queue that is not empty; what has left is taken out of it. */
enum io_result conn_io_write(struct conn_io *io, struct loop *loop, struct output_queue *q,
			     size_t *written);
/* This side sends no more. False: the connection is lost. */
bool conn_io_end(struct conn_io *io);
/* Leaves TLS, for reading what is left without looking at it. */
void conn_io_drop_tls(struct conn_io *io);

#endif
