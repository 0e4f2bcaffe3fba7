/* op_histogram_quantile.c - histogram_quantile(), histogram_quantiles() and histogram_fraction().
 * Series that differ in nothing but le are the buckets of one classic histogram; a native one is a
 * series by itself.
 */
#include "base/alloc.h"
#include "base/float_text.h"
#include "base/time_text.h"
#include "promql/classic_histogram.h"
#include "promql/histogram_functions.h"
#include "promql/name_text.h"
#include "promql/number_text.h"
#include "promql/op_params.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL_LE "le"

struct bucket_series {
	double upper_bound;
	const double *v;
	const uint64_t *present;
};

struct bucket_group {
	uint64_t hash;
	struct labels labels; /* without le */
	struct {
		struct bucket_series *v;
		size_t n, cap;
	} buckets;
	struct step_series native; /* or, in steps where there are no buckets, this */
};

/* What the annotation about monotonicity sums up, by metric name. */
struct forced_note {
	struct str name;
	double min_bucket, max_bucket, max_diff;
	int64_t min_t_ms, max_t_ms;
	size_t n_samples;
};

struct histogram_quantile_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct op_params params; /* quantiles, or both ends of the fraction */
	bool is_fraction;
	bool has_label;   /* histogram_quantiles() ... */
	struct str label; /* ... sets it to the quantile */
	struct arena *arena;
	struct arena *scratch;
	struct map by_hash; /* of struct bucket_group */
	struct {
		struct bucket_group **v;
		size_t n, cap;
	} groups;
	struct {
		struct forced_note *v;
		size_t n, cap;
	} notes;
	struct step_series out;
	bool is_collected;
	bool is_noted;
	size_t round; /* which quantile, */
	size_t next;  /* and of which group */
	size_t n_out;
	/* With a label: the steps of the group whose series was not handed out yet. */
	struct step_series left;
};

/* Where in the call: the argument before or behind the parameters. */
static size_t arg_at(const struct histogram_quantile_op *op)
{
	return op->has_label ? 0 : op->base.node->n_args - 1;
}

static size_t param_at(const struct histogram_quantile_op *op, size_t i)
{
	return op->has_label ? 2 + i : i;
}

static bool is_quantile(double q)
{
	return q >= 0 && q <= 1;
}

/* "for metric name": only where the name is certain to be that of the histogram. */
static struct str name_for_notes(const struct histogram_quantile_op *op, struct labels labels)
{
	if (!execution_delays_names(op->base.x))
		return (struct str){0};
	return labels_get(labels, STR(LABEL_NAME));
}

static struct text_range where(const struct histogram_quantile_op *op)
{
	return op->base.node->expr->call.args[arg_at(op)]->where;
}

static void warn_bad_bound(struct histogram_quantile_op *op, struct labels labels, struct str le)
{
	annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING, where(op),
			"bucket label \"le\" is missing or has a malformed value of %s%s",
			quoted_name(le).s, for_metric_name(name_for_notes(op, labels)).s);
}

static struct bucket_group *group_of(struct histogram_quantile_op *op, struct labels labels,
				     bool is_bucket)
{
	static const struct str le = {LABEL_LE, sizeof(LABEL_LE) - 1};

	arena_clear(op->scratch);
	if (is_bucket)
		labels = labels_without(op->scratch, labels, &le, 1);
	uint64_t hash = labels_hash(labels);
	struct bucket_group *g = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));
	if (g)
		return g;
	g = ARENA_NEW(op->arena, struct bucket_group);
	g->hash = hash;
	g->labels = labels_copy(op->arena, labels);
	map_put(&op->by_hash, str_from(&g->hash, sizeof(g->hash)), g);
	ARENA_PUSH(op->arena, &op->groups, g);
	return g;
}

/* The native histograms of a series; its floats are left to be buckets. */
static void take_native(struct histogram_quantile_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;
	struct step_series native = step_series_copy(op->arena, s, n);

	step_series_drop_histograms(s, n);
	for (size_t w = 0; w < bits_words(n); w++)
		native.present[w] &= ~s->present[w];
	if (!bits_any(native.present, n))
		return;
	op->base.x->samples_held += bits_count(native.present, n);
	group_of(op, s->labels, false)->native = native;
}

static void warn_quantiles(struct histogram_quantile_op *op, size_t param)
{
	const struct expr *arg = op->base.node->expr->call.args[param_at(op, param)];

	for (size_t i = 0; i < op->base.steps.n; i++)
		if (!is_quantile(op->params.v[param][i]))
			annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING, arg->where,
					"quantile value should be between 0 and 1, got %s",
					go_float(op->params.v[param][i]).s);
}

static bool read_params(struct histogram_quantile_op *op, struct err *err)
{
	if (!op_params_read(&op->params, op->arena, err))
		return false;
	for (size_t i = 0; i < op->params.n && !op->is_fraction; i++)
		warn_quantiles(op, i);
	return true;
}

static bool collect(struct histogram_quantile_op *op, struct err *err)
{
	size_t n = op->base.steps.n;
	struct step_series s;
	enum iter_result r;

	op->is_collected = true;
	if (!read_params(op, err))
		return false;
	op->out = step_series_new(op->arena, n);
	if (op->has_label)
		op->left = step_series_new(op->arena, n);
	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		struct str le = labels_get(s.labels, STR(LABEL_LE));
		double bound;
		if (!execution_check(op->base.x, err))
			return false;
		if (s.hist)
			take_native(op, &s);
		if (!bits_any(s.present, n))
			continue;
		if (!float_parse(le, &bound)) {
			warn_bad_bound(op, s.labels, le);
			continue;
		}
		struct bucket_group *g = group_of(op, s.labels, true);
		s.labels = (struct labels){0};
		if (!op->arg->keeps)
			s = step_series_copy(op->arena, &s, n);
		struct bucket_series bucket = {bound, s.v, s.present};
		ARENA_PUSH(op->arena, &g->buckets, bucket);
		op->base.x->samples_held += bits_count(s.present, n);
	}
	return r == ITER_END;
}

/* --- monotonicity ----------------------------------------------------------------------------- */

static struct forced_note *note_of(struct histogram_quantile_op *op, struct str name)
{
	for (size_t i = 0; i < op->notes.n; i++)
		if (str_eq(op->notes.v[i].name, name))
			return &op->notes.v[i];
	struct forced_note note = {
	    .name = name,
	    .min_bucket = INFINITY,
	    .max_bucket = -INFINITY,
	    .min_t_ms = INT64_MAX,
	    .max_t_ms = INT64_MIN,
	};
	ARENA_PUSH(op->arena, &op->notes, note);
	return &op->notes.v[op->notes.n - 1];
}

static void remember_forced(struct histogram_quantile_op *op, const struct bucket_group *g,
			    size_t step, const struct forced_monotonic *forced)
{
	struct forced_note *note = note_of(op, name_for_notes(op, g->labels));
	int64_t t_ms = steps_at(&op->base.steps, step);

	note->min_bucket = fmin(note->min_bucket, forced->min_bucket);
	note->max_bucket = fmax(note->max_bucket, forced->max_bucket);
	note->max_diff = fmax(note->max_diff, forced->max_diff);
	note->min_t_ms = t_ms < note->min_t_ms ? t_ms : note->min_t_ms;
	note->max_t_ms = t_ms > note->max_t_ms ? t_ms : note->max_t_ms;
	note->n_samples++;
}

static void add_note(struct histogram_quantile_op *op, const struct forced_note *note)
{
	char details[512] = "";

	if (op->base.x->plan->opts.note_positions)
		snprintf(details, sizeof(details),
			 ", from buckets %s to %s, with a max diff of %.2g, over %zu samples from "
			 "%s to %s",
			 go_float(note->min_bucket).s, go_float(note->max_bucket).s, note->max_diff,
			 note->n_samples, time_str_ms(note->min_t_ms / 1000 * 1000),
			 time_str_ms(note->max_t_ms / 1000 * 1000));
	annotations_add(&op->base.x->annotations, NOTE_PROMQL_INFO, where(op),
			"input to histogram_quantile needed to be fixed for monotonicity (see "
			"https://prometheus.io/docs/prometheus/latest/querying/functions/"
			"#histogram_quantile)%s%s",
			for_metric_name(note->name).s, details);
}

/* --- the quantiles ---------------------------------------------------------------------------- */

static void warn_mixed(struct histogram_quantile_op *op, const struct bucket_group *g)
{
	annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING, where(op),
			"vector contains a mix of classic and native histograms%s",
			for_metric_name(name_for_notes(op, g->labels)).s);
}

static double of_native(struct histogram_quantile_op *op, const struct bucket_group *g, size_t step)
{
	struct note_place place = {&op->base.x->annotations, where(op),
				   name_for_notes(op, g->labels)};
	const struct histogram *h = g->native.hist[step];

	if (op->is_fraction)
		return native_histogram_fraction(op->params.v[0][step], op->params.v[1][step], h,
						 &place);
	return native_histogram_quantile(op->params.v[op->round][step], h, &place);
}

/* What is odd about the buckets counts once, for the first quantile that looks at them. */
static bool was_noted(const struct histogram_quantile_op *op, size_t step)
{
	for (size_t i = 0; i < op->round; i++)
		if (is_quantile(op->params.v[i][step]))
			return true;
	return false;
}

static double of_classic(struct histogram_quantile_op *op, const struct bucket_group *g,
			 size_t step, struct classic_bucket *v, size_t n)
{
	struct forced_monotonic forced;

	if (op->is_fraction)
		return classic_histogram_fraction(op->params.v[0][step], op->params.v[1][step], v,
						  n);
	double q = classic_histogram_quantile(op->params.v[op->round][step], v, n, &forced);
	if (forced.happened && !was_noted(op, step))
		remember_forced(op, g, step, &forced);
	return q;
}

static void quantiles_of_group(struct histogram_quantile_op *op, const struct bucket_group *g,
			       struct step_series *out)
{
	arena_clear(op->scratch);
	struct classic_bucket *v = arena_alloc(op->scratch, g->buckets.n * sizeof(*v));
	bits_clear_all(out->present, op->base.steps.n);
	for (size_t step = 0; step < op->base.steps.n; step++) {
		bool has_native = g->native.hist && bits_has(g->native.present, step);
		size_t n = 0;
		for (size_t i = 0; i < g->buckets.n; i++) {
			const struct bucket_series *b = &g->buckets.v[i];
			if (bits_has(b->present, step))
				v[n++] = (struct classic_bucket){b->upper_bound, b->v[step]};
		}
		if (n && has_native)
			warn_mixed(op, g);
		if ((n > 0) == has_native)
			continue;
		out->v[step] = has_native ? of_native(op, g, step) : of_classic(op, g, step, v, n);
		bits_set(out->present, step);
	}
}

/* --- one series per quantile ------------------------------------------------------------------ */

static bool same_quantile(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* The quantile may change from step to step, and the label with it. Takes from op->left the steps
 * that have the quantile of the first one. */
static void split_quantile(struct histogram_quantile_op *op)
{
	const double *q = op->params.v[op->round];
	size_t n = op->base.steps.n, first = bits_next(op->left.present, n, 0);
	char text[FLOAT_TEXT_MAX];

	bits_clear_all(op->out.present, n);
	for (size_t i = first; i < n; i = bits_next(op->left.present, n, i + 1)) {
		if (!same_quantile(q[i], q[first]))
			continue;
		op->out.v[i] = op->left.v[i];
		bits_set(op->out.present, i);
		bits_clear(op->left.present, i);
	}
	struct str value = str_from(text, float_openmetrics(text, q[first]));
	struct label label = {op->label, arena_str(op->scratch, value)};
	op->out.labels = labels_merge(op->scratch, op->left.labels, (struct labels){&label, 1});
	op->out.drops_name = op->left.drops_name;
}

/* False when there are no more series. */
static bool next_group(struct histogram_quantile_op *op)
{
	struct step_series *s = op->has_label ? &op->left : &op->out;
	size_t n_rounds = op->is_fraction ? 1 : op->params.n;

	while (op->round < n_rounds) {
		if (op->next == op->groups.n) {
			op->next = 0;
			op->round++;
			continue;
		}
		const struct bucket_group *g = op->groups.v[op->next++];
		quantiles_of_group(op, g, s);
		if (!bits_any(s->present, op->base.steps.n))
			continue;
		s->labels = g->labels;
		op->out.block = (uint32_t)(op->n_out++ / BLOCK_SERIES);
		series_drop_name(op->base.x, op->scratch, s);
		return true;
	}
	return false;
}

static enum iter_result histogram_quantile_next(struct operator* base, struct step_series *out,
						struct err *err)
{
	struct histogram_quantile_op *op = (struct histogram_quantile_op *)base;

	if (!op->is_collected && !collect(op, err))
		return ITER_ERROR;
	bool has_left = op->has_label && bits_any(op->left.present, base->steps.n);
	if (has_left || next_group(op)) {
		if (op->has_label)
			split_quantile(op);
		*out = op->out;
		return ITER_VALUE;
	}
	for (size_t i = 0; i < op->notes.n && !op->is_noted; i++)
		add_note(op, &op->notes.v[i]);
	op->is_noted = true;
	return ITER_END;
}

static void histogram_quantile_close(struct operator* base)
{
	struct histogram_quantile_op *op = (struct histogram_quantile_op *)base;

	operator_close(op->arg);
	op_params_close(&op->params);
	map_done(&op->by_hash);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops histogram_quantile_ops = {histogram_quantile_next,
							   histogram_quantile_close};

struct operator*
    histogram_quantile_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct histogram_quantile_op *op = NEW(struct histogram_quantile_op);
	const struct call *call = &node->expr->call;

	operator_init(&op->base, &histogram_quantile_ops, x, node);
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->is_fraction = call->function->id == FUNCTION_HISTOGRAM_FRACTION;
	op->has_label = call->function->id == FUNCTION_HISTOGRAM_QUANTILES;
	if (op->has_label)
		op->label = expr_unwrap(call->args[1])->string;
	size_t n_params = node->n_args - (op->has_label ? 2 : 1);
	op->arg = operator_open(x, node->args[arg_at(op)], err);
	bool ok = op->arg != NULL;
	for (size_t i = 0; i < n_params && ok; i++)
		ok = op_params_add(&op->params, x, node->args[param_at(op, i)], err);
	if (!ok) {
		histogram_quantile_close(&op->base);
		return NULL;
	}
	bool may_collide =
	    op->has_label || (!execution_delays_names(x) && op->arg->node->names == NAMES_MANY);
	return may_collide ? merge_op_new(&op->base) : &op->base;
}
