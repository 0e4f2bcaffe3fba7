/* index_builder.h - makes the bytes of small indexes, of both versions, for tests of their readers.
 */
#ifndef TESTS_LIB_INDEX_BUILDER_H
#define TESTS_LIB_INDEX_BUILDER_H

#include "base/buf.h"
#include "tsdb/index_series.h"

struct built_series {
	const char *labels; /* a="1" b="2", as labels_from_text() takes them */
	const struct chunk_meta *chunks;
	size_t n_chunks;
};

/* The series come in ascending order. The postings offset table of version 1 comes in descending
 * order, since readers may not rely on any. */
struct buf index_build(int version, const struct built_series *series, size_t n);

/* An index of `n` series: {__name__="m", i="0000", even="yes"}, every second one without `even`;
 * each with two chunks. */
struct buf index_build_numbered(int version, size_t n);

/* The four ways in which readers are tested: two versions, in memory and in a file. */
enum { INDEX_VARIANTS = 4 };

struct index_variant {
	int version;
	struct buf bytes;
	struct byte_source *src; /* over the bytes or over a file that holds them */
	char *dir;               /* of that file, or NULL */
};

/* Takes `series` through index_build(). */
struct index_variant index_variant_new(int which, const struct built_series *series, size_t n);
/* The same for index_build_numbered(). */
struct index_variant index_variant_numbered(int which, size_t n);
/* Closes `src` too, unless it was taken and is NULL. */
void index_variant_done(struct index_variant *v);

/* Set the checksum of a section that was changed. */
void index_fix_section(struct buf *index, uint64_t offset);

#endif
