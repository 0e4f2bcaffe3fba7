/* result.h - the answer of a query, series by series.
 *
 * A vector comes in the order the engine defines (that of sort() and topk(), for example), a matrix
 * in label order. What order permits is handed out while it is being computed: an error may come
 * after any number of series. Whoever must know first asks for the first series before it writes
 * anything: almost all errors show by then.
 */
#ifndef PROMQL_RESULT_H
#define PROMQL_RESULT_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/iter.h"
#include "model/labels.h"
#include "promql/functions.h"

struct histogram;
struct promql_result;

/* One series of a vector (one sample) or a matrix (at least one). Borrowed until the next call. */
struct result_series {
	struct labels labels;
	size_t n;
	const int64_t *t_ms;
	const double *v;
	struct histogram *const *hist; /* NULL when the series has none; hist[i] NULL for a float */
	/* Which step of the query each sample belongs to, so that a writer formats the time of a
	 * step once; NULL for the samples of a range selector, which lie anywhere. */
	const uint32_t *steps;
};

struct result_scalar {
	int64_t t_ms;
	double v;
};

struct result_string {
	int64_t t_ms;
	struct str s; /* borrowed from the result */
};

/* VALUE_SCALAR, VALUE_STRING, VALUE_VECTOR or VALUE_MATRIX. Known before anything is evaluated. */
enum value_type promql_result_type(const struct promql_result *r);
/* How many steps the query has; result_series.steps are below it. */
size_t promql_result_n_steps(const struct promql_result *r);

/* Of a vector or a matrix. */
enum iter_result promql_result_next(struct promql_result *r, struct result_series *out,
				    struct err *err);
bool promql_result_scalar(struct promql_result *r, struct result_scalar *out, struct err *err);
bool promql_result_string(struct promql_result *r, struct result_string *out, struct err *err);

/* What an evaluation looked at. */
struct promql_stats {
	uint64_t total; /* samples that the selectors gave, counted at each step that saw them */
	uint64_t peak;  /* the most samples that were held at once */
};
struct promql_stats promql_result_stats(const struct promql_result *r);

/* The first of them by step of the query: promql_result_n_steps() numbers, all zero unless
 * opts.counts_steps. */
void promql_result_samples_at(const struct promql_result *r, uint64_t *out);

/* How many samples were read from the queryable so far. */
uint64_t promql_result_samples_read(const struct promql_result *r);

void promql_result_free(struct promql_result *r); /* NULL is fine */
CLEANUP_DEFINE(struct promql_result, promql_result_free)

#endif
