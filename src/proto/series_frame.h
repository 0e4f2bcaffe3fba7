/* series_frame.h - storepb.SeriesResponse: the messages of a Series stream.
 *
 * Decoding copies nothing but what it must: labels and chunk bytes stay slices of the message, the
 * arrays around them live in an arena. A series may be cut over consecutive frames.
 *
 * Format: Thanos' pkg/store/storepb/{rpc,types}.proto.
 */
#ifndef PROTO_SERIES_FRAME_H
#define PROTO_SERIES_FRAME_H

#include "codec/pb_wire.h"
#include "model/series.h"

enum series_frame_type {
	SERIES_FRAME_EMPTY, /* none of the fields we know */
	SERIES_FRAME_SERIES,
	SERIES_FRAME_WARNING,
	SERIES_FRAME_HINTS,
};

/* One message. A single series and a batch of them look the same. */
struct series_frame {
	enum series_frame_type type;
	const struct series *series;
	size_t n_series;
	struct str text; /* the warning, or the google.protobuf.Any of the hints */
};

/* `message` outlives what was decoded. Fails with ERR_CORRUPT. */
bool series_frame_decode(struct str message, struct arena *a, struct series_frame *out,
			 struct err *err);

/* The writers clear `w` first; the message is pb_written(w). */
void series_frame_encode(struct pb_writer *w, const struct series *s);
void series_frame_encode_batch(struct pb_writer *w, const struct series *v, size_t n);
void series_frame_encode_warning(struct pb_writer *w, struct str warning);
void series_frame_encode_hints(struct pb_writer *w, struct str any);

/* Batches piece by piece, for series that do not outlive each other: the fields of a SeriesBatch
 * are appended to `batch` one by one, and become a message at the end. */
void series_batch_add(struct pb_writer *w, const struct series *s, struct buf *batch);
void series_batch_encode(struct pb_writer *w, struct str batch);

#endif
