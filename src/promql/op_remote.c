/* op_remote.c - what other engines have evaluated.
 *
 * All of them are asked when the operator is opened, and work while the first one's answer is read.
 * That of a single engine is handed out as it arrives. Of several, a series may be in more than one
 * answer, each with some of the steps: all series are held then, and of two values for a step the
 * one of the later engine counts.
 */
#include "base/alloc.h"
#include "base/map.h"
#include "promql/operator.h"
#include "promql/remote_engines.h"

#include <stdlib.h>

/* One engine's answer. */
struct answer {
	const struct remote_engine *engine;
	struct query_request request;
	struct notes notes; /* that come with it */
	struct query_stream *stream;
};

struct remote_op {
	struct operator base; /* first, so that the two pointers convert */
	struct answer *answers;
	size_t n_answers;
	size_t n_read; /* answers that have come to their end */
	struct arena *arena;
	struct arena *scratch; /* of one series */
	/* With several engines: all series, under their labels_key() and as they came. */
	struct map by_labels;
	struct {
		struct step_series **v;
		size_t n, cap;
	} order;
	bool is_held;
	size_t next;
};

/* --- asking ----------------------------------------------------------------------------------- */

static struct query_request request_of(const struct remote_op *op, const struct remote_part *part)
{
	const struct steps *steps = &op->base.steps;
	struct query_request req = op->base.x->plan->opts.remotes->request;

	req.text = op->base.node->expr->remote.text;
	req.is_range = steps->n > 1;
	req.start_ms = part->first_ms;
	req.end_ms = steps_at(steps, steps->n - 1);
	req.step_ms = steps->step_ms;
	return req;
}

static bool ask(struct remote_op *op, struct answer *answer, const struct remote_part *part,
		struct err *err)
{
	struct execution *x = op->base.x;

	answer->engine = part->engine;
	answer->request = request_of(op, part);
	notes_init(&answer->notes);
	answer->stream = query_service_query(part->engine->service, x->ctx, &answer->request,
					     &answer->notes, x->tracker, err);
	return answer->stream != NULL;
}

/* --- the end of an answer -----------------------------------------------------------------------
 */

static void take_notes(struct remote_op *op, struct answer *answer)
{
	struct note note;

	for (size_t i = 0; notes_get(&answer->notes, i, &note); i++)
		notes_add(op->base.x->notes, note.kind, "remote query warning (%s): %s",
			  answer->engine->address, note.text);
}

static void finish(struct remote_op *op, struct answer *answer)
{
	struct execution *x = op->base.x;

	take_notes(op, answer);
	if (answer->stream && x->plan->opts.counts_samples) {
		x->samples_seen += (uint64_t)answer->stream->cost.samples_total;
		if ((uint64_t)answer->stream->cost.samples_peak > x->samples_peak)
			x->samples_peak = (uint64_t)answer->stream->cost.samples_peak;
	}
	query_stream_close(answer->stream);
	answer->stream = NULL;
	op->n_read++;
}

/* An engine that fails is the query's failure, or else a warning. That there is no time left is
 * never the engine's fault. */
static bool forgive(struct remote_op *op, struct answer *answer, struct err *err)
{
	struct execution *x = op->base.x;
	struct err why;

	if (!ctx_check(x->ctx, &why) || !tracker_check(x->tracker, &why)) {
		*err = why;
		return false;
	}
	if (!answer->request.partial_response)
		return err_wrap(err, "remote query error (%s)", answer->engine->address);
	notes_add(x->notes, NOTE_WARNING, "remote query error (%s): %s", answer->engine->address,
		  err->msg);
	*err = ERR_INIT;
	return true;
}

/* --- series ----------------------------------------------------------------------------------- */

/* The step that a sample belongs to; false for none. An instant has but one. */
static bool step_of(const struct steps *steps, int64_t t_ms, size_t *step)
{
	*step = 0;
	if (steps->n == 1)
		return true;
	if (t_ms < steps->start_ms || t_ms > steps_at(steps, steps->n - 1) ||
	    (t_ms - steps->start_ms) % steps->step_ms != 0)
		return false;
	*step = (size_t)((t_ms - steps->start_ms) / steps->step_ms);
	return true;
}

/* Histograms stay where they are, or are copied to `a`. */
static void add_samples(struct step_series *to, const struct samples *s, const struct steps *steps,
			struct arena *a, bool copies)
{
	size_t step;

	if (s->hist && !to->hist)
		to->hist = ARENA_ARRAY(a, struct histogram *, steps->n);
	for (size_t i = 0; i < s->n; i++) {
		if (!step_of(steps, s->t_ms[i], &step))
			continue;
		struct histogram *h = s->hist ? s->hist[i] : NULL;
		to->v[step] = s->v[i];
		bits_set(to->present, step);
		if (to->hist)
			to->hist[step] = h && copies ? histogram_copy(a, h) : h;
	}
}

/* The next series of an answer. An end may be that of an engine that was forgiven its failure. */
static enum iter_result next_of(struct remote_op *op, struct answer *answer,
				struct query_series *out, struct err *err)
{
	if (!answer->stream)
		return ITER_END;
	if (!execution_check(op->base.x, err))
		return ITER_ERROR;
	enum iter_result r = query_stream_next(answer->stream, out, err);
	op->base.x->series_found += r == ITER_VALUE;
	if (r == ITER_VALUE)
		return r;
	if (r == ITER_ERROR && !forgive(op, answer, err))
		return ITER_ERROR;
	finish(op, answer);
	return ITER_END;
}

static void hold(struct remote_op *op, const struct query_series *s)
{
	size_t n = op->base.steps.n;

	arena_clear(op->scratch);
	struct str key = labels_key(op->scratch, s->labels);
	struct step_series *known = map_get(&op->by_labels, key);
	if (!known) {
		known = ARENA_NEW(op->arena, struct step_series);
		*known = step_series_new(op->arena, n);
		known->labels = labels_copy(op->arena, s->labels);
		map_put(&op->by_labels, arena_str(op->arena, key), known);
		ARENA_PUSH(op->arena, &op->order, known);
	}
	size_t before = bits_count(known->present, n);
	add_samples(known, &s->samples, &op->base.steps, op->arena, true);
	op->base.x->samples_held += bits_count(known->present, n) - before;
}

static bool hold_all(struct remote_op *op, struct err *err)
{
	struct query_series s;
	enum iter_result r;

	op->is_held = true;
	for (size_t i = 0; i < op->n_answers; i++) {
		while ((r = next_of(op, &op->answers[i], &s, err)) == ITER_VALUE)
			hold(op, &s);
		if (r == ITER_ERROR)
			return false;
	}
	return true;
}

static enum iter_result next_held(struct remote_op *op, struct step_series *out, struct err *err)
{
	if (!op->is_held && !hold_all(op, err))
		return ITER_ERROR;
	while (op->next < op->order.n) {
		*out = *op->order.v[op->next++];
		if (bits_any(out->present, op->base.steps.n))
			return ITER_VALUE;
	}
	return ITER_END;
}

static enum iter_result next_of_one(struct remote_op *op, struct step_series *out, struct err *err)
{
	const struct steps *steps = &op->base.steps;
	struct query_series s;
	enum iter_result r;

	while (op->n_read == 0 && (r = next_of(op, &op->answers[0], &s, err)) != ITER_END) {
		if (r == ITER_ERROR)
			return r;
		arena_clear(op->scratch);
		*out = step_series_new(op->scratch, steps->n);
		out->labels = s.labels;
		add_samples(out, &s.samples, steps, op->scratch, false);
		if (bits_any(out->present, steps->n))
			return ITER_VALUE;
	}
	return ITER_END;
}

static enum iter_result remote_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct remote_op *op = (struct remote_op *)base;

	if (op->n_answers == 0)
		return ITER_END;
	return op->n_answers == 1 ? next_of_one(op, out, err) : next_held(op, out, err);
}

/* --- life ------------------------------------------------------------------------------------- */

static void remote_close(struct operator* base)
{
	struct remote_op *op = (struct remote_op *)base;

	for (size_t i = 0; i < op->n_answers; i++) {
		query_stream_close(op->answers[i].stream);
		notes_done(&op->answers[i].notes);
	}
	free(op->answers);
	map_done(&op->by_labels);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops remote_ops = {remote_next, remote_close};

struct operator* remote_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	const struct remote_expr *remote = &node->expr->remote;
	struct remote_op *op = NEW(struct remote_op);

	operator_init(&op->base, &remote_ops, x, node);
	op->base.keeps = remote->n_parts > 1;
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->answers = xcalloc(remote->n_parts, sizeof(*op->answers));
	for (size_t i = 0; i < remote->n_parts; i++) {
		op->n_answers++;
		if (ask(op, &op->answers[i], &remote->parts[i], err))
			continue;
		if (!forgive(op, &op->answers[i], err)) {
			remote_close(&op->base);
			return NULL;
		}
		finish(op, &op->answers[i]);
	}
	return &op->base;
}
