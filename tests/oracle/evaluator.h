/* evaluator.h - a plain evaluation of PromQL, to compare the engine with.
 *
 * It knows no columns, no windows that slide and no streams: each step of a range query is an
 * instant query, each operator makes a vector out of vectors, and label sets are compared one with
 * the other. What it computes is what Prometheus defines, in the order of its operations, so that
 * results are compared bit by bit. Floats only; metric names vanish at each operator; info() and
 * start timestamps are left out.
 *
 * A query that asks for what is left out fails with ERR_UNSUPPORTED; ERR_EXECUTION is a failure
 * that the engine must have too.
 */
#ifndef TESTS_ORACLE_EVALUATOR_H
#define TESTS_ORACLE_EVALUATOR_H

#include "tests/lib/kept_answer.h"
#include "tests/oracle/data.h"

/* What a function of windows made of a series, at any step. */
struct renamed {
	const struct expr *call;
	struct labels from, to;
};

struct oracle {
	struct arena *arena;
	const struct oracle_data *data;
	struct query_time time;
	int64_t lookback_ms;
	int64_t default_step_ms;
	struct err *err;
	struct {
		struct renamed *v;
		size_t n, cap;
	} renamed;
};

/* An element of an instant vector. */
struct element {
	struct labels labels;
	double v;
	int64_t t_ms; /* of the sample in a selector, else that of the evaluation */
};

struct vector {
	struct element *v;
	size_t n, cap;
};

/* A series in a range: its samples ascend in time. */
struct window {
	struct labels labels;
	struct samples samples;
};

struct windows {
	struct window *v;
	size_t n, cap;
	int64_t start_ms; /* the range is (start_ms, end_ms] */
	int64_t end_ms;
	enum selector_bounds bounds;
};

/* The answer of a whole query, in memory of o->arena. */
bool oracle_answer(struct oracle *o, const struct expr *query, struct kept_answer *out);

/* --- what the files of the oracle share ------------------------------------------------------- */

bool eval_vector(struct oracle *o, const struct expr *e, int64_t t_ms, struct vector *out);
bool eval_scalar(struct oracle *o, const struct expr *e, int64_t t_ms, double *out);
bool eval_windows(struct oracle *o, const struct expr *e, int64_t t_ms, struct windows *out);

bool eval_call(struct oracle *o, const struct expr *e, int64_t t_ms, struct vector *out);
bool eval_aggregate(struct oracle *o, const struct aggregate *agg, int64_t t_ms,
		    struct vector *out);
bool eval_binary(struct oracle *o, const struct binary *b, int64_t t_ms, struct vector *out);

/* The value of a function of windows for one series. False when it has none. */
bool window_call(struct oracle *o, enum function_id id, const struct windows *in,
		 const struct window *w, int64_t t_ms, const double *params, double *out);

/* histogram_quantile() and histogram_fraction() of what has a label "le", and
 * histogram_quantiles(), whose values are told apart by the label `name`. */
void classic_histograms(struct oracle *o, enum function_id id, const struct vector *in,
			const double *params, struct vector *out);
void classic_quantiles(struct oracle *o, struct str name, const struct vector *in,
		       const double *params, size_t n_params, struct vector *out);

double oracle_arithmetic(enum expr_op op, double a, double b);
bool oracle_comparison(enum expr_op op, double a, double b);
double oracle_quantile(struct arena *a, double q, const double *v, size_t n);
/* Neumaier's summation. */
void oracle_sum_add(double v, double *sum, double *lost);
double oracle_mean(const double *v, size_t n);

void vector_push(struct oracle *o, struct vector *out, struct labels labels, double v,
		 int64_t t_ms);
struct labels labels_without_name(struct oracle *o, struct labels labels);
/* The labels with one of them set, or removed if `value` is empty. */
struct labels labels_with(struct oracle *o, struct labels labels, struct str name,
			  struct str value);

#endif
