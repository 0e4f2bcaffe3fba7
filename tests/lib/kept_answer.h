/* kept_answer.h - the whole answer of a query in memory, for tests that compare answers.
 */
#ifndef TESTS_LIB_KEPT_ANSWER_H
#define TESTS_LIB_KEPT_ANSWER_H

#include "promql/engine.h"

struct answer_series {
	struct labels labels;
	size_t n;
	int64_t *t_ms;
	double *v;
	struct histogram **hist; /* NULL, or NULL for a float */
};

struct answer_list {
	struct answer_series *v;
	size_t n, cap;
};

struct kept_answer {
	enum value_type type;
	struct result_scalar scalar;
	struct str string;
	struct answer_list series;
};

/* Copied into `a`. */
bool kept_answer_read(struct arena *a, struct promql_result *r, struct kept_answer *out,
		      struct err *err);

/* What holds of any answer: labels ascend and have values, no series occurs twice or is empty,
 * those of a matrix ascend, and so do the times of a series, which are steps of the query. */
bool kept_answer_is_well_formed(const struct kept_answer *answer, struct query_time time,
				struct err *err);

/* The series of these labels, or NULL. */
const struct answer_series *kept_answer_find(const struct kept_answer *answer,
					     struct labels labels);

#endif
