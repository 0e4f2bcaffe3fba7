#include "base/buf.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes, struct tracker *tracker)
{
	*b = (struct buf){.max = max_bytes, .tracker = tracker};
}

void buf_done(struct buf *b)
{
	tracker_release(b->tracker, (int64_t)b->cap);
	free(b->p);
	*b = (struct buf){.max = b->max, .tracker = b->tracker};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->overflowed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->overflowed || n > b->max - b->n) {
		b->overflowed = true;
		return NULL;
	}
	/* One byte more than asked for, so that buf_cstr() never moves the bytes. */
	size_t need = b->n + n + 1;
	if (need > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		if (cap < need)
			cap = need;
		if (cap > b->max + 1)
			cap = b->max + 1;
		tracker_charge(b->tracker, (int64_t)(cap - b->cap));
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_grown(struct buf *b, size_t n)
{
	assert(b->n + n < b->cap);
	b->n += n;
}

bool buf_append(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);
	if (!to)
		return false;
	if (n)
		memcpy(to, p, n);
	b->n += n;
	return true;
}

bool buf_append_str(struct buf *b, struct str s)
{
	return buf_append(b, s.p, s.n);
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

bool buf_putc(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);

	char *to = buf_reserve(b, (size_t)n);
	if (!to)
		return false;
	va_start(args, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
	return true;
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *buf_cstr(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

char *buf_steal(struct buf *b)
{
	if (!b->p)
		return xstrdup("");
	tracker_release(b->tracker, (int64_t)b->cap);
	char *out = b->p;
	out[b->n] = '\0';
	*b = (struct buf){.max = b->max, .tracker = b->tracker};
	return out;
}
