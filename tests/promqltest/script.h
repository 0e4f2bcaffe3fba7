/* script.h - Prometheus' PromQL test scripts: what to load, what to evaluate, what to expect. What
 * is not theirs but ours, about stores, is in README.md.
 */
#ifndef TESTS_PROMQLTEST_SCRIPT_H
#define TESTS_PROMQLTEST_SCRIPT_H

#include "dedup/series_samples.h"
#include "tests/promqltest/custom_buckets.h"
#include "tests/promqltest/start_times.h"

enum command_kind {
	COMMAND_CLEAR,
	COMMAND_LOAD,
	COMMAND_STORE,
	COMMAND_DEDUP,
	COMMAND_PARTIAL_RESPONSE,
	COMMAND_EVAL,
};

struct load {
	int64_t step_ms;
	bool with_custom_buckets; /* load_with_nhcb */
	struct str store;         /* load_store; empty: not into a store */
	struct labels external_labels;
	struct series_lines lines;
	struct {
		struct start_times *v;
		size_t n, cap;
	} starts;
};

enum store_verb {
	STORE_ANSWERS,
	STORE_FAILS,  /* whatever it is asked */
	STORE_BREAKS, /* behind its first series */
	STORE_WARNS,
	STORE_VERB_N,
};

/* store a fails connection refused */
struct store_order {
	struct str store;
	enum store_verb verb;
	struct str text;
};

enum demand_kind {
	DEMAND_FAIL,
	DEMAND_WARN,
	DEMAND_NO_WARN,
	DEMAND_INFO,
	DEMAND_NO_INFO,
	DEMAND_N,
};

enum demand_match {
	DEMAND_ANYTHING,
	DEMAND_TEXT,
	DEMAND_REGEX,
};

/* expect warn msg: ... */
struct demand {
	enum demand_kind kind;
	enum demand_match match;
	struct str text;
};

struct eval {
	struct str head; /* the line that says what to evaluate */
	struct str body; /* the lines below it */
	bool is_range;
	int64_t start_ms; /* of an instant query the time */
	int64_t end_ms;
	int64_t step_ms;
	struct str expr;
	bool is_ordered;
	bool has_scalar;
	double scalar;
	bool has_string;
	struct str string;
	bool has_range_vector; /* the answer of an instant query is a matrix: */
	int64_t points_start_ms;
	int64_t points_step_ms;
	struct {
		struct series_line *v;
		size_t n, cap;
	} series;
	struct {
		struct demand *v;
		size_t n, cap;
	} demands;
};

struct command {
	enum command_kind kind;
	size_t line;
	struct load load;
	struct store_order order;
	enum dedup_function dedup;
	bool partial_response;
	struct eval eval;
};

struct script {
	struct command *v;
	size_t n, cap;
};

/* In memory of `a`; refers to `text`. The message of an error begins with the line. */
bool script_parse(struct arena *a, struct str text, struct script *out, struct err *err);

bool eval_demands(const struct eval *e, enum demand_kind kind);

#endif
