/* resp.h - redis' serialization protocol, version 2: what a server answers, item by item, and how
 * commands are written.
 *
 *	+OK\r\n  -ERR why\r\n  :42\r\n  $3\r\nabc\r\n  $-1\r\n  *2\r\n...
 */
#ifndef CACHE_RESP_H
#define CACHE_RESP_H

#include "base/buf.h"
#include "cache/answer_reader.h"

enum resp_type {
	RESP_SIMPLE,
	RESP_ERROR,
	RESP_INTEGER,
	RESP_BULK,
	RESP_NIL,   /* a bulk or array that is not there */
	RESP_ARRAY, /* `number` items follow */
};

struct resp_item {
	enum resp_type type;
	int64_t number;
	struct str text; /* of a bulk: lives in the arena; else borrowed until the next call */
};

enum {
	RESP_MAX_ITEMS = 1 << 24, /* of one array */
};

struct resp_reader {
	struct answer_reader reader;
	char *body; /* of the bulk under way; NULL: a line is expected */
	size_t n_body;
};

/* The next item from the front of *in. */
enum read_result resp_read(struct resp_reader *r, struct str *in, struct arena *a,
			   struct resp_item *out, struct err *err);

/* Appends a command: resp_write_head() with the number of its parts, then each. */
void resp_write_head(struct buf *b, size_t n_parts);
void resp_write_part(struct buf *b, struct str part);

#endif
