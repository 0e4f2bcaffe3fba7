/* op_parallel.c - series that are computed each by itself, on several threads.
 *
 * The thread that pulls finds series, which is sequential, and copies them into batches. A lane
 * takes a batch, decodes its series and computes what the operators above the selector make of
 * them; each lane has its own operators. Batches are handed out in the order in which they were
 * found, so that whoever pulls sees what a single thread would have given, in the same order.
 *
 * The thread that pulls has a lane too. It waits for a batch only if another thread computes it
 * right then; one that nobody has begun it computes itself. So it never depends on a free thread in
 * the pool, and tasks of the pool wait for nothing.
 *
 * The rest of a selection is computed by that one thread as soon as series have types or units:
 * dropping them can make two of them the same, which shows only if one operator sees them all.
 */
#include "base/alloc.h"
#include "base/lock.h"
#include "base/pool.h"
#include "promql/selection.h"

#include <stdlib.h>

/* A batch ends when it has this much of anything: series, bytes of chunks, bytes of results. */
enum { BATCH_SERIES = 256, BATCH_CHUNK_BYTES = 256 * 1024, BATCH_VALUE_BYTES = 256 * 1024 };

/* Batches per lane: while one is computed, another waits for it. */
enum { BATCHES_PER_LANE = 2 };

enum batch_state {
	BATCH_WAITS, /* for a lane */
	BATCH_RUNS,
	BATCH_DONE,
};

struct series_array {
	struct series *v;
	size_t n, cap;
};

struct batch {
	enum batch_state state; /* guarded by the operator's mutex */
	struct arena *arena;
	struct series_array found;
	uint32_t block; /* of all its series: batches do not reach across blocks */
	bool is_solo;   /* for the lane of the thread that pulls */

	/* Set by the lane. */
	struct execution x; /* what it counted */
	struct series_list out;
	bool in_order;
	bool has_failed;
	struct err err;

	/* Of the thread that pulls. */
	bool is_joined;
	size_t next; /* of out */
};

/* The series of a batch, for the selector of a lane. */
struct feed {
	struct series_iter base; /* first, so that the two pointers convert */
	const struct series_array *series;
	size_t next;
};

struct lane {
	struct execution x;
	struct feed feed;
	struct operator* op; /* NULL before its first batch */
	bool is_taken;       /* guarded by the operator's mutex */
};

struct parallel_op {
	struct operator base; /* first, so that the two pointers convert */
	struct selection selection;
	size_t series_max; /* of a batch */
	bool has_ended;    /* nothing more will be found */
	bool has_failed;
	struct err err; /* why */
	bool is_solo;
	struct batch *current; /* the oldest, while its series are handed out */

	struct lane *lanes; /* the first one is that of the thread that pulls */
	size_t n_lanes;
	/* A ring: batches [first, end) are in flight. Only the thread that pulls moves the two. */
	struct batch *batches;
	size_t n_batches;
	size_t first, end; /* guarded by mu */

	struct mutex mu;
	pthread_cond_t done;
	struct pool *helpers;
	size_t n_running; /* helpers at work; guarded by mu */
	size_t n_helpers; /* tasks that run or wait in the pool; guarded by mu */
	size_t n_refs;    /* the operator's owner and each helper; guarded by mu */
	bool is_closed;   /* guarded by mu */
};

static struct batch *batch_at(const struct parallel_op *op, size_t i)
{
	return &op->batches[i % op->n_batches];
}

/* --- lanes ------------------------------------------------------------------------------------ */

static enum iter_result feed_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct feed *feed = (struct feed *)base;
	(void)err;

	if (feed->next == feed->series->n)
		return ITER_END;
	*out = feed->series->v[feed->next++];
	return ITER_VALUE;
}

static void feed_stays(struct series_iter *base)
{
	(void)base;
}

static const struct series_iter_ops feed_ops = {feed_next, feed_stays};

static enum iter_result compute(struct lane *lane, struct batch *b)
{
	const struct plan_node *node = lane->op->node;
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(lane->op, &s, &b->err)) == ITER_VALUE) {
		if (b->out.n == 0)
			b->in_order = lane->op->in_order;
		s = step_series_copy(b->arena, &s, node->steps.n);
		s.block = b->block;
		ARENA_PUSH(b->arena, &b->out, s);
	}
	return r;
}

static void run_batch(struct parallel_op *op, struct lane *lane, struct batch *b)
{
	lane->feed = (struct feed){{&feed_ops}, &b->found, 0};
	execution_fork(&lane->x, op->base.x, &lane->feed.base);
	if (!lane->op)
		lane->op = operator_open_here(&lane->x, op->base.node, &b->err);
	b->has_failed = !lane->op || compute(lane, b) == ITER_ERROR;
	b->x = lane->x;
}

/* --- helpers ---------------------------------------------------------------------------------- */

static void help(void *arg);

/* All three with `mu` held. A solo batch is left to the thread that pulls. */
static struct batch *waiting_batch(const struct parallel_op *op)
{
	for (size_t i = op->first; i < op->end; i++)
		if (batch_at(op, i)->state == BATCH_WAITS && !batch_at(op, i)->is_solo)
			return batch_at(op, i);
	return NULL;
}

static struct lane *take_lane(struct parallel_op *op)
{
	size_t i = 1;

	while (op->lanes[i].is_taken)
		i++;
	assert(i < op->n_lanes);
	op->lanes[i].is_taken = true;
	return &op->lanes[i];
}

static bool needs_helper(const struct parallel_op *op)
{
	return !op->is_closed && op->n_helpers + 1 < op->n_lanes && waiting_batch(op);
}

static void op_unref(struct parallel_op *op)
{
	mutex_lock(&op->mu);
	bool is_last = --op->n_refs == 0;
	mutex_unlock(&op->mu);
	if (!is_last)
		return;
	pthread_cond_destroy(&op->done);
	mutex_done(&op->mu);
	free(op);
}

/* Refused, it is no loss: the thread that pulls computes what nobody else does. */
static void ask_for_help(struct parallel_op *op)
{
	struct err ignored = ERR_INIT;

	mutex_lock(&op->mu);
	bool is_needed = needs_helper(op);
	op->n_helpers += is_needed;
	op->n_refs += is_needed;
	mutex_unlock(&op->mu);
	if (!is_needed || pool_submit(op->helpers, help, op, &ignored))
		return;
	mutex_lock(&op->mu);
	op->n_helpers--;
	op->n_refs--;
	mutex_unlock(&op->mu);
}

static struct batch *begin_batch(struct parallel_op *op, struct lane **lane)
{
	MUTEX_HOLD(&op->mu);
	struct batch *b = op->is_closed ? NULL : waiting_batch(op);

	if (!b)
		return NULL;
	b->state = BATCH_RUNS;
	*lane = take_lane(op);
	op->n_running++;
	return b;
}

static void end_batch(struct parallel_op *op, struct lane *lane, struct batch *b)
{
	MUTEX_HOLD(&op->mu);
	b->state = BATCH_DONE;
	lane->is_taken = false;
	op->n_running--;
	pthread_cond_broadcast(&op->done);
}

/* One batch; the next one as a new task, so that other queries get their turn. */
static void help(void *arg)
{
	struct parallel_op *op = arg;
	struct lane *lane;
	struct batch *b = begin_batch(op, &lane);

	if (b) {
		run_batch(op, lane, b);
		end_batch(op, lane, b);
	}
	mutex_lock(&op->mu);
	op->n_helpers--;
	mutex_unlock(&op->mu);
	ask_for_help(op);
	op_unref(op);
}

/* --- the thread that pulls -------------------------------------------------------------------- */

static bool needs_one_lane(const struct parallel_op *op, struct labels labels)
{
	return !execution_delays_names(op->base.x) && op->base.node->n_args &&
	       (labels_has(labels, STR(LABEL_TYPE)) || labels_has(labels, STR(LABEL_UNIT)));
}

/* False when nothing more will be found. */
static bool find_one(struct parallel_op *op, struct batch *b, size_t *bytes)
{
	struct series s;

	enum iter_result r = selection_find(&op->selection, &s, &op->err);
	if (r != ITER_VALUE) {
		op->has_failed = r == ITER_ERROR;
		return false;
	}
	op->selection.n++;
	op->is_solo |= needs_one_lane(op, s.labels);
	*bytes += series_chunk_bytes(&s);
	ARENA_PUSH(b->arena, &b->found, series_copy(b->arena, &s));
	return true;
}

static void fill_batch(struct parallel_op *op)
{
	struct batch *b = batch_at(op, op->end);
	struct arena *arena = b->arena ? b->arena : arena_new(op->base.x->tracker);
	size_t bytes = 0;

	arena_clear(arena);
	*b = (struct batch){.arena = arena, .block = (uint32_t)(op->selection.n / BLOCK_SERIES)};
	do
		op->has_ended = !find_one(op, b, &bytes);
	while (!op->has_ended && b->found.n < op->series_max && bytes < BATCH_CHUNK_BYTES &&
	       op->selection.n % BLOCK_SERIES != 0);
	b->is_solo = op->is_solo;
	if (b->found.n == 0)
		return;
	mutex_lock(&op->mu);
	op->end++;
	mutex_unlock(&op->mu);
	if (!op->has_ended || op->end - op->first > 1)
		ask_for_help(op);
}

static bool is_done(struct parallel_op *op, const struct batch *b)
{
	MUTEX_HOLD(&op->mu);
	return b->state == BATCH_DONE;
}

/* A batch to compute here, the oldest if nobody has begun it; NULL once the oldest is done. */
static struct batch *begin_own_batch(struct parallel_op *op)
{
	struct batch *oldest = batch_at(op, op->first), *b = NULL;

	MUTEX_HOLD(&op->mu);
	while (oldest->state != BATCH_DONE && !b) {
		b = oldest->state == BATCH_WAITS ? oldest : waiting_batch(op);
		if (!b)
			pthread_cond_wait(&op->done, &op->mu.os);
	}
	if (b)
		b->state = BATCH_RUNS;
	return b;
}

static void finish_oldest(struct parallel_op *op)
{
	struct batch *b;

	while ((b = begin_own_batch(op))) {
		run_batch(op, &op->lanes[0], b);
		mutex_lock(&op->mu);
		b->state = BATCH_DONE;
		mutex_unlock(&op->mu);
	}
}

/* Lanes do not know how many samples operators hold. */
static void join(struct execution *x, struct batch *b)
{
	struct err err;

	if (!execution_check_samples(x, b->x.samples_peak, &err)) {
		b->out.n = 0;
		b->has_failed = true;
		b->err = err;
	}
	execution_join(x, &b->x);
	b->is_joined = true;
}

/* The oldest batch, computed; NULL when there is none left. Meanwhile the others are kept busy. */
static struct batch *next_batch(struct parallel_op *op)
{
	struct batch *oldest = batch_at(op, op->first);

	while (!op->has_ended && op->end - op->first < op->n_batches &&
	       (op->first == op->end || !is_done(op, oldest)))
		fill_batch(op);
	if (op->first == op->end)
		return NULL;
	finish_oldest(op);
	join(op->base.x, oldest);
	return oldest;
}

static void drop_oldest(struct parallel_op *op)
{
	MUTEX_HOLD(&op->mu);
	op->first++;
}

static enum iter_result parallel_next(struct operator* base, struct step_series *out,
				      struct err *err)
{
	struct parallel_op *op = (struct parallel_op *)base;

	for (;;) {
		struct batch *b = op->current ? op->current : next_batch(op);
		if (!b)
			break;
		op->current = b;
		if (b->next < b->out.n) {
			base->in_order = b->in_order;
			*out = b->out.v[b->next++];
			return ITER_VALUE;
		}
		if (b->has_failed) {
			*err = b->err;
			return ITER_ERROR;
		}
		op->current = NULL;
		drop_oldest(op);
	}
	if (op->has_failed)
		*err = op->err;
	return op->has_failed ? ITER_ERROR : ITER_END;
}

/* --- beginning and end ------------------------------------------------------------------------ */

/* Whoever computes ends its batch; who has not begun will not. */
static void stop_helpers(struct parallel_op *op)
{
	MUTEX_HOLD(&op->mu);
	op->is_closed = true;
	while (op->n_running)
		pthread_cond_wait(&op->done, &op->mu.os);
}

static void parallel_close(struct operator* base)
{
	struct parallel_op *op = (struct parallel_op *)base;

	stop_helpers(op);
	for (size_t i = op->first; i < op->end; i++)
		if (batch_at(op, i)->state == BATCH_DONE && !batch_at(op, i)->is_joined)
			annotations_done(&batch_at(op, i)->x.annotations);
	for (size_t i = 0; i < op->n_batches; i++)
		arena_free(op->batches[i].arena);
	for (size_t i = 0; i < op->n_lanes; i++)
		operator_close(op->lanes[i].op);
	selection_done(&op->selection);
	free(op->batches);
	free(op->lanes);
	op_unref(op);
}

static const struct operator_ops parallel_ops = {parallel_next, parallel_close};

static size_t series_per_batch(const struct plan_node *node)
{
	size_t n = BATCH_VALUE_BYTES / sizeof(double) / (node->steps.n + 1);

	if (n > BATCH_SERIES)
		return BATCH_SERIES;
	return n > 0 ? n : 1;
}

struct operator*
    parallel_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct parallel_op *op = NEW(struct parallel_op);

	operator_init(&op->base, &parallel_ops, x, node);
	op->helpers = x->plan->opts.helpers;
	op->n_lanes = 1 + (size_t)x->plan->opts.max_helpers;
	op->lanes = xcalloc(op->n_lanes, sizeof(*op->lanes));
	op->n_batches = op->n_lanes * BATCHES_PER_LANE;
	op->batches = xcalloc(op->n_batches, sizeof(*op->batches));
	op->series_max = series_per_batch(node);
	op->n_refs = 1;
	mutex_init(&op->mu, RANK_QUEUE);
	pthread_cond_init(&op->done, NULL);
	if (!selection_open(&op->selection, x, plan_node_selector(node), err)) {
		parallel_close(&op->base);
		return NULL;
	}
	return &op->base;
}
