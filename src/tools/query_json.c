#include "tools/query_json.h"

#include "api/envelope.h"
#include "api/result_json.h"

enum { STAGE_BYTES = 256 << 10, STAGE_MAX_BYTES = 64 << 20 };

static bool write_data(struct promql_result *result, struct json_writer *w, struct err *err)
{
	struct promql_result *owned auto_free(promql_result_free) = result;
	struct result_json json;

	/* Almost every error shows before anything is written. */
	if (!result_json_init(&json, owned, err))
		return false;
	envelope_begin(w);
	json_begin_object(w);
	if (!result_json_write(&json, w, err))
		return false;
	json_key(w, "analysis");
	json_begin_object(w);
	json_end_object(w);
	json_end_object(w);
	return true;
}

bool query_json_write(struct promql_result *result, struct notes *notes, struct byte_sink *sink,
		      struct err *err)
{
	struct buf stage auto_done(buf_done) = BUF_INIT(STAGE_MAX_BYTES);
	struct json_writer w;

	json_writer_init(&w, &stage, JSON_ESCAPE_HTML);
	json_writer_set_sink(&w, sink, STAGE_BYTES);
	if (!write_data(result, &w, err))
		return false;
	envelope_end(&w, notes);
	return json_writer_flush(&w, err);
}
