/* index_toc.h - the two ends of an index file: magic and version, and the table of contents.
 *
 * Format: docs/formats/index.md.
 */
#ifndef TSDB_INDEX_TOC_H
#define TSDB_INDEX_TOC_H

#include "tsdb/byte_source.h"

#define INDEX_MAGIC UINT32_C(0xbaaad700)

enum {
	INDEX_V1 = 1, /* series and symbols are named by their offsets */
	INDEX_V2 = 2,
	INDEX_V3 = 3, /* read as version 2, as Prometheus does */
	INDEX_HEADER_BYTES = 5,
	INDEX_TOC_BYTES = 52,
};

/* Offsets in the index file; 0 where a section is absent. */
struct index_toc {
	uint64_t symbols;
	uint64_t series;
	uint64_t label_indices;
	uint64_t label_indices_table;
	uint64_t postings;
	uint64_t postings_table;
	uint64_t end; /* where the table of contents itself begins */
	int version;
};

/* The first INDEX_HEADER_BYTES of an index. */
bool index_header_parse(const uint8_t *p, int *version, struct err *err);
/* The last INDEX_TOC_BYTES of an index of `index_bytes`. Sections must lie inside of it. */
bool index_toc_parse(const uint8_t *p, uint64_t index_bytes, int version, struct index_toc *out,
		     struct err *err);
/* Where the section of series ends at the latest. */
uint64_t index_toc_series_end(const struct index_toc *toc);
bool index_toc_read(struct byte_source *index, struct ctx *ctx, struct index_toc *out,
		    struct err *err);

#endif
