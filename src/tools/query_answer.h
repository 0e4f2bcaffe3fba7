/* query_answer.h - the whole answer of a query in memory, wherever it came from: what a table, CSV
 * or a chart is made of.
 */
#ifndef TOOLS_QUERY_ANSWER_H
#define TOOLS_QUERY_ANSWER_H

#include "base/notes.h"
#include "model/labels.h"
#include "promql/result.h"

struct answer_sample {
	int64_t t_ms;
	double v;
	/* What stands for the value when it is no number: the answer's string, or a histogram as
	 * {count:3, sum:4.5, (1,2]:3}. p NULL: it is a number. */
	struct str text;
};

/* Samples ascend by time. */
struct answer_series {
	struct labels labels;
	struct answer_sample *v;
	size_t n, cap;
};

/* A scalar or a string is one series without labels with one sample. In memory of the arena it was
 * made in. */
struct query_answer {
	enum value_type type;
	struct answer_series *v; /* in the answer's order */
	size_t n, cap;
};

/* Evaluates all of it. Fails with ERR_LIMIT when the arena's tracker has had enough. */
bool query_answer_take(struct query_answer *out, struct promql_result *result, struct arena *a,
		       struct err *err);

/* Reads the API's JSON, {"status": ..., "data": {"resultType": ..., "result": ...}}, whose text
 * outlives the answer. Its warnings and infos go to `notes`. An answer that reports an error fails
 * with its text. */
bool query_answer_read(struct query_answer *out, struct str json, struct arena *a,
		       struct notes *notes, struct err *err);

/* The names of all labels that any series has: ascending, each once. */
struct str_list query_answer_label_names(const struct query_answer *answer, struct arena *a);

/* The value as the API writes it, without quotes; borrowed from the sample or in `a`. */
struct str answer_sample_text(const struct answer_sample *s, struct arena *a);

#endif
