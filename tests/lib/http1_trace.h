/* http1_trace.h - what the request parser makes of some bytes, as text to compare. */
#ifndef TESTS_LIB_HTTP1_TRACE_H
#define TESTS_LIB_HTTP1_TRACE_H

#include "base/buf.h"
#include "net/http1.h"

/* Feeds `bytes` in pieces of at most `cut` bytes and appends one line per event:
 *
 *	GET /a?b 1.1 keep
 *	host: x
 *	body: 5 hello
 *	end
 *	bad 400 more than one Host header
 */
void http1_trace(struct str bytes, size_t cut, const struct http1_limits *limits, struct buf *out);

#endif
