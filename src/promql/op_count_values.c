/* op_count_values.c - count_values: a series of each value that occurs in a group, counting it.
 *
 * There may be as many series as samples, each of them at a step or two: only values that occur at
 * more steps get a column.
 */
#include "base/alloc.h"
#include "base/float_text.h"
#include "base/hash.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "promql/grouping.h"
#include "promql/operator.h"

#include <math.h>
#include <stdlib.h>

enum { FEW_STEPS = 4 };

/* One value in one group. */
struct tally {
	struct {
		uint64_t group;
		uint64_t value_bits;
	} key;
	struct labels labels;
	double *counts; /* by step; NULL as long as a few steps are enough */
	uint32_t few_steps[FEW_STEPS];
	uint32_t few_counts[FEW_STEPS];
	uint32_t n_few;
};

struct count_values_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct str label; /* that holds the value */
	bool label_vanishes;
	struct grouping grouping;
	struct arena *arena;
	struct arena *scratch;
	struct map by_key; /* of struct tally */
	struct {
		struct tally **v;
		size_t n, cap;
	} tallies;
	struct step_series out;
	bool is_counted;
	size_t next;
};

/* --- one value -------------------------------------------------------------------------------- */

/* A float, or a histogram. */
struct counted {
	double v;
	const struct histogram *histogram;
};

static struct labels tally_labels(struct count_values_op *op, struct labels group,
				  const struct counted *v)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char number[FLOAT_TEXT_MAX];

	if (op->label_vanishes)
		return labels_copy(op->arena, group);
	if (v->histogram)
		histogram_format(&text, v->histogram);
	else
		buf_append(&text, number, float_format(number, v->v, FLOAT_F));
	struct label value = {op->label, buf_str(&text)};
	return labels_copy(op->arena, labels_merge(op->scratch, group, (struct labels){&value, 1}));
}

/* The same for values that are written in the same way. */
static uint64_t value_bits(const struct counted *v)
{
	double canonical = isnan(v->v) ? NAN : v->v;
	uint64_t bits;

	if (v->histogram) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		histogram_format(&text, v->histogram);
		return hash_xx64(buf_str(&text));
	}
	memcpy(&bits, &canonical, sizeof(bits));
	return bits;
}

static struct tally *tally_of(struct count_values_op *op, uint64_t group, struct labels labels,
			      const struct counted *v)
{
	struct tally t = {.key.group = group};

	if (!op->label_vanishes)
		t.key.value_bits = value_bits(v);
	struct tally *known = map_get(&op->by_key, str_from(&t.key, sizeof(t.key)));
	if (known)
		return known;
	known = ARENA_NEW(op->arena, struct tally);
	known->key = t.key;
	known->labels = tally_labels(op, labels, v);
	map_put(&op->by_key, str_from(&known->key, sizeof(known->key)), known);
	ARENA_PUSH(op->arena, &op->tallies, known);
	return known;
}

static void tally_spread(struct count_values_op *op, struct tally *t)
{
	t->counts = arena_calloc(op->arena, op->base.steps.n, sizeof(*t->counts));
	for (size_t i = 0; i < t->n_few; i++)
		t->counts[t->few_steps[i]] = t->few_counts[i];
}

static void tally_count(struct count_values_op *op, struct tally *t, size_t step)
{
	size_t i = 0;

	while (i < t->n_few && t->few_steps[i] != step)
		i++;
	if (!t->counts && i == FEW_STEPS)
		tally_spread(op, t);
	if (t->counts) {
		t->counts[step]++;
		return;
	}
	if (i == t->n_few) {
		t->few_steps[t->n_few++] = (uint32_t)step;
		t->few_counts[i] = 0;
	}
	t->few_counts[i]++;
}

static void tally_write(const struct tally *t, struct step_series *out, size_t n)
{
	bits_clear_all(out->present, n);
	out->labels = t->labels;
	for (size_t i = 0; t->counts && i < n; i++) {
		out->v[i] = t->counts[i];
		if (t->counts[i] > 0)
			bits_set(out->present, i);
	}
	for (size_t i = 0; !t->counts && i < t->n_few; i++) {
		out->v[t->few_steps[i]] = t->few_counts[i];
		bits_set(out->present, t->few_steps[i]);
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

static void count_series(struct count_values_op *op, const struct step_series *s)
{
	size_t n = op->base.steps.n;

	arena_clear(op->scratch);
	struct labels labels = labels_without(op->scratch, s->labels, &op->label, 1);
	labels = grouping_labels(&op->grouping, op->scratch, labels);
	uint64_t group = labels_hash(labels);
	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		struct counted v = {s->v[i], step_series_histogram(s, i)};
		tally_count(op, tally_of(op, group, labels, &v), i);
	}
}

static int cmp_tallies(const void *a, const void *b)
{
	return labels_cmp((*(const struct tally *const *)a)->labels,
			  (*(const struct tally *const *)b)->labels);
}

/* Of several steps there will be a matrix, which must be in order. */
static void sort_tallies(struct count_values_op *op)
{
	if (op->base.steps.n == 1 || op->tallies.n == 0)
		return;
	qsort(op->tallies.v, op->tallies.n, sizeof(*op->tallies.v), cmp_tallies);
	op->base.in_order = true;
}

static bool count_all(struct count_values_op *op, struct err *err)
{
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(op->base.x, err))
			return false;
		count_series(op, &s);
	}
	sort_tallies(op);
	return r == ITER_END;
}

static enum iter_result count_values_next(struct operator* base, struct step_series *out,
					  struct err *err)
{
	struct count_values_op *op = (struct count_values_op *)base;

	if (!op->is_counted && !count_all(op, err))
		return ITER_ERROR;
	op->is_counted = true;
	if (op->next == op->tallies.n)
		return ITER_END;
	tally_write(op->tallies.v[op->next++], &op->out, base->steps.n);
	*out = op->out;
	out->block = (uint32_t)((op->next - 1) / BLOCK_SERIES);
	return ITER_VALUE;
}

static void count_values_close(struct operator* base)
{
	struct count_values_op *op = (struct count_values_op *)base;

	operator_close(op->arg);
	map_done(&op->by_key);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops count_values_ops = {count_values_next, count_values_close};

static bool check_label(struct str label, struct err *err)
{
	if (label.n && utf8_valid(label))
		return true;
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	quote_append(&quoted, label);
	return err_set(err, ERR_EXECUTION, "invalid label name %s", buf_cstr(&quoted));
}

struct operator*
    count_values_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct count_values_op *op = NEW(struct count_values_op);

	operator_init(&op->base, &count_values_ops, x, node);
	op->label = expr_unwrap(node->expr->aggregate.param)->string;
	op->grouping = grouping_of(&node->expr->aggregate);
	for (size_t i = 0; i < op->grouping.names.n; i++)
		op->label_vanishes |=
		    op->grouping.without && str_eq(op->grouping.names.v[i], op->label);
	op->label_vanishes |= op->grouping.without && str_eq(op->label, STR(LABEL_NAME));
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->out = step_series_new(op->arena, node->steps.n);
	op->arg = check_label(op->label, err) ? operator_open(x, node->args[0], err) : NULL;
	if (!op->arg) {
		count_values_close(&op->base);
		return NULL;
	}
	return &op->base;
}
