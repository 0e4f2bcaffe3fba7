/* query_rig.h - queries over a few series in memory, and their answers as text, for tests.
 */
#ifndef TESTS_LIB_QUERY_RIG_H
#define TESTS_LIB_QUERY_RIG_H

#include "promql/engine.h"
#include "tests/lib/memory_queryable.h"

struct query_rig {
	struct memory_queryable *data;
	struct promql_engine_opts opts; /* all zero: those of a querier */
	bool all_digits;                /* of values; else six */
	struct ctx *ctx;
	struct tracker *tracker;
	struct notes notes; /* of the last query */
	struct err err;     /* of the last query, empty when it succeeded */
	struct arena *arena;
};

void query_rig_init(struct query_rig *rig);
void query_rig_done(struct query_rig *rig);

/* Series in the notation of promql/series_notation.h, one a line, a value every `step_ms`. */
void query_rig_load(struct query_rig *rig, int64_t step_ms, const char *lines);

/* The answer, a series a line: {a="1"} 5, and of a matrix {a="1"} 0:5 30:6 with times in seconds;
 * a failure is "error: ...". Valid until query_rig_done(). */
const char *query_rig_answer(struct query_rig *rig, const char *query, struct query_time time);

#define expect_instant(rig, query, t_ms, want)                                                     \
	expect_str(str_of(query_rig_answer(rig, query, query_instant(t_ms))), want)
#define expect_range(rig, query, from_ms, to_ms, every_ms, want)                                   \
	expect_str(                                                                                \
	    str_of(query_rig_answer(rig, query, (struct query_time){from_ms, to_ms, every_ms})),   \
	    want)

#endif
