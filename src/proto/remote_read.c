#include "proto/remote_read.h"

#include "base/assert.h"
#include "proto/labels_message.h"
#include "proto/repeated.h"
#include "proto/timeseries.h"

/* Field numbers of prompb. */
enum {
	REQUEST_QUERIES = 1,
	REQUEST_ACCEPTED = 2,
	QUERY_START = 1,
	QUERY_END = 2,
	QUERY_MATCHERS = 3,
	QUERY_HINTS = 4,
	HINTS_STEP = 1,
	HINTS_FUNC = 2,
	HINTS_START = 3,
	HINTS_END = 4,
	HINTS_GROUPING = 5,
	HINTS_BY = 6,
	HINTS_RANGE = 7,

	CHUNKED_SERIES = 1,
	CHUNKED_QUERY_INDEX = 2,
	SERIES_LABELS = 1,
	SERIES_CHUNKS = 2,
	CHUNK_MIN_TIME = 1,
	CHUNK_MAX_TIME = 2,
	CHUNK_TYPE = 3,
	CHUNK_DATA = 4,

	RESPONSE_RESULTS = 1,
	RESULT_TIMESERIES = 1,
};

/* --- the request ------------------------------------------------------------------------------ */

static void hints_encode(struct pb_writer *w, const struct read_query *q)
{
	if (!q->has_hints)
		return;
	size_t mark = pb_message_end(w);
	pb_opt_varint(w, HINTS_RANGE, (uint64_t)q->range_ms);
	pb_opt_varint(w, HINTS_BY, q->grouping_by);
	pb_put_strings(w, HINTS_GROUPING, q->grouping, q->n_grouping);
	pb_opt_varint(w, HINTS_END, (uint64_t)q->hint_max_t_ms);
	pb_opt_varint(w, HINTS_START, (uint64_t)q->hint_min_t_ms);
	pb_opt_bytes(w, HINTS_FUNC, q->func);
	pb_opt_varint(w, HINTS_STEP, (uint64_t)q->step_ms);
	pb_message_begin(w, QUERY_HINTS, mark);
}

void read_request_encode(struct pb_writer *w, const struct read_query *query,
			 const enum read_response_type *accepted, size_t n_accepted)
{
	char packed[8];

	assert(n_accepted <= sizeof(packed));
	for (size_t i = 0; i < n_accepted; i++)
		packed[i] = (char)accepted[i];
	pb_writer_clear(w);
	pb_opt_bytes(w, REQUEST_ACCEPTED, str_from(packed, n_accepted));

	size_t mark = pb_message_end(w);
	hints_encode(w, query);
	matchers_encode(w, QUERY_MATCHERS, query->matchers);
	pb_opt_varint(w, QUERY_END, (uint64_t)query->max_t_ms);
	pb_opt_varint(w, QUERY_START, (uint64_t)query->min_t_ms);
	pb_message_begin(w, REQUEST_QUERIES, mark);
}

/* --- the streamed answer ------------------------------------------------------------------------
 */

static bool chunk_decode(struct str message, struct chunk *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	uint64_t type = CHUNK_NONE;

	*out = (struct chunk){.raw.data = (const uint8_t *)""};
	while (pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(CHUNK_MIN_TIME):
			out->min_t_ms = (int64_t)r.number;
			break;
		case PB_VARINT(CHUNK_MAX_TIME):
			out->max_t_ms = (int64_t)r.number;
			break;
		case PB_VARINT(CHUNK_TYPE):
			type = r.number;
			break;
		case PB_BYTES(CHUNK_DATA):
			out->raw.data = (const uint8_t *)r.bytes.p;
			out->raw.size_bytes = (uint32_t)r.bytes.n;
			break;
		}
	}
	if (!pb_reader_end(&r, "Chunk", err))
		return false;
	if (type < CHUNK_XOR || type > CHUNK_FLOAT_HISTOGRAM_ST)
		return err_set(err, ERR_CORRUPT, "Chunk: type %llu is unknown",
			       (unsigned long long)type);
	out->raw.encoding = (enum chunk_encoding)type;
	return true;
}

static bool series_decode(struct str message, struct arena *a, struct series *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n_labels = 0, n_chunks = 0;
	while (pb_next(&r)) {
		n_labels += r.key == PB_BYTES(SERIES_LABELS);
		n_chunks += r.key == PB_BYTES(SERIES_CHUNKS);
	}
	if (!pb_reader_end(&r, "ChunkedSeries", err) ||
	    !arena_has_room(a, n_labels * sizeof(struct label) + n_chunks * sizeof(struct chunk),
			    err))
		return false;

	struct label *labels = arena_alloc(a, n_labels * sizeof(*labels));
	struct chunk *chunks = arena_alloc(a, n_chunks * sizeof(*chunks));
	*out = (struct series){.labels.v = labels, .chunks = chunks};
	bool ok = true;
	r = pb_reader(message);
	while (ok && pb_next(&r)) {
		if (r.key == PB_BYTES(SERIES_LABELS))
			ok = label_decode(r.bytes, &labels[out->labels.n++], err);
		else if (r.key == PB_BYTES(SERIES_CHUNKS))
			ok = chunk_decode(r.bytes, &chunks[out->n_chunks++], err);
	}
	return ok && labels_settle(labels, n_labels, "ChunkedSeries", err);
}

bool chunked_read_decode(struct str message, struct arena *a, struct chunked_read *out,
			 struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n = 0;
	*out = (struct chunked_read){0};
	while (pb_next(&r)) {
		n += r.key == PB_BYTES(CHUNKED_SERIES);
		if (r.key == PB_VARINT(CHUNKED_QUERY_INDEX))
			out->query_index = (int64_t)r.number;
	}
	if (!pb_reader_end(&r, "ChunkedReadResponse", err) ||
	    !arena_has_room(a, n * sizeof(struct series), err))
		return false;

	struct series *v = arena_alloc(a, n * sizeof(*v));
	out->series = v;
	r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_BYTES(CHUNKED_SERIES) &&
		    !series_decode(r.bytes, a, &v[out->n_series++], err))
			return false;
	return true;
}

static void chunk_encode(struct pb_writer *w, const struct chunk *c)
{
	size_t mark = pb_message_end(w);
	pb_opt_bytes(w, CHUNK_DATA, str_from(c->raw.data, c->raw.size_bytes));
	pb_opt_varint(w, CHUNK_TYPE, c->raw.encoding);
	pb_opt_varint(w, CHUNK_MAX_TIME, (uint64_t)c->max_t_ms);
	pb_opt_varint(w, CHUNK_MIN_TIME, (uint64_t)c->min_t_ms);
	pb_message_begin(w, SERIES_CHUNKS, mark);
}

void chunked_read_encode(struct pb_writer *w, const struct series *v, size_t n, int64_t query_index)
{
	pb_writer_clear(w);
	pb_opt_varint(w, CHUNKED_QUERY_INDEX, (uint64_t)query_index);
	for (; n > 0; n--) {
		const struct series *s = &v[n - 1];
		size_t mark = pb_message_end(w);
		for (size_t i = s->n_chunks; i > 0; i--)
			chunk_encode(w, &s->chunks[i - 1]);
		labels_encode(w, SERIES_LABELS, s->labels);
		pb_message_begin(w, CHUNKED_SERIES, mark);
	}
}

/* --- the answer in samples ----------------------------------------------------------------------
 */

static bool result_decode(struct str message, struct arena *a, struct read_response *out,
			  struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n = 0;
	while (pb_next(&r))
		n += r.key == PB_BYTES(RESULT_TIMESERIES);
	if (!pb_reader_end(&r, "QueryResult", err) ||
	    !arena_has_room(a, n * sizeof(*out->series), err))
		return false;

	out->series = arena_alloc(a, n * sizeof(*out->series));
	r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_BYTES(RESULT_TIMESERIES) &&
		    !timeseries_decode(r.bytes, TIMESERIES_FLOATS, a, &out->series[out->n_series++],
				       err))
			return false;
	return true;
}

bool read_response_decode(struct str message, struct arena *a, struct read_response *out,
			  struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct str first = {0};

	*out = (struct read_response){0};
	while (pb_next(&r))
		if (r.key == PB_BYTES(RESPONSE_RESULTS) && !first.p)
			first = r.bytes;
	if (!pb_reader_end(&r, "ReadResponse", err))
		return false;
	return !first.p || result_decode(first, a, out, err);
}
