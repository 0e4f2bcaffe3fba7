/* active_query_file.h - the queries that are being evaluated, in a file that survives a crash: what
 * is in it at the next start did not finish.
 *
 * The format is Prometheus' (docs/formats/queries-active.md). The file is mapped into memory: to
 * write an entry costs no system call, and the kernel keeps it when the process dies.
 *
 * Threads: none of its own; the owner locks.
 */
#ifndef FLEET_ACTIVE_QUERY_FILE_H
#define FLEET_ACTIVE_QUERY_FILE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <stdint.h>

enum { ACTIVE_QUERY_NO_SLOT = -1 };

struct active_query_file;

/* DIR/queries.active, anew, with room for so many queries; the directory is made. What was left in
 * the old one is appended to `unfinished` as a JSON array, nothing if there was nothing. NULL on
 * failure. */
struct active_query_file *active_query_file_open(const char *dir, unsigned max_queries,
						 struct buf *unfinished, struct err *err);
void active_query_file_close(struct active_query_file *f); /* NULL is fine */
CLEANUP_DEFINE(struct active_query_file, active_query_file_close)

/* The slot that the query has from now on; ACTIVE_QUERY_NO_SLOT when all are taken, or without a
 * file. A long query is cut. */
int active_query_file_put(struct active_query_file *f, struct str query, int64_t t_s);
void active_query_file_clear(struct active_query_file *f, int slot);

#endif
