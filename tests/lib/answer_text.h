/* answer_text.h - answers of queries, written in tests as the API's JSON. */
#ifndef TESTS_LIB_ANSWER_TEXT_H
#define TESTS_LIB_ANSWER_TEXT_H

#include "tools/query_answer.h"

/* `result` is the value of "result": [{"metric":{"a":"1"},"values":[[0,"1"]]}]. The test fails when
 * it cannot be read. */
struct query_answer answer_of(const char *type, const char *result, struct arena *a);

/* {"metric":{labels},"values":[[0,"v0"],[step,"v1"],...]}, of values separated by spaces; "_" is
 * none. Lives in `a`. */
const char *answer_values(const char *labels, int64_t step_s, const char *values, struct arena *a);

#endif
