/* remote_read.h - Prometheus' remote read: the query, and both kinds of answer.
 *
 * Format: Prometheus' prompb/{remote,types}.proto. How a streamed answer is cut into messages
 * (length, checksum, message) is its reader's business.
 */
#ifndef PROTO_REMOTE_READ_H
#define PROTO_REMOTE_READ_H

#include "codec/pb_wire.h"
#include "model/matcher.h"
#include "model/query_service.h"
#include "model/series.h"

struct read_query {
	int64_t min_t_ms;
	int64_t max_t_ms; /* inclusive */
	struct matchers matchers;
	bool has_hints;
	int64_t step_ms;
	int64_t range_ms;
	int64_t hint_min_t_ms;
	int64_t hint_max_t_ms;
	struct str func;
	const struct str *grouping;
	size_t n_grouping;
	bool grouping_by;
};

enum read_response_type {
	READ_SAMPLES = 0,
	READ_STREAMED_CHUNKS = 1,
};

/* One query; `accepted` in order of preference. Clears `w` first; the message is pb_written(w). */
void read_request_encode(struct pb_writer *w, const struct read_query *query,
			 const enum read_response_type *accepted, size_t n_accepted);

/* ChunkedReadResponse: parts of the answer of one query. Slices of `message`; arrays live in `a`.
 * A series may go on in the next message. */
struct chunked_read {
	const struct series *series;
	size_t n_series;
	int64_t query_index;
};
bool chunked_read_decode(struct str message, struct arena *a, struct chunked_read *out,
			 struct err *err);
void chunked_read_encode(struct pb_writer *w, const struct series *v, size_t n,
			 int64_t query_index);

/* ReadResponse: the first query's series as samples. Histograms are left out. */
struct read_response {
	struct query_series *series;
	size_t n_series;
};
bool read_response_decode(struct str message, struct arena *a, struct read_response *out,
			  struct err *err);

#endif
