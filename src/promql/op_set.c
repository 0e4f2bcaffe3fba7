/* op_set.c - and, or, unless: which series stay is decided by the labels they match on, their
 * values are their own. Only bitmaps of steps are held for the other side.
 */
#include "base/alloc.h"
#include "promql/matching.h"
#include "promql/operator.h"

#include <stdlib.h>

/* At which steps a series with this signature is there. */
struct signature {
	uint64_t hash;
	uint64_t present[];
};

struct set_op {
	struct operator base; /* first, so that the two pointers convert */
	enum expr_op op;
	const struct vector_matching *matching;
	struct operator* left;
	struct operator* right;
	struct arena *arena;
	struct map by_hash; /* of struct signature */
	bool is_collected;
	bool left_ended;
};

static struct signature *signature_of(struct set_op *op, struct labels labels, bool create)
{
	uint64_t hash = matching_hash(op->matching, labels);
	struct signature *s = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));

	if (s || !create)
		return s;
	s = arena_calloc(op->arena, 1,
			 sizeof(*s) + bits_words(op->base.steps.n) * sizeof(*s->present));
	s->hash = hash;
	map_put(&op->by_hash, str_from(&s->hash, sizeof(s->hash)), s);
	return s;
}

static void remember(struct set_op *op, const struct step_series *s)
{
	struct signature *sig = signature_of(op, s->labels, true);

	for (size_t w = 0; w < bits_words(op->base.steps.n); w++)
		sig->present[w] |= s->present[w];
}

/* Keep the steps that the other side has as well, or those that it has not. */
static void restrict_steps(struct set_op *op, struct step_series *s, bool to_present)
{
	const struct signature *sig = signature_of(op, s->labels, false);

	for (size_t w = 0; w < bits_words(op->base.steps.n); w++) {
		uint64_t other = sig ? sig->present[w] : 0;
		s->present[w] &= to_present ? other : ~other;
	}
}

static bool collect_right(struct set_op *op, struct err *err)
{
	struct step_series s;
	enum iter_result r;

	if (op->is_collected || op->op == OP_OR)
		return true;
	op->is_collected = true;
	while ((r = operator_next(op->right, &s, err)) == ITER_VALUE) {
		remember(op, &s);
		if (!execution_check(op->base.x, err))
			return false;
	}
	return r == ITER_END;
}

static enum iter_result next_left(struct set_op *op, struct step_series *out, struct err *err)
{
	enum iter_result r;

	while ((r = operator_next(op->left, out, err)) == ITER_VALUE) {
		op->base.in_order = op->left->in_order && op->op != OP_OR;
		if (op->op == OP_OR) {
			remember(op, out);
			return ITER_VALUE;
		}
		restrict_steps(op, out, op->op == OP_AND);
		if (bits_any(out->present, op->base.steps.n))
			return ITER_VALUE;
	}
	return r;
}

static enum iter_result next_right(struct set_op *op, struct step_series *out, struct err *err)
{
	enum iter_result r;

	while ((r = operator_next(op->right, out, err)) == ITER_VALUE) {
		restrict_steps(op, out, false);
		if (bits_any(out->present, op->base.steps.n))
			return ITER_VALUE;
	}
	return r;
}

static enum iter_result set_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct set_op *op = (struct set_op *)base;

	if (!collect_right(op, err))
		return ITER_ERROR;
	if (!op->left_ended) {
		enum iter_result r = next_left(op, out, err);
		if (r != ITER_END)
			return r;
		op->left_ended = true;
	}
	return op->op == OP_OR ? next_right(op, out, err) : ITER_END;
}

static void set_close(struct operator* base)
{
	struct set_op *op = (struct set_op *)base;

	operator_close(op->left);
	operator_close(op->right);
	map_done(&op->by_hash);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops set_ops = {set_next, set_close};

struct operator* set_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct set_op *op = NEW(struct set_op);

	operator_init(&op->base, &set_ops, x, node);
	op->op = node->expr->binary.op;
	op->matching = node->expr->binary.matching;
	op->arena = arena_new(x->tracker);
	op->left = operator_open(x, node->args[0], err);
	op->right = op->left ? operator_open(x, node->args[1], err) : NULL;
	if (!op->right) {
		set_close(&op->base);
		return NULL;
	}
	op->base.keeps = op->left->keeps && op->right->keeps;
	if (op->op != OP_OR || (node->steps.n == 1 && execution_delays_names(x)))
		return &op->base;
	return merge_op_new(&op->base);
}
