#include "api/answer.h"

#include "api/envelope.h"
#include "base/assert.h"

enum {
	STAGE_BYTES = 256 << 10,
	STAGE_MAX_BYTES = 64 << 20, /* one value that is written in one piece */
};

static const struct {
	const char *name;
	int status;
} ERRORS[] = {
    [API_BAD_DATA] = {"bad_data", 400}, [API_EXECUTION] = {"execution", 422},
    [API_CANCELED] = {"canceled", 503}, [API_TIMEOUT] = {"timeout", 503},
    [API_INTERNAL] = {"internal", 500}, [API_NOT_FOUND] = {"not_found", 404},
};

static const char *const CORS_HEADERS[][2] = {
    {"Access-Control-Allow-Headers",
     "Accept, Accept-Encoding, Authorization, Content-Type, Origin"},
    {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Expose-Headers", "Date"},
};

static bool stage_is_full(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	struct api_answer *a = (struct api_answer *)sink;

	/* The headers leave with the first bytes, before all warnings are known. */
	if (!a->has_ended && !http_response_has_begun(a->response))
		http_response_set_header(a->response, "Cache-Control", "no-store");
	return http_response_write(a->response, p, n, err);
}

void api_answer_init(struct api_answer *a, struct http_response *response,
		     const struct api_options *options)
{
	*a = (struct api_answer){
	    .sink.write = stage_is_full,
	    .response = response,
	    .stage = BUF_INIT(STAGE_MAX_BYTES),
	};
	notes_init(&a->notes);
	json_writer_init(&a->writer, &a->stage, JSON_ESCAPE_HTML);
	json_writer_set_sink(&a->writer, &a->sink, STAGE_BYTES);
	for (size_t i = 0; !options->disable_cors && i < 4; i++)
		http_response_set_header(response, CORS_HEADERS[i][0], CORS_HEADERS[i][1]);
}

void api_answer_done(struct api_answer *a)
{
	if (!a->has_ended && !a->has_data)
		http_response_set_status(a->response, 204);
	buf_done(&a->stage);
	notes_done(&a->notes);
}

struct json_writer *api_data(struct api_answer *a)
{
	if (!a->has_data) {
		http_response_set_header(a->response, "Content-Type", "application/json");
		envelope_begin(&a->writer);
		a->has_data = true;
	}
	return &a->writer;
}

/* What is incomplete is not to be kept. */
static void end(struct api_answer *a)
{
	a->has_ended = true;
	if (notes_count(&a->notes, NOTE_WARNING) > 0 && !http_response_has_begun(a->response))
		http_response_set_header(a->response, "Cache-Control", "no-store");
}

void api_end(struct api_answer *a)
{
	struct err err = ERR_INIT;

	assert(a->has_data && !a->has_ended);
	envelope_end(&a->writer, &a->notes);
	end(a);
	if (!json_writer_flush(&a->writer, &err))
		http_response_abort(a->response);
}

void api_send(struct api_answer *a, const char *content_type, const struct str *parts,
	      size_t n_parts)
{
	struct err err = ERR_INIT;
	bool ok = true;

	assert(!a->has_data && !a->has_ended);
	end(a);
	http_response_set_header(a->response, "Content-Type", content_type);
	http_response_add_header(a->response, "Vary", "Accept");
	for (size_t i = 0; i < n_parts && ok; i++)
		ok = http_response_write(a->response, parts[i].p, parts[i].n, &err);
	if (!ok)
		http_response_abort(a->response);
}

void api_fail(struct api_answer *a, enum api_error error, const struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(STAGE_MAX_BYTES);
	struct json_writer w;

	assert(!a->has_ended);
	a->has_ended = true;
	if (http_response_has_begun(a->response)) {
		http_response_abort(a->response);
		return;
	}
	json_writer_init(&w, &body, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	json_key(&w, "status");
	json_put_cstr(&w, "error");
	json_key(&w, "errorType");
	json_put_cstr(&w, ERRORS[error].name);
	json_key(&w, "error");
	json_put_cstr(&w, err->msg);
	json_end_object(&w);
	http_response_set_header(a->response, "Cache-Control", "no-store");
	http_response_send(a->response, ERRORS[error].status, "application/json", buf_str(&body));
}
