/* log_internal.h - the encodings of a log line; private to log.c and its neighbours. */
#ifndef BASE_LOG_INTERNAL_H
#define BASE_LOG_INTERNAL_H

#include "base/buf.h"
#include "base/log.h"

/* Each appends one complete line or datagram. A field with a NULL key is left out. The array may be
 * reordered. */
void log_encode_logfmt(struct buf *out, struct log_field *fields, size_t n);
void log_encode_json(struct buf *out, struct log_field *fields, size_t n);
void log_encode_journald(struct buf *out, struct log_field *fields, size_t n);

/* Sends one datagram to the journal; what is too large for one goes through a sealed memory file.
 */
void log_send_journal(int fd, struct str datagram);

#endif
