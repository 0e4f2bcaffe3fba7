/* query_json.h - the answer of an evaluation as JSON, byte for byte what the HTTP API answers,
 * written while it is computed.
 */
#ifndef TOOLS_QUERY_JSON_H
#define TOOLS_QUERY_JSON_H

#include "base/byte_sink.h"
#include "base/notes.h"
#include "promql/result.h"

/* Takes `result`, also on failure: what there is to say is in `notes` when it has ended. */
bool query_json_write(struct promql_result *result, struct notes *notes, struct byte_sink *sink,
		      struct err *err);

#endif
