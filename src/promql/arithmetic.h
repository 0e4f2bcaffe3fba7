/* arithmetic.h - the operators on floats.
 */
#ifndef PROMQL_ARITHMETIC_H
#define PROMQL_ARITHMETIC_H

#include "promql/ast.h"

#include <math.h>

static inline double arithmetic(enum expr_op op, double l, double r)
{
	switch ((int)op) {
	case OP_ADD:
		return l + r;
	case OP_SUB:
		return l - r;
	case OP_MUL:
		return l * r;
	case OP_DIV:
		return l / r;
	case OP_MOD:
		return fmod(l, r);
	case OP_POW:
		return pow(l, r);
	default:
		return atan2(l, r);
	}
}

static inline bool compare(enum expr_op op, double l, double r)
{
	switch ((int)op) {
	case OP_EQ:
		return l == r;
	case OP_NE:
		return l != r;
	case OP_LT:
		return l < r;
	case OP_LE:
		return l <= r;
	case OP_GT:
		return l > r;
	default:
		return l >= r;
	}
}

#endif
