#include "proto/series_request.h"

#include "proto/repeated.h"
#include "proto/shard_message.h"

/* Field numbers of storepb. */
enum {
	REQUEST_MIN_TIME = 1,
	REQUEST_MAX_TIME = 2,
	REQUEST_MATCHERS = 3,
	REQUEST_MAX_RESOLUTION = 4,
	REQUEST_AGGREGATES = 5,
	REQUEST_PARTIAL_DISABLED = 6, /* of before the strategy, and still sent */
	REQUEST_PARTIAL_STRATEGY = 7,
	REQUEST_SKIP_CHUNKS = 8,
	REQUEST_HINTS = 9,
	REQUEST_QUERY_HINTS = 12,
	REQUEST_SHARD_INFO = 13,
	REQUEST_WITHOUT_REPLICA_LABELS = 14,
	REQUEST_LIMIT = 15,
	REQUEST_BATCH_SIZE = 16,

	QUERY_STEP = 1,
	QUERY_FUNC = 2,
	QUERY_GROUPING = 4,
	QUERY_RANGE = 5,
	QUERY_PROJECTION_LABELS = 6,
	QUERY_PROJECTION_INCLUDE = 7,
	QUERY_SERIES_HASH_LABEL = 8,
	FUNC_NAME = 1,
	GROUPING_BY = 1,
	GROUPING_LABELS = 3,
	RANGE_MILLIS = 1,
};

/* --- decoding ------------------------------------------------------------------------------- */

static bool func_decode(struct str message, struct series_request *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_BYTES(FUNC_NAME))
			out->func = r.bytes;
	return pb_reader_end(&r, "Func", err);
}

static bool range_decode(struct str message, struct series_request *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_VARINT(RANGE_MILLIS))
			out->range_ms = (int64_t)r.number;
	return pb_reader_end(&r, "Range", err);
}

static bool grouping_decode(struct str message, struct arena *a, struct series_request *out,
			    struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct str_vec labels = {0};
	while (pb_next(&r)) {
		if (r.key == PB_VARINT(GROUPING_BY))
			out->grouping_by = r.number != 0;
		else if (r.key == PB_BYTES(GROUPING_LABELS))
			ARENA_PUSH(a, &labels, r.bytes);
	}
	out->grouping = labels.v;
	out->n_grouping = labels.n;
	return pb_reader_end(&r, "Grouping", err);
}

static bool query_hints_decode(struct str message, struct arena *a, struct series_request *out,
			       struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct str_vec projection = {0};
	bool ok = true;

	while (ok && pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(QUERY_STEP):
			out->step_ms = (int64_t)r.number;
			break;
		case PB_BYTES(QUERY_FUNC):
			ok = func_decode(r.bytes, out, err);
			break;
		case PB_BYTES(QUERY_GROUPING):
			ok = grouping_decode(r.bytes, a, out, err);
			break;
		case PB_BYTES(QUERY_RANGE):
			ok = range_decode(r.bytes, out, err);
			break;
		case PB_BYTES(QUERY_PROJECTION_LABELS):
			ARENA_PUSH(a, &projection, r.bytes);
			break;
		case PB_VARINT(QUERY_PROJECTION_INCLUDE):
			out->projection_include = r.number != 0;
			break;
		case PB_BYTES(QUERY_SERIES_HASH_LABEL):
			out->series_hash_label = r.bytes;
			break;
		}
	}
	out->projection_labels = projection.v;
	out->n_projection_labels = projection.n;
	return ok && pb_reader_end(&r, "QueryHints", err);
}

/* The numbers among the fields. */
static void number_decode(const struct pb_reader *r, struct series_request *out)
{
	switch (r->key) {
	case PB_VARINT(REQUEST_MIN_TIME):
		out->min_t_ms = (int64_t)r->number;
		break;
	case PB_VARINT(REQUEST_MAX_TIME):
		out->max_t_ms = (int64_t)r->number;
		break;
	case PB_VARINT(REQUEST_MAX_RESOLUTION):
		out->max_resolution_ms = (int64_t)r->number;
		break;
	case PB_VARINT(REQUEST_AGGREGATES):
		bits_add(&out->aggrs, r->number);
		break;
	case PB_VARINT(REQUEST_PARTIAL_DISABLED):
	case PB_VARINT(REQUEST_PARTIAL_STRATEGY):
		if (r->number)
			out->partial_response = PARTIAL_RESPONSE_ABORT;
		break;
	case PB_VARINT(REQUEST_SKIP_CHUNKS):
		out->skip_chunks = r->number != 0;
		break;
	case PB_VARINT(REQUEST_LIMIT):
		out->limit = (int64_t)r->number;
		break;
	case PB_VARINT(REQUEST_BATCH_SIZE):
		out->batch_size = (int64_t)r->number;
		break;
	}
}

bool series_request_decode(struct str message, struct matcher_cache *cache, struct arena *a,
			   struct series_request *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct matcher_vec matchers = {.cache = cache};
	struct str_vec replica_labels = {0};
	bool ok = true;

	*out = (struct series_request){0};
	while (ok && pb_next(&r)) {
		switch (r.key) {
		case PB_BYTES(REQUEST_MATCHERS):
			ok = matcher_vec_decode(&matchers, r.bytes, a, err);
			break;
		case PB_BYTES(REQUEST_AGGREGATES):
			ok = bits_add_packed(&out->aggrs, r.bytes, "SeriesRequest", err);
			break;
		case PB_BYTES(REQUEST_HINTS):
			out->hints = r.bytes;
			break;
		case PB_BYTES(REQUEST_QUERY_HINTS):
			ok = query_hints_decode(r.bytes, a, out, err);
			break;
		case PB_BYTES(REQUEST_SHARD_INFO):
			ok = shard_decode(r.bytes, a, &out->shard, err);
			break;
		case PB_BYTES(REQUEST_WITHOUT_REPLICA_LABELS):
			ARENA_PUSH(a, &replica_labels, r.bytes);
			break;
		default:
			number_decode(&r, out);
		}
	}
	out->matchers = (struct matchers){matchers.v, matchers.n};
	out->without_replica_labels = replica_labels.v;
	out->n_without_replica_labels = replica_labels.n;
	return ok && pb_reader_end(&r, "SeriesRequest", err);
}

void series_request_release(struct series_request *req)
{
	matchers_release(req->matchers);
	req->matchers = (struct matchers){0};
}

/* --- encoding, backwards ---------------------------------------------------------------------- */

static void grouping_encode(struct pb_writer *w, const struct series_request *req)
{
	if (req->n_grouping == 0 && !req->grouping_by)
		return;
	size_t mark = pb_message_end(w);
	pb_put_strings(w, GROUPING_LABELS, req->grouping, req->n_grouping);
	pb_opt_varint(w, GROUPING_BY, req->grouping_by);
	pb_message_begin(w, QUERY_GROUPING, mark);
}

static void range_encode(struct pb_writer *w, int64_t range_ms)
{
	if (range_ms == 0)
		return;
	size_t mark = pb_message_end(w);
	pb_put_varint(w, RANGE_MILLIS, (uint64_t)range_ms);
	pb_message_begin(w, QUERY_RANGE, mark);
}

static void func_encode(struct pb_writer *w, struct str name)
{
	if (name.n == 0)
		return;
	size_t mark = pb_message_end(w);
	pb_put_bytes(w, FUNC_NAME, name);
	pb_message_begin(w, QUERY_FUNC, mark);
}

static void query_hints_encode(struct pb_writer *w, const struct series_request *req)
{
	size_t mark = pb_message_end(w);
	pb_opt_bytes(w, QUERY_SERIES_HASH_LABEL, req->series_hash_label);
	pb_opt_varint(w, QUERY_PROJECTION_INCLUDE, req->projection_include);
	pb_put_strings(w, QUERY_PROJECTION_LABELS, req->projection_labels,
		       req->n_projection_labels);
	range_encode(w, req->range_ms);
	grouping_encode(w, req);
	func_encode(w, req->func);
	pb_opt_varint(w, QUERY_STEP, (uint64_t)req->step_ms);
	if (pb_message_end(w) > mark)
		pb_message_begin(w, REQUEST_QUERY_HINTS, mark);
}

/* Packed, as proto3 writes repeated enumerations. */
static void aggregates_encode(struct pb_writer *w, unsigned aggrs)
{
	char packed[32];
	size_t n = 0;
	for (unsigned i = 0; i < 32; i++)
		if (aggrs & 1u << i)
			packed[n++] = (char)i;
	pb_opt_bytes(w, REQUEST_AGGREGATES, str_from(packed, n));
}

void series_request_encode(struct pb_writer *w, const struct series_request *req)
{
	bool abort = req->partial_response == PARTIAL_RESPONSE_ABORT;

	pb_writer_clear(w);
	pb_opt_varint(w, REQUEST_BATCH_SIZE, (uint64_t)req->batch_size);
	pb_opt_varint(w, REQUEST_LIMIT, (uint64_t)req->limit);
	pb_put_strings(w, REQUEST_WITHOUT_REPLICA_LABELS, req->without_replica_labels,
		       req->n_without_replica_labels);
	shard_encode(w, REQUEST_SHARD_INFO, &req->shard);
	query_hints_encode(w, req);
	pb_opt_bytes(w, REQUEST_HINTS, req->hints);
	pb_opt_varint(w, REQUEST_SKIP_CHUNKS, req->skip_chunks);
	pb_opt_varint(w, REQUEST_PARTIAL_STRATEGY, abort);
	pb_opt_varint(w, REQUEST_PARTIAL_DISABLED, abort);
	aggregates_encode(w, req->aggrs);
	pb_opt_varint(w, REQUEST_MAX_RESOLUTION, (uint64_t)req->max_resolution_ms);
	matchers_encode(w, REQUEST_MATCHERS, req->matchers);
	pb_opt_varint(w, REQUEST_MAX_TIME, (uint64_t)req->max_t_ms);
	pb_opt_varint(w, REQUEST_MIN_TIME, (uint64_t)req->min_t_ms);
}
