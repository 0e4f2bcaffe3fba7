#include "proto/series_frame.h"

#include "proto/labels_message.h"

/* Field numbers of storepb. */
enum {
	RESPONSE_SERIES = 1,
	RESPONSE_WARNING = 2,
	RESPONSE_HINTS = 3,
	RESPONSE_BATCH = 4,
	BATCH_SERIES = 1,
	SERIES_LABELS = 1,
	SERIES_CHUNKS = 2,
	AGGR_CHUNK_MIN_TIME = 1,
	AGGR_CHUNK_MAX_TIME = 2,
	AGGR_CHUNK_RAW = 3,
	AGGR_CHUNK_FIRST_AGGR = 4, /* count, sum, min, max, counter: in the order of enum aggr */
	CHUNK_TYPE = 1,
	CHUNK_DATA = 2,
	CHUNK_HASH = 3,
};

/* --- decoding ------------------------------------------------------------------------------- */

/* A sub-message that occurs twice is one message whose fields were sent in two parts: what is set
 * stays unless it is set again. */
static bool chunk_data_decode(struct str message, struct chunk_data *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	uint64_t type = out->data ? out->encoding - 1 : 0;

	if (!out->data)
		out->data = (const uint8_t *)"";
	while (pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(CHUNK_TYPE):
			type = r.number;
			break;
		case PB_BYTES(CHUNK_DATA):
			out->data = (const uint8_t *)r.bytes.p;
			out->size_bytes = (uint32_t)r.bytes.n;
			break;
		case PB_VARINT(CHUNK_HASH):
			out->hash = r.number;
			break;
		}
	}
	/* The encodings with start timestamps have no number here. */
	if (type > CHUNK_FLOAT_HISTOGRAM - 1)
		return err_set(err, ERR_CORRUPT, "Chunk: type %llu is unknown",
			       (unsigned long long)type);
	out->encoding = (enum chunk_encoding)(type + 1);
	return pb_reader_end(&r, "Chunk", err);
}

/* The five aggregates of a chunk, made when the first one is met. */
static bool aggr_decode(struct pb_reader *r, struct arena *a, struct chunk_data **aggrs,
			struct err *err)
{
	if (!*aggrs)
		*aggrs = ARENA_ARRAY(a, struct chunk_data, AGGR_N);
	return chunk_data_decode(r->bytes, *aggrs + (r->key >> 3) - AGGR_CHUNK_FIRST_AGGR, err);
}

static bool chunk_decode(struct str message, struct arena *a, struct chunk *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct chunk_data *aggrs = NULL;
	bool ok = true;

	*out = (struct chunk){0};
	while (ok && pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(AGGR_CHUNK_MIN_TIME):
			out->min_t_ms = (int64_t)r.number;
			break;
		case PB_VARINT(AGGR_CHUNK_MAX_TIME):
			out->max_t_ms = (int64_t)r.number;
			break;
		case PB_BYTES(AGGR_CHUNK_RAW):
			ok = chunk_data_decode(r.bytes, &out->raw, err);
			break;
		case PB_BYTES(AGGR_CHUNK_FIRST_AGGR + AGGR_COUNT):
		case PB_BYTES(AGGR_CHUNK_FIRST_AGGR + AGGR_SUM):
		case PB_BYTES(AGGR_CHUNK_FIRST_AGGR + AGGR_MIN):
		case PB_BYTES(AGGR_CHUNK_FIRST_AGGR + AGGR_MAX):
		case PB_BYTES(AGGR_CHUNK_FIRST_AGGR + AGGR_COUNTER):
			ok = aggr_decode(&r, a, &aggrs, err);
			break;
		}
	}
	out->aggrs = aggrs;
	return ok && pb_reader_end(&r, "AggrChunk", err);
}

/* How many labels and chunks a Series has, so that each array is allocated once. */
static bool series_count(struct str message, size_t *n_labels, size_t *n_chunks, struct err *err)
{
	struct pb_reader r = pb_reader(message);

	*n_labels = *n_chunks = 0;
	while (pb_next(&r)) {
		*n_labels += r.key == PB_BYTES(SERIES_LABELS);
		*n_chunks += r.key == PB_BYTES(SERIES_CHUNKS);
	}
	return pb_reader_end(&r, "Series", err);
}

static bool series_decode(struct str message, struct arena *a, struct series *out, struct err *err)
{
	size_t n_labels, n_chunks;
	if (!series_count(message, &n_labels, &n_chunks, err) ||
	    !arena_has_room(a, n_labels * sizeof(struct label) + n_chunks * sizeof(struct chunk),
			    err))
		return false;
	struct label *labels = arena_alloc(a, n_labels * sizeof(*labels));
	struct chunk *chunks = arena_alloc(a, n_chunks * sizeof(*chunks));

	struct pb_reader r = pb_reader(message);
	*out = (struct series){.labels.v = labels, .chunks = chunks};
	bool ok = true;
	while (ok && pb_next(&r)) {
		if (r.key == PB_BYTES(SERIES_LABELS))
			ok = label_decode(r.bytes, &labels[out->labels.n++], err);
		else if (r.key == PB_BYTES(SERIES_CHUNKS))
			ok = chunk_decode(r.bytes, a, &chunks[out->n_chunks++], err);
	}
	return ok && labels_settle(labels, n_labels, "Series", err);
}

static bool batch_decode(struct str message, struct arena *a, struct series_frame *out,
			 struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n = 0;
	while (pb_next(&r))
		n += r.key == PB_BYTES(BATCH_SERIES);
	if (!pb_reader_end(&r, "SeriesBatch", err) ||
	    !arena_has_room(a, n * sizeof(struct series), err))
		return false;

	struct series *v = arena_alloc(a, n * sizeof(*v));
	out->series = v;
	out->n_series = 0;
	r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_BYTES(BATCH_SERIES) &&
		    !series_decode(r.bytes, a, &v[out->n_series++], err))
			return false;
	return true;
}

static bool single_decode(struct str message, struct arena *a, struct series_frame *out,
			  struct err *err)
{
	struct series *s = arena_alloc(a, sizeof(*s));
	out->series = s;
	out->n_series = 1;
	return series_decode(message, a, s, err);
}

bool series_frame_decode(struct str message, struct arena *a, struct series_frame *out,
			 struct err *err)
{
	static const uint32_t members[] = {PB_BYTES(RESPONSE_SERIES), PB_BYTES(RESPONSE_WARNING),
					   PB_BYTES(RESPONSE_HINTS), PB_BYTES(RESPONSE_BATCH)};
	struct str body = {0};
	uint32_t key;

	if (!pb_oneof(message, members, sizeof(members) / sizeof(*members), "SeriesResponse", &key,
		      &body, err))
		return false;

	*out = (struct series_frame){.type = SERIES_FRAME_SERIES};
	switch (key) {
	case PB_BYTES(RESPONSE_SERIES):
		return single_decode(body, a, out, err);
	case PB_BYTES(RESPONSE_BATCH):
		return batch_decode(body, a, out, err);
	case PB_BYTES(RESPONSE_WARNING):
		*out = (struct series_frame){.type = SERIES_FRAME_WARNING, .text = body};
		return true;
	case PB_BYTES(RESPONSE_HINTS):
		*out = (struct series_frame){.type = SERIES_FRAME_HINTS, .text = body};
		return true;
	}
	out->type = SERIES_FRAME_EMPTY;
	return true;
}

/* --- encoding, backwards: the last field first ------------------------------------------------ */

static void chunk_data_encode(struct pb_writer *w, uint32_t field, const struct chunk_data *c)
{
	if (!c->data)
		return;
	size_t mark = pb_message_end(w);
	pb_opt_varint(w, CHUNK_HASH, c->hash);
	pb_opt_bytes(w, CHUNK_DATA, str_from(c->data, c->size_bytes));
	pb_opt_varint(w, CHUNK_TYPE, (uint64_t)c->encoding - 1);
	pb_message_begin(w, field, mark);
}

static void chunk_encode(struct pb_writer *w, const struct chunk *c)
{
	size_t mark = pb_message_end(w);
	for (uint32_t i = AGGR_N; c->aggrs && i > 0; i--)
		chunk_data_encode(w, AGGR_CHUNK_FIRST_AGGR + i - 1, &c->aggrs[i - 1]);
	chunk_data_encode(w, AGGR_CHUNK_RAW, &c->raw);
	pb_opt_varint(w, AGGR_CHUNK_MAX_TIME, (uint64_t)c->max_t_ms);
	pb_opt_varint(w, AGGR_CHUNK_MIN_TIME, (uint64_t)c->min_t_ms);
	pb_message_begin(w, SERIES_CHUNKS, mark);
}

static void series_encode(struct pb_writer *w, uint32_t field, const struct series *s)
{
	size_t mark = pb_message_end(w);
	for (size_t i = s->n_chunks; i > 0; i--)
		chunk_encode(w, &s->chunks[i - 1]);
	labels_encode(w, SERIES_LABELS, s->labels);
	pb_message_begin(w, field, mark);
}

void series_frame_encode(struct pb_writer *w, const struct series *s)
{
	pb_writer_clear(w);
	series_encode(w, RESPONSE_SERIES, s);
}

void series_frame_encode_batch(struct pb_writer *w, const struct series *v, size_t n)
{
	pb_writer_clear(w);
	size_t mark = pb_message_end(w);
	while (n > 0)
		series_encode(w, BATCH_SERIES, &v[--n]);
	pb_message_begin(w, RESPONSE_BATCH, mark);
}

void series_frame_encode_warning(struct pb_writer *w, struct str warning)
{
	pb_writer_clear(w);
	pb_put_bytes(w, RESPONSE_WARNING, warning);
}

void series_frame_encode_hints(struct pb_writer *w, struct str any)
{
	pb_writer_clear(w);
	pb_put_bytes(w, RESPONSE_HINTS, any);
}

void series_batch_add(struct pb_writer *w, const struct series *s, struct buf *batch)
{
	pb_writer_clear(w);
	series_encode(w, BATCH_SERIES, s);
	if (w->overflowed)
		batch->overflowed = true;
	else
		buf_append_str(batch, pb_written(w));
}

void series_batch_encode(struct pb_writer *w, struct str batch)
{
	pb_writer_clear(w);
	pb_put_bytes(w, RESPONSE_BATCH, batch);
}
