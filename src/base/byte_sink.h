/* byte_sink.h - where bytes go, piece by piece: a file, an answer, a buffer. */
#ifndef BASE_BYTE_SINK_H
#define BASE_BYTE_SINK_H

#include "base/err.h"

#include <stddef.h>
#include <string.h>

struct byte_sink {
	bool (*write)(struct byte_sink *sink, const void *p, size_t n, struct err *err);
};

static inline bool byte_sink_write(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	return sink->write(sink, p, n, err);
}

/* A place of a known size; more than it holds is an error, fewer bytes leave `left` above 0. */
struct fixed_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	char *to;
	size_t left;
};

static inline bool fixed_sink_write(struct byte_sink *base, const void *p, size_t n,
				    struct err *err)
{
	struct fixed_sink *sink = (struct fixed_sink *)base;

	if (n > sink->left)
		return err_set(err, ERR_INTERNAL, "%zu bytes more than were asked for",
			       n - sink->left);
	memcpy(sink->to, p, n);
	sink->to += n;
	sink->left -= n;
	return true;
}

static inline struct fixed_sink fixed_sink_of(void *to, size_t n)
{
	return (struct fixed_sink){.base.write = fixed_sink_write, .to = to, .left = n};
}

#endif
