/* memcached_answer.h - the answers of memcached's text protocol (its doc/protocol.txt):
 *
 *	VALUE <key> <flags> <bytes> [<cas>]\r\n<bytes>\r\n ... END\r\n       to get
 *	STORED\r\n                                                          to set
 *	ERROR\r\n  CLIENT_ERROR <why>\r\n  SERVER_ERROR <why>\r\n            to anything
 */
#ifndef CACHE_MEMCACHED_ANSWER_H
#define CACHE_MEMCACHED_ANSWER_H

#include "cache/answer_reader.h"
#include "cache/exchange.h"

/* A key that the protocol can carry: 1 to 250 bytes, no space, no control characters. */
bool memcached_key_is_legal(struct str key);

/* The answers to one or several `get`s that were sent one behind the other. */
struct memcached_get {
	const struct str *keys; /* of all of them, in the order asked for; borrowed */
	size_t n_keys;
	size_t n_commands;  /* whose END is still to come */
	struct str *values; /* of each key, p is NULL at first; filled in as values are whole */
	struct arena *a;    /* for them */
	size_t n_hits, n_hit_bytes;

	struct answer_reader reader; /* this and the rest starts as zero */
	size_t next_key;             /* most likely the key of the next value */
	size_t at;                   /* of the value under way */
	char *body;                  /* NULL: a line is expected */
	size_t n_body;
};

/* ANSWER_PART after each END but the last. An error line breaks the answer, with ERR_INTERNAL. */
enum answer_progress memcached_get_read(struct memcached_get *g, struct str bytes, struct err *err);

/* The answer to one `set`. */
struct memcached_set {
	struct answer_reader reader;
	bool is_stored;
	struct err why; /* it is not; ERR_INTERNAL where the server said so */
};

enum answer_progress memcached_set_read(struct memcached_set *s, struct str bytes, struct err *err);

#endif
