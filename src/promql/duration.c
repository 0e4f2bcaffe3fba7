#include "promql/duration.h"

#include "base/duration.h"
#include "promql/number_lexer.h"

#include <math.h>

double seconds_of_ms(int64_t ms)
{
	return (double)(ms / MS_PER_S) + (double)(ms % MS_PER_S * NS_PER_MS) / (double)NS_PER_S;
}

static bool fail(const struct expr *e, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "%u:%u: %s", e->where.start, e->where.end, why);
}

static bool evaluate(const struct expr *e, const struct duration_context *context, double *out,
		     struct err *err);

static bool evaluate_operator(const struct expr *e, double left, double right, double *out,
			      struct err *err)
{
	bool has_nan = isnan(left) || isnan(right);

	switch ((int)e->duration.op) {
	case OP_ADD:
		*out = left + right;
		return true;
	case OP_SUB:
		*out = left - right;
		return true;
	case OP_MUL:
		*out = left * right;
		return true;
	case OP_DIV:
		*out = left / right;
		return right != 0 || fail(e, "division by zero", err);
	case OP_MOD:
		*out = fmod(left, right);
		return right != 0 || fail(e, "modulo by zero", err);
	case OP_POW:
		*out = pow(left, right);
		return true;
	case OP_MIN_OF:
		*out = has_nan ? NAN : fmin(left, right);
		return true;
	default:
		*out = has_nan ? NAN : fmax(left, right);
		return true;
	}
}

static bool evaluate_formula(const struct expr *e, const struct duration_context *context,
			     double *out, struct err *err)
{
	const struct duration_expr *d = &e->duration;
	double left = 0, right;

	if (d->op == OP_STEP || d->op == OP_RANGE) {
		*out = seconds_of_ms(d->op == OP_STEP ? context->step_ms : context->range_ms);
		return true;
	}
	if (d->left && !evaluate(d->left, context, &left, err))
		return false;
	if (!evaluate(d->right, context, &right, err))
		return false;
	return evaluate_operator(e, left, right, out, err);
}

static bool evaluate(const struct expr *e, const struct duration_context *context, double *out,
		     struct err *err)
{
	if (e->kind == EXPR_DURATION)
		return evaluate_formula(e, context, out, err);
	*out = e->number.value;
	return true;
}

bool duration_resolve(const struct duration *d, enum duration_sign sign,
		      const struct duration_context *context, int64_t *ms, struct err *err)
{
	const double max_seconds = 0x1p63 / 1e9; /* so that it fits into nanoseconds */
	double seconds;

	if (!d->formula) {
		*ms = d->ns / NS_PER_MS;
		return true;
	}
	if (!evaluate(d->formula, context, &seconds, err))
		return false;
	if (!isfinite(seconds))
		return fail(d->formula, "duration is NaN or infinite", err);
	if (seconds <= 0 && sign == DURATION_POSITIVE)
		return fail(d->formula, "duration must be greater than 0", err);
	if (seconds > max_seconds || seconds < -max_seconds)
		return fail(d->formula, "duration is out of range", err);
	*ms = int64_of_double(seconds * 1000);
	return true;
}
