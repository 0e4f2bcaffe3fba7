/* op_binary.c - arithmetic and comparison between two vectors.
 *
 * One side of a match is unique: the right one, or the left one with group_right. That side is
 * held in memory, grouped by what is matched on; the other side, the many, is pulled series by
 * series and each computed with the ones of its group.
 *
 * Everything that Prometheus decides step by step is decided here for all steps of a pair of
 * series with bitmaps.
 */
#include "base/alloc.h"
#include "promql/arithmetic.h"
#include "promql/columns.h"
#include "promql/histogram_binop.h"
#include "promql/matching.h"
#include "promql/operator.h"

#include <stdlib.h>

struct match_group {
	uint64_t hash;
	struct series_list ones;
	uint64_t *matched; /* steps at which a pair was computed; NULL before the first */
	/* Steps at which two ones have a value, which is an error if the many have one there too;
	 * NULL while there are none. */
	uint64_t *conflicts;
	size_t conflict_a, conflict_b;
};

/* The steps of one result of a many-to-one match, which must not come twice. */
struct result_key {
	uint64_t group;
	uint64_t labels;
};

struct result_steps {
	struct result_key key;
	uint64_t *steps;
};

struct binary_op {
	struct operator base; /* first, so that the two pointers convert */
	const struct binary *binary;
	const struct vector_matching *matching;
	struct operator* many;
	struct operator* one;
	struct arena *arena;
	struct arena *scratch; /* of one result */
	struct map by_hash;    /* of struct match_group */
	struct {
		struct match_group **v;
		size_t n, cap;
	} groups;
	struct map results; /* of struct result_steps, where they might collide */
	bool checks_results;
	uint64_t *conflicts; /* of all groups, NULL while there are none */
	bool is_collected;

	/* The series of the many being computed, and what remains to be done with it. */
	bool has_current;
	struct step_series current;
	struct match_group *group;
	size_t next_one;

	/* Afterwards, with fill: the ones that found no partner. */
	size_t fill_group;
	size_t fill_one;

	uint64_t *steps; /* of the pair */
	double *filled;  /* a column with the value that stands in */
	struct step_series out;
};

/* --- the unique side -------------------------------------------------------------------------- */

static struct match_group *group_get(struct binary_op *op, struct labels ls, bool create)
{
	uint64_t hash = matching_hash(op->matching, ls);
	struct match_group *g = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));

	if (g || !create)
		return g;
	g = ARENA_NEW(op->arena, struct match_group);
	g->hash = hash;
	map_put(&op->by_hash, str_from(&g->hash, sizeof(g->hash)), g);
	ARENA_PUSH(op->arena, &op->groups, g);
	return g;
}

static uint64_t *bits_new(struct binary_op *op)
{
	return ARENA_ARRAY(op->arena, uint64_t, bits_words(op->base.steps.n));
}

static void note_conflicts(struct binary_op *op, struct match_group *g, size_t a, size_t b)
{
	size_t words = bits_words(op->base.steps.n);
	const uint64_t *pa = g->ones.v[a].present, *pb = g->ones.v[b].present;

	for (size_t w = 0; w < words; w++) {
		if (!(pa[w] & pb[w]))
			continue;
		if (!g->conflicts) {
			g->conflicts = bits_new(op);
			g->conflict_a = a;
			g->conflict_b = b;
		}
		if (!op->conflicts)
			op->conflicts = bits_new(op);
		g->conflicts[w] |= pa[w] & pb[w];
		op->conflicts[w] |= pa[w] & pb[w];
	}
}

static bool collect_ones(struct binary_op *op, struct err *err)
{
	size_t n = op->base.steps.n;
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(op->one, &s, err)) == ITER_VALUE) {
		struct match_group *g = group_get(op, s.labels, true);
		if (!op->one->keeps)
			s = step_series_copy(op->arena, &s, n);
		ARENA_PUSH(op->arena, &g->ones, s);
		for (size_t i = 0; i + 1 < g->ones.n; i++)
			note_conflicts(op, g, i, g->ones.n - 1);
		op->base.x->samples_held += bits_count(s.present, n);
		if (!execution_check(op->base.x, err))
			return false;
	}
	return r == ITER_END;
}

static bool fail_conflict(struct binary_op *op, struct err *err)
{
	struct match_group *g = NULL;
	struct buf match auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf a auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf b auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; !g; i++)
		g = op->groups.v[i]->conflicts ? op->groups.v[i] : NULL;
	struct labels la = g->ones.v[g->conflict_a].labels, lb = g->ones.v[g->conflict_b].labels;
	labels_format(&match, matching_labels(op->matching, op->scratch, lb));
	labels_format(&a, la);
	labels_format(&b, lb);
	bool in_order = str_cmp(buf_str(&a), buf_str(&b)) <= 0;
	return err_set(err, ERR_EXECUTION,
		       "found duplicate series for the match group %s on the %s hand-side of the "
		       "operation: [%s, %s];many-to-many matching not allowed: matching labels "
		       "must be unique on one side",
		       buf_cstr(&match), op->matching->card == CARD_ONE_TO_MANY ? "left" : "right",
		       buf_cstr(in_order ? &a : &b), buf_cstr(in_order ? &b : &a));
}

static bool has_fill(const struct binary_op *op)
{
	return op->matching->fill_left || op->matching->fill_right;
}

/* A conflict counts only where the other side has a value too, or one is filled in. */
static bool check_conflicts(struct binary_op *op, const uint64_t *present, struct err *err)
{
	if (!op->conflicts)
		return true;
	for (size_t w = 0; w < bits_words(op->base.steps.n); w++)
		if (op->conflicts[w] & present[w])
			return fail_conflict(op, err);
	return true;
}

/* --- one pair --------------------------------------------------------------------------------- */

static bool drops_name(const struct binary_op *op)
{
	if (expr_op_is_trim(op->binary->op))
		return false;
	if (!expr_op_is_comparison(op->binary->op))
		return true;
	return op->binary->returns_bool && !execution_delays_names(op->base.x);
}

static struct labels result_labels(struct binary_op *op, struct labels many, struct labels one)
{
	const struct vector_matching *m = op->matching;
	struct arena *a = op->scratch;
	struct labels ls = drops_name(op) ? labels_drop_name(a, many) : many;

	if (m->card == CARD_ONE_TO_ONE)
		return m->on ? labels_only(a, ls, m->labels.v, m->labels.n)
			     : labels_without(a, ls, m->labels.v, m->labels.n);
	for (size_t i = 0; i < m->include.n; i++) {
		struct label l = {m->include.v[i], labels_get(one, m->include.v[i])};
		ls = labels_merge(a, ls, (struct labels){&l, 1});
	}
	return ls;
}

static bool check_one_to_one(struct binary_op *op, struct match_group *g, struct err *err)
{
	for (size_t w = 0; w < bits_words(op->base.steps.n); w++)
		if (g->matched[w] & op->steps[w])
			return err_set(err, ERR_EXECUTION,
				       "multiple matches for labels: many-to-one matching must be "
				       "explicit (group_left/group_right)");
	return true;
}

static bool check_many_to_one(struct binary_op *op, const struct match_group *g,
			      struct labels labels, struct err *err)
{
	struct result_key key = {g->hash, labels_hash(labels)};
	struct result_steps *r = map_get(&op->results, str_from(&key, sizeof(key)));

	if (!r) {
		r = ARENA_NEW(op->arena, struct result_steps);
		*r = (struct result_steps){key, bits_new(op)};
		map_put(&op->results, str_from(&r->key, sizeof(r->key)), r);
	}
	for (size_t w = 0; w < bits_words(op->base.steps.n); w++) {
		if (r->steps[w] & op->steps[w])
			return err_set(err, ERR_EXECUTION,
				       "multiple matches for labels: grouping labels must ensure "
				       "unique matches");
		r->steps[w] |= op->steps[w];
	}
	return true;
}

struct side {
	struct labels labels;
	const double *v;
	struct histogram *const *hist; /* as that of a step_series */
};

static struct side side_of(const struct step_series *s)
{
	return (struct side){s->labels, s->v, s->hist};
}

static struct operand operand_at(const struct side *s, size_t i)
{
	return (struct operand){s->v[i], s->hist ? s->hist[i] : NULL};
}

/* One step, at which one of the two is a histogram. */
static void compute_histogram(struct binary_op *op, const struct side *l, const struct side *r,
			      size_t i)
{
	struct note_place place = {&op->base.x->annotations, op->base.node->expr->where, {0}};
	const struct histogram *h = NULL;

	enum binop_result result = histogram_binop(op->binary->op, operand_at(l, i),
						   operand_at(r, i), &place, op->scratch, &h);
	if (result == BINOP_ERROR || (result == BINOP_FALSE && !op->binary->returns_bool)) {
		bits_clear(op->out.present, i);
		return;
	}
	op->out.v[i] = result == BINOP_TRUE;
	op->out.hist[i] = op->binary->returns_bool ? NULL : (struct histogram *)h;
}

/* Step by step, since some have histograms. */
static void compute_mixed(struct binary_op *op, const struct side *l, const struct side *r)
{
	enum expr_op operation = op->binary->op;
	size_t n = op->base.steps.n;

	op->out.hist = ARENA_ARRAY(op->scratch, struct histogram *, n);
	for (size_t i = bits_next(op->steps, n, 0); i < n; i = bits_next(op->steps, n, i + 1)) {
		if ((l->hist && l->hist[i]) || (r->hist && r->hist[i]) ||
		    expr_op_is_trim(operation))
			compute_histogram(op, l, r, i);
		else if (!expr_op_is_comparison(operation))
			op->out.v[i] = arithmetic(operation, l->v[i], r->v[i]);
		else if (op->binary->returns_bool)
			op->out.v[i] = compare(operation, l->v[i], r->v[i]);
		else if (compare(operation, l->v[i], r->v[i]))
			op->out.v[i] = l->v[i];
		else
			bits_clear(op->out.present, i);
	}
}

static void compute_comparison(struct binary_op *op, const double *l, const double *r)
{
	size_t n = op->base.steps.n;
	uint64_t *holds = op->out.present;

	columns_filter(op->binary->op, l, r, holds, n);
	if (!op->binary->returns_bool) {
		memcpy(op->out.v, l, n * sizeof(*l));
		return;
	}
	for (size_t i = 0; i < n; i++)
		op->out.v[i] = bits_has(holds, i);
	memcpy(op->out.present, op->steps, bits_words(n) * sizeof(*op->steps));
}

static void compute(struct binary_op *op, const struct side *many, const struct side *one)
{
	bool swap = op->matching->card == CARD_ONE_TO_MANY;
	const struct side *left = swap ? one : many, *right = swap ? many : one;
	bool has_histograms = many->hist || one->hist;
	size_t n = op->base.steps.n;
	enum expr_op operation = op->binary->op;

	op->out.hist = NULL;
	memcpy(op->out.present, op->steps, bits_words(n) * sizeof(*op->steps));
	if (has_histograms || expr_op_is_trim(operation))
		compute_mixed(op, left, right);
	else if (!expr_op_is_comparison(operation))
		columns_compute(operation, left->v, right->v, op->steps, op->out.v, n);
	else
		compute_comparison(op, left->v, right->v);
}

/* At op->steps. *has_result is false when nothing came of it. */
static bool compute_pair(struct binary_op *op, struct match_group *g, struct side many,
			 struct side one, bool *has_result, struct err *err)
{
	size_t n = op->base.steps.n;

	*has_result = false;
	if (!bits_any(op->steps, n))
		return true;
	arena_clear(op->scratch);
	struct labels labels = result_labels(op, many.labels, one.labels);
	if (!g->matched)
		g->matched = bits_new(op);
	if (op->matching->card == CARD_ONE_TO_ONE) {
		if (!check_one_to_one(op, g, err))
			return false;
	} else if (op->checks_results && !check_many_to_one(op, g, labels, err)) {
		return false;
	}
	for (size_t w = 0; w < bits_words(n); w++)
		g->matched[w] |= op->steps[w];
	compute(op, &many, &one);
	op->out.labels = labels;
	op->out.drops_name = op->binary->returns_bool;
	*has_result = bits_any(op->out.present, n);
	return true;
}

static const double *filled_column(struct binary_op *op, double v)
{
	if (!op->filled)
		op->filled = arena_alloc(op->arena, op->base.steps.n * sizeof(*op->filled));
	for (size_t i = 0; i < op->base.steps.n; i++)
		op->filled[i] = v;
	return op->filled;
}

/* --- all pairs -------------------------------------------------------------------------------- */

static enum iter_result pull_many(struct binary_op *op, struct err *err)
{
	enum iter_result r = operator_next(op->many, &op->current, err);

	op->has_current = r == ITER_VALUE;
	if (r != ITER_VALUE)
		return r;
	if (!check_conflicts(op, op->current.present, err))
		return ITER_ERROR;
	op->group = group_get(op, op->current.labels, op->matching->fill_right != NULL);
	op->next_one = 0;
	return r;
}

/* The current series with the next one of its group; after the last one with what is filled in. */
static bool next_pair(struct binary_op *op, bool *has_result, struct err *err)
{
	size_t n = op->base.steps.n, words = bits_words(n);
	struct match_group *g = op->group;
	struct side many = side_of(&op->current);

	*has_result = false;
	if (g && op->next_one < g->ones.n) {
		const struct step_series *one = &g->ones.v[op->next_one++];
		for (size_t w = 0; w < words; w++)
			op->steps[w] = op->current.present[w] & one->present[w];
		return compute_pair(op, g, many, side_of(one), has_result, err);
	}
	op->has_current = false;
	if (!g || !op->matching->fill_right)
		return true;
	memcpy(op->steps, op->current.present, words * sizeof(*op->steps));
	for (size_t i = 0; i < g->ones.n; i++)
		for (size_t w = 0; w < words; w++)
			op->steps[w] &= ~g->ones.v[i].present[w];
	struct side one = {matching_labels(op->matching, op->arena, op->current.labels),
			   filled_column(op, *op->matching->fill_right), NULL};
	return compute_pair(op, g, many, one, has_result, err);
}

/* The ones that never were part of a pair, with what is filled in for the other side. */
static bool next_unmatched(struct binary_op *op, bool *has_result, bool *is_end, struct err *err)
{
	size_t n = op->base.steps.n, words = bits_words(n);

	*has_result = false;
	*is_end = !op->matching->fill_left || op->fill_group == op->groups.n;
	if (*is_end)
		return true;
	struct match_group *g = op->groups.v[op->fill_group];
	if (op->fill_one == g->ones.n) {
		op->fill_group++;
		op->fill_one = 0;
		return true;
	}
	const struct step_series *one = &g->ones.v[op->fill_one++];
	for (size_t w = 0; w < words; w++)
		op->steps[w] = one->present[w] & ~(g->matched ? g->matched[w] : 0);
	struct side many = {matching_labels(op->matching, op->arena, one->labels),
			    filled_column(op, *op->matching->fill_left), NULL};
	return compute_pair(op, g, many, side_of(one), has_result, err);
}

/* Whether results have the labels of the many but for the name, one by one. */
static bool keeps_labels(const struct binary_op *op)
{
	const struct vector_matching *m = op->matching;

	if (has_fill(op))
		return false;
	return m->card == CARD_ONE_TO_ONE ? !m->on && m->labels.n == 0 : m->include.n == 0;
}

static bool keeps_order(const struct binary_op *op)
{
	return op->many->in_order && keeps_labels(op) &&
	       (!drops_name(op) ||
		dropping_keeps_order(op->base.x, op->many->node->names, op->current.labels));
}

static bool start(struct binary_op *op, struct err *err)
{
	if (op->is_collected)
		return true;
	op->is_collected = true;
	if (!collect_ones(op, err))
		return false;
	return !op->conflicts || !has_fill(op) || fail_conflict(op, err);
}

static enum iter_result binary_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct binary_op *op = (struct binary_op *)base;
	bool has_result = false, is_end = false;
	enum iter_result r = ITER_VALUE;

	if (!start(op, err))
		return ITER_ERROR;
	if (op->groups.n == 0 && !has_fill(op))
		return ITER_END;
	while (!has_result) {
		if (op->has_current) {
			if (!next_pair(op, &has_result, err))
				return ITER_ERROR;
			continue;
		}
		if (r == ITER_VALUE && (r = pull_many(op, err)) == ITER_ERROR)
			return r;
		if (r == ITER_VALUE)
			continue;
		if (!next_unmatched(op, &has_result, &is_end, err))
			return ITER_ERROR;
		if (is_end)
			return ITER_END;
	}
	base->in_order = keeps_order(op);
	*out = op->out;
	out->block = op->current.block;
	return ITER_VALUE;
}

static void binary_close(struct operator* base)
{
	struct binary_op *op = (struct binary_op *)base;

	operator_close(op->many);
	operator_close(op->one);
	map_done(&op->by_hash);
	map_done(&op->results);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops binary_ops = {binary_next, binary_close};

/* Whether two results can have the same labels. */
static bool results_are_unique(const struct binary_op *op, const struct plan_node *node)
{
	const struct vector_matching *m = op->matching;

	if (has_fill(op))
		return false;
	if (!matching_is_unique(m, node->args[m->card != CARD_ONE_TO_MANY]))
		return false;
	if (m->card == CARD_ONE_TO_ONE)
		return matching_is_unique(m, node->args[0]);
	return !op->checks_results;
}

struct operator* binary_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct binary_op *op = NEW(struct binary_op);

	operator_init(&op->base, &binary_ops, x, node);
	op->binary = &node->expr->binary;
	op->matching = op->binary->matching;
	bool many_is_right = op->matching->card == CARD_ONE_TO_MANY;
	op->checks_results =
	    op->matching->card != CARD_ONE_TO_ONE &&
	    (op->matching->include.n > 0 || node->args[many_is_right]->names == NAMES_MANY);
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->out = step_series_new(op->arena, node->steps.n);
	op->steps = bits_new(op);
	op->many = operator_open(x, node->args[many_is_right], err);
	op->one = op->many ? operator_open(x, node->args[!many_is_right], err) : NULL;
	if (!op->one) {
		binary_close(&op->base);
		return NULL;
	}
	if (results_are_unique(op, node))
		return &op->base;
	/* With delayed name removal, equal labels at a single step are judged at the end. */
	if (node->steps.n == 1 && execution_delays_names(x))
		return &op->base;
	return merge_op_new(&op->base);
}
