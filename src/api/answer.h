/* answer.h - the envelope of every answer of the HTTP API: {"status": ..., "data": ...}.
 *
 *	struct api_answer answer auto_done(api_answer_done);
 *	api_answer_init(&answer, response, options);
 *	if (!something(&err))
 *		return api_fail(&answer, API_BAD_DATA, &err);
 *	json_put_str(api_data(&answer), value);
 *	api_end(&answer);
 *
 * The answer is written while it is produced. Until the first 256 KiB are full, nothing is on its
 * way and a failure can still become an error; after that a failure cuts the connection, which a
 * client cannot take for a complete answer. A long answer is marked as not to be cached, because
 * warnings may still come.
 */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "base/notes.h"
#include "codec/json_writer.h"
#include "net/http_server.h"

enum api_error {
	API_BAD_DATA,
	API_EXECUTION,
	API_CANCELED,
	API_TIMEOUT,
	API_INTERNAL,
	API_NOT_FOUND,
};

struct api_options {
	bool disable_cors;
};

struct api_answer {
	struct byte_sink sink; /* first, so that the two pointers convert */
	struct http_response *response;
	struct buf stage;
	struct json_writer writer;
	struct notes notes; /* become the answer's warnings */
	bool has_data;
	bool has_ended;
};

/* `response` outlives the answer. */
void api_answer_init(struct api_answer *a, struct http_response *response,
		     const struct api_options *options);
/* An answer that has neither ended nor failed is ended as one without data: 204. */
void api_answer_done(struct api_answer *a);

/* Where the one value of `data` is written. */
struct json_writer *api_data(struct api_answer *a);
/* Warnings, and the end. */
void api_end(struct api_answer *a);
/* Instead of api_data() and api_end(): a whole answer in another format, of parts that follow each
 * other. */
void api_send(struct api_answer *a, const char *content_type, const struct str *parts,
	      size_t n_parts);
void api_fail(struct api_answer *a, enum api_error error, const struct err *err);

#endif
