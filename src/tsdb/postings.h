/* postings.h - ascending lists of series references, and what can be done with them.
 *
 * Lists are big-endian 32-bit numbers, as an index stores them, wherever they come from: results of
 * operations look like lists from disk.
 */
#ifndef TSDB_POSTINGS_H
#define TSDB_POSTINGS_H

#include "base/arena.h"
#include "base/err.h"
#include "codec/bits.h"

/* Borrowed; strictly ascending. */
struct postings {
	const uint8_t *be;
	size_t n;
};

/* A list as an index stores it: length, count, references, checksum; `n` may be larger. Borrows
 * `p`. */
bool postings_parse(const uint8_t *p, size_t n, struct postings *out, struct err *err);
/* How many bytes from its start on the list takes, by its length field of 4 bytes. */
uint64_t postings_stored_bytes(const uint8_t *p);

static inline uint32_t postings_at(struct postings p, size_t i)
{
	return load_be32(p.be + 4 * i);
}

/* From an ascending array; lives in `a`. */
struct postings postings_of(struct arena *a, const uint32_t *refs, size_t n);

struct postings postings_copy(struct arena *a, struct postings p);

/* Results live in `a` or are one of the inputs. */
struct postings postings_intersect(struct arena *a, struct postings x, struct postings y);
struct postings postings_union(struct arena *a, const struct postings *lists, size_t n);
struct postings postings_without(struct arena *a, struct postings x, struct postings minus);

/* A walk: while (postings_next(&c)) use(c.ref); */
struct postings_cursor {
	struct postings list;
	size_t next;
	uint32_t ref;
};

static inline struct postings_cursor postings_walk(struct postings p)
{
	return (struct postings_cursor){.list = p};
}

static inline bool postings_next(struct postings_cursor *c)
{
	if (c->next == c->list.n)
		return false;
	c->ref = postings_at(c->list, c->next++);
	return true;
}

/* To the first reference >= `ref`, never backwards. */
bool postings_seek(struct postings_cursor *c, uint32_t ref);

#endif
