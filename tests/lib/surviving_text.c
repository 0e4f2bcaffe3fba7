#include "tests/lib/surviving_text.h"

#include <math.h>

static bool duration_survives(const struct duration *d)
{
	return d->ns == 0 || d->ns >= 1000000 || (d->ns <= -1000000 && d->ns != INT64_MIN);
}

static bool at_survives(const struct at *at)
{
	return at->t_ms > -(INT64_C(1) << 50) && at->t_ms < INT64_C(1) << 50;
}

static bool is_infinite(const struct expr *e)
{
	return e->kind == EXPR_NUMBER && isinf(e->number.value);
}

bool text_survives(const struct expr *e)
{
	const struct expr *child;
	bool ok = true;

	if (e->kind == EXPR_VECTOR_SELECTOR)
		ok = duration_survives(&e->vector.offset) && at_survives(&e->vector.at);
	else if (e->kind == EXPR_MATRIX_SELECTOR)
		ok = duration_survives(&e->matrix.range);
	else if (e->kind == EXPR_SUBQUERY)
		ok = duration_survives(&e->subquery.range) &&
		     duration_survives(&e->subquery.step) &&
		     duration_survives(&e->subquery.offset) && at_survives(&e->subquery.at);
	else if (e->kind == EXPR_BINARY && e->binary.op == OP_POW)
		ok = !is_infinite(e->binary.left);
	for (size_t i = 0; ok && (child = expr_child(e, i)); i++)
		ok = text_survives(child);
	return ok;
}
