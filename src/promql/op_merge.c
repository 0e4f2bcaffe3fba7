/* op_merge.c - what happens when an operation makes two series the same: an error, or one series
 * where they do not meet at any step.
 */
#include "base/alloc.h"
#include "base/map.h"
#include "promql/hash_set.h"
#include "promql/operator.h"

#include <stdlib.h>

/* --- equal labels are an error ---------------------------------------------------------------- */

struct unique_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct arena *arena;
	struct hash_set seen;
};

static enum iter_result unique_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct unique_op *op = (struct unique_op *)base;

	enum iter_result r = operator_next(op->arg, out, err);
	if (r != ITER_VALUE)
		return r;
	if (!hash_set_add(&op->seen, labels_hash(out->labels))) {
		err_set(err, ERR_EXECUTION, DUPLICATE_LABELS);
		return ITER_ERROR;
	}
	return ITER_VALUE;
}

static void unique_close(struct operator* base)
{
	struct unique_op *op = (struct unique_op *)base;

	operator_close(op->arg);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops unique_ops = {unique_next, unique_close};

struct operator* unique_op_new(struct operator* arg)
{
	struct unique_op *op = NEW(struct unique_op);

	operator_init(&op->base, &unique_ops, arg->x, arg->node);
	op->base.steps = arg->steps;
	op->arg = arg;
	op->arena = arena_new(arg->x->tracker);
	op->seen.arena = op->arena;
	return &op->base;
}

/* --- equal labels become one series ----------------------------------------------------------- */

struct merge_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct arena *arena;
	bool drops_names;
	bool collected;
	struct series_list list;
	size_t next;
};

static bool merge_into(struct arena *a, struct step_series *to, const struct step_series *from,
		       size_t n, struct err *err)
{
	for (size_t w = 0; w < bits_words(n); w++)
		if (to->present[w] & from->present[w])
			return err_set(err, ERR_EXECUTION, DUPLICATE_LABELS);
	if (from->hist && !to->hist)
		to->hist = ARENA_ARRAY(a, struct histogram *, n);
	for (size_t i = bits_next(from->present, n, 0); i < n;
	     i = bits_next(from->present, n, i + 1)) {
		to->v[i] = from->v[i];
		if (to->hist)
			to->hist[i] = step_series_histogram(from, i);
	}
	for (size_t w = 0; w < bits_words(n); w++)
		to->present[w] |= from->present[w];
	return true;
}

static bool merge_all(struct merge_op *op, struct map *by_labels, struct err *err)
{
	struct series_list all = {0};

	if (!operator_collect(op->arg, op->arena, &all, err))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		struct step_series *s = &all.v[i];
		if (op->drops_names && s->drops_name)
			s->labels = labels_drop_name(op->arena, s->labels);
		void **slot = map_slot(by_labels, labels_key(op->arena, s->labels));
		if (*slot && !merge_into(op->arena, *slot, s, op->base.steps.n, err))
			return false;
		if (*slot)
			continue;
		/* all.v is not longer than the list is, so that nothing moves any more. */
		all.v[op->list.n] = *s;
		*slot = &all.v[op->list.n++];
	}
	op->list.v = all.v;
	return true;
}

static enum iter_result merge_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct merge_op *op = (struct merge_op *)base;

	if (!op->collected) {
		struct map by_labels = {0};
		op->collected = true;
		bool ok = merge_all(op, &by_labels, err);
		map_done(&by_labels);
		if (!ok)
			return ITER_ERROR;
	}
	if (op->next == op->list.n)
		return ITER_END;
	*out = op->list.v[op->next++];
	return ITER_VALUE;
}

static void merge_close(struct operator* base)
{
	struct merge_op *op = (struct merge_op *)base;

	operator_close(op->arg);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops merge_ops = {merge_next, merge_close};

static struct operator* merge_new(struct operator* arg, bool drops_names)
{
	struct merge_op *op = NEW(struct merge_op);

	operator_init(&op->base, &merge_ops, arg->x, arg->node);
	op->base.steps = arg->steps;
	op->base.keeps = true;
	op->arg = arg;
	op->arena = arena_new(arg->x->tracker);
	op->drops_names = drops_names;
	return &op->base;
}

struct operator* merge_op_new(struct operator* op)
{
	return op->steps.n == 1 ? unique_op_new(op) : merge_new(op, false);
}

struct operator* drop_names_op_new(struct operator* op)
{
	return merge_new(op, true);
}
