#include "rpc/series_sender.h"

#include "net/grpc_server.h"
#include "proto/series_frame.h"
#include "rpc/rpc_names.h"

enum {
	/* A message is sent once it has this much: a long series is cut over several, a batch ends
	 * early. */
	FRAME_BYTES = 1 << 20,
	SAMPLES_PER_CHUNK = 120, /* what a chunk counts as, against the limit on samples */
};

void series_sender_init(struct series_sender *s, struct grpc_call *call,
			const struct series_request *req, struct tracker *tracker)
{
	*s = (struct series_sender){
	    .call = call,
	    .batch_size = req->batch_size > 1 ? (size_t)req->batch_size : 1,
	    .skip_chunks = req->skip_chunks,
	};
	pb_writer_init(&s->writer, RPC_MESSAGE_MAX_BYTES, tracker);
	buf_init(&s->batch, RPC_MESSAGE_MAX_BYTES, tracker);
}

void series_sender_done(struct series_sender *s)
{
	buf_done(&s->batch);
	pb_writer_done(&s->writer);
}

static bool violate(struct series_sender *s, enum series_limit which, uint64_t limit, uint64_t got,
		    struct err *err)
{
	s->violated = which;
	return err_set(err, ERR_LIMIT, "failed to send %s: limit %llu violated (got %llu)",
		       which == SERIES_LIMIT_SERIES ? "series" : "samples",
		       (unsigned long long)limit, (unsigned long long)got);
}

static bool check_limits(struct series_sender *s, const struct series *series, struct err *err)
{
	s->n_series++;
	if (s->max_series && s->n_series > s->max_series)
		return violate(s, SERIES_LIMIT_SERIES, s->max_series, s->n_series, err);
	s->n_samples += series->n_chunks * SAMPLES_PER_CHUNK;
	if (s->max_samples && s->n_samples > s->max_samples)
		return violate(s, SERIES_LIMIT_SAMPLES, s->max_samples, s->n_samples, err);
	return true;
}

static bool send_written(struct series_sender *s, struct err *err)
{
	return pb_writer_end(&s->writer, "SeriesResponse", err) &&
	       grpc_call_send(s->call, pb_written(&s->writer), err);
}

static bool send_batch(struct series_sender *s, struct err *err)
{
	if (s->n_batched == 0)
		return true;
	series_batch_encode(&s->writer, buf_str(&s->batch));
	buf_clear(&s->batch);
	s->n_batched = 0;
	return send_written(s, err);
}

/* One message's worth of a series: all of it, or a part. */
static bool send_part(struct series_sender *s, const struct series *part, struct err *err)
{
	if (s->batch_size == 1) {
		series_frame_encode(&s->writer, part);
		return send_written(s, err);
	}
	series_batch_add(&s->writer, part, &s->batch);
	if (s->batch.overflowed)
		return err_set(err, ERR_LIMIT, "SeriesResponse: a series does not fit a message");
	s->n_batched++;
	if (s->n_batched < s->batch_size && s->batch.n < FRAME_BYTES)
		return true;
	return send_batch(s, err);
}

static size_t chunk_bytes(const struct chunk *c)
{
	size_t bytes = c->raw.size_bytes;
	for (int i = 0; c->aggrs && i < AGGR_N; i++)
		bytes += c->aggrs[i].size_bytes;
	return bytes;
}

/* How many of the first chunks fill a message. */
static size_t chunks_per_part(const struct series *series)
{
	size_t bytes = 0, n = 0;
	while (n < series->n_chunks && bytes < FRAME_BYTES)
		bytes += chunk_bytes(&series->chunks[n++]);
	return n;
}

bool series_sender_add(struct series_sender *s, const struct series *series, struct err *err)
{
	struct series rest = *series;
	if (s->skip_chunks)
		rest.n_chunks = 0;
	if (!check_limits(s, &rest, err))
		return false;

	do {
		struct series part = rest;
		part.n_chunks = chunks_per_part(&rest);
		rest.n_chunks -= part.n_chunks;
		if (rest.n_chunks > 0)
			rest.chunks += part.n_chunks;
		if (!send_part(s, &part, err))
			return false;
	} while (rest.n_chunks > 0);
	return true;
}

bool series_sender_end(struct series_sender *s, struct notes *notes, struct err *err)
{
	struct note note;

	if (!send_batch(s, err))
		return false;
	for (size_t i = 0; notes_get(notes, i, &note); i++) {
		if (note.kind != NOTE_WARNING)
			continue;
		series_frame_encode_warning(&s->writer, str_of(note.text));
		if (!send_written(s, err))
			return false;
	}
	return true;
}
