/* answer.h - what the engine answers to a query of a script, kept as a whole.
 */
#ifndef TESTS_PROMQLTEST_ANSWER_H
#define TESTS_PROMQLTEST_ANSWER_H

#include "fleet/evaluation.h"
#include "tests/lib/kept_answer.h"

/* What is asked. */
struct source {
	struct queryable *database; /* NULL: the stores of the evaluator */
	const struct evaluator *evaluator;
	enum dedup_function dedup;
	bool partial_response;
};

struct answer {
	enum value_type type;
	double scalar;
	struct str string;
	struct answer_list series;
	struct notes notes;
};

/* With all that the scripts of Prometheus take for granted switched on. `out` is to be ended with
 * answer_done() also on failure; the rest of it is memory of `a`. */
bool answer_get(struct arena *a, struct str expr, struct query_time time, const struct source *src,
		struct answer *out, struct err *err);
void answer_done(struct answer *answer);

/* A series or a note a line, each indented; a few dozen of them. */
void answer_format(struct buf *out, const struct answer *answer, const char *indent);

#endif
