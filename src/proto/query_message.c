#include "proto/query_message.h"

#include "base/buf.h"
#include "proto/labels_message.h"
#include "proto/repeated.h"
#include "proto/shard_message.h"
#include "proto/timeseries.h"

/* Field numbers of querypb. */
enum {
	STORE_MATCHERS = 1,

	RESPONSE_WARNINGS = 1,
	RESPONSE_TIMESERIES = 2,
	RESPONSE_STATS = 3,
	RESPONSE_BATCH = 4,
	BATCH_SERIES = 1,
	STATS_TOTAL = 1,
	STATS_PEAK = 2,
};

/* What a field of a request means. */
enum request_field {
	FIELD_NONE,
	FIELD_TEXT,
	FIELD_START,
	FIELD_END,
	FIELD_INTERVAL,
	FIELD_TIMEOUT,
	FIELD_RESOLUTION,
	FIELD_REPLICA_LABELS,
	FIELD_STORES,
	FIELD_DEDUP,
	FIELD_PARTIAL,
	FIELD_SKIP_CHUNKS,
	FIELD_SHARD,
	FIELD_LOOKBACK,
	FIELD_ENGINE,
	FIELD_BATCH_SIZE,
	N_FIELDS,
};

/* Its number in the request of each method; 0: there is no such field. */
static const uint32_t numbers[][N_FIELDS] = {
    [QUERY_INSTANT] =
	{
	    [FIELD_TEXT] = 1,
	    [FIELD_START] = 2,
	    [FIELD_TIMEOUT] = 3,
	    [FIELD_RESOLUTION] = 4,
	    [FIELD_REPLICA_LABELS] = 5,
	    [FIELD_STORES] = 6,
	    [FIELD_DEDUP] = 7,
	    [FIELD_PARTIAL] = 8,
	    [FIELD_SKIP_CHUNKS] = 10,
	    [FIELD_SHARD] = 11,
	    [FIELD_LOOKBACK] = 12,
	    [FIELD_ENGINE] = 13,
	    [FIELD_BATCH_SIZE] = 15,
	},
    [QUERY_RANGE] =
	{
	    [FIELD_TEXT] = 1,
	    [FIELD_START] = 2,
	    [FIELD_END] = 3,
	    [FIELD_INTERVAL] = 4,
	    [FIELD_TIMEOUT] = 5,
	    [FIELD_RESOLUTION] = 6,
	    [FIELD_REPLICA_LABELS] = 7,
	    [FIELD_STORES] = 8,
	    [FIELD_DEDUP] = 9,
	    [FIELD_PARTIAL] = 10,
	    [FIELD_SKIP_CHUNKS] = 12,
	    [FIELD_SHARD] = 13,
	    [FIELD_LOOKBACK] = 14,
	    [FIELD_ENGINE] = 15,
	    [FIELD_BATCH_SIZE] = 17,
	},
};

/* --- requests --------------------------------------------------------------------------------- */

struct store_lists {
	struct matchers *v;
	size_t n, cap;
};

struct request_reader {
	struct query_request *out;
	struct arena *a;
	struct str_vec replica_labels;
	struct store_lists stores;
};

static enum request_field field_of(enum query_method method, uint32_t number)
{
	for (enum request_field f = FIELD_TEXT; f < N_FIELDS; f++)
		if (numbers[method][f] == number)
			return f;
	return FIELD_NONE;
}

static bool read_seconds(uint64_t number, int64_t *out_ms, struct err *err)
{
	int64_t seconds = (int64_t)number;

	if (seconds > INT64_MAX / 1000 || seconds < INT64_MIN / 1000)
		return err_set(err, ERR_INVALID, "query request: %lld seconds are out of range",
			       (long long)seconds);
	*out_ms = seconds * 1000;
	return true;
}

static bool read_engine(uint64_t number, enum query_engine *out, struct err *err)
{
	if (number > QUERY_ENGINE_THANOS)
		return err_set(err, ERR_INVALID, "invalid engine parameter");
	*out = (enum query_engine)number;
	return true;
}

static bool read_number(struct request_reader *q, enum request_field field, uint64_t number,
			struct err *err)
{
	struct query_request *out = q->out;

	switch ((int)field) {
	case FIELD_START:
		return read_seconds(number, &out->start_ms, err);
	case FIELD_END:
		return read_seconds(number, &out->end_ms, err);
	case FIELD_INTERVAL:
		return read_seconds(number, &out->step_ms, err);
	case FIELD_TIMEOUT:
		return read_seconds(number, &out->timeout_ms, err);
	case FIELD_RESOLUTION:
		return read_seconds(number, &out->max_resolution_ms, err);
	case FIELD_LOOKBACK:
		return read_seconds(number, &out->lookback_ms, err);
	case FIELD_ENGINE:
		return read_engine(number, &out->engine, err);
	case FIELD_DEDUP:
		out->dedup = number != 0;
		break;
	case FIELD_PARTIAL:
		out->partial_response = number != 0;
		break;
	case FIELD_SKIP_CHUNKS:
		out->skip_chunks = number != 0;
		break;
	case FIELD_BATCH_SIZE:
		out->batch_size = (int64_t)number;
		break;
	}
	return true;
}

/* A list of matchers, all of which a store is to satisfy. What was compiled is kept for release,
 * also when the next one fails. */
static bool read_store_matchers(struct request_reader *q, struct str message, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct matcher_vec list = {0};
	bool ok = true;

	while (ok && pb_next(&r))
		if (r.key == PB_BYTES(STORE_MATCHERS))
			ok = matcher_vec_decode(&list, r.bytes, q->a, err);
	struct matchers done = {.v = list.v, .n = list.n};
	ARENA_PUSH(q->a, &q->stores, done);
	return ok && pb_reader_end(&r, "StoreMatchers", err);
}

static bool read_bytes(struct request_reader *q, enum request_field field, struct str bytes,
		       struct err *err)
{
	switch ((int)field) {
	case FIELD_TEXT:
		q->out->text = bytes;
		break;
	case FIELD_REPLICA_LABELS:
		ARENA_PUSH(q->a, &q->replica_labels, bytes);
		break;
	case FIELD_STORES:
		return read_store_matchers(q, bytes, err);
	case FIELD_SHARD:
		return shard_decode(bytes, q->a, &q->out->shard, err);
	}
	return true;
}

bool query_request_decode(enum query_method method, struct str message, struct arena *a,
			  struct query_request *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct request_reader q = {.out = out, .a = a};
	bool ok = true;

	*out = (struct query_request){.is_range = method == QUERY_RANGE};
	while (ok && pb_next(&r)) {
		enum request_field field = field_of(method, r.key >> 3);
		if ((r.key & 7) == PB_TYPE_VARINT)
			ok = read_number(&q, field, r.number, err);
		else if ((r.key & 7) == PB_TYPE_BYTES)
			ok = read_bytes(&q, field, r.bytes, err);
	}
	if (out->timeout_ms == 0)
		out->timeout_ms = INT64_MAX;
	out->replica_labels = q.replica_labels.v;
	out->n_replica_labels = q.replica_labels.n;
	out->stores = q.stores.v;
	out->n_stores = q.stores.n;
	return ok && pb_reader_end(&r, "query request", err);
}

void query_request_release(struct query_request *req)
{
	for (size_t i = 0; i < req->n_stores; i++)
		matchers_release(req->stores[i]);
	req->n_stores = 0;
}

/* Whole seconds, of times before 1970 the earlier one. */
static uint64_t seconds_of(int64_t ms)
{
	return (uint64_t)(ms / 1000 - (ms % 1000 < 0));
}

static void stores_encode(struct pb_writer *w, uint32_t field, const struct query_request *req)
{
	for (size_t i = req->n_stores; i > 0; i--) {
		size_t mark = pb_message_end(w);
		matchers_encode(w, STORE_MATCHERS, req->stores[i - 1]);
		pb_message_begin(w, field, mark);
	}
}

void query_request_encode(struct pb_writer *w, const struct query_request *req)
{
	const uint32_t *n = numbers[req->is_range ? QUERY_RANGE : QUERY_INSTANT];
	int64_t timeout_ms = req->timeout_ms == INT64_MAX ? 0 : req->timeout_ms;

	pb_writer_clear(w);
	pb_opt_varint(w, n[FIELD_BATCH_SIZE], (uint64_t)req->batch_size);
	pb_opt_varint(w, n[FIELD_ENGINE], req->engine);
	pb_opt_varint(w, n[FIELD_LOOKBACK], seconds_of(req->lookback_ms));
	shard_encode(w, n[FIELD_SHARD], &req->shard);
	pb_opt_varint(w, n[FIELD_SKIP_CHUNKS], req->skip_chunks);
	pb_opt_varint(w, n[FIELD_PARTIAL], req->partial_response);
	pb_opt_varint(w, n[FIELD_DEDUP], req->dedup);
	stores_encode(w, n[FIELD_STORES], req);
	pb_put_strings(w, n[FIELD_REPLICA_LABELS], req->replica_labels, req->n_replica_labels);
	pb_opt_varint(w, n[FIELD_RESOLUTION], seconds_of(req->max_resolution_ms));
	pb_opt_varint(w, n[FIELD_TIMEOUT], seconds_of(timeout_ms));
	if (req->is_range) {
		pb_opt_varint(w, n[FIELD_INTERVAL], seconds_of(req->step_ms));
		pb_opt_varint(w, n[FIELD_END], seconds_of(req->end_ms));
	}
	pb_opt_varint(w, n[FIELD_START], seconds_of(req->start_ms));
	pb_opt_bytes(w, n[FIELD_TEXT], req->text);
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool single_decode(struct str message, struct arena *a, struct query_frame *out,
			  struct err *err)
{
	struct query_series *s = ARENA_NEW(a, struct query_series);

	out->series = s;
	out->n_series = 1;
	return timeseries_decode(message, TIMESERIES_ALL, a, s, err);
}

static bool batch_decode(struct str message, struct arena *a, struct query_frame *out,
			 struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n = 0;

	while (pb_next(&r))
		n += r.key == PB_BYTES(BATCH_SERIES);
	if (!pb_reader_end(&r, "TimeSeriesBatch", err) ||
	    !arena_has_room(a, n * sizeof(struct query_series), err))
		return false;
	struct query_series *v = arena_alloc(a, n * sizeof(*v));
	out->series = v;
	r = pb_reader(message);
	while (pb_next(&r))
		if (r.key == PB_BYTES(BATCH_SERIES) &&
		    !timeseries_decode(r.bytes, TIMESERIES_ALL, a, &v[out->n_series++], err))
			return false;
	return true;
}

static bool cost_decode(struct str message, struct query_frame *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);

	while (pb_next(&r)) {
		if (r.key == PB_VARINT(STATS_TOTAL))
			out->cost.samples_total = (int64_t)r.number;
		else if (r.key == PB_VARINT(STATS_PEAK))
			out->cost.samples_peak = (int64_t)r.number;
	}
	return pb_reader_end(&r, "QueryStats", err);
}

bool query_frame_decode(struct str message, struct arena *a, struct query_frame *out,
			struct err *err)
{
	static const uint32_t members[] = {PB_BYTES(RESPONSE_WARNINGS),
					   PB_BYTES(RESPONSE_TIMESERIES), PB_BYTES(RESPONSE_STATS),
					   PB_BYTES(RESPONSE_BATCH)};
	struct str body = {0};
	uint32_t key;

	if (!pb_oneof(message, members, sizeof(members) / sizeof(*members), "QueryResponse", &key,
		      &body, err))
		return false;
	*out = (struct query_frame){.type = QUERY_FRAME_SERIES};
	switch (key) {
	case PB_BYTES(RESPONSE_TIMESERIES):
		return single_decode(body, a, out, err);
	case PB_BYTES(RESPONSE_BATCH):
		return batch_decode(body, a, out, err);
	case PB_BYTES(RESPONSE_WARNINGS):
		*out = (struct query_frame){.type = QUERY_FRAME_WARNING, .warning = body};
		return true;
	case PB_BYTES(RESPONSE_STATS):
		out->type = QUERY_FRAME_COST;
		return cost_decode(body, out, err);
	}
	out->type = QUERY_FRAME_EMPTY;
	return true;
}

void query_frame_encode(struct pb_writer *w, const struct query_series *s)
{
	pb_writer_clear(w);
	timeseries_encode(w, RESPONSE_TIMESERIES, s);
}

void query_frame_encode_warning(struct pb_writer *w, struct str warning)
{
	pb_writer_clear(w);
	pb_put_bytes(w, RESPONSE_WARNINGS, warning);
}

void query_frame_encode_cost(struct pb_writer *w, const struct query_cost *cost)
{
	pb_writer_clear(w);
	size_t mark = pb_message_end(w);
	pb_opt_varint(w, STATS_PEAK, (uint64_t)cost->samples_peak);
	pb_opt_varint(w, STATS_TOTAL, (uint64_t)cost->samples_total);
	pb_message_begin(w, RESPONSE_STATS, mark);
}

void query_batch_add(struct pb_writer *w, const struct query_series *s, struct buf *batch)
{
	pb_writer_clear(w);
	timeseries_encode(w, BATCH_SERIES, s);
	if (w->overflowed)
		batch->overflowed = true;
	else
		buf_append_str(batch, pb_written(w));
}

void query_batch_encode(struct pb_writer *w, struct str batch)
{
	pb_writer_clear(w);
	pb_put_bytes(w, RESPONSE_BATCH, batch);
}
