/* operator.h - the running form of a plan node: pulls one series at a time, with all of its steps.
 *
 * A series is borrowed until the next call on the operator. Its values and bitmap may be changed in
 * place by whoever pulled it; its labels may not. A series without any value is never handed out.
 * Scalars are operators too: they give one series without labels that has a value at every step.
 *
 * Threads: an operator belongs to one thread at a time, with all operators below it and their
 * execution. Where work is done in parallel, each lane has operators and an execution of its own.
 */
#ifndef PROMQL_OPERATOR_H
#define PROMQL_OPERATOR_H

#include "promql/annotations.h"
#include "promql/hash_set.h"
#include "promql/plan.h"

struct meter;

/* One execution of a plan, or the part of it that one lane does (op_parallel.c). */
struct execution {
	const struct promql_plan *plan;
	struct queryable *queryable;
	struct ctx *ctx;
	struct tracker *tracker;
	struct notes *notes; /* of the stores */
	/* Of a lane: where its selector gets series from, instead of the queryable. Borrowed. */
	struct series_iter *feed;
	struct shared_selections *shared; /* owned by the result; NULL: none, and for lanes */
	struct annotations annotations;
	const struct plan_node *selector; /* whose series came last; NULL before any */
	uint64_t series_found;            /* by all selectors, against opts.max_series */
	uint64_t samples_read;
	uint64_t samples_seen; /* in all windows, with counts_samples */
	uint64_t samples_peak; /* the most there were at once, held ones and those of a series */
	uint64_t samples_held; /* by the operators, against opts.max_samples */
	struct meter *meter;   /* of all lanes; NULL: nothing else is counted */
};

struct operator;

struct operator_ops {
	enum iter_result (*next)(struct operator* op, struct step_series *out, struct err *err);
	void (*close)(struct operator* op);
};

struct operator
{
	const struct operator_ops *ops;
	struct execution *x;
	const struct plan_node *node;
	struct steps steps;
	/* Series come in label order. Holds for sure only once the first one was pulled. */
	bool in_order;
	/* Series stay valid until close(), so that keeping one needs no copy. */
	bool keeps;
};

static inline enum iter_result operator_next(struct operator* op, struct step_series *out,
					     struct err *err)
{
	return op->ops->next(op, out, err);
}

static inline void operator_close(struct operator* op)
{
	if (op)
		op->ops->close(op);
}
CLEANUP_DEFINE(struct operator, operator_close)

/* NULL on failure. Selectors below ask the queryable at once, so that all stores work while the
 * first series is waited for. */
struct operator* operator_open(struct execution *x, const struct plan_node *node, struct err *err);

/* What operator_open() does where nothing is parallel. */
struct operator*
    operator_open_here(struct execution *x, const struct plan_node *node, struct err *err);

/* An execution of the same plan for a lane; counts and annotates by itself. Any thread may fork
 * `x`, whatever the one that runs it does. */
void execution_fork(struct execution *lane, const struct execution *x, struct series_iter *feed);
/* Adds what the lane has counted and annotated, and ends it. */
void execution_join(struct execution *x, struct execution *lane);

/* --- for operators ---------------------------------------------------------------------------- */

typedef struct operator*
    operator_open_fn(struct execution *x, const struct plan_node *node, struct err *err);

operator_open_fn parallel_op_open; /* of nodes that are made of one selected series each */
operator_open_fn select_op_open;
operator_open_fn range_call_op_open;
operator_open_fn absent_op_open; /* absent() and absent_over_time() */
operator_open_fn map_op_open;    /* also unary minus, timestamp() and vector with scalar */
operator_open_fn scalar_op_open;
operator_open_fn replicate_op_open;
operator_open_fn label_op_open;
operator_open_fn info_op_open;
operator_open_fn sort_op_open;
operator_open_fn histogram_quantile_op_open;
operator_open_fn aggregate_op_open;
operator_open_fn aggregate_k_op_open; /* topk bottomk limitk limit_ratio */
operator_open_fn quantile_op_open;
operator_open_fn count_values_op_open;
operator_open_fn binary_op_open;
operator_open_fn set_op_open;
operator_open_fn remote_op_open; /* what other engines evaluate */

/* Two series with equal labels are the error DUPLICATE_LABELS. Both take `op`. */
struct operator* unique_op_new(struct operator* op);
/* Series with equal labels become one; a step at which two of them have a value is that error. */
struct operator* merge_op_new(struct operator* op);
/* The end of a query with delayed name removal: drops what is marked, then merges. */
struct operator* drop_names_op_new(struct operator* op);

static inline void operator_init(struct operator* op, const struct operator_ops *ops,
				 struct execution *x, const struct plan_node *node)
{
	*op = (struct operator){.ops = ops, .x = x, .node = node, .steps = node->steps};
}

/* Is it time to stop, or was too much memory used? To be asked once per series. Too much of
 * anything is told with the selector that asked for it. */
bool execution_check(struct execution *x, struct err *err);
/* The same, with so many samples on top of those that operators hold. */
bool execution_check_samples(struct execution *x, uint64_t n_samples, struct err *err);

bool execution_delays_names(const struct execution *x);

#define LABEL_TYPE "__type__"
#define LABEL_UNIT "__unit__"

/* Labels without name, type and unit; in `a` if any of them is there. */
struct labels labels_drop_name(struct arena *a, struct labels ls);

/* What an operator does that drops the name: at once, or by a mark. */
void series_drop_name(struct execution *x, struct arena *a, struct step_series *s);

/* The same where the plan says that no two series can become equal. Types and units are dropped
 * with the name, though, and a series may have several of them: from the first series on that has
 * any, equal labels are looked for. */
struct name_dropper {
	struct hash_set seen; /* its arena is set by the owner */
	bool is_looking;
};

bool name_dropper_drop(struct name_dropper *d, struct execution *x, struct arena *a,
		       struct step_series *s, struct err *err);

/* Whether series that come in label order still do after that. `first` are the labels of the first
 * one: what else disturbs the order of series of one name (label names before __name__, which have
 * capital letters, types and units) would have come before it. */
bool dropping_keeps_order(const struct execution *x, enum plan_names names, struct labels first);

/* All values of a scalar, in memory of `a`. */
bool operator_read_scalar(struct operator* op, struct arena *a, const double **out,
			  struct err *err);

/* A growing list of series, in an arena. */
struct series_list {
	struct step_series *v;
	size_t n, cap;
};

/* All that is left, copied to `a` unless the operator keeps them itself. */
bool operator_collect(struct operator* op, struct arena *a, struct series_list *out,
		      struct err *err);

/* The answer of an operator that has computed all of it before it hands out its first series. */
struct whole_answer {
	struct series_list series;
	size_t next;
	bool is_there;
};

typedef bool operator_evaluate_fn(struct operator* op, struct err *err);

/* For its next(): `evaluate` fills w->series when the first one is asked for. */
enum iter_result whole_answer_next(struct whole_answer *w, struct operator* op,
				   operator_evaluate_fn *evaluate, struct step_series *out,
				   struct err *err);

#define DUPLICATE_LABELS "vector cannot contain metrics with the same labelset"

#endif
