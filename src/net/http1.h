/* http1.h - reads HTTP/1.1 requests from bytes as they come (RFC 9112), strictly.
 *
 * What two parsers could read in two ways is refused: both of Content-Length and Transfer-Encoding,
 * either of them twice, lines that end in a bare LF, folded headers, space before a colon, control
 * bytes, chunk sizes with anything around them. The result does not depend on how the bytes are
 * cut. The choice of an own parser: docs/decisions/.
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include "base/buf.h"
#include "net/http_message.h"

struct http1_limits {
	size_t max_head_bytes;   /* request line and headers: 431; 0: 64 KiB */
	size_t max_line_bytes;   /* the request line alone: 414; 0: 32 KiB */
	size_t max_headers;      /* 431; 0: 100 */
	uint64_t max_body_bytes; /* 413; 0: 10 MiB */
};

/* Slices of the parser's memory, valid until http1_next() is called after HTTP1_END. */
struct http1_head {
	enum http_method method;
	struct str method_name;
	struct str target; /* as sent */
	struct str path;   /* raw, from the '/' on; "*" for OPTIONS * */
	struct str query;  /* raw, without the '?'; p is NULL without one */
	struct str host;   /* may be empty in HTTP/1.0 */
	unsigned minor;    /* HTTP/1.minor: 0 or 1 */
	struct http_headers headers;
	bool keep_alive;       /* the client can take another answer on this connection */
	bool expects_continue; /* waits for "100 Continue" before it sends the body */
	bool has_body;
	bool is_chunked;
	uint64_t content_length; /* unless chunked */
};

enum http1_event {
	HTTP1_MORE, /* all input was taken: feed more */
	HTTP1_HEAD, /* `head` is filled */
	HTTP1_BODY, /* *piece, borrowed from the input, is the next part of the body */
	HTTP1_END,  /* the request is complete; what is left of the input belongs to the next */
	HTTP1_BAD,  /* refused: answer `bad_status` and close; no call may follow */
};

struct http1_parser {
	struct http1_head head;
	int bad_status;
	const char *bad_reason; /* one line for the answer; a constant */

	/* the parser's own */
	struct http1_limits limits;
	struct buf bytes;  /* the head */
	size_t line_start; /* in `bytes` */
	unsigned state;
	unsigned n_digits; /* of a chunk's size */
	uint64_t left;     /* of the body or the chunk */
	uint64_t n_body;   /* announced by chunks so far */
	size_t n_extra;    /* chunk extensions and trailers so far */
};

void http1_init(struct http1_parser *p, const struct http1_limits *limits); /* NULL: defaults */
void http1_done(struct http1_parser *p);

/* After HTTP1_HEAD only: this route takes another size. An announced length above it is refused by
 * the next call. */
void http1_set_max_body(struct http1_parser *p, uint64_t max_body_bytes);

/* Takes what it can from the front of *in. */
enum http1_event http1_next(struct http1_parser *p, struct str *in, struct str *piece);

/* Between two requests, with no byte of the next one seen. */
bool http1_is_idle(const struct http1_parser *p);

#endif
