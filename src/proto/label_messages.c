#include "proto/label_messages.h"

#include "proto/repeated.h"

/* Field numbers of LabelNamesRequest; LabelValuesRequest has the label first, and then the same
 * fields, one further on. */
enum {
	VALUES_LABEL = 1,

	NAMES_PARTIAL_DISABLED = 1,
	NAMES_PARTIAL_STRATEGY = 2,
	NAMES_START = 3,
	NAMES_END = 4,
	NAMES_HINTS = 5,
	NAMES_MATCHERS = 6,
	NAMES_WITHOUT_REPLICA_LABELS = 7,
	NAMES_LIMIT = 8,

	RESPONSE_VALUES = 1,
	RESPONSE_WARNINGS = 2,
	RESPONSE_HINTS = 3,
};

/* How much further on a method's fields are. */
static uint32_t field_shift(enum label_method method)
{
	return method == LABEL_VALUES ? 1 : 0;
}

static const char *request_name(enum label_method method)
{
	return method == LABEL_VALUES ? "LabelValuesRequest" : "LabelNamesRequest";
}

bool label_request_decode(enum label_method method, struct str message, struct arena *a,
			  struct label_request *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct matcher_vec matchers = {0};
	struct str_vec replica_labels = {0};
	bool ok = true;

	*out = (struct label_request){0};
	while (ok && pb_next(&r)) {
		if (method == LABEL_VALUES && r.key == PB_BYTES(VALUES_LABEL)) {
			out->label = r.bytes;
			continue;
		}
		switch (r.key - PB_VARINT(field_shift(method))) {
		case PB_VARINT(NAMES_PARTIAL_DISABLED):
		case PB_VARINT(NAMES_PARTIAL_STRATEGY):
			if (r.number)
				out->partial_response = PARTIAL_RESPONSE_ABORT;
			break;
		case PB_VARINT(NAMES_START):
			out->min_t_ms = (int64_t)r.number;
			break;
		case PB_VARINT(NAMES_END):
			out->max_t_ms = (int64_t)r.number;
			break;
		case PB_BYTES(NAMES_HINTS):
			out->hints = r.bytes;
			break;
		case PB_BYTES(NAMES_MATCHERS):
			ok = matcher_vec_decode(&matchers, r.bytes, a, err);
			break;
		case PB_BYTES(NAMES_WITHOUT_REPLICA_LABELS):
			ARENA_PUSH(a, &replica_labels, r.bytes);
			break;
		case PB_VARINT(NAMES_LIMIT):
			out->limit = (int64_t)r.number;
			break;
		}
	}
	out->matchers = (struct matchers){matchers.v, matchers.n};
	out->without_replica_labels = replica_labels.v;
	out->n_without_replica_labels = replica_labels.n;
	return ok && pb_reader_end(&r, request_name(method), err);
}

void label_request_release(struct label_request *req)
{
	matchers_release(req->matchers);
	req->matchers = (struct matchers){0};
}

void label_request_encode(enum label_method method, struct pb_writer *w,
			  const struct label_request *req)
{
	uint32_t shift = field_shift(method);
	bool abort = req->partial_response == PARTIAL_RESPONSE_ABORT;

	pb_writer_clear(w);
	pb_opt_varint(w, NAMES_LIMIT + shift, (uint64_t)req->limit);
	pb_put_strings(w, NAMES_WITHOUT_REPLICA_LABELS + shift, req->without_replica_labels,
		       req->n_without_replica_labels);
	matchers_encode(w, NAMES_MATCHERS + shift, req->matchers);
	pb_opt_bytes(w, NAMES_HINTS + shift, req->hints);
	pb_opt_varint(w, NAMES_END + shift, (uint64_t)req->max_t_ms);
	pb_opt_varint(w, NAMES_START + shift, (uint64_t)req->min_t_ms);
	pb_opt_varint(w, NAMES_PARTIAL_STRATEGY + shift, abort);
	pb_opt_varint(w, NAMES_PARTIAL_DISABLED + shift, abort);
	if (method == LABEL_VALUES)
		pb_opt_bytes(w, VALUES_LABEL, req->label);
}

bool label_response_decode(struct str message, struct arena *a, struct label_response *out,
			   struct err *err)
{
	struct pb_reader r = pb_reader(message);

	*out = (struct label_response){0};
	while (pb_next(&r)) {
		switch (r.key) {
		case PB_BYTES(RESPONSE_VALUES):
			ARENA_PUSH(a, &out->values, r.bytes);
			break;
		case PB_BYTES(RESPONSE_WARNINGS):
			ARENA_PUSH(a, &out->warnings, r.bytes);
			break;
		case PB_BYTES(RESPONSE_HINTS):
			out->hints = r.bytes;
			break;
		}
	}
	return pb_reader_end(&r, "LabelResponse", err);
}

void label_response_encode(struct pb_writer *w, const struct label_response *response)
{
	pb_writer_clear(w);
	pb_opt_bytes(w, RESPONSE_HINTS, response->hints);
	pb_put_strings(w, RESPONSE_WARNINGS, response->warnings.v, response->warnings.n);
	pb_put_strings(w, RESPONSE_VALUES, response->values.v, response->values.n);
}
