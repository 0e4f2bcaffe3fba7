/* index_writer_internal.h - what the two halves of the writer share: index_writer.c for symbols and
 * series, index_writer_postings.c for what is gathered from them.
 */
#ifndef TSDB_INDEX_WRITER_INTERNAL_H
#define TSDB_INDEX_WRITER_INTERNAL_H

#include "base/buf.h"
#include "base/file_writer.h"
#include "base/vec.h"
#include "tsdb/index_toc.h"
#include "tsdb/index_writer.h"

enum { SERIES_ALIGNMENT = 16 };

/* How many series have a label of this name. */
struct name_use {
	uint32_t symbol;
	uint64_t n_series;
	uint64_t *pairs; /* those gathered in the pass under way; NULL: none of this name */
	size_t n_pairs;
};

/* The names in use, found by symbol. */
struct name_uses {
	VEC(struct name_use) names; /* as they came */
	uint32_t *slots;            /* 1 + place in names; 0: free */
	size_t n_slots;             /* a power of two */
};

/* NULL when there is none. */
struct name_use *name_uses_find(struct name_uses *uses, uint32_t symbol);

struct index_writer {
	struct file_writer *file;
	size_t memory_bytes;
	struct index_toc toc;
	struct buf entry; /* the series or table entry being made */

	uint32_t n_symbols;
	struct buf last_symbol;

	struct name_uses uses;
	VEC(struct symbol_pair) last_labels;
	uint64_t n_series;
	uint64_t last_series_at; /* 0: there is none */
	uint64_t series_max_bytes;
	bool symbols_are_complete;
};

/* Ends the symbol section, once. */
bool index_writer_end_symbols(struct index_writer *w, struct err *err);
/* Both sections, after the last series. */
bool index_writer_put_postings(struct index_writer *w, struct ctx *ctx, struct err *err);

/* What was written so far, to be read again. */
struct byte_source *index_writer_reopen(struct file_writer *file, struct err *err);

/* Passes bytes on and sums them up. */
struct crc_sink {
	struct byte_sink base;
	struct byte_sink *to; /* NULL: only the sum is wanted */
	uint32_t crc;
};

struct crc_sink crc_sink_to(struct byte_sink *to);

#endif
