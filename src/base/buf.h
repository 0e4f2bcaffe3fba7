/* buf.h - a growable run of bytes, born with its maximum.
 *
 * Appending past the maximum appends nothing and sets `overflowed`, which stays set until
 * buf_clear(): a long piece of formatting needs one check, at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/cleanup.h"
#include "base/str.h"
#include "base/tracker.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	struct tracker *tracker; /* charged for cap; may be NULL */
	bool overflowed;
};

#define BUF_INIT(max_bytes)                                                                        \
	{                                                                                          \
		.max = (max_bytes),                                                                \
	}
/* For text whose size our own code bounds. */
#define BUF_TEXT_MAX ((size_t)1 << 30)

void buf_init(struct buf *b, size_t max_bytes, struct tracker *tracker);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* empty, the memory is kept */

bool buf_append(struct buf *b, const void *p, size_t n);
bool buf_append_str(struct buf *b, struct str s);
bool buf_puts(struct buf *b, const char *s);
bool buf_putc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes: the place to write them, or NULL when over the maximum. The bytes count
 * only after buf_grown(). */
char *buf_reserve(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);
/* Drop the first n bytes. */
void buf_consume(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
	return str_from(b->p, b->n);
}

/* The contents with a NUL behind them; borrowed, valid until the next change. */
const char *buf_cstr(struct buf *b);
/* The contents as a heap string, the caller's to free(); the buf is empty afterwards. */
char *buf_steal(struct buf *b);

#endif
