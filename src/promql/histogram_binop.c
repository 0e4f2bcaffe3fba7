#include "promql/histogram_binop.h"

static enum binop_result incompatible(enum expr_op op, struct operand l, struct operand r,
				      const struct note_place *p)
{
	const char *name = expr_op_name(op);

	annotations_add(
	    p->notes, NOTE_PROMQL_INFO, p->at,
	    "incompatible sample types encountered for binary operator \"%s\": %s %s %s", name,
	    l.h ? "histogram" : "float", name, r.h ? "histogram" : "float");
	return BINOP_ERROR;
}

static enum binop_result add_or_subtract(enum expr_op op, struct operand l, struct operand r,
					 const struct note_place *p, struct arena *a,
					 const struct histogram **out)
{
	const char *operation = op == OP_ADD ? "addition" : "subtraction";
	struct histogram *h = histogram_copy(a, l.h);
	struct histogram_clash clash =
	    op == OP_ADD ? histogram_add(a, h, r.h) : histogram_subtract(a, h, r.h);

	if (clash.is_incompatible) {
		annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
				"incompatible bucket layout encountered for binary operator %s",
				expr_op_name(op));
		return BINOP_ERROR;
	}
	if (clash.has_hints) {
		note_conflicting_resets(p, operation);
		return BINOP_ERROR;
	}
	if (clash.has_bounds)
		note_reconciled_bounds(p, operation);
	if (op == OP_SUB)
		h->hint = HISTOGRAM_GAUGE;
	histogram_compact(a, h);
	*out = h;
	return BINOP_VALUE;
}

static enum binop_result scale(enum expr_op op, const struct histogram *of, double by,
			       struct arena *a, const struct histogram **out)
{
	struct histogram *h = histogram_copy(a, of);

	if (op == OP_MUL)
		histogram_multiply(h, by);
	else
		histogram_divide(h, by);
	histogram_compact(a, h);
	*out = h;
	return BINOP_VALUE;
}

static enum binop_result trim(enum expr_op op, struct operand l, struct operand r, struct arena *a,
			      const struct histogram **out)
{
	struct histogram *h = histogram_copy(a, l.h);

	histogram_trim(a, h, r.v, op == OP_TRIM_UPPER);
	*out = h;
	return BINOP_VALUE;
}

enum binop_result histogram_binop(enum expr_op op, struct operand l, struct operand r,
				  const struct note_place *place, struct arena *a,
				  const struct histogram **out)
{
	if (l.h && r.h) {
		if (op == OP_ADD || op == OP_SUB)
			return add_or_subtract(op, l, r, place, a, out);
		if (op != OP_EQ && op != OP_NE)
			return incompatible(op, l, r, place);
		*out = l.h;
		return histogram_equal(l.h, r.h) == (op == OP_EQ) ? BINOP_TRUE : BINOP_FALSE;
	}
	if (op == OP_MUL && (l.h || r.h))
		return l.h ? scale(op, l.h, r.v, a, out) : scale(op, r.h, l.v, a, out);
	if (op == OP_DIV && l.h)
		return scale(op, l.h, r.v, a, out);
	if ((op == OP_TRIM_UPPER || op == OP_TRIM_LOWER) && l.h)
		return trim(op, l, r, a, out);
	return incompatible(op, l, r, place);
}
