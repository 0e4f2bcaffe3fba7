/* index_writer.h - writes the index of a block, front to back: symbols, series, postings.
 *
 * Format: docs/formats/index.md, version 2; the bytes are those that Prometheus writes for the same
 * series. Memory does not grow with samples or chunks: postings are gathered by reading the written
 * series again, as many label names at a time as fit.
 */
#ifndef TSDB_INDEX_WRITER_H
#define TSDB_INDEX_WRITER_H

#include "tsdb/index_series.h"

/* References are 4 bytes, in units of 16 bytes. */
#define INDEX_MAX_BYTES (UINT64_C(16) * UINT32_MAX)

struct index_writer;

/* The file at `path`, and one beside it for a while. Gathering takes 16 bytes of `memory_bytes` for
 * each use of a label name, and more than that only for one name that needs it. */
struct index_writer *index_writer_open(const char *path, size_t memory_bytes, struct err *err);
/* The file stays as it is, finished or not. NULL is fine. */
void index_writer_close(struct index_writer *w);
CLEANUP_DEFINE(struct index_writer, index_writer_close)

/* All strings of all labels, strictly ascending, before the first series. Series know each by its
 * number, from 0. ERR_LIMIT when the section would exceed 4 GiB. */
bool index_writer_add_symbol(struct index_writer *w, struct str symbol, struct err *err);

/* Labels ascend by name, series by labels, chunks by time without overlap. ERR_INVALID when one
 * does not, ERR_LIMIT when the index would exceed INDEX_MAX_BYTES. */
bool index_writer_add_series(struct index_writer *w, const struct index_series *series,
			     struct err *err);

/* Postings and table of contents; then the file is complete and synced. Takes long for many
 * series, and may be cancelled by `ctx`. */
bool index_writer_finish(struct index_writer *w, struct ctx *ctx, struct err *err);

/* So far. The largest entry is measured as Thanos does: from one series to the next. */
uint64_t index_writer_size_bytes(const struct index_writer *w);
uint64_t index_writer_n_series(const struct index_writer *w);
uint64_t index_writer_series_max_bytes(const struct index_writer *w);

#endif
