/* series_receiver.c - see series_receiver.h.
 *
 * Whether a series is complete is known when the first series of the next message is there, so one
 * message is read ahead. Memory lives in two arenas: `held` has the series that was handed out
 * last, and what follows it in its message; `ahead` has what was read meanwhile. When all of `held`
 * has been handed out they change places.
 */
#include "rpc/series_receiver.h"

#include "base/alloc.h"
#include "proto/series_frame.h"

#include <stdlib.h>

struct series_receiver {
	struct series_iter base; /* first, so that the two pointers convert */
	struct grpc_stream *stream;
	struct notes *notes;
	struct store_share *share;
	struct tracker *tracker;
	struct arena *held;
	struct arena *ahead;
	struct series_frame frame; /* the message at hand; its series from `at` on are to come */
	size_t at;
	bool is_ahead; /* the frame lives in `ahead` */
	bool ended;
	bool failed; /* with `err`, once the series at hand are handed out */
	struct err err;
};

/* The frame at hand becomes this message, which is copied: a series outlives it. */
static bool decode_frame(struct series_receiver *r, struct str message, struct err *err)
{
	struct arena_mark mark = arena_mark(r->ahead);
	struct series_frame frame;

	if (!series_frame_decode(arena_str(r->ahead, message), r->ahead, &frame, err))
		return false;
	if (frame.type == SERIES_FRAME_WARNING)
		notes_add(r->notes, NOTE_WARNING, "%.*s", STR_FMT(frame.text));
	if (frame.n_series == 0) {
		arena_rewind(r->ahead, mark);
		return true;
	}
	r->frame = frame;
	r->at = 0;
	r->is_ahead = true;
	return tracker_check(r->tracker, err);
}

/* The next message, into `ahead`. False at the end and on failure. */
static bool read_frame(struct series_receiver *r)
{
	struct str message;

	if (r->ended || r->failed)
		return false;
	switch (grpc_stream_next(r->stream, &message, &r->err)) {
	case ITER_VALUE:
		if (r->share) {
			r->share->n_messages++;
			r->share->message_bytes += message.n;
		}
		r->failed = !decode_frame(r, message, &r->err);
		break;
	case ITER_END:
		r->ended = true;
		break;
	case ITER_ERROR:
		r->failed = true;
		break;
	}
	return !r->ended && !r->failed;
}

/* The next series of the messages, which may be a part of one; NULL when there is none. */
static const struct series *next_part(struct series_receiver *r)
{
	while (r->at == r->frame.n_series)
		if (!read_frame(r))
			return NULL;
	return &r->frame.series[r->at++];
}

/* What was handed out before is not needed any more, unless its message goes on. */
static void turn_over(struct series_receiver *r)
{
	if (!r->is_ahead)
		return;
	struct arena *free_one = r->held;
	arena_clear(free_one);
	r->held = r->ahead;
	r->ahead = free_one;
	r->is_ahead = false;
}

struct chunk_list {
	struct chunk *v;
	size_t n, cap;
};

static void append_chunks(struct arena *a, struct chunk_list *to, const struct series *s)
{
	for (size_t i = 0; i < s->n_chunks; i++)
		ARENA_PUSH(a, to, s->chunks[i]);
}

/* Add the parts of the same labels that follow. */
static void join_parts(struct series_receiver *r, struct series *s)
{
	struct chunk_list joined = {0};
	const struct series *part;

	while ((part = next_part(r)) && labels_eq(part->labels, s->labels)) {
		if (joined.n == 0)
			append_chunks(r->ahead, &joined, s);
		append_chunks(r->ahead, &joined, part);
		s->chunks = joined.v;
		s->n_chunks = joined.n;
	}
	if (part)
		r->at--; /* it is the next series */
}

static enum iter_result receiver_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct series_receiver *r = (struct series_receiver *)base;

	turn_over(r);
	const struct series *first = next_part(r);
	if (!first && !r->failed)
		return ITER_END;
	if (!first) {
		*err = r->err;
		return ITER_ERROR;
	}
	*out = *first;
	join_parts(r, out);
	return ITER_VALUE;
}

static void receiver_close(struct series_iter *base)
{
	struct series_receiver *r = (struct series_receiver *)base;

	grpc_stream_close(r->stream);
	arena_free(r->held);
	arena_free(r->ahead);
	free(r);
}

static const struct series_iter_ops receiver_ops = {receiver_next, receiver_close};

struct series_iter *series_receiver_new(struct grpc_stream *stream, struct notes *notes,
					struct store_share *share, struct tracker *tracker)
{
	struct series_receiver *r = NEW(struct series_receiver);
	*r = (struct series_receiver){
	    .base.ops = &receiver_ops,
	    .stream = stream,
	    .notes = notes,
	    .share = share,
	    .tracker = tracker,
	    .held = arena_new(tracker),
	    .ahead = arena_new(tracker),
	    .err = ERR_INIT,
	};
	return &r->base;
}
