#include "tools/query_source.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "block/fetcher.h"
#include "block/filters.h"
#include "fleet/proxy.h"
#include "store/bucket_store.h"

#include <stdlib.h>
#include <string.h>

enum { N_FILTERS = 3, DELETION_MARKS_DELAY_H = 24, MARK_CONCURRENCY = 32 };

/* The blocks of one bucket as a store. */
struct block_part {
	struct time_partition_filter time_partition;
	struct deletion_mark_filter deletion_marks;
	struct duplicate_filter duplicates;
	struct block_filter *filters[N_FILTERS];
	struct fetcher *fetcher;
	struct bucket_store *store; /* closed by whoever has taken it as an endpoint */
	bool is_taken;
	char *name; /* as an endpoint's address */
};

struct query_source {
	const struct query_source_options *options; /* while it is opened */
	struct block_part *parts;
	size_t n_parts;
	struct endpoint_set *endpoints;
	struct store_api *proxy;
};

struct store_api *query_source_store(struct query_source *s)
{
	return s->proxy;
}

void query_source_close(struct query_source *s)
{
	if (!s)
		return;
	store_close(s->proxy);
	endpoint_set_free(s->endpoints);
	for (size_t i = 0; i < s->n_parts; i++) {
		struct block_part *part = &s->parts[i];
		if (part->store && !part->is_taken)
			store_close(bucket_store_api(part->store));
		fetcher_free(part->fetcher);
		deletion_mark_filter_done(&part->deletion_marks);
		free(part->name);
	}
	free(s->parts);
	free(s);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static struct time_or_duration moment(int64_t t_ms)
{
	return (struct time_or_duration){.ms = t_ms};
}

static void make_filters(struct block_part *part, struct bucket *bucket,
			 const struct query_source_options *o)
{
	time_partition_filter_init(&part->time_partition, moment(o->range.min_t_ms),
				   moment(o->range.max_t_ms), o->clock);
	deletion_mark_filter_init(&part->deletion_marks, bucket, DELETION_MARKS_DELAY_H * MS_PER_H,
				  MARK_CONCURRENCY, o->clock, o->logger);
	duplicate_filter_init(&part->duplicates);
	part->filters[0] = &part->time_partition.base;
	part->filters[1] = &part->deletion_marks.base;
	part->filters[2] = &part->duplicates.base;
}

static bool open_blocks(struct block_part *part, struct bucket *bucket,
			const struct query_source_options *o, struct ctx *ctx, struct err *err)
{
	make_filters(part, bucket, o);
	part->name = xstrdup(bucket_name(bucket));
	part->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = bucket,
	    .filters = part->filters,
	    .n_filters = N_FILTERS,
	    .logger = o->logger,
	});
	part->store = bucket_store_new(&(struct bucket_store_options){
	    .bucket = bucket,
	    .fetcher = part->fetcher,
	    .min_time = moment(o->range.min_t_ms),
	    .max_time = moment(o->range.max_t_ms),
	    .clock = o->clock,
	    .logger = o->logger,
	});
	/* One try: the query is asked now. */
	return bucket_store_initial_sync(part->store, ctx, 0, 0, err) ||
	       err_wrap(err, "%s", part->name);
}

/* --- endpoints -------------------------------------------------------------------------------- */

static struct store_api *dial(void *arg, const char *address)
{
	struct query_source *s = arg;

	for (size_t i = 0; i < s->n_parts; i++) {
		struct block_part *part = &s->parts[i];
		if (!part->is_taken && strcmp(part->name, address) == 0) {
			part->is_taken = true;
			return bucket_store_api(part->store);
		}
	}
	return s->options->endpoints.dial(s->options->endpoints.dial_arg, address);
}

/* Strict ones: that one does not answer is to be seen in the query's answer. */
static void make_endpoints(struct query_source *s)
{
	struct endpoint_set_options o = s->options->endpoints;
	struct endpoint_spec *specs =
	    xreallocarray(NULL, o.n_specs + s->n_parts + 1, sizeof(*specs));

	for (size_t i = 0; i < o.n_specs; i++)
		specs[i] = (struct endpoint_spec){o.specs[i].address, .strict = true};
	for (size_t i = 0; i < s->n_parts; i++)
		specs[o.n_specs + i] = (struct endpoint_spec){s->parts[i].name, .strict = true};
	o.specs = specs;
	o.n_specs += s->n_parts;
	o.dial = dial;
	o.dial_arg = s;
	s->endpoints = endpoint_set_new(&o);
	s->proxy = proxy_new(&(struct proxy_options){
	    .endpoints = s->endpoints,
	    .component = "query",
	    .pool = o.pool,
	    .logger = o.logger,
	});
	free(specs);
}

static bool any_answers(struct endpoint_set *set, struct err *err)
{
	const struct endpoints *all auto_free(endpoints_unref) = endpoint_set_snapshot(set);
	const struct endpoint *first = &all->v[0];

	for (size_t i = 0; i < all->n; i++)
		if (!all->v[i].last_error)
			return true;
	if (all->n == 1)
		return err_set(err, ERR_UNAVAILABLE, "endpoint %s: %s", first->address,
			       first->last_error);
	return err_set(err, ERR_UNAVAILABLE, "none of %zu endpoints answers; %s: %s", all->n,
		       first->address, first->last_error);
}

struct query_source *query_source_open(const struct query_source_options *o, struct ctx *ctx,
				       struct err *err)
{
	struct query_source *s auto_free(query_source_close) = NEW(struct query_source);

	s->options = o;
	s->parts = xcalloc(o->n_buckets + 1, sizeof(*s->parts));
	for (; s->n_parts < o->n_buckets; s->n_parts++)
		if (!open_blocks(&s->parts[s->n_parts], o->buckets[s->n_parts], o, ctx, err)) {
			s->n_parts++;
			return NULL;
		}
	make_endpoints(s);
	endpoint_set_update(s->endpoints, ctx);
	if (!ctx_check(ctx, err) || !any_answers(s->endpoints, err))
		return NULL;
	s->options = NULL;
	return take(s);
}
