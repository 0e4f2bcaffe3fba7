#include "promql/columns.h"

#include "promql/arithmetic.h"

#define EACH(expression)                                                                           \
	do {                                                                                       \
		for (size_t i = 0; i < n; i++)                                                     \
			out[i] = (expression);                                                     \
	} while (0)

void columns_compute(enum expr_op op, const double *l, const double *r, const uint64_t *present,
		     double *out, size_t n)
{
	switch ((int)op) {
	case OP_ADD:
		EACH(l[i] + r[i]);
		break;
	case OP_SUB:
		EACH(l[i] - r[i]);
		break;
	case OP_MUL:
		EACH(l[i] * r[i]);
		break;
	case OP_DIV:
		EACH(l[i] / r[i]);
		break;
	default: /* the others are functions, of which none is called in vain */
		for (size_t i = bits_next(present, n, 0); i < n; i = bits_next(present, n, i + 1))
			out[i] = arithmetic(op, l[i], r[i]);
	}
}

/* Steps [from, to), at most a word of them. */
#define WORD_OF(condition)                                                                         \
	do {                                                                                       \
		for (size_t i = from; i < to; i++)                                                 \
			word |= (uint64_t)(condition) << (i - from);                               \
	} while (0)

static uint64_t compare_word(enum expr_op op, const double *l, const double *r, size_t from,
			     size_t to)
{
	uint64_t word = 0;

	switch ((int)op) {
	case OP_EQ:
		WORD_OF(l[i] == r[i]);
		break;
	case OP_NE:
		WORD_OF(l[i] != r[i]);
		break;
	case OP_LT:
		WORD_OF(l[i] < r[i]);
		break;
	case OP_LE:
		WORD_OF(l[i] <= r[i]);
		break;
	case OP_GT:
		WORD_OF(l[i] > r[i]);
		break;
	default:
		WORD_OF(l[i] >= r[i]);
	}
	return word;
}

void columns_filter(enum expr_op op, const double *l, const double *r, uint64_t *present, size_t n)
{
	for (size_t from = 0; from < n; from += 64) {
		size_t to = n - from < 64 ? n : from + 64;
		present[from / 64] &= compare_word(op, l, r, from, to);
	}
}
