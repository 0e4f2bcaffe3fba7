#include "promclient/remote_read.h"

#include "base/alloc.h"
#include "codec/crc32c.h"
#include "codec/snappy.h"
#include "codec/varint.h"
#include "codec/xor_chunk.h"
#include "net/http_client.h"

#include <stdlib.h>

enum {
	FRAME_MAX_BYTES = 50 << 20, /* as Thanos' limit */
	SAMPLES_ANSWER_MAX_BYTES = 1 << 30,
	REQUEST_MAX_BYTES = 16 << 20,
	SAMPLES_PER_CHUNK = 120,
	FRAME_HEAD_MAX_BYTES = VARINT_MAX_BYTES + 4,
};

struct reading {
	struct series_iter base; /* first, so that the two pointers convert */
	struct prom_client *client;
	char *url;
	struct buf body; /* of the request */
	struct http_call *call;
	struct buf input; /* bytes that have come and are not read yet begin at `at` */
	size_t at;
	struct buf scratch;          /* decompressed samples, encoded chunks */
	struct arena *arena;         /* of the current message */
	const struct series *series; /* of the current message */
	size_t n_series;
	struct read_response samples;  /* the other kind of answer */
	struct arena_mark samples_end; /* in `arena`: the current series' chunks follow */
	size_t at_sample_series;
	bool is_samples;
};

/* --- frames ----------------------------------------------------------------------------------- */

/* More bytes behind what is there. ITER_END when the body has ended. */
static enum iter_result read_more(struct reading *r, struct err *err)
{
	struct str piece;
	enum iter_result result = http_call_read(r->call, &piece, err);

	if (result != ITER_VALUE)
		return result;
	buf_consume(&r->input, r->at);
	r->at = 0;
	if (!buf_append_str(&r->input, piece)) {
		err_set(err, ERR_LIMIT, "answer is larger than %zu bytes", r->input.max);
		return ITER_ERROR;
	}
	return ITER_VALUE;
}

static struct str unread(const struct reading *r)
{
	return str_skip(buf_str(&r->input), r->at);
}

static enum iter_result broken(struct err *err, const char *what)
{
	err_set(err, ERR_CORRUPT, "%s", what);
	return ITER_ERROR;
}

/* The length of the next frame's message, and where its checksum stands. */
static enum iter_result read_length(struct reading *r, uint64_t *length, size_t *head,
				    struct err *err)
{
	for (;;) {
		struct str in = unread(r);
		const uint8_t *p = (const uint8_t *)in.p;
		*head = uvarint_get(p, p + in.n, length);
		if (*head > 0)
			break;
		if (in.n >= VARINT_MAX_BYTES)
			return broken(err, "a frame's length is no varint");
		enum iter_result more = read_more(r, err);
		if (more == ITER_END && in.n > 0)
			return broken(err, "the answer ends inside a frame's length");
		if (more != ITER_VALUE)
			return more;
	}
	if (*length > FRAME_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "a frame of %llu bytes is over the limit of %d",
			(unsigned long long)*length, FRAME_MAX_BYTES);
		return ITER_ERROR;
	}
	return ITER_VALUE;
}

/* The next frame's message, in r->input until the next call. */
static enum iter_result read_frame(struct reading *r, struct str *message, struct err *err)
{
	uint64_t length = 0;
	size_t head = 0;
	enum iter_result result = read_length(r, &length, &head, err);

	if (result != ITER_VALUE)
		return result;
	while (unread(r).n < head + 4 + length) {
		result = read_more(r, err);
		if (result == ITER_END)
			return broken(err, "the answer ends inside a frame");
		if (result == ITER_ERROR)
			return ITER_ERROR;
	}
	const uint8_t *crc = (const uint8_t *)unread(r).p + head;
	uint32_t want =
	    (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
	*message = str_from(crc + 4, length);
	if (crc32c(0, message->p, message->n) != want)
		return broken(err, "a frame's checksum does not match");
	r->at += head + 4 + length;
	return ITER_VALUE;
}

static enum iter_result next_from_frames(struct reading *r, struct series *out, struct err *err)
{
	struct chunked_read message;
	struct str bytes;

	while (r->n_series == 0) {
		enum iter_result result = read_frame(r, &bytes, err);
		if (result != ITER_VALUE)
			return result;
		arena_clear(r->arena);
		if (!chunked_read_decode(bytes, r->arena, &message, err))
			return ITER_ERROR;
		r->series = message.series;
		r->n_series = message.n_series;
	}
	*out = *r->series++;
	r->n_series--;
	return ITER_VALUE;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* A snappy block of one ReadResponse: all of it is read before the first series. */
static bool read_samples(struct reading *r, struct err *err)
{
	enum iter_result result;

	while ((result = read_more(r, err)) == ITER_VALUE)
		;
	if (result == ITER_ERROR || !snappy_decode(unread(r), &r->scratch, err) ||
	    !read_response_decode(buf_str(&r->scratch), r->arena, &r->samples, err))
		return false;
	r->samples_end = arena_mark(r->arena);
	return true;
}

/* At most 120 samples of `s` from `from` on, encoded into `bytes`. */
static struct chunk encode_chunk(const struct samples *s, size_t from, size_t n, struct buf *bytes)
{
	struct xor_encoder encoder;
	size_t start = bytes->n;

	xor_encoder_init(&encoder, bytes);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&encoder, s->t_ms[from + i], s->v[from + i]);
	return (struct chunk){
	    .min_t_ms = s->t_ms[from],
	    .max_t_ms = s->t_ms[from + n - 1],
	    /* The bytes may still move; the offset becomes a pointer at the end. */
	    .raw = {.data = NULL,
		    .size_bytes = (uint32_t)(bytes->n - start),
		    .encoding = CHUNK_XOR},
	};
}

/* All samples of one series as chunks in r->arena. */
static bool encode_chunks(struct reading *r, const struct samples *s, struct series *out,
			  struct err *err)
{
	size_t n_chunks = (s->n + SAMPLES_PER_CHUNK - 1) / SAMPLES_PER_CHUNK;
	struct chunk *chunks = ARENA_ARRAY(r->arena, struct chunk, n_chunks);
	struct buf bytes auto_done(buf_done);

	buf_init(&bytes, SAMPLES_ANSWER_MAX_BYTES, arena_tracker(r->arena));
	for (size_t i = 0; i < n_chunks; i++) {
		size_t from = i * SAMPLES_PER_CHUNK, left = s->n - from;
		chunks[i] = encode_chunk(
		    s, from, left < SAMPLES_PER_CHUNK ? left : SAMPLES_PER_CHUNK, &bytes);
	}
	if (bytes.overflowed)
		return err_set(err, ERR_LIMIT, "the samples of a series do not fit %d bytes",
			       SAMPLES_ANSWER_MAX_BYTES);
	const uint8_t *data = (const uint8_t *)arena_str(r->arena, buf_str(&bytes)).p;
	for (size_t i = 0; i < n_chunks; i++) {
		chunks[i].raw.data = data;
		data += chunks[i].raw.size_bytes;
	}
	out->chunks = chunks;
	out->n_chunks = n_chunks;
	return true;
}

static enum iter_result next_from_samples(struct reading *r, struct series *out, struct err *err)
{
	arena_rewind(r->arena, r->samples_end);
	while (r->at_sample_series < r->samples.n_series) {
		const struct query_series *from = &r->samples.series[r->at_sample_series++];
		/* Prometheus may send series without samples. */
		if (from->samples.n == 0)
			continue;
		*out = (struct series){.labels = from->labels};
		return encode_chunks(r, &from->samples, out, err) ? ITER_VALUE : ITER_ERROR;
	}
	return ITER_END;
}

/* --- the stream ------------------------------------------------------------------------------- */

static enum iter_result reading_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct reading *r = (struct reading *)base;
	enum iter_result result =
	    r->is_samples ? next_from_samples(r, out, err) : next_from_frames(r, out, err);
	if (result == ITER_ERROR)
		err_wrap(err, "remote read from Prometheus at %s", prom_client_url(r->client));
	return result;
}

static void reading_close(struct series_iter *base)
{
	struct reading *r = (struct reading *)base;

	http_call_close(r->call);
	free(r->url);
	buf_done(&r->body);
	buf_done(&r->input);
	buf_done(&r->scratch);
	arena_free(r->arena);
	free(r);
}

static const struct series_iter_ops reading_ops = {reading_next, reading_close};

static struct reading *reading_new(struct prom_client *c, struct tracker *tracker)
{
	struct reading *r = NEW(struct reading);

	r->base.ops = &reading_ops;
	r->client = c;
	r->arena = arena_new(tracker);
	r->url = xasprintf("%s/api/v1/read", prom_client_url(c));
	buf_init(&r->body, REQUEST_MAX_BYTES, tracker);
	buf_init(&r->input, SAMPLES_ANSWER_MAX_BYTES, tracker);
	buf_init(&r->scratch, SAMPLES_ANSWER_MAX_BYTES, tracker);
	return r;
}

static bool encode_request(const struct read_query *query, struct buf *body, struct err *err)
{
	static const enum read_response_type accepted[] = {READ_STREAMED_CHUNKS, READ_SAMPLES};
	struct pb_writer w auto_done(pb_writer_done);

	pb_writer_init(&w, REQUEST_MAX_BYTES, NULL);
	read_request_encode(&w, query, accepted, 2);
	return pb_writer_end(&w, "ReadRequest", err) && snappy_encode(pb_written(&w), body, err);
}

/* The start of what an error answer says. */
static struct str error_text(struct reading *r)
{
	struct err ignored;

	while (r->input.n < 256 && read_more(r, &ignored) == ITER_VALUE)
		;
	struct str text = str_trim(unread(r), " \r\n\t");
	text.n = text.n < 256 ? text.n : 256;
	return text;
}

static bool check_answer(struct reading *r, const struct http_call_response *answer,
			 struct err *err)
{
	struct str type = http_header_value(&answer->headers, "content-type");

	if (answer->status / 100 != 2)
		return err_set(err, ERR_UNAVAILABLE, "status %d: %.*s", answer->status,
			       STR_FMT(error_text(r)));
	if (http_media_type_is(type, "application/x-streamed-protobuf"))
		return true;
	if (!http_media_type_is(type, "application/x-protobuf"))
		return err_set(err, ERR_CORRUPT, "content type \"%.*s\" is none of a remote read",
			       STR_FMT(type));
	r->is_samples = true;
	return read_samples(r, err);
}

static bool start(struct reading *r, struct ctx *ctx, struct err *err)
{
	static const struct http_header headers[] = {
	    HTTP_HEADER("Content-Type", "application/x-stream-protobuf"),
	    HTTP_HEADER("Content-Encoding", "snappy"),
	    HTTP_HEADER("X-Prometheus-Remote-Read-Version", "0.1.0"),
	};
	struct http_call_request request = {.method = "POST",
					    .url = r->url,
					    .headers = headers,
					    .n_headers = 3,
					    .body = buf_str(&r->body),
					    /* Samples come in snappy, which is undone here. */
					    .keeps_encoding = true};
	struct http_call_response answer;

	r->call = http_call_start(prom_client_http(r->client), ctx, &request, err);
	return r->call && http_call_response(r->call, &answer, err) &&
	       check_answer(r, &answer, err);
}

struct series_iter *remote_read(struct prom_client *c, struct ctx *ctx,
				const struct read_query *query, struct tracker *tracker,
				struct err *err)
{
	struct reading *r = reading_new(c, tracker);

	if (encode_request(query, &r->body, err) && start(r, ctx, err))
		return &r->base;
	err_wrap(err, "remote read from Prometheus at %s", prom_client_url(c));
	reading_close(&r->base);
	return NULL;
}
