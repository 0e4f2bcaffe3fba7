/* raw_client.h - a blocking TCP client that sends exactly the bytes it is told, for tests of
 * servers. Reading gives up after PATIENCE_MS (wait.h) and fails the test.
 */
#ifndef TESTS_LIB_RAW_CLIENT_H
#define TESTS_LIB_RAW_CLIENT_H

#include "base/buf.h"

/* To "127.0.0.1:port"; the socket. */
int raw_connect(const char *address);
void raw_send(int fd, struct str bytes);
void raw_shut_write(int fd);
void raw_close(int fd);
/* With a reset. */
void raw_abort(int fd);

/* Reads into `out` until it holds `text`, in what has come since `from`. */
void raw_read_until(int fd, struct buf *out, size_t from, const char *text);
/* Until the server closes. */
void raw_read_all(int fd, struct buf *out);
/* At most n bytes, and what has come of them. */
size_t raw_read_some(int fd, char *out, size_t n);

/* Sends, shuts nothing, reads until the server closes. */
void raw_exchange(const char *address, struct str bytes, struct buf *out);

#endif
