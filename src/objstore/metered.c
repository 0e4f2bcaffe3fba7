#include "objstore/metered.h"

#include "base/alloc.h"

#include <stdlib.h>

enum operation {
	OP_ITER,
	OP_GET,
	OP_GET_RANGE,
	OP_EXISTS,
	OP_UPLOAD,
	OP_DELETE,
	OP_ATTRIBUTES,
	OP_N
};

static const char *const operation_names[OP_N] = {
    [OP_ITER] = "iter",
    [OP_GET] = "get",
    [OP_GET_RANGE] = "get_range",
    [OP_EXISTS] = "exists",
    [OP_UPLOAD] = "upload",
    [OP_DELETE] = "delete",
    [OP_ATTRIBUTES] = "attributes",
};

static const double durations_s[] = {0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120};
/* 32 KiB to 1 GiB, each twice the one before. */
static const double transfers_bytes[] = {
    0x1p15, 0x1p16, 0x1p17, 0x1p18, 0x1p19, 0x1p20, 0x1p21, 0x1p22,
    0x1p23, 0x1p24, 0x1p25, 0x1p26, 0x1p27, 0x1p28, 0x1p29, 0x1p30,
};

struct operation_metrics {
	struct counter *total;
	struct counter *failures;
	struct histogram_metric *seconds;
	struct counter *fetched_bytes;              /* of get, get_range, upload */
	struct histogram_metric *transferred_bytes; /* the same */
};

struct metered {
	struct bucket base; /* first, so that the two pointers convert */
	struct bucket *inner;
	struct clock *clock;
	struct operation_metrics operations[OP_N];
	struct gauge *last_upload_s;
};

static int64_t start(struct metered *m, enum operation op)
{
	counter_inc(m->operations[op].total);
	return clock_monotonic_ns(m->clock);
}

static bool is_failure(const struct err *err)
{
	return err->code != ERR_NOT_FOUND && err->code != ERR_EXISTS && err->code != ERR_CANCELED;
}

/* Counts the outcome; gives `ok` back. */
static bool finish(struct metered *m, enum operation op, int64_t start_ns, bool ok,
		   const struct err *err)
{
	const struct operation_metrics *o = &m->operations[op];
	/* As Thanos has it: of these also the failed ones. */
	bool timed = ok || op == OP_ITER || op == OP_GET || op == OP_GET_RANGE;

	if (timed)
		histogram_metric_observe(o->seconds,
					 (double)(clock_monotonic_ns(m->clock) - start_ns) / 1e9);
	if (!ok && is_failure(err))
		counter_inc(o->failures);
	return ok;
}

static bool metered_list(struct bucket *b, struct ctx *ctx, struct str prefix,
			 enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct metered *m = (struct metered *)b;
	int64_t start_ns = start(m, OP_ITER);

	return finish(m, OP_ITER, start_ns, bucket_list(m->inner, ctx, prefix, mode, fn, arg, err),
		      err);
}

struct counting_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct byte_sink *to;
	uint64_t n_bytes;
};

static bool counting_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct counting_sink *sink = (struct counting_sink *)base;

	sink->n_bytes += n;
	return byte_sink_write(sink->to, p, n, err);
}

static bool metered_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
			int64_t length, struct byte_sink *sink, struct err *err)
{
	struct metered *m = (struct metered *)b;
	enum operation op = offset == 0 && length == BUCKET_TO_END ? OP_GET : OP_GET_RANGE;
	struct counting_sink counting = {.base.write = counting_write, .to = sink};
	int64_t start_ns = start(m, op);

	bool ok = bucket_get(m->inner, ctx, name, offset, length, &counting.base, err);
	counter_add(m->operations[op].fetched_bytes, (double)counting.n_bytes);
	if (ok)
		histogram_metric_observe(m->operations[op].transferred_bytes,
					 (double)counting.n_bytes);
	return finish(m, op, start_ns, ok, err);
}

static bool metered_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			  struct object_attrs *out, struct err *err)
{
	struct metered *m = (struct metered *)b;
	int64_t start_ns = start(m, OP_ATTRIBUTES);

	return finish(m, OP_ATTRIBUTES, start_ns, bucket_attrs(m->inner, ctx, name, out, err), err);
}

static bool metered_exists(struct bucket *b, struct ctx *ctx, struct str name, bool *out,
			   struct err *err)
{
	struct metered *m = (struct metered *)b;
	int64_t start_ns = start(m, OP_EXISTS);

	return finish(m, OP_EXISTS, start_ns, bucket_exists(m->inner, ctx, name, out, err), err);
}

struct metered_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct metered *bucket;
	struct bucket_writer *inner;
	int64_t start_ns;
	uint64_t n_bytes;
	bool has_failed;
};

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct metered_writer *w = (struct metered_writer *)base;

	w->n_bytes += n;
	if (bucket_writer_write(w->inner, p, n, err))
		return true;
	if (!w->has_failed)
		finish(w->bucket, OP_UPLOAD, w->start_ns, false, err);
	w->has_failed = true;
	return false;
}

static void writer_abort(struct bucket_writer *base)
{
	struct metered_writer *w = (struct metered_writer *)base;

	bucket_writer_abort(w->inner);
	free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct metered_writer *w = (struct metered_writer *)base;
	struct metered *m = w->bucket;

	bool ok = bucket_writer_commit(take(w->inner), err);
	finish(m, OP_UPLOAD, w->start_ns, ok, err);
	if (ok) {
		histogram_metric_observe(m->operations[OP_UPLOAD].transferred_bytes,
					 (double)w->n_bytes);
		gauge_set(m->last_upload_s, (double)clock_wall_ms(m->clock) / 1e3);
	}
	writer_abort(base);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
};

static struct bucket_writer *metered_put(struct bucket *b, struct ctx *ctx, struct str name,
					 enum bucket_put_mode mode, struct err *err)
{
	struct metered *m = (struct metered *)b;
	int64_t start_ns = start(m, OP_UPLOAD);
	struct bucket_writer *inner = bucket_put(m->inner, ctx, name, mode, err);
	if (!inner) {
		finish(m, OP_UPLOAD, start_ns, false, err);
		return NULL;
	}

	struct metered_writer *w = NEW(struct metered_writer);
	*w = (struct metered_writer){
	    .base.ops = &writer_ops, .bucket = m, .inner = inner, .start_ns = start_ns};
	return &w->base;
}

static bool metered_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	struct metered *m = (struct metered *)b;
	int64_t start_ns = start(m, OP_DELETE);

	return finish(m, OP_DELETE, start_ns, bucket_remove(m->inner, ctx, name, err), err);
}

static const char *metered_name(struct bucket *b)
{
	return bucket_name(((struct metered *)b)->inner);
}

static void metered_close(struct bucket *b)
{
	struct metered *m = (struct metered *)b;

	bucket_close(m->inner);
	free(m);
}

static const struct bucket_ops metered_ops = {
    .list = metered_list,
    .get = metered_get,
    .attrs = metered_attrs,
    .put = metered_put,
    .exists = metered_exists,
    .remove = metered_remove,
    .name = metered_name,
    .close = metered_close,
};

#define PREFIX      "thanos_objstore_bucket_"
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void register_metrics(struct metered *b, struct metrics *m)
{
	const char *bucket = bucket_name(b->inner);
	struct family *total = metrics_counters(
	    m, PREFIX "operations_total",
	    "Total number of all attempted operations against a bucket.", "bucket", "operation");
	struct family *failures = metrics_counters(
	    m, PREFIX "operation_failures_total",
	    "Total number of operations against a bucket that failed, but were not expected to "
	    "fail in certain way from caller perspective. Those errors have to be investigated.",
	    "bucket", "operation");
	struct family *seconds = metrics_histograms(
	    m, PREFIX "operation_duration_seconds",
	    "Duration of successful operations against the bucket per operation - iter operations "
	    "include time spent on each callback.",
	    durations_s, N_OF(durations_s), "bucket", "operation");
	struct family *fetched = metrics_counters(
	    m, PREFIX "operation_fetched_bytes_total",
	    "Total number of bytes fetched from bucket, per operation.", "bucket", "operation");
	struct family *transferred =
	    metrics_histograms(m, PREFIX "operation_transferred_bytes",
			       "Number of bytes transferred from/to bucket per operation.",
			       transfers_bytes, N_OF(transfers_bytes), "bucket", "operation");
	struct family *last_upload = metrics_gauges(
	    m, PREFIX "last_successful_upload_time",
	    "Second timestamp of the last successful upload to the bucket.", "bucket");

	for (enum operation op = 0; op < OP_N; op++) {
		const char *name = operation_names[op];
		struct operation_metrics *o = &b->operations[op];
		o->total = counter_at(total, bucket, name);
		o->failures = counter_at(failures, bucket, name);
		o->seconds = histogram_metric_at(seconds, bucket, name);
		if (op != OP_GET && op != OP_GET_RANGE && op != OP_UPLOAD)
			continue;
		o->fetched_bytes = counter_at(fetched, bucket, name);
		o->transferred_bytes = histogram_metric_at(transferred, bucket, name);
	}
	b->last_upload_s = gauge_at(last_upload, bucket);
}

struct bucket *metered_bucket_new(struct bucket *inner, struct clock *clock, struct metrics *m)
{
	struct metered *b = NEW(struct metered);

	b->base.ops = &metered_ops;
	b->inner = inner;
	b->clock = clock;
	register_metrics(b, m);
	return &b->base;
}
