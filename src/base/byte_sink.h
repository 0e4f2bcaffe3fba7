/* byte_sink.h - where bytes go, piece by piece: a file, an answer, a buffer. */
#ifndef BASE_BYTE_SINK_H
#define BASE_BYTE_SINK_H

#include "base/err.h"

#include <stddef.h>

struct byte_sink {
	bool (*write)(struct byte_sink *sink, const void *p, size_t n, struct err *err);
};

static inline bool byte_sink_write(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	return sink->write(sink, p, n, err);
}

#endif
