/* index_series.h - one series entry of an index: its labels as symbol references, its chunks.
 *
 * Format: docs/formats/index.md. Entries are parsed from memory, so that whoever reads from a
 * bucket fetches many with one request.
 */
#ifndef TSDB_INDEX_SERIES_H
#define TSDB_INDEX_SERIES_H

#include "model/labels.h"
#include "tsdb/index_symbols.h"

struct chunk_meta {
	uint64_t ref;
	int64_t min_t_ms;
	int64_t max_t_ms; /* inclusive */
};

struct symbol_pair {
	uint32_t name;
	uint32_t value;
};

struct index_series {
	struct symbol_pair *labels;
	size_t n_labels;
	struct chunk_meta *chunks;
	size_t n_chunks;
};

/* Where in an index of `version` the entry of a posting begins. */
uint64_t index_series_offset(uint32_t ref, int version);

/* The size of the entry that begins at `p`, as far as `n` bytes tell: n + 1 or more when they are
 * too few. 0 when the bytes are no entry. */
uint64_t index_series_size(const uint8_t *p, size_t n);

/* An entry within the `n` bytes at `p`, whose checksum is checked. The arrays live in `a`. */
bool index_series_parse(const uint8_t *p, size_t n, struct arena *a, struct index_series *out,
			struct err *err);
/* What lies between the length and the checksum of an entry that was parsed, which is what index
 * caches hold. Borrows `p`. */
struct str index_series_contents(const uint8_t *p, size_t n);
bool index_series_parse_contents(struct str contents, struct arena *a, struct index_series *out,
				 struct err *err);
/* From an index; `ref` comes from a postings list. */
bool index_series_read(struct byte_source *index, struct ctx *ctx, uint32_t ref, int version,
		       struct arena *a, struct index_series *out, struct err *err);

/* The labels as text, in memory of `a` and of the lookup. ERR_CORRUPT when names do not ascend. */
bool index_series_labels(const struct index_series *s, struct symbol_lookup *symbols,
			 struct arena *a, struct labels *out, struct err *err);

#endif
