#include "store/block_postings.h"

#include "base/clock.h"
#include "store/range_parts.h"

#include <inttypes.h>

struct finding {
	const struct block_request *r;
	struct arena *scratch;
	struct index_cache_block cached;
	struct postings_plan plan;
	struct postings_answer *answer;
	const struct postings_read *reads;
	struct range_part *parts;
	struct range_arenas *arenas;
};

/* --- the bucket ---------------------------------------------------------------------------- */

/* The bytes of one request, given to the runs that they are of. */
struct postings_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct postings_feed feed;
	const struct postings_read *reads;
	size_t n_reads;
	uint64_t at; /* in the index */
	bool has_begun;
};

static bool runs_error(const struct postings_sink *s, struct err *err)
{
	return err_wrap(err, "index: postings at byte %" PRIu64, s->reads[0].range.start);
}

static bool sink_write(struct byte_sink *base, const void *bytes, size_t n, struct err *err)
{
	struct postings_sink *s = (struct postings_sink *)base;
	const uint8_t *p = bytes;
	uint64_t end = s->at + n;

	while (s->n_reads > 0 && s->reads[0].range.start < end) {
		struct postings_range run = s->reads[0].range;
		uint64_t to = run.end < end ? run.end : end;
		if (run.start >= s->at && !s->has_begun)
			postings_feed_begin(&s->feed, s->reads[0].group, s->reads[0].run);
		else if (!s->has_begun)
			return err_set(err, ERR_CORRUPT,
				       "index: postings at byte %" PRIu64
				       " overlap those before them",
				       run.start);
		s->has_begun = true;
		uint64_t from = run.start > s->at ? run.start : s->at;
		if (!postings_feed_bytes(&s->feed, p + (from - s->at), to - from, err))
			return runs_error(s, err);
		if (to < run.end)
			break;
		if (!postings_feed_end(&s->feed, err))
			return runs_error(s, err);
		s->has_begun = false;
		s->reads++;
		s->n_reads--;
	}
	s->at = end;
	return true;
}

static bool read_part(void *arg, size_t worker, size_t part, struct err *err)
{
	struct finding *f = arg;
	const struct range_part *p = &f->parts[part];
	struct postings_sink sink = {.base.write = sink_write,
				     .reads = f->reads + p->first,
				     .n_reads = p->n,
				     .at = p->start};

	postings_feed_init(&sink.feed, f->answer, range_arena(f->arenas, worker));
	bool ok = block_request_get_index(f->r, REQUEST_POSTINGS, p->n, p->start, p->end,
					  &sink.base, err);
	if (ok && sink.n_reads > 0)
		ok = err_set(err, ERR_CORRUPT,
			     "index: postings at byte %" PRIu64 " lie behind its end",
			     sink.reads[0].range.start);
	postings_feed_done(&sink.feed);
	return ok;
}

static bool read_lists(struct finding *f, size_t n_reads, struct err *err)
{
	struct range_item *items = arena_alloc(f->scratch, n_reads * sizeof(*items));

	for (size_t i = 0; i < n_reads; i++)
		items[i] = (struct range_item){f->reads[i].range.start, f->reads[i].range.end};
	size_t n_parts =
	    range_parts_plan(items, n_reads, RANGE_MAX_GAP_BYTES, f->scratch, &f->parts);
	return range_parts_run(f->r->ranges, n_parts, read_part, f, err);
}

/* --- caches -------------------------------------------------------------------------------- */

static void store_list(void *arg, size_t group, size_t run, struct postings list)
{
	struct finding *f = arg;
	const struct postings_group *g = &f->plan.groups[group];
	struct postings_key key = {g->name, g->values[run]};

	request_stats_touched(f->r->stats, REQUEST_POSTINGS, 1, list.n * sizeof(uint32_t));
	index_cache_store_postings(f->r->cache, &f->cached, &key, list, f->r->tenant);
}

/* What the cache has is added to the answer, and taken off the reads. Runs whose values are not
 * known are not asked for. */
static bool use_cached(struct finding *f, size_t *n_reads, struct err *err)
{
	struct postings_read *reads = (struct postings_read *)f->reads;
	struct postings_key *keys = arena_alloc(f->scratch, *n_reads * sizeof(*keys));
	struct postings *lists = ARENA_ARRAY(f->scratch, struct postings, *n_reads);
	size_t n_keys = 0, kept = 0, asked = 0;

	for (size_t i = 0; i < *n_reads; i++) {
		const struct postings_group *g = &f->plan.groups[reads[i].group];
		if (g->values)
			keys[n_keys++] = (struct postings_key){g->name, g->values[reads[i].run]};
	}
	struct index_cache_hits hits = index_cache_fetch_postings(
	    f->r->cache, f->r->ctx, &f->cached, keys, n_keys, f->r->tenant, f->scratch, lists);
	request_stats_touched(f->r->stats, REQUEST_POSTINGS, hits.n, hits.bytes);
	if (!store_limits_reserve(f->r->limits, STORE_LIMIT_BYTES, hits.bytes, err))
		return err_wrap(err, "while loading postings from index cache");
	for (size_t i = 0; i < *n_reads; i++) {
		bool is_asked = f->plan.groups[reads[i].group].values != NULL;
		struct postings *list = is_asked ? &lists[asked++] : NULL;
		if (!list || !list->be)
			reads[kept++] = reads[i];
		else if (!postings_answer_add(f->answer, reads[i].group, *list, err))
			return false;
	}
	*n_reads = kept;
	return true;
}

/* --- the whole ----------------------------------------------------------------------------- */

static void count_deferral(const struct block_request *r, const struct postings_deferral *d)
{
	const struct request_metrics *m = r->stats ? r->stats->metrics : NULL;

	if (!m || d->n_for_lists + d->n_for_size == 0)
		return;
	counter_inc(m->lazy_postings);
	counter_add(m->lazy_group_bytes, (double)d->size_bytes);
	if (d->n_for_lists)
		counter_add(counter_at(m->lazy_groups, "keys_limit"), (double)d->n_for_lists);
	if (d->n_for_size)
		counter_add(counter_at(m->lazy_groups, "postings_size"), (double)d->n_for_size);
}

/* The groups of the plan that are not deferred, in memory of `a`. */
static bool answer_plan(struct finding *f, struct arena *a, struct postings *out, struct err *err)
{
	struct range_arenas arenas auto_done(range_arenas_done) = {.tracker = f->r->tracker};
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&f->plan, f->scratch, store_list, f);
	struct postings list;
	size_t n_reads;

	f->arenas = &arenas;
	f->answer = answer;
	f->reads = postings_plan_reads(&f->plan, f->scratch, &n_reads);
	if (f->r->cache && !use_cached(f, &n_reads, err))
		return false;
	if (f->r->stats)
		f->r->stats->postings_to_fetch += n_reads;
	if (!read_lists(f, n_reads, err) || !postings_answer_end(answer, &list, err))
		return false;
	*out = postings_copy(a, list);
	return true;
}

static bool find(struct finding *f, const struct index_header *header, struct matchers matchers,
		 const struct postings_thrift *thrift, struct arena *a, struct block_postings *out,
		 struct err *err)
{
	const struct block_request *r = f->r;
	struct index_cache_hits hits = index_cache_fetch_expanded(
	    r->cache, r->ctx, &f->cached, matchers, r->tenant, a, &out->list);

	if (out->list.be) {
		request_stats_touched(r->stats, REQUEST_POSTINGS, hits.n, hits.bytes);
		return store_limits_reserve(r->limits, STORE_LIMIT_BYTES, hits.bytes, err) ||
		       err_wrap(err, "while loading expanded postings from index cache");
	}
	if (!postings_plan_make(header->postings, r->ctx, matchers, f->scratch, &f->plan, err))
		return false;
	if (!f->plan.nothing) {
		struct postings_thrift t = *thrift;
		t.series_bytes =
		    t.assumes_half ? block_request_series_bytes(r) : ESTIMATED_SERIES_BYTES;
		struct postings_deferral d = postings_plan_defer(&f->plan, &t);
		count_deferral(r, &d);
		out->deferred = postings_plan_deferred(&f->plan, a);
		if (!answer_plan(f, a, &out->list, err))
			return false;
	}
	if (out->deferred.n == 0)
		index_cache_store_expanded(r->cache, &f->cached, matchers, out->list, r->tenant);
	return true;
}

bool block_postings_find(const struct block_request *r, const struct index_header *header,
			 struct matchers matchers, const struct postings_thrift *thrift,
			 struct arena *a, struct block_postings *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(r->tracker);
	struct finding f = {.r = r, .scratch = scratch, .cached = block_request_cached(r)};
	int64_t began_ns = clock_monotonic_ns(&clock_system);

	*out = (struct block_postings){0};
	if (matchers.n == 0)
		return true;
	if (!find(&f, header, matchers, thrift, a, out, err))
		return false;
	request_stats_waited(r->stats, REQUEST_POSTINGS,
			     clock_monotonic_ns(&clock_system) - began_ns);
	if (out->list.n == 0)
		request_stats_found_nothing(r->stats);
	return true;
}
