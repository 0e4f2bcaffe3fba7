/* answer_reader.h - lines and counted bytes out of an answer that arrives in pieces: what
 * memcached's text protocol and redis' RESP have in common. Both end with \r\n.
 */
#ifndef CACHE_ANSWER_READER_H
#define CACHE_ANSWER_READER_H

#include "base/arena.h"

enum {
	ANSWER_LINE_MAX = 4096,
	/* No value may be larger, whatever a server announces. */
	ANSWER_VALUE_MAX = 256 << 20,
};

struct answer_reader {
	char line[ANSWER_LINE_MAX]; /* what came of a line in earlier pieces */
	size_t n_line;
	size_t n_taken; /* of the counted bytes under way, their end included */
};

enum read_result {
	READ_MORE, /* `in` is used up */
	READ_DONE,
	READ_BROKEN, /* the answer breaks the format, or a limit; *err says how */
};

/* Both take from the front of *in. The line is without its end and borrowed until the next call. */
enum read_result answer_line(struct answer_reader *r, struct str *in, struct str *line,
			     struct err *err);
/* Copies `n` bytes to `to`. */
enum read_result answer_bytes(struct answer_reader *r, struct str *in, char *to, size_t n,
			      struct err *err);

/* Memory for a value of a size that a server announces: NULL when it is above ANSWER_VALUE_MAX or
 * what the arena's tracker allows. */
char *answer_room(struct arena *a, uint64_t n, struct err *err);

#endif
