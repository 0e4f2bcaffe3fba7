/* grpc_stream.c - a call from its opening to its closing: what the consumer starts and ends, and
 * what the loop puts into its mailbox in between. grpc_reader.c takes it out. */
#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "codec/snappy.h"
#include "net/grpc_client_internal.h"
#include "net/loop.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

enum {
	FIRST_PAGE_BYTES = 4 * 1024,
	PAGE_BYTES = 32 * 1024, /* when the consumer is behind */
	STATUS_MESSAGE_MAX_BYTES = 64 * 1024,
};

/* --- mailboxes --- */

struct grpc_mailbox *grpc_mailbox_new(void)
{
	struct grpc_mailbox *mailbox = NEW(struct grpc_mailbox);

	atomic_init(&mailbox->refs, 1);
	pthread_mutex_init(&mailbox->mu, NULL);
	ctx_cond_init(&mailbox->changed);
	return mailbox;
}

void grpc_mailbox_free(struct grpc_mailbox *mailbox)
{
	if (!mailbox || atomic_fetch_sub(&mailbox->refs, 1) != 1)
		return;
	pthread_cond_destroy(&mailbox->changed);
	pthread_mutex_destroy(&mailbox->mu);
	free(mailbox);
}

/* --- pages --- */

void grpc_page_free(struct grpc_page *page, struct tracker *tracker)
{
	tracker_release(tracker, (int64_t)page->cap);
	free(page);
}

static void pages_drop(struct grpc_page_list *list, struct tracker *tracker)
{
	while (list->head) {
		struct grpc_page *page = list->head;
		list->head = page->next;
		grpc_page_free(page, tracker);
	}
	list->tail = NULL;
}

static void pages_append(struct grpc_page_list *list, struct str bytes, struct tracker *tracker)
{
	struct grpc_page *page = list->tail;

	if (page) {
		size_t part = page->cap - page->end < bytes.n ? page->cap - page->end : bytes.n;
		memcpy(page->bytes + page->end, bytes.p, part);
		page->end += part;
		bytes = str_skip(bytes, part);
	}
	if (bytes.n == 0)
		return;
	size_t cap = page ? PAGE_BYTES : FIRST_PAGE_BYTES;
	if (cap < bytes.n)
		cap = bytes.n;
	page = xmalloc(sizeof(*page) + cap);
	*page = (struct grpc_page){.end = bytes.n, .cap = cap};
	memcpy(page->bytes, bytes.p, bytes.n);
	tracker_charge(tracker, (int64_t)cap);
	if (list->tail)
		list->tail->next = page;
	else
		list->head = page;
	list->tail = page;
}

/* --- the loop's side --- */

void grpc_stream_ref(struct grpc_stream *stream)
{
	atomic_fetch_add(&stream->refs, 1);
}

void grpc_stream_unref(struct grpc_stream *stream)
{
	if (atomic_fetch_sub(&stream->refs, 1) != 1)
		return;
	assert(!stream->h2.session && !stream->pending_link && stream->closed);
	send_queue_done(&stream->queue);
	send_page_unref(stream->request);
	buf_done(&stream->answer.message);
	arena_free(stream->arena);
	grpc_mailbox_free(stream->mailbox);
	free(stream->status_message);
	free(stream->no_connection);
	free(stream->path);
	free(stream);
}

void grpc_stream_arrive(struct grpc_stream *stream, struct str bytes)
{
	struct grpc_mailbox *mailbox = stream->mailbox;

	pthread_mutex_lock(&mailbox->mu);
	if (!stream->closed && !stream->ended) {
		pages_append(&stream->arrived, bytes, stream->tracker);
		stream->arrived_bytes += bytes.n;
		if (stream->wanted_bytes > 0 && stream->arrived_bytes >= stream->wanted_bytes)
			pthread_cond_broadcast(&mailbox->changed);
	}
	pthread_mutex_unlock(&mailbox->mu);
}

void grpc_stream_end(struct grpc_stream *stream, enum grpc_code status, struct str message)
{
	struct grpc_mailbox *mailbox = stream->mailbox;

	pthread_mutex_lock(&mailbox->mu);
	if (!stream->ended) {
		stream->ended = true;
		stream->status = status;
		stream->status_message = str_dup(message);
		if (stream->wanted_bytes > 0)
			pthread_cond_broadcast(&mailbox->changed);
	}
	pthread_mutex_unlock(&mailbox->mu);
}

static void start_on_loop(void *arg)
{
	grpc_channel_start(arg);
}

static void cancel_on_loop(void *arg)
{
	struct grpc_stream *stream = arg;

	if (stream->h2.session) {
		http2_stream_reset(&stream->h2, NGHTTP2_CANCEL);
	} else if (stream->pending_link) {
		grpc_channel_forget(stream);
		grpc_stream_unref(stream); /* the loop's */
	}
	grpc_stream_unref(stream);
}

/* --- opening --- */

static bool read_metadata(struct grpc_stream *stream, const struct grpc_metadata *metadata,
			  struct err *err)
{
	stream->metadata = ARENA_ARRAY(stream->arena, struct http2_header, metadata->n);
	for (size_t i = 0; i < metadata->n; i++) {
		if (!grpc_metadata_check(&metadata->v[i], err))
			return false;
		stream->metadata[i] = (struct http2_header){
		    .name = arena_str(stream->arena, metadata->v[i].key),
		    .value = arena_str(stream->arena,
				       grpc_metadata_text(&metadata->v[i], stream->arena)),
		};
	}
	stream->n_metadata = metadata->n;
	return true;
}

static bool read_request(struct grpc_stream *stream, struct str request, struct err *err)
{
	struct buf frames auto_done(buf_done) = BUF_INIT(GRPC_MESSAGE_MAX_BYTES);
	bool compressed =
	    stream->channel->options.compression == GRPC_COMPRESSION_SNAPPY && request.n > 0;

	if (request.n > GRPC_MESSAGE_MAX_BYTES)
		return err_set(err, ERR_LIMIT,
			       "trying to send message larger than max (%zu vs. %zu)", request.n,
			       GRPC_MESSAGE_MAX_BYTES);
	if (compressed && !snappy_encode_frames(request, &frames, err))
		return false;
	stream->request = send_page_new(compressed ? buf_str(&frames) : request, compressed, NULL);
	return true;
}

static void count_start(struct grpc_stream *stream)
{
	const struct grpc_client_observer *observer = &stream->channel->options.observer;

	stream->started_ns = clock_monotonic_ns(&clock_system);
	if (observer->started)
		observer->started(observer->arg, stream->method);
	if (observer->message_sent)
		observer->message_sent(observer->arg, stream->method);
}

static struct grpc_stream *stream_new(struct grpc_channel *channel, struct ctx *ctx,
				      const char *method, const struct grpc_call_options *options,
				      struct grpc_mailbox *mailbox)
{
	const struct grpc_channel_options *o = &channel->options;
	struct grpc_stream *stream = NEW(struct grpc_stream);

	atomic_init(&stream->refs, 1);
	atomic_fetch_add(&mailbox->refs, 1);
	stream->channel = channel;
	stream->mailbox = mailbox;
	stream->method = method;
	stream->path = xstrdup(method);
	stream->arena = arena_new(NULL);
	stream->ctx = ctx;
	stream->deadline_ns = ctx_deadline_ns(ctx);
	stream->wait_for_ready = options->wait_for_ready;
	stream->idle_timeout_ms = options->idle_timeout_ms;
	stream->tracker = options->tracker;
	atomic_init(&stream->window_bytes, (unsigned)o->initial_window_bytes);
	send_queue_init(&stream->queue, 1, NULL);
	stream->h2.queue = &stream->queue;
	buf_init(&stream->answer.message, STATUS_MESSAGE_MAX_BYTES, NULL);
	grpc_assembler_init(&stream->assembler, o->max_message_bytes, options->tracker);
	buf_init(&stream->plain, o->max_message_bytes, options->tracker);
	return stream;
}

struct grpc_stream *grpc_stream_open(struct grpc_channel *channel, struct ctx *ctx,
				     const char *method, struct str request,
				     const struct grpc_call_options *options,
				     struct grpc_mailbox *mailbox)
{
	static const struct grpc_call_options defaults;
	struct err err = ERR_INIT;

	if (!options)
		options = &defaults;
	struct grpc_stream *stream = stream_new(channel, ctx, method, options, mailbox);
	count_start(stream);
	if (!read_metadata(stream, &options->metadata, &err) ||
	    !read_request(stream, request, &err)) {
		grpc_stream_end(stream, grpc_code_of_err(err.code), str_of(err.msg));
		return stream;
	}
	grpc_stream_ref(stream);
	loop_post(channel->loop, start_on_loop, stream);
	return stream;
}

/* --- closing --- */

void grpc_stream_close(struct grpc_stream *stream)
{
	if (!stream)
		return;
	grpc_reader_count_end(stream, GRPC_CANCELLED);
	pthread_mutex_lock(&stream->mailbox->mu);
	stream->closed = true;
	bool running = !stream->ended;
	pages_drop(&stream->arrived, stream->tracker);
	pthread_mutex_unlock(&stream->mailbox->mu);

	pages_drop(&stream->taken, stream->tracker);
	grpc_assembler_done(&stream->assembler);
	buf_done(&stream->plain);
	if (running) {
		grpc_stream_ref(stream);
		loop_post(stream->channel->loop, cancel_on_loop, stream);
	}
	grpc_stream_unref(stream);
}

/* --- unary calls --- */

/* The one message, then the end. */
static bool read_unary(struct grpc_stream *stream, struct buf *response, struct err *err)
{
	struct str message;

	switch (grpc_stream_next(stream, &message, err)) {
	case ITER_VALUE:
		break;
	case ITER_END:
		return err_set(err, ERR_INTERNAL, "the server sent no answer");
	case ITER_ERROR:
		return false;
	}
	if (!buf_append_str(response, message))
		return err_set(err, ERR_LIMIT, "an answer of %zu bytes, at most %zu are wanted",
			       message.n, response->max);
	switch (grpc_stream_next(stream, &message, err)) {
	case ITER_VALUE:
		return err_set(err, ERR_INTERNAL, "the server sent more than one answer");
	case ITER_END:
		return true;
	case ITER_ERROR:
		return false;
	}
	return false;
}

bool grpc_call_unary(struct grpc_channel *channel, struct ctx *ctx, const char *method,
		     struct str request, const struct grpc_call_options *options,
		     struct buf *response, struct err *err)
{
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct grpc_stream *stream auto_free(grpc_stream_close) =
	    grpc_stream_open(channel, ctx, method, request, options, mailbox);

	buf_clear(response);
	return read_unary(stream, response, err);
}
