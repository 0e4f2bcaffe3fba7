/* file_writer.h - a new file, written front to back through a buffer.
 *
 * Errors name the path. Nothing is synced but by file_writer_sync(): a crash before it may leave
 * any prefix.
 */
#ifndef BASE_FILE_WRITER_H
#define BASE_FILE_WRITER_H

#include "base/byte_sink.h"
#include "base/cleanup.h"

#include <stdint.h>

struct file_writer {
	struct byte_sink sink; /* the same as file_writer_put() */
	int fd;                /* for reading and writing */
	char *path;
	char *piece; /* what is not in the file yet */
	size_t n;
	uint64_t at; /* bytes written so far: where the next one goes */
};

/* Creates the file, or empties it. */
struct file_writer *file_writer_open(const char *path, unsigned mode, struct err *err);
/* Closes it; what was not flushed is lost. NULL is fine. */
void file_writer_close(struct file_writer *f);
CLEANUP_DEFINE(struct file_writer, file_writer_close)

bool file_writer_put(struct file_writer *f, const void *p, size_t n, struct err *err);
/* Zeros, until the place is a multiple of `alignment`, at most 64. */
bool file_writer_align(struct file_writer *f, size_t alignment, struct err *err);
/* Everything so far can be read from the file. */
bool file_writer_flush(struct file_writer *f, struct err *err);
/* Overwrite bytes that were put before. */
bool file_writer_patch(struct file_writer *f, uint64_t at, const void *p, size_t n,
		       struct err *err);
/* Flushes; then the contents survive a crash, the name only with fs_sync_dir(). */
bool file_writer_sync(struct file_writer *f, struct err *err);

/* All n bytes to a file descriptor. False with errno set. */
bool fd_write_all(int fd, const void *p, size_t n);

#endif
