/* check.h - one query, answered by the engine and by the oracle.
 */
#ifndef TESTS_ORACLE_CHECK_H
#define TESTS_ORACLE_CHECK_H

#include "tests/oracle/evaluator.h"

enum check_outcome {
	CHECK_SAME,      /* and there is something to compare */
	CHECK_EMPTY,     /* both found nothing */
	CHECK_FAILED,    /* both failed */
	CHECK_SKIPPED,   /* one of them does not know what is asked for */
	CHECK_DIFFERENT, /* the reason is in *err */
};

struct checker {
	const struct oracle_data *data;
	struct memory_queryable *mq; /* of the same data */
	struct pool *helpers;        /* the engine's; NULL: it has none */
};

enum check_outcome check_query(const struct checker *c, struct str text, struct query_time time,
			       struct err *err);

/* The engine's answer, in memory of `a`. */
bool check_answer(const struct checker *c, struct arena *a, struct str text, struct query_time time,
		  struct kept_answer *out, struct err *err);

/* The query of a difference with less in it: a part of the query, fewer steps, fewer series, as
 * long as answers differ. Prints it, with what was got and wanted. */
void check_shrink(const struct checker *c, struct str text, struct query_time time);

#endif
