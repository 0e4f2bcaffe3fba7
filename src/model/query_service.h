/* query_service.h - anything that evaluates PromQL when asked: the engine of this process over its
 * stores, or another querier. Fields and meanings are those of Thanos' Query API (querypb).
 *
 * Threads: a service may be asked from any thread; a stream belongs to one thread at a time.
 */
#ifndef MODEL_QUERY_SERVICE_H
#define MODEL_QUERY_SERVICE_H

#include "model/samples.h"
#include "model/store_api.h"

enum query_engine {
	QUERY_ENGINE_DEFAULT,
	QUERY_ENGINE_PROMETHEUS,
	QUERY_ENGINE_THANOS,
};

struct query_request {
	struct str text;
	int64_t start_ms;
	int64_t end_ms;
	int64_t step_ms; /* of a range query; not looked at for an instant one, which is at start */
	bool is_range;
	int64_t timeout_ms;        /* INT64_MAX: no other than the caller's */
	int64_t max_resolution_ms; /* 0: raw data only */
	int64_t lookback_ms;       /* 0: what goes with the resolution */
	bool dedup;
	bool partial_response;
	bool skip_chunks;
	const struct str *replica_labels;
	size_t n_replica_labels;
	const struct matchers *stores; /* on __address__: any of them; none: all stores */
	size_t n_stores;
	struct shard_info shard;
	enum query_engine engine;
	int64_t batch_size; /* series per message on the wire; 0 or 1: one each */
	struct str tenant;
};

/* One series of the answer; a scalar is one without labels. */
struct query_series {
	struct labels labels;
	struct samples samples;
};

/* What an evaluation looked at: samples in all, and the most that were held at once. */
struct query_cost {
	int64_t samples_total;
	int64_t samples_peak;
};

struct query_stream;

struct query_stream_ops {
	/* Borrowed until the next call. */
	enum iter_result (*next)(struct query_stream *s, struct query_series *out, struct err *err);
	void (*close)(struct query_stream *s);
};

struct query_stream {
	const struct query_stream_ops *ops;
	struct query_cost cost; /* filled at the end of the stream */
};

static inline enum iter_result query_stream_next(struct query_stream *s, struct query_series *out,
						 struct err *err)
{
	return s->ops->next(s, out, err);
}

static inline void query_stream_close(struct query_stream *s)
{
	if (s)
		s->ops->close(s);
}
CLEANUP_DEFINE(struct query_stream, query_stream_close)

struct query_service;

struct query_service_ops {
	/* NULL on failure: ERR_INVALID when nothing was evaluated because the request is wrong.
	 * `req` and what it points to, `ctx`, `notes` and `tracker` outlive the stream. */
	struct query_stream *(*query)(struct query_service *s, struct ctx *ctx,
				      const struct query_request *req, struct notes *notes,
				      struct tracker *tracker, struct err *err);
	void (*close)(struct query_service *s);
};

struct query_service {
	const struct query_service_ops *ops;
};

static inline struct query_stream *query_service_query(struct query_service *s, struct ctx *ctx,
						       const struct query_request *req,
						       struct notes *notes, struct tracker *tracker,
						       struct err *err)
{
	return s->ops->query(s, ctx, req, notes, tracker, err);
}

static inline void query_service_close(struct query_service *s)
{
	if (s)
		s->ops->close(s);
}
CLEANUP_DEFINE(struct query_service, query_service_close)

#endif
