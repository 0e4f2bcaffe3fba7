/* op_label.c - label_replace() and label_join(): one label is set, the values stay.
 */
#include "base/alloc.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "promql/operator.h"

#include <stdlib.h>

enum { LABEL_VALUE_MAX = 1 << 20 };

struct label_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct regex *regex; /* of label_replace() */
	struct arena *scratch;
	struct buf value;
};

/* The i-th argument, which is a string. */
static struct str text_arg(const struct plan_node *node, size_t i)
{
	return expr_unwrap(node->expr->call.args[i])->string;
}

static bool too_large(struct err *err)
{
	return err_set(err, ERR_LIMIT, "a label value made by the query is larger than %d bytes",
		       LABEL_VALUE_MAX);
}

static bool replaced_value(struct label_op *op, struct labels labels, bool *matches,
			   struct err *err)
{
	struct str groups[REGEX_GROUPS_MAX];
	struct str source = labels_get(labels, text_arg(op->base.node, 3));
	size_t n = regex_n_groups(op->regex);

	*matches = regex_find(op->regex, source, groups, n);
	if (!*matches || regex_expand(op->regex, text_arg(op->base.node, 2), groups, n, &op->value))
		return true;
	return too_large(err);
}

static bool joined_value(struct label_op *op, struct labels labels, struct err *err)
{
	const struct plan_node *node = op->base.node;

	for (size_t i = 3; i < node->expr->call.n_args; i++) {
		if (i > 3)
			buf_append_str(&op->value, text_arg(node, 2));
		buf_append_str(&op->value, labels_get(labels, text_arg(node, i)));
	}
	return !op->value.overflowed || too_large(err);
}

static bool set_label(struct label_op *op, struct step_series *s, struct err *err)
{
	struct label label = {.name = text_arg(op->base.node, 1)};
	bool matches = true;

	arena_clear(op->scratch);
	buf_clear(&op->value);
	if (op->regex ? !replaced_value(op, s->labels, &matches, err)
		      : !joined_value(op, s->labels, err))
		return false;
	if (!matches)
		return true;
	label.value = arena_str(op->scratch, buf_str(&op->value));
	s->labels = labels_merge(op->scratch, s->labels, (struct labels){&label, 1});
	if (str_eq(label.name, STR(LABEL_NAME)))
		s->drops_name = false;
	return true;
}

static enum iter_result label_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct label_op *op = (struct label_op *)base;

	enum iter_result r = operator_next(op->arg, out, err);
	if (r != ITER_VALUE)
		return r;
	return set_label(op, out, err) ? ITER_VALUE : ITER_ERROR;
}

static void label_close(struct operator* base)
{
	struct label_op *op = (struct label_op *)base;

	operator_close(op->arg);
	regex_free(op->regex);
	buf_done(&op->value);
	arena_free(op->scratch);
	free(op);
}

static const struct operator_ops label_ops = {label_next, label_close};

static bool check_name(const char *role, const char *function, struct str name, struct err *err)
{
	if (name.n && utf8_valid(name))
		return true;
	return err_set(err, ERR_EXECUTION, "invalid %s label name in %s(): %.*s", role, function,
		       STR_FMT(name));
}

static bool check_replace(struct label_op *op, const struct plan_node *node, struct err *err)
{
	struct err regex_err = ERR_INIT;

	op->regex = regex_new(text_arg(node, 4), REGEX_FULL, &regex_err);
	if (!op->regex)
		return err_set(err, ERR_EXECUTION,
			       "invalid regular expression in label_replace(): %.*s",
			       STR_FMT(text_arg(node, 4)));
	return check_name("destination", "label_replace", text_arg(node, 1), err);
}

static bool check_join(const struct plan_node *node, struct err *err)
{
	for (size_t i = 3; i < node->expr->call.n_args; i++)
		if (!check_name("source", "label_join", text_arg(node, i), err))
			return false;
	return check_name("destination", "label_join", text_arg(node, 1), err);
}

struct operator* label_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct label_op *op = NEW(struct label_op);
	bool is_replace = node->kind == PLAN_LABEL_REPLACE;

	operator_init(&op->base, &label_ops, x, node);
	op->scratch = arena_new(x->tracker);
	buf_init(&op->value, LABEL_VALUE_MAX, x->tracker);
	if (is_replace ? check_replace(op, node, err) : check_join(node, err))
		op->arg = operator_open(x, node->args[0], err);
	if (!op->arg) {
		label_close(&op->base);
		return NULL;
	}
	return merge_op_new(&op->base);
}
