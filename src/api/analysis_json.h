/* analysis_json.h - a plan as JSON, in the shapes of Thanos' explain endpoints and of its analysis.
 */
#ifndef API_ANALYSIS_JSON_H
#define API_ANALYSIS_JSON_H

#include "codec/json_writer.h"
#include "model/fanout.h"
#include "promql/explain.h"

/* {"name":"[aggregate] sum by ([job])","children":[...]} */
void explain_json(struct json_writer *w, const struct explain_node *node);

/* All shares, by address: [{"endpointAddr":...}]; nothing at all without any, not even `key`. */
void fanout_json(struct json_writer *w, const char *key, struct fanout *fanout, int64_t now_ns);

/* The same with Thanos' executionTime, peakSamples, totalSamples and fanout and, beyond them, what
 * the operator gave (series, values) and read (chunkBytes). What is 0 is left out. `now_ns` stands
 * in for the end of streams that have not ended. */
void analysis_json(struct json_writer *w, const struct explain_node *node, struct fanout *fanout,
		   int64_t now_ns);

#endif
