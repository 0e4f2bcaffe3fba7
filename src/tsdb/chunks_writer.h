/* chunks_writer.h - writes the chunks of a block into segment files.
 *
 * Format: docs/formats/chunks.md. Segments are cut where Prometheus cuts them.
 */
#ifndef TSDB_CHUNKS_WRITER_H
#define TSDB_CHUNKS_WRITER_H

#include "base/cleanup.h"
#include "codec/chunk.h"
#include "tsdb/index_series.h"

#define CHUNK_SEGMENT_BYTES (UINT64_C(512) << 20) /* Prometheus' default size of a segment */

struct chunks_writer;

/* Into the folder `dir`, which is made. A segment grows beyond `segment_bytes` (0: the default)
 * only by one chunk that is larger than that. */
struct chunks_writer *chunks_writer_open(const char *dir, uint64_t segment_bytes, struct err *err);
/* What was not finished may be cut anywhere. NULL is fine. */
void chunks_writer_close(struct chunks_writer *w);
CLEANUP_DEFINE(struct chunks_writer, chunks_writer_close)

/* All chunks of one series; their references go into `metas`. */
bool chunks_writer_add(struct chunks_writer *w, const struct chunk_data *chunks, size_t n,
		       struct chunk_meta *metas, struct err *err);
/* Then all segments are complete and synced. Without chunks there is none. */
bool chunks_writer_finish(struct chunks_writer *w, struct err *err);

/* Of all segments so far. */
uint64_t chunks_writer_size_bytes(const struct chunks_writer *w);

#endif
