/* index_postings.h - the postings offset table of an index: which label values there are, and where
 * the list of series of each lies.
 *
 * Opening reads the table once, checks it, and keeps some values of each name in memory; the
 * rest is read again when it is asked for. The source is an index, or a file that holds a copy of
 * its table (an index-header).
 *
 * Threads: an open table never changes; a cursor belongs to one thread.
 */
#ifndef TSDB_INDEX_POSTINGS_H
#define TSDB_INDEX_POSTINGS_H

#include "base/iter.h"
#include "tsdb/index_toc.h"

struct index_postings;

/* Where a list lies in the index: from its length field on; `end` may be a few bytes behind it.
 * {0, 0} is no list. */
struct postings_range {
	uint64_t start;
	uint64_t end;
};

/* The table is at `offset` of `src`; `toc` is that of the index. `src` outlives it. Every
 * `keep_every`th value is kept; 0: every 32nd. */
struct index_postings *index_postings_open(struct byte_source *src, struct ctx *ctx,
					   uint64_t offset, const struct index_toc *toc,
					   unsigned keep_every, struct err *err);
void index_postings_close(struct index_postings *ip); /* NULL is fine */
CLEANUP_DEFINE(struct index_postings, index_postings_close)

const struct index_toc *index_postings_toc(const struct index_postings *ip);
size_t index_postings_memory_bytes(const struct index_postings *ip);

/* Label names, ascending; borrowed. */
const struct str *index_postings_names(const struct index_postings *ip, size_t *n);
/* The list of all series; {0, 0} in an index without any. */
struct postings_range index_postings_all(const struct index_postings *ip);

/* The lists of some values of a name, which come in ascending order; {0, 0} for those that do not
 * occur. */
bool index_postings_find(struct index_postings *ip, struct ctx *ctx, struct str name,
			 const struct str *values, size_t n, struct postings_range *out,
			 struct err *err);

/* Walks the values of a name in ascending order. */
struct index_values;

/* Values >= `from`. Lives in `a`, like all it reads: mark and rewind around a long walk. */
struct index_values *index_values_new(struct index_postings *ip, struct ctx *ctx, struct str name,
				      struct str from, struct arena *a);
/* *value is borrowed until the next call. */
enum iter_result index_values_next(struct index_values *it, struct str *value,
				   struct postings_range *range, struct err *err);

#endif
