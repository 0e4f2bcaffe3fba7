/* grpc_stream.c - a call from its consumer's side.
 *
 * The loop appends raw bytes to `arrived` and knows no messages. The consumer takes the whole list
 * under the lock, then reads messages out of it without one: in place where they lie in one page,
 * else put together by the assembler. What it has read is credit for the peer, which goes to the
 * loop a quarter of a window at a time; since the peer may then still send a quarter of a window,
 * nobody waits for credit that is held back here. */
#include "net/grpc_client_internal.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "codec/snappy.h"
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

static void page_free(struct grpc_page *page, struct tracker *tracker)
{
	tracker_release(tracker, (int64_t)page->cap);
	free(page);
}

static void pages_drop(struct grpc_page_list *list, struct tracker *tracker)
{
	while (list->head) {
		struct grpc_page *page = list->head;
		list->head = page->next;
		page_free(page, tracker);
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

static void credit_on_loop(void *arg)
{
	struct grpc_stream *stream = arg;

	atomic_store(&stream->credit_posted, false);
	size_t n = atomic_exchange(&stream->credit_bytes, 0);
	if (stream->h2.session)
		http2_stream_grow_window(&stream->h2, atomic_load(&stream->window_bytes));
	if (stream->h2.session)
		http2_stream_consumed(&stream->h2, n);
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

static const struct grpc_client_observer *observer_of(const struct grpc_stream *stream)
{
	return &stream->channel->options.observer;
}

static void count_start(struct grpc_stream *stream)
{
	const struct grpc_client_observer *observer = observer_of(stream);

	stream->started_ns = clock_monotonic_ns(&clock_system);
	if (observer->started)
		observer->started(observer->arg, stream->method);
	if (observer->message_sent)
		observer->message_sent(observer->arg, stream->method);
}

static void count_end(struct grpc_stream *stream, enum grpc_code status)
{
	const struct grpc_client_observer *observer = observer_of(stream);

	if (stream->counted)
		return;
	stream->counted = true;
	if (observer->handled) {
		int64_t took_ns = clock_monotonic_ns(&clock_system) - stream->started_ns;
		observer->handled(observer->arg, stream->method, status, (double)took_ns * 1e-9);
	}
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

/* --- reading --- */

static void post_credit(struct grpc_stream *stream)
{
	atomic_fetch_add(&stream->credit_bytes, stream->unreported_bytes);
	stream->unreported_bytes = 0;
	if (atomic_exchange(&stream->credit_posted, true))
		return;
	grpc_stream_ref(stream);
	loop_post(stream->channel->loop, credit_on_loop, stream);
}

/* A consumer that had to wait although it read a whole window is held back by the window. */
static void grow_window(struct grpc_stream *stream, size_t window_bytes)
{
	size_t max_bytes = stream->channel->options.max_window_bytes;
	size_t grown_bytes = window_bytes * 2 < max_bytes ? window_bytes * 2 : max_bytes;
	struct err ignored = ERR_INIT;

	stream->since_growth_bytes = 0;
	stream->waited = false;
	if (grown_bytes <= window_bytes)
		return;
	int64_t more_bytes = (int64_t)(grown_bytes - window_bytes);
	if (!tracker_reserve(stream->tracker, more_bytes, &ignored))
		return;
	tracker_release(stream->tracker, more_bytes); /* charged when the bytes come */
	atomic_store(&stream->window_bytes, (unsigned)grown_bytes);
	post_credit(stream);
}

static void consumed(struct grpc_stream *stream, size_t n)
{
	size_t window_bytes = atomic_load(&stream->window_bytes);

	stream->unreported_bytes += n;
	stream->since_growth_bytes += n;
	if (stream->waited && stream->since_growth_bytes >= window_bytes)
		grow_window(stream, window_bytes);
	if (stream->unreported_bytes >= window_bytes / 4)
		post_credit(stream);
}

/* The message lies in the first page, whole. */
static bool read_in_place(struct grpc_stream *stream, struct grpc_page *page, struct str *payload,
			  bool *compressed, struct err *err, enum iter_result *result)
{
	struct grpc_prefix prefix;

	if (!grpc_assembler_is_idle(&stream->assembler) ||
	    page->end - page->start < GRPC_PREFIX_BYTES)
		return false;
	*result = ITER_ERROR;
	if (!grpc_prefix_read((const uint8_t *)page->bytes + page->start,
			      stream->assembler.max_bytes, &prefix, err))
		return true;
	size_t size = GRPC_PREFIX_BYTES + prefix.size_bytes;
	if (page->end - page->start < size)
		return false;
	*payload = str_from(page->bytes + page->start + GRPC_PREFIX_BYTES, prefix.size_bytes);
	*compressed = prefix.compressed;
	page->start += size;
	consumed(stream, size);
	*result = ITER_VALUE;
	return true;
}

static enum iter_result assemble(struct grpc_stream *stream, struct grpc_page *page,
				 struct str *payload, bool *compressed, struct err *err)
{
	struct str bytes = str_from(page->bytes + page->start, page->end - page->start);
	size_t n = bytes.n;

	enum iter_result r = grpc_assembler_feed(&stream->assembler, &bytes, err);
	page->start += n - bytes.n;
	consumed(stream, n - bytes.n);
	*payload = buf_str(&stream->assembler.payload);
	*compressed = stream->assembler.prefix.compressed;
	return r;
}

/* From what was taken. ITER_END: there is not enough of it. */
static enum iter_result read_taken(struct grpc_stream *stream, struct str *payload,
				   bool *compressed, struct err *err)
{
	struct grpc_page_list *taken = &stream->taken;
	enum iter_result r;

	while (taken->head) {
		struct grpc_page *page = taken->head;
		if (page->start == page->end) {
			taken->head = page->next;
			if (!taken->head)
				taken->tail = NULL;
			page_free(page, stream->tracker);
			continue;
		}
		if (!read_in_place(stream, page, payload, compressed, err, &r))
			r = assemble(stream, page, payload, compressed, err);
		if (r != ITER_END)
			return r;
	}
	return ITER_END;
}

static bool has_news(const struct grpc_stream *stream)
{
	return stream->arrived.head || stream->ended;
}

/* In the middle of a large message it is not worth waking up for every piece. The peer may always
 * send a quarter of the window. */
static size_t wanted_bytes(const struct grpc_stream *stream)
{
	const struct grpc_assembler *a = &stream->assembler;

	if (grpc_assembler_is_idle(a) || a->n_prefix_bytes < GRPC_PREFIX_BYTES)
		return 1;
	size_t left_bytes = a->prefix.size_bytes - a->payload.n;
	size_t worth_bytes = atomic_load(&stream->window_bytes) / 4 + 1;
	return left_bytes < worth_bytes ? left_bytes : worth_bytes;
}

/* Wait with the mailbox's mu held. False: *err says why it is in vain. */
static bool wait_for_news(struct grpc_stream *stream, struct err *err)
{
	struct grpc_mailbox *mailbox = stream->mailbox;
	int64_t idle_until_ns = CTX_NO_DEADLINE;
	bool idle = false;

	if (stream->idle_timeout_ms > 0)
		idle_until_ns =
		    clock_monotonic_ns(&clock_system) + stream->idle_timeout_ms * 1000000;
	stream->wanted_bytes = wanted_bytes(stream);
	while (!stream->ended && stream->arrived_bytes < stream->wanted_bytes && !idle &&
	       ctx_wait_until(stream->ctx, idle_until_ns, &mailbox->changed, &mailbox->mu))
		idle = clock_monotonic_ns(&clock_system) >= idle_until_ns;
	stream->wanted_bytes = 0;
	if (has_news(stream))
		return true;
	if (!ctx_check(stream->ctx, err))
		return false;
	return err_set(err, ERR_TIMEOUT, "nothing was received for %lld ms",
		       (long long)stream->idle_timeout_ms);
}

static void take_arrived(struct grpc_stream *stream)
{
	assert(!stream->taken.head);
	stream->taken = stream->arrived;
	stream->arrived = (struct grpc_page_list){0};
	stream->arrived_bytes = 0;
}

/* After `taken` is used up. ITER_VALUE: there are new pages. */
static enum iter_result fetch(struct grpc_stream *stream, struct err *err)
{
	struct grpc_mailbox *mailbox = stream->mailbox;
	enum iter_result r = ITER_VALUE;

	pthread_mutex_lock(&mailbox->mu);
	if (!has_news(stream)) {
		struct ctx_waker waker;
		pthread_mutex_unlock(&mailbox->mu);
		stream->waited = true;
		ctx_waker_start(&waker, stream->ctx, &mailbox->changed, &mailbox->mu);
		pthread_mutex_lock(&mailbox->mu);
		if (!wait_for_news(stream, err))
			r = ITER_ERROR;
		pthread_mutex_unlock(&mailbox->mu);
		ctx_waker_stop(&waker);
		pthread_mutex_lock(&mailbox->mu);
	}
	if (r == ITER_VALUE && stream->arrived.head)
		take_arrived(stream);
	else if (r == ITER_VALUE)
		r = ITER_END;
	pthread_mutex_unlock(&mailbox->mu);
	return r;
}

/* A failure on our side, worded like a peer's. */
static enum iter_result failed(struct grpc_stream *stream, struct err *err)
{
	struct err cause = *err;
	enum grpc_code status = grpc_code_of_err(cause.code);

	count_end(stream, status);
	grpc_status_to_err(status, str_of(cause.msg), err);
	err->code = cause.code;
	return ITER_ERROR;
}

static enum iter_result end_of_stream(struct grpc_stream *stream, struct err *err)
{
	if (stream->status == GRPC_OK && !grpc_assembler_is_idle(&stream->assembler)) {
		err_set(err, ERR_UNAVAILABLE, "the stream ended within a message");
		return failed(stream, err);
	}
	count_end(stream, stream->status);
	if (stream->status == GRPC_OK)
		return ITER_END;
	grpc_status_to_err(stream->status, str_of(stream->status_message), err);
	return ITER_ERROR;
}

enum iter_result grpc_stream_next(struct grpc_stream *stream, struct str *message, struct err *err)
{
	const struct grpc_client_observer *observer = observer_of(stream);
	struct str payload;
	bool compressed;

	enum iter_result r = read_taken(stream, &payload, &compressed, err);
	while (r == ITER_END) {
		enum iter_result fetched = fetch(stream, err);
		if (fetched == ITER_END)
			return end_of_stream(stream, err);
		if (fetched == ITER_ERROR)
			return failed(stream, err);
		r = read_taken(stream, &payload, &compressed, err);
	}
	if (r == ITER_ERROR || !grpc_payload_open(payload, compressed, stream->compression,
						  &stream->plain, message, err))
		return failed(stream, err);
	if (observer->message_received)
		observer->message_received(observer->arg, stream->method);
	return ITER_VALUE;
}

bool grpc_stream_ready(struct grpc_stream *stream)
{
	for (const struct grpc_page *page = stream->taken.head; page; page = page->next) {
		if (page->start < page->end)
			return true;
	}
	pthread_mutex_lock(&stream->mailbox->mu);
	bool ready = has_news(stream);
	pthread_mutex_unlock(&stream->mailbox->mu);
	return ready;
}

static bool any_ready(struct grpc_stream *const *streams, size_t n, size_t *index)
{
	for (size_t i = 0; i < n; i++) {
		if (has_news(streams[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

static void set_wanted(struct grpc_stream *const *streams, size_t n, size_t bytes)
{
	for (size_t i = 0; i < n; i++)
		streams[i]->wanted_bytes = bytes;
}

bool grpc_stream_wait_any(struct ctx *ctx, struct grpc_stream *const *streams, size_t n,
			  size_t *index, struct err *err)
{
	struct ctx_waker waker;

	assert(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert(streams[i]->mailbox == streams[0]->mailbox);
		if (grpc_stream_ready(streams[i])) {
			*index = i;
			return true;
		}
	}
	struct grpc_mailbox *mailbox = streams[0]->mailbox;
	ctx_waker_start(&waker, ctx, &mailbox->changed, &mailbox->mu);
	pthread_mutex_lock(&mailbox->mu);
	set_wanted(streams, n, 1);
	bool found;
	while (!(found = any_ready(streams, n, index)) &&
	       ctx_wait(ctx, &mailbox->changed, &mailbox->mu))
		;
	set_wanted(streams, n, 0);
	pthread_mutex_unlock(&mailbox->mu);
	ctx_waker_stop(&waker);
	return found || ctx_check(ctx, err);
}

/* --- closing --- */

void grpc_stream_close(struct grpc_stream *stream)
{
	if (!stream)
		return;
	count_end(stream, GRPC_CANCELLED);
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
