/* grpc_reader.c - a stream's messages, in the hands of its consumer.
 *
 * The loop appends raw bytes to `arrived` and knows no messages. The consumer takes the whole list
 * under the lock, then reads messages out of it without one: in place where they lie in one page,
 * else put together by the assembler. What it has read is credit for the peer, which goes to the
 * loop a quarter of a window at a time; since the peer may then still send a quarter of a window,
 * nobody waits for credit that is held back here. */
#include "base/assert.h"
#include "base/clock.h"
#include "net/grpc_client_internal.h"
#include "net/loop.h"

static const struct grpc_client_observer *observer_of(const struct grpc_stream *stream)
{
	return &stream->channel->options.observer;
}

void grpc_reader_count_end(struct grpc_stream *stream, enum grpc_code status)
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

/* --- credit --- */

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

/* --- messages --- */

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
			grpc_page_free(page, stream->tracker);
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
	if (!ctx_check(stream->ctx, err)) {
		if (stream->no_connection)
			err_set(err, err->code, "%s while waiting for a connection: %s", err->msg,
				stream->no_connection);
		return false;
	}
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

	grpc_reader_count_end(stream, status);
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
	grpc_reader_count_end(stream, stream->status);
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
