/* plan_text.h - the plan of a query as text, an operator a line, those below it indented. */
#ifndef TESTS_LIB_PLAN_TEXT_H
#define TESTS_LIB_PLAN_TEXT_H

#include "promql/engine.h"

/* Lives in `a`. The test fails when there is no plan. */
const char *plan_text(struct arena *a, const char *query, const struct promql_engine_opts *opts,
		      struct query_time time);

/* The plan of a query as it is written, and what is made of it, at the steps 0 s, 60 s, 120 s. */
void expect_rewrite(const char *query, const char *before, const char *after);

#endif
