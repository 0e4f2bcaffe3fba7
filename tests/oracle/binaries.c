/* binaries.c - operators: each element looks for its partners in the whole other vector. */
#include "tests/oracle/evaluator.h"

#include <math.h>

/* NaN wins, but for the infinity that nothing exceeds. */
static double larger(double a, double b)
{
	if (a == INFINITY || b == INFINITY)
		return INFINITY;
	if (isnan(a) || isnan(b))
		return NAN;
	return a > b || (a == b && !signbit(a)) ? a : b;
}

double oracle_arithmetic(enum expr_op op, double a, double b)
{
	switch ((int)op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return a / b;
	case OP_MOD:
		return fmod(a, b);
	case OP_POW:
		return pow(a, b);
	case OP_ATAN2:
		return atan2(a, b);
	case OP_MAX_OF:
		return larger(a, b);
	case OP_MIN_OF:
		return -larger(-a, -b);
	default:
		return NAN;
	}
}

bool oracle_comparison(enum expr_op op, double a, double b)
{
	switch ((int)op) {
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	default:
		return false;
	}
}

static bool drops_name(const struct binary *b)
{
	return b->returns_bool || b->op <= OP_ATAN2;
}

/* False when a filter drops the pair. */
static bool compute(const struct binary *b, double left, double right, double *out)
{
	if (!expr_op_is_comparison(b->op)) {
		*out = oracle_arithmetic(b->op, left, right);
		return true;
	}
	bool holds = oracle_comparison(b->op, left, right);
	*out = b->returns_bool ? holds : left;
	return holds || b->returns_bool;
}

/* --- a vector and a scalar -------------------------------------------------------------------- */

static bool with_scalar(struct oracle *o, const struct binary *b, int64_t t_ms, struct vector *out)
{
	bool scalar_left = b->left->type == VALUE_SCALAR;
	struct vector in;
	double scalar, v;

	if (!eval_scalar(o, scalar_left ? b->left : b->right, t_ms, &scalar) ||
	    !eval_vector(o, scalar_left ? b->right : b->left, t_ms, &in))
		return false;
	if (expr_op_is_trim(b->op))
		return true; /* of floats there is nothing to trim */
	for (size_t i = 0; i < in.n; i++) {
		double own = in.v[i].v;
		if (!compute(b, scalar_left ? scalar : own, scalar_left ? own : scalar, &v))
			continue;
		if (expr_op_is_comparison(b->op) && !b->returns_bool)
			v = own;
		vector_push(o, out,
			    drops_name(b) ? labels_without_name(o, in.v[i].labels) : in.v[i].labels,
			    v, t_ms);
	}
	return true;
}

/* --- two vectors ------------------------------------------------------------------------------ */

/* The labels by which elements find each other. */
static struct labels signature(struct oracle *o, const struct vector_matching *m, struct labels ls)
{
	struct str name = STR(LABEL_NAME);

	if (m->on)
		return labels_only(o->arena, ls, m->labels.v, m->labels.n);
	ls = labels_without(o->arena, ls, m->labels.v, m->labels.n);
	return labels_without(o->arena, ls, &name, 1);
}

static bool has_partner(struct oracle *o, const struct vector_matching *m, struct labels of,
			const struct vector *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (labels_eq(signature(o, m, of), signature(o, m, in->v[i].labels)))
			return true;
	return false;
}

static void set_operation(struct oracle *o, const struct binary *b, const struct vector *left,
			  const struct vector *right, struct vector *out)
{
	for (size_t i = 0; i < left->n; i++) {
		bool partner = has_partner(o, b->matching, left->v[i].labels, right);
		if (b->op == OP_OR || partner == (b->op == OP_AND))
			ARENA_PUSH(o->arena, out, left->v[i]);
	}
	for (size_t i = 0; i < right->n && b->op == OP_OR; i++)
		if (!has_partner(o, b->matching, right->v[i].labels, left))
			ARENA_PUSH(o->arena, out, right->v[i]);
}

static bool check_one_side(struct oracle *o, const struct vector_matching *m,
			   const struct vector *one)
{
	for (size_t i = 0; i < one->n; i++)
		for (size_t k = 0; k < i; k++)
			if (labels_eq(signature(o, m, one->v[i].labels),
				      signature(o, m, one->v[k].labels)))
				return err_set(o->err, ERR_EXECUTION,
					       "found duplicate series on the one side");
	return true;
}

static struct labels result_labels(struct oracle *o, const struct binary *b, struct labels many,
				   struct labels one)
{
	const struct vector_matching *m = b->matching;
	struct labels out = drops_name(b) ? labels_without_name(o, many) : many;

	if (m->card == CARD_ONE_TO_ONE && m->on)
		out = labels_only(o->arena, out, m->labels.v, m->labels.n);
	else if (m->card == CARD_ONE_TO_ONE)
		out = labels_without(o->arena, out, m->labels.v, m->labels.n);
	for (size_t i = 0; i < m->include.n; i++)
		out = labels_with(o, out, m->include.v[i], labels_get(one, m->include.v[i]));
	return out;
}

/* The pairs that were made, even those that a filter drops. */
struct pairs {
	struct pair {
		struct labels signature, result;
	} * v;
	size_t n, cap;
};

static bool is_paired(const struct pairs *pairs, struct labels sig)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (labels_eq(pairs->v[i].signature, sig))
			return true;
	return false;
}

static bool make_pair(struct oracle *o, const struct binary *b, const struct element *many,
		      const struct element *one, struct pairs *pairs, struct vector *out)
{
	bool swapped = b->matching->card == CARD_ONE_TO_MANY;
	struct pair pair = {signature(o, b->matching, many->labels),
			    result_labels(o, b, many->labels, one->labels)};
	double v;

	for (size_t i = 0; i < pairs->n; i++)
		if (labels_eq(pairs->v[i].signature, pair.signature) &&
		    (b->matching->card == CARD_ONE_TO_ONE ||
		     labels_eq(pairs->v[i].result, pair.result)))
			return err_set(o->err, ERR_EXECUTION, "multiple matches for labels");
	ARENA_PUSH(o->arena, pairs, pair);
	if (compute(b, swapped ? one->v : many->v, swapped ? many->v : one->v, &v))
		vector_push(o, out, pair.result, v, 0);
	return true;
}

static struct element filler(struct oracle *o, const struct vector_matching *m, struct labels of,
			     double v)
{
	return (struct element){.labels = signature(o, m, of), .v = v};
}

/* `many` is the left side unless group_right makes it the right one; so, in Prometheus, are the
 * values that stand in for what is missing. */
static bool match_vectors(struct oracle *o, const struct binary *b, const struct vector *many,
			  const struct vector *one, struct vector *out)
{
	const struct vector_matching *m = b->matching;
	struct pairs pairs = {0};

	if (!check_one_side(o, m, one))
		return false;
	for (size_t i = 0; i < many->n; i++) {
		const struct element *partner = NULL;
		struct element fill;
		struct labels sig = signature(o, m, many->v[i].labels);
		for (size_t k = 0; k < one->n && !partner; k++)
			if (labels_eq(sig, signature(o, m, one->v[k].labels)))
				partner = &one->v[k];
		if (!partner && m->fill_right) {
			fill = filler(o, m, many->v[i].labels, *m->fill_right);
			partner = &fill;
		}
		if (partner && !make_pair(o, b, &many->v[i], partner, &pairs, out))
			return false;
	}
	for (size_t i = 0; i < one->n && m->fill_left; i++) {
		struct element fill = filler(o, m, one->v[i].labels, *m->fill_left);
		if (!is_paired(&pairs, fill.labels) &&
		    !make_pair(o, b, &fill, &one->v[i], &pairs, out))
			return false;
	}
	return true;
}

bool eval_binary(struct oracle *o, const struct binary *b, int64_t t_ms, struct vector *out)
{
	struct vector left, right;

	if (!b->matching)
		return with_scalar(o, b, t_ms, out);
	if (!eval_vector(o, b->left, t_ms, &left) || !eval_vector(o, b->right, t_ms, &right))
		return false;
	if (expr_op_is_set(b->op)) {
		set_operation(o, b, &left, &right, out);
		return true;
	}
	bool fills = b->matching->fill_left || b->matching->fill_right;
	if ((left.n == 0 && right.n == 0) || ((left.n == 0 || right.n == 0) && !fills))
		return true;
	if (b->matching->card == CARD_ONE_TO_MANY)
		return match_vectors(o, b, &right, &left, out);
	return match_vectors(o, b, &left, &right, out);
}
