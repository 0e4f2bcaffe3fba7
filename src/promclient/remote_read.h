/* remote_read.h - reading series from a Prometheus, with their chunks as it has them.
 *
 * Asks for streamed chunks (ChunkedReadResponse in frames: uvarint length, big-endian CRC32C,
 * message) and understands the older answer of samples as well, whose floats it encodes again.
 *
 * Format: docs/formats/remote_read.md.
 */
#ifndef PROMCLIENT_REMOTE_READ_H
#define PROMCLIENT_REMOTE_READ_H

#include "base/ctx.h"
#include "model/series.h"
#include "promclient/prom_api.h"
#include "proto/remote_read.h"

/* The series as Prometheus sends them: in its own label order, a long one perhaps in several
 * pieces that follow each other. Their chunks have no hashes. What is held is charged to
 * `tracker`; `ctx` outlives the stream. NULL on failure.
 *
 * So the stream is no series_iter by its contract; it has the shape because it is sorted and united
 * next (store/resort.h). */
struct series_iter *remote_read(struct prom_client *c, struct ctx *ctx,
				const struct read_query *query, struct tracker *tracker,
				struct err *err);

#endif
