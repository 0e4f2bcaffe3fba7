/* op_info.c - info(): series get the labels of the info series of the same instance and job.
 *
 * Info series of the same name, instance and job replace each other in time: at each step the one
 * with the newest sample counts. A series therefore becomes several where its info changes.
 */
#include "base/alloc.h"
#include "base/map.h"
#include "base/regex.h"
#include "promql/operator.h"

#include <math.h>
#include <stdlib.h>

enum { IDENTIFYING_N = 2, PATTERN_MAX_BYTES = 64 << 20 };

static const struct str identifying[IDENTIFYING_N] = {{"instance", 8}, {"job", 3}};

/* Info series of one name, instance and job. */
struct info_group {
	struct str name;
	struct {
		const struct step_series **v;
		size_t n, cap;
	} series;
	const struct step_series **newest; /* by step, NULL where there is none */
};

/* What shares instance and job. */
struct info_target {
	struct {
		struct info_group **v;
		size_t n, cap;
	} groups;
};

struct info_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct arena *arena;
	struct matchers names; /* of the info series, ... */
	struct matchers
	    labels; /* ... and of their labels: those that are taken, if any are given */
	struct matcher *targets[IDENTIFYING_N]; /* owned; made once the series are known */
	struct map by_target;                   /* of struct info_target */
	struct map by_labels;                   /* of struct step_series: those of enriched */
	struct series_list all;                 /* what is to be enriched */
	struct series_list infos;
	struct {
		struct step_series **v;
		size_t n, cap;
	} enriched;
	struct whole_answer answer; /* the same, once they are complete */
};

static bool names_match(const struct info_op *op, struct labels labels)
{
	struct str name = labels_get(labels, STR(LABEL_NAME));

	for (size_t i = 0; i < op->names.n; i++)
		if (!matcher_matches(op->names.v[i], name))
			return false;
	return true;
}

/* Whether a label of an info series is wanted. */
static bool takes_label(const struct info_op *op, struct str name)
{
	if (str_is(name, LABEL_NAME))
		return false;
	for (size_t i = 0; i < op->labels.n; i++)
		if (str_eq(matcher_name(op->labels.v[i]), name))
			return true;
	return op->labels.n == 0;
}

static bool labels_may_be_absent(const struct info_op *op)
{
	for (size_t i = 0; i < op->labels.n; i++)
		if (!matcher_matches_empty(op->labels.v[i]))
			return false;
	return true;
}

/* --- the info series -------------------------------------------------------------------------- */

/* v1|v2|... of all values of a label; empty when no series has it. */
static void target_pattern(struct info_op *op, struct str name, struct buf *out)
{
	struct map seen = {0};

	for (size_t i = 0; i < op->all.n; i++) {
		struct labels labels = op->all.v[i].labels;
		struct str value = labels_get(labels, name);
		if (value.n == 0 || names_match(op, labels) || map_put(&seen, value, op))
			continue;
		if (out->n)
			buf_putc(out, '|');
		regex_quote(out, value);
	}
	map_done(&seen);
}

/* Only info series of the instances and jobs that are there are asked for. *any: there are some. */
static bool find_targets(struct info_op *op, bool *any, struct err *err)
{
	*any = false;
	for (size_t i = 0; i < IDENTIFYING_N; i++) {
		struct buf pattern auto_done(buf_done);
		buf_init(&pattern, PATTERN_MAX_BYTES, op->base.x->tracker);
		target_pattern(op, identifying[i], &pattern);
		if (pattern.overflowed)
			return err_set(err, ERR_LIMIT,
				       "info() would have to look for more than %d bytes of %.*s "
				       "labels",
				       PATTERN_MAX_BYTES, STR_FMT(identifying[i]));
		if (pattern.n == 0)
			continue;
		op->targets[i] = matcher_new(MATCH_RE, identifying[i], buf_str(&pattern), err);
		if (!op->targets[i])
			return false;
		*any = true;
	}
	return true;
}

static struct info_target *target_of(struct info_op *op, struct labels labels, bool create)
{
	struct labels id = labels_only(op->arena, labels, identifying, IDENTIFYING_N);
	struct str key = labels_key(op->arena, id);

	if (!create)
		return map_get(&op->by_target, key);
	void **slot = map_slot(&op->by_target, key);
	if (!*slot)
		*slot = ARENA_NEW(op->arena, struct info_target);
	return *slot;
}

static struct info_group *group_of(struct info_op *op, struct labels labels)
{
	struct info_target *target = target_of(op, labels, true);
	struct str name = labels_get(labels, STR(LABEL_NAME));

	for (size_t i = 0; i < target->groups.n; i++)
		if (str_eq(target->groups.v[i]->name, name))
			return target->groups.v[i];
	struct info_group *g = ARENA_NEW(op->arena, struct info_group);
	g->name = name;
	g->newest = ARENA_ARRAY(op->arena, const struct step_series *, op->base.steps.n);
	ARENA_PUSH(op->arena, &target->groups, g);
	return g;
}

static bool fail_duplicate(const struct step_series *a, const struct step_series *b, size_t step,
			   struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, a->labels);
	buf_printf(&text, " @ %lld, new ", (long long)llround(a->v[step] * 1000));
	labels_format(&text, b->labels);
	return err_set(err, ERR_EXECUTION,
		       "found duplicate series for info metric: existing %.*s @ %lld",
		       STR_FMT(buf_str(&text)), (long long)llround(b->v[step] * 1000));
}

static bool check_floats(struct step_series *s, size_t n, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (!step_series_drop_histograms(s, n))
		return true;
	labels_format(&text, s->labels);
	return err_set(err, ERR_EXECUTION,
		       "this should be an info metric, with float samples: %.*s",
		       STR_FMT(buf_str(&text)));
}

/* The values of info series are the times of their samples. `wanted`: steps at which there is
 * anything to enrich. */
static bool add_info(struct info_op *op, const struct step_series *s, const uint64_t *wanted,
		     struct err *err)
{
	struct info_group *g = group_of(op, s->labels);
	size_t n = op->base.steps.n;

	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		const struct step_series *other = g->newest[i];
		if (!bits_has(wanted, i) || (other && other->v[i] > s->v[i]))
			continue;
		if (other && other->v[i] == s->v[i])
			return fail_duplicate(other, s, i, err);
		g->newest[i] = s;
	}
	return true;
}

static const uint64_t *steps_with_values(struct info_op *op)
{
	size_t words = bits_words(op->base.steps.n);
	uint64_t *wanted = arena_calloc(op->arena, words, sizeof(*wanted));

	for (size_t i = 0; i < op->all.n; i++)
		for (size_t w = 0; w < words; w++)
			wanted[w] |= op->all.v[i].present[w];
	return wanted;
}

static bool read_infos(struct info_op *op, struct err *err)
{
	struct plan_node select = *op->base.node->args[1];
	struct matcher **v =
	    ARENA_ARRAY(op->arena, struct matcher *, select.matchers.n + IDENTIFYING_N + 1);
	struct matcher *enforced = op->base.x->plan->query->enforced;
	size_t n = select.matchers.n;

	memcpy(v, select.matchers.v, n * sizeof(*v));
	for (size_t i = 0; i < IDENTIFYING_N; i++)
		if (op->targets[i])
			v[n++] = op->targets[i];
	/* Not among the plan's matchers: those say which labels are added. */
	if (enforced)
		v[n++] = enforced;
	select.matchers = (struct matchers){v, n};
	struct operator* infos auto_free(operator_close) = operator_open(op->base.x, &select, err);
	if (!infos || !operator_collect(infos, op->arena, &op->infos, err))
		return false;
	const uint64_t *wanted = steps_with_values(op);
	for (size_t i = 0; i < op->infos.n; i++)
		if (!check_floats(&op->infos.v[i], op->base.steps.n, err) ||
		    !add_info(op, &op->infos.v[i], wanted, err))
			return false;
	return true;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* The labels that the info series of one step give, as far as `labels` does not have them. */
static bool add_labels(struct info_op *op, struct labels labels, const struct step_series *info,
		       struct labels *add, struct err *err)
{
	struct label *v = arena_alloc(op->arena, info->labels.n * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < info->labels.n; i++) {
		struct label l = info->labels.v[i];
		if (!takes_label(op, l.name))
			continue;
		struct str other = labels_get(*add, l.name);
		if (other.n && !str_eq(other, l.value))
			return err_set(err, ERR_EXECUTION, "conflicting label: %.*s",
				       STR_FMT(l.name));
		if (!labels_has(labels, l.name))
			v[n++] = l;
	}
	*add = labels_merge(op->arena, *add, (struct labels){v, n});
	return true;
}

static struct step_series *answer_for(struct info_op *op, const struct step_series *s,
				      struct labels labels)
{
	void **slot = map_slot(&op->by_labels, labels_key(op->arena, labels));

	if (*slot)
		return *slot;
	struct step_series *out = ARENA_NEW(op->arena, struct step_series);
	*out = step_series_new(op->arena, op->base.steps.n);
	out->labels = labels;
	out->drops_name = s->drops_name;
	out->block = (uint32_t)(op->enriched.n / BLOCK_SERIES);
	if (s->hist)
		out->hist = ARENA_ARRAY(op->arena, struct histogram *, op->base.steps.n);
	ARENA_PUSH(op->arena, &op->enriched, out);
	*slot = out;
	return out;
}

static bool same_infos(const struct info_target *target, size_t a, size_t b)
{
	for (size_t i = 0; i < target->groups.n; i++)
		if (target->groups.v[i]->newest[a] != target->groups.v[i]->newest[b])
			return false;
	return true;
}

/* Where the value of a step goes; *out is NULL when it vanishes. */
static bool enrich_step(struct info_op *op, const struct step_series *s,
			const struct info_target *target, size_t step, struct step_series **out,
			struct err *err)
{
	struct labels add = {0};
	bool any = false;

	*out = NULL;
	for (size_t i = 0; target && i < target->groups.n; i++) {
		const struct step_series *info = target->groups.v[i]->newest[step];
		if (info && !add_labels(op, s->labels, info, &add, err))
			return false;
		any |= info != NULL;
	}
	if (any || labels_may_be_absent(op))
		*out = answer_for(op, s, labels_merge(op->arena, s->labels, add));
	return true;
}

static bool put(struct step_series *out, const struct step_series *s, size_t step, struct err *err)
{
	if (bits_has(out->present, step))
		return err_set(err, ERR_EXECUTION, DUPLICATE_LABELS);
	bits_set(out->present, step);
	out->v[step] = s->v[step];
	if (out->hist && s->hist)
		out->hist[step] = s->hist[step];
	return true;
}

static bool enrich(struct info_op *op, const struct step_series *s, struct err *err)
{
	bool is_info = names_match(op, s->labels);
	const struct info_target *target = is_info ? NULL : target_of(op, s->labels, false);
	struct step_series *out = is_info ? answer_for(op, s, s->labels) : NULL;
	size_t n = op->base.steps.n, before = n;

	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		bool is_same =
		    is_info || (before < n && (!target || same_infos(target, before, i)));
		if (!is_same && !enrich_step(op, s, target, i, &out, err))
			return false;
		before = i;
		if (out && !put(out, s, i, err))
			return false;
	}
	return true;
}

static bool evaluate(struct operator* base, struct err *err)
{
	struct info_op *op = (struct info_op *)base;
	bool any;

	if (!operator_collect(op->arg, op->arena, &op->all, err) || !find_targets(op, &any, err))
		return false;
	if (any && !read_infos(op, err))
		return false;
	for (size_t i = 0; i < op->all.n; i++)
		if (!execution_check(base->x, err) || !enrich(op, &op->all.v[i], err))
			return false;
	for (size_t i = 0; i < op->enriched.n; i++)
		ARENA_PUSH(op->arena, &op->answer.series, *op->enriched.v[i]);
	return true;
}

static enum iter_result info_next(struct operator* base, struct step_series *out, struct err *err)
{
	return whole_answer_next(&((struct info_op *)base)->answer, base, evaluate, out, err);
}

static void info_close(struct operator* base)
{
	struct info_op *op = (struct info_op *)base;

	operator_close(op->arg);
	for (size_t i = 0; i < IDENTIFYING_N; i++)
		matcher_unref(op->targets[i]);
	map_done(&op->by_target);
	map_done(&op->by_labels);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops info_ops = {info_next, info_close};

struct operator* info_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct info_op *op = NEW(struct info_op);
	struct matchers all = node->args[1]->matchers;

	operator_init(&op->base, &info_ops, x, node);
	op->base.keeps = true;
	op->names = (struct matchers){all.v, node->n_info_names};
	op->labels = (struct matchers){all.v + node->n_info_names, all.n - node->n_info_names};
	op->arena = arena_new(x->tracker);
	op->arg = operator_open(x, node->args[0], err);
	if (!op->arg) {
		info_close(&op->base);
		return NULL;
	}
	return &op->base;
}
