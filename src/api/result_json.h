/* result_json.h - the result of a query as Prometheus' JSON: "resultType" and "result". */
#ifndef API_RESULT_JSON_H
#define API_RESULT_JSON_H

#include "codec/json_writer.h"
#include "promql/result.h"

#define RESULT_TRUNCATED "results truncated due to limit"

struct result_json {
	struct promql_result *result;
	uint64_t max_series; /* to be written; no limit unless set between init and write */
	bool is_truncated;   /* there were more: known at the end */
	bool has_first;      /* the first series has been asked for already */
	bool at_end;
	struct result_series first;
};

/* Evaluates up to the first series, so that an error is known before anything is written. */
bool result_json_init(struct result_json *j, struct promql_result *result, struct err *err);
/* Both members, into an object that is open. */
bool result_json_write(struct result_json *j, struct json_writer *w, struct err *err);

/* The value of a scalar or a string alone: [1.5,"7"]. */
bool result_json_put_value(struct promql_result *result, struct json_writer *w, struct err *err);

void labels_json(struct json_writer *w, struct labels ls);

#endif
