/* store_api.h - anything that answers the StoreAPI: a bucket, a Prometheus, a remote store, or
 * many of them behind a proxy. Fields and meanings are those of the gRPC messages
 * (storepb.SeriesRequest and its neighbours).
 *
 * Threads: all operations may be called from any thread.
 */
#ifndef MODEL_STORE_API_H
#define MODEL_STORE_API_H

#include "base/ctx.h"
#include "base/notes.h"
#include "model/matcher.h"
#include "model/series.h"

struct fanout;
struct store_share;

enum partial_response {
	PARTIAL_RESPONSE_WARN,  /* a store that fails becomes a warning */
	PARTIAL_RESPONSE_ABORT, /* a store that fails fails the request */
};

/* Keep only series whose labels hash to `index` modulo `total`; total 0: all of them. */
struct shard_info {
	int64_t index;
	int64_t total;
	bool by; /* hash the listed labels, or all but them */
	struct str *labels;
	size_t n_labels;
};

/* Which of a chunk's fields are wanted; 0 means raw only. */
enum aggr_set {
	WANT_RAW = 1 << 0,
	WANT_COUNT = 1 << 1,
	WANT_SUM = 1 << 2,
	WANT_MIN = 1 << 3,
	WANT_MAX = 1 << 4,
	WANT_COUNTER = 1 << 5,
};

struct series_request {
	int64_t min_t_ms; /* inclusive */
	int64_t max_t_ms; /* inclusive */
	struct matchers matchers;
	int64_t max_resolution_ms; /* 0: raw data only */
	unsigned aggrs;            /* of enum aggr_set */
	bool skip_chunks;
	enum partial_response partial_response;
	const struct str *without_replica_labels;
	size_t n_without_replica_labels;
	struct shard_info shard;
	int64_t limit;      /* series; 0: no limit */
	int64_t batch_size; /* series per message on the wire; 0 or 1: one each */

	/* Hints of the query behind it (storepb.QueryHints). */
	int64_t step_ms;
	int64_t range_ms;
	struct str func;
	struct str *grouping;
	size_t n_grouping;
	bool grouping_by;
	struct str *projection_labels; /* only these labels are needed, or all but these */
	size_t n_projection_labels;
	bool projection_include;
	struct str series_hash_label; /* where a store that projects puts the full set's hash */

	struct str hints; /* a google.protobuf.Any as it came over the wire, or empty */
	struct str tenant;

	/* Not on the wire: where is noted who was asked and what came, as the query's n-th selector
	 * by whoever asks many, and as messages by whoever asks one. Both may be NULL. */
	struct fanout *fanout;
	uint32_t selector;
	struct store_share *share;
};

/* LabelNames, and with `label` LabelValues. */
struct label_request {
	struct str label; /* whose values; empty when names are asked for */
	int64_t min_t_ms;
	int64_t max_t_ms;
	struct matchers matchers;
	enum partial_response partial_response;
	const struct str *without_replica_labels;
	size_t n_without_replica_labels;
	int64_t limit;
	struct str hints;
	struct str tenant;

	/* Not on the wire: where a google.protobuf.Any about the answer goes, in the answer's arena,
	 * if the store has something to say. May be NULL. */
	struct str *answer_hints;
};

/* What one label set has data for. */
struct tsdb_info {
	struct labels labels;
	int64_t min_t_ms;
	int64_t max_t_ms;
};

/* What a store announces (infopb.InfoResponse). The arrays live in the arena given to the call. */
struct store_info {
	const char *component; /* "sidecar", "store", ... */
	int64_t min_t_ms;
	int64_t max_t_ms;
	struct labels *label_sets;
	size_t n_label_sets;
	struct tsdb_info *tsdbs;
	size_t n_tsdbs;
	bool supports_sharding;
	bool supports_without_replica_labels;
	/* Which APIs it offers besides: a sub-message that is present. */
	bool has_store, has_rules, has_metadata, has_targets, has_exemplars, has_query, has_status;
	int64_t exemplars_min_t_ms, exemplars_max_t_ms;
};

struct store_api;

struct store_api_ops {
	/* NULL on failure. `req` and what it points to outlive the iterator; so does `notes`. What
	 * the iterator holds is charged to `tracker`. */
	struct series_iter *(*series)(struct store_api *s, struct ctx *ctx,
				      const struct series_request *req, struct notes *notes,
				      struct tracker *tracker, struct err *err);
	bool (*label_names)(struct store_api *s, struct ctx *ctx, const struct label_request *req,
			    struct notes *notes, struct arena *a, struct str_list *out,
			    struct err *err);
	bool (*label_values)(struct store_api *s, struct ctx *ctx, const struct label_request *req,
			     struct notes *notes, struct arena *a, struct str_list *out,
			     struct err *err);
	/* Fails with ERR_UNAVAILABLE and "Not ready" while it is not. */
	bool (*info)(struct store_api *s, struct ctx *ctx, struct arena *a, struct store_info *out,
		     struct err *err);
	void (*close)(struct store_api *s);
};

struct store_api {
	const struct store_api_ops *ops;
};

static inline struct series_iter *store_series(struct store_api *s, struct ctx *ctx,
					       const struct series_request *req,
					       struct notes *notes, struct tracker *tracker,
					       struct err *err)
{
	return s->ops->series(s, ctx, req, notes, tracker, err);
}

static inline bool store_label_names(struct store_api *s, struct ctx *ctx,
				     const struct label_request *req, struct notes *notes,
				     struct arena *a, struct str_list *out, struct err *err)
{
	return s->ops->label_names(s, ctx, req, notes, a, out, err);
}

static inline bool store_label_values(struct store_api *s, struct ctx *ctx,
				      const struct label_request *req, struct notes *notes,
				      struct arena *a, struct str_list *out, struct err *err)
{
	return s->ops->label_values(s, ctx, req, notes, a, out, err);
}

static inline bool store_info(struct store_api *s, struct ctx *ctx, struct arena *a,
			      struct store_info *out, struct err *err)
{
	return s->ops->info(s, ctx, a, out, err);
}

static inline void store_close(struct store_api *s)
{
	if (s)
		s->ops->close(s);
}
CLEANUP_DEFINE(struct store_api, store_close)

#endif
