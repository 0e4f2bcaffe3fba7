#include "tsdb/postings_answer.h"

#include "base/assert.h"
#include "base/lock.h"

#include <inttypes.h>

/* Of an index at hand, read at once. */
enum { READ_BYTES = 256 << 10, READ_GAP_BYTES = 4 << 10, LENGTH_BYTES = 4, REF_BYTES = 4 };
#define LIST_MAX_BYTES ((size_t)UINT32_MAX + 8) /* by its length field */

/* The union of a group's lists in the making. */
struct sum {
	uint64_t *bits; /* one for each reference; or, where there are few references: */
	uint8_t *area;  /* lists one behind the other, */
	size_t area_refs;
	size_t area_used;
	struct {
		struct postings *v;
		size_t n, cap;
	} lists; /* in the area; or the only one */
};

struct postings_answer {
	const struct postings_plan *plan;
	struct arena *a;
	postings_list_fn *fn;
	void *arg;
	struct mutex mu;
	struct sum *sums; /* one for each group; guarded by mu, as is the arena */
};

struct postings_answer *postings_answer_new(const struct postings_plan *plan, struct arena *a,
					    postings_list_fn *fn, void *arg)
{
	struct postings_answer *answer = ARENA_NEW(a, struct postings_answer);

	answer->plan = plan;
	answer->a = a;
	answer->fn = fn;
	answer->arg = arg;
	answer->sums = ARENA_ARRAY(a, struct sum, plan->n_groups);
	mutex_init(&answer->mu, RANK_LEAF);
	return answer;
}

void postings_answer_done(struct postings_answer *answer)
{
	if (answer)
		mutex_done(&answer->mu);
}

static bool has_room(const struct postings_answer *answer, uint64_t bytes, struct err *err)
{
	return tracker_room(arena_tracker(answer->a), (int64_t)bytes, err);
}

/* --- uniting ------------------------------------------------------------------------------- */

/* A bitmap where it is smaller than two copies of all lists, which is what merging takes. */
static bool begin_sum(struct postings_answer *answer, struct sum *sum,
		      const struct postings_group *g, struct err *err)
{
	uint64_t bitmap_bytes = (answer->plan->refs_end / 64 + 1) * sizeof(uint64_t);

	if (g->n_refs * REF_BYTES * 2 < bitmap_bytes) {
		if (!has_room(answer, g->n_refs * REF_BYTES, err))
			return false;
		sum->area_refs = g->n_refs;
		sum->area = arena_alloc(answer->a, g->n_refs * REF_BYTES);
		return true;
	}
	if (!has_room(answer, bitmap_bytes, err))
		return false;
	sum->bits = arena_calloc(answer->a, bitmap_bytes / sizeof(uint64_t), sizeof(uint64_t));
	return true;
}

static bool set_bits(const struct postings_answer *answer, struct sum *sum, struct postings list,
		     struct err *err)
{
	/* They ascend, so that the last one tells for all. */
	if (list.n && postings_at(list, list.n - 1) >= answer->plan->refs_end)
		return err_set(err, ERR_CORRUPT,
			       "postings list: reference %" PRIu32 " lies behind all series",
			       postings_at(list, list.n - 1));
	for (size_t i = 0; i < list.n; i++) {
		uint32_t ref = postings_at(list, i);
		sum->bits[ref / 64] |= UINT64_C(1) << ref % 64;
	}
	return true;
}

static bool append_list(const struct postings_answer *answer, struct sum *sum, struct postings list,
			struct err *err)
{
	uint8_t *to = sum->area + sum->area_used * REF_BYTES;

	if (list.n > sum->area_refs - sum->area_used)
		return err_set(
		    err, ERR_CORRUPT,
		    "postings list: more entries than its place in the index has room for");
	if (list.n == 0)
		return true;
	memcpy(to, list.be, list.n * REF_BYTES);
	sum->area_used += list.n;
	ARENA_PUSH(answer->a, &sum->lists, (struct postings){to, list.n});
	return true;
}

static bool add_list(struct postings_answer *answer, size_t group, struct postings list,
		     struct err *err)
{
	const struct postings_group *g = &answer->plan->groups[group];
	struct sum *sum = &answer->sums[group];

	assert(group < answer->plan->n_groups);
	if (g->n_lists == 1) {
		ARENA_PUSH(answer->a, &sum->lists, list);
		return true;
	}
	if (!sum->bits && !sum->area && !begin_sum(answer, sum, g, err))
		return false;
	return sum->bits ? set_bits(answer, sum, list, err) : append_list(answer, sum, list, err);
}

bool postings_answer_add(struct postings_answer *answer, size_t group, struct postings list,
			 struct err *err)
{
	mutex_lock(&answer->mu);
	bool ok = add_list(answer, group, list, err);
	mutex_unlock(&answer->mu);
	return ok;
}

/* --- bytes --------------------------------------------------------------------------------- */

void postings_feed_init(struct postings_feed *feed, struct postings_answer *answer, struct arena *a)
{
	*feed = (struct postings_feed){.answer = answer, .a = a};
	buf_init(&feed->partial, LIST_MAX_BYTES, arena_tracker(a));
}

void postings_feed_done(struct postings_feed *feed)
{
	buf_done(&feed->partial);
}

static const struct postings_group *fed_group(const struct postings_feed *feed)
{
	return &feed->answer->plan->groups[feed->group];
}

static uint64_t fed_bytes(const struct postings_feed *feed)
{
	struct postings_range r = fed_group(feed)->runs[feed->run].range;

	return r.end - r.start;
}

void postings_feed_begin(struct postings_feed *feed, size_t group, size_t run)
{
	feed->group = group;
	feed->run = run;
	feed->lists_left = fed_group(feed)->runs[run].n_lists;
	feed->whole = NULL;
	feed->whole_used = 0;
	buf_clear(&feed->partial);
}

static bool complete_list(struct postings_feed *feed, const uint8_t *p, size_t n, struct err *err)
{
	struct postings_answer *answer = feed->answer;
	struct postings list;

	if (!postings_parse(p, n, &list, err) ||
	    !postings_answer_add(answer, feed->group, list, err))
		return false;
	if (answer->fn && fed_group(feed)->values)
		answer->fn(answer->arg, feed->group, feed->run, list);
	feed->lists_left--;
	return true;
}

/* The only list of its group is kept as it is. */
static bool feed_whole(struct postings_feed *feed, const uint8_t *p, size_t n, struct err *err)
{
	uint64_t size = fed_bytes(feed);

	if (!feed->whole) {
		if (!has_room(feed->answer, size, err))
			return false;
		feed->whole = arena_alloc(feed->a, size);
	}
	if (n > size - feed->whole_used)
		n = size - feed->whole_used;
	memcpy(feed->whole + feed->whole_used, p, n);
	feed->whole_used += n;
	return true;
}

/* Takes what the list that has begun still lacks from the front of [*p, *p + *n). */
static bool feed_partial(struct postings_feed *feed, const uint8_t **p, size_t *n, struct err *err)
{
	struct buf *partial = &feed->partial;
	uint64_t want = LENGTH_BYTES;

	if (partial->n >= LENGTH_BYTES)
		want = postings_stored_bytes((const uint8_t *)partial->p);
	if (want > fed_bytes(feed))
		return err_set(err, ERR_CORRUPT, "postings list: it is longer than its place");
	size_t take = want - partial->n < *n ? want - partial->n : *n;
	if (!has_room(feed->answer, take, err))
		return false;
	buf_append(partial, *p, take);
	*p += take;
	*n -= take;
	if (want == LENGTH_BYTES || partial->n < want)
		return true;
	bool ok = complete_list(feed, (const uint8_t *)partial->p, partial->n, err);
	buf_clear(partial);
	return ok;
}

bool postings_feed_bytes(struct postings_feed *feed, const uint8_t *p, size_t n, struct err *err)
{
	if (fed_group(feed)->n_lists == 1)
		return feed_whole(feed, p, n, err);
	while (n > 0 && feed->lists_left > 0) {
		if (feed->partial.n == 0 && n >= LENGTH_BYTES && postings_stored_bytes(p) <= n) {
			size_t size = postings_stored_bytes(p);
			if (!complete_list(feed, p, size, err))
				return false;
			p += size;
			n -= size;
		} else if (!feed_partial(feed, &p, &n, err)) {
			return false;
		}
	}
	return true;
}

bool postings_feed_end(struct postings_feed *feed, struct err *err)
{
	if (feed->whole)
		return complete_list(feed, feed->whole, feed->whole_used, err);
	if (feed->lists_left == 0)
		return true;
	return err_set(err, ERR_CORRUPT, "postings list: it is longer than its place");
}

/* --- the answer ---------------------------------------------------------------------------- */

static size_t count_bits(const uint64_t *bits, size_t n_words)
{
	size_t n = 0;

	for (size_t i = 0; i < n_words; i++)
		n += (size_t)__builtin_popcountll(bits[i]);
	return n;
}

static bool list_of_bits(const struct postings_answer *answer, const uint64_t *bits,
			 struct postings *out, struct err *err)
{
	size_t n_words = answer->plan->refs_end / 64 + 1, n = count_bits(bits, n_words);

	if (!has_room(answer, n * REF_BYTES, err))
		return false;
	uint8_t *be = arena_alloc(answer->a, n * REF_BYTES), *to = be;
	for (size_t i = 0; i < n_words; i++)
		for (uint64_t word = bits[i]; word; word &= word - 1, to += REF_BYTES)
			store_be32(to, (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word));
	*out = (struct postings){be, n};
	return true;
}

/* The group as a list. */
static bool list_of_sum(const struct postings_answer *answer, const struct sum *sum,
			struct postings *out, struct err *err)
{
	if (sum->bits)
		return list_of_bits(answer, sum->bits, out, err);
	if (!has_room(answer, 2 * sum->area_used * REF_BYTES, err))
		return false;
	*out = postings_union(answer->a, sum->lists.v, sum->lists.n);
	return true;
}

/* Those of `list` whose bit is `wanted`. */
static struct postings filter(struct arena *a, struct postings list, const uint64_t *bits,
			      uint64_t wanted, uint64_t refs_end)
{
	uint8_t *be = arena_alloc(a, list.n * REF_BYTES);
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		uint32_t ref = postings_at(list, i);
		uint64_t bit = ref < refs_end ? bits[ref / 64] >> ref % 64 & 1 : 0;
		if (bit == wanted)
			store_be32(be + REF_BYTES * n++, ref);
	}
	return (struct postings){be, n};
}

static bool apply_group(const struct postings_answer *answer, size_t i, struct postings *result,
			struct err *err)
{
	const struct postings_group *g = &answer->plan->groups[i];
	const struct sum *sum = &answer->sums[i];
	struct postings list;

	if (!has_room(answer, result->n * REF_BYTES, err))
		return false;
	if (sum->bits) {
		*result =
		    filter(answer->a, *result, sum->bits, !g->subtract, answer->plan->refs_end);
		return true;
	}
	if (!list_of_sum(answer, sum, &list, err))
		return false;
	*result = g->subtract ? postings_without(answer->a, *result, list)
			      : postings_intersect(answer->a, *result, list);
	return true;
}

bool postings_answer_end(struct postings_answer *answer, struct postings *out, struct err *err)
{
	const struct postings_plan *plan = answer->plan;
	struct postings result = {0};

	if (plan->n_groups > 0 && !list_of_sum(answer, &answer->sums[0], &result, err))
		return false;
	for (size_t i = 1; i < plan->n_groups && result.n > 0; i++)
		if (!plan->groups[i].deferred && !apply_group(answer, i, &result, err))
			return false;
	*out = result;
	return true;
}

/* --- an index at hand ---------------------------------------------------------------------- */

/* A run that is longer than one read. */
static bool read_run(struct byte_source *index, struct ctx *ctx, struct postings_feed *feed,
		     struct postings_range range, struct arena *scratch, struct err *err)
{
	for (uint64_t at = range.start; at < range.end;) {
		struct arena_mark mark = arena_mark(scratch);
		uint64_t left = range.end - at;
		size_t n = left < READ_BYTES ? left : READ_BYTES;
		const uint8_t *p = NULL;
		if (ctx_check(ctx, err))
			p = byte_source_view(index, ctx, at, n, scratch, err);
		if (!p || !postings_feed_bytes(feed, p, n, err))
			return false;
		arena_rewind(scratch, mark);
		at += n;
	}
	return postings_feed_end(feed, err);
}

/* How many runs, from the first on, lie close enough together for one read. */
static size_t count_neighbours(const struct postings_read *reads, size_t n)
{
	size_t i = 1;

	while (i < n && reads[i].range.start <= reads[i - 1].range.end + READ_GAP_BYTES &&
	       reads[i].range.end >= reads[i - 1].range.end &&
	       reads[i].range.end - reads[0].range.start <= READ_BYTES)
		i++;
	return i;
}

static bool read_neighbours(struct byte_source *index, struct ctx *ctx, struct postings_feed *feed,
			    const struct postings_read *reads, size_t n, struct arena *scratch,
			    struct err *err)
{
	uint64_t start = reads[0].range.start;
	const uint8_t *p = NULL;

	if (ctx_check(ctx, err))
		p = byte_source_view(index, ctx, start, reads[n - 1].range.end - start, scratch,
				     err);
	for (size_t i = 0; p && i < n; i++) {
		struct postings_range r = reads[i].range;
		postings_feed_begin(feed, reads[i].group, reads[i].run);
		if (!postings_feed_bytes(feed, p + (r.start - start), r.end - r.start, err) ||
		    !postings_feed_end(feed, err))
			return err_wrap(err, "%s: at byte %" PRIu64, index->name, r.start);
	}
	return p != NULL;
}

static bool read_lists(struct byte_source *index, struct ctx *ctx, const struct postings_plan *plan,
		       struct postings_feed *feed, struct arena *a, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	size_t n_reads;
	const struct postings_read *reads = postings_plan_reads(plan, a, &n_reads);

	for (size_t i = 0, n; i < n_reads; i += n) {
		struct arena_mark mark = arena_mark(scratch);
		struct postings_range r = reads[i].range;
		n = count_neighbours(reads + i, n_reads - i);
		if (r.end - r.start <= READ_BYTES) {
			if (!read_neighbours(index, ctx, feed, reads + i, n, scratch, err))
				return false;
		} else {
			postings_feed_begin(feed, reads[i].group, reads[i].run);
			if (!read_run(index, ctx, feed, r, scratch, err))
				return err_wrap(err, "%s: at byte %" PRIu64, index->name, r.start);
		}
		arena_rewind(scratch, mark);
	}
	return true;
}

bool postings_for_matchers(struct byte_source *index, struct index_postings *ip, struct ctx *ctx,
			   struct matchers matchers, struct arena *a, struct postings *out,
			   struct err *err)
{
	struct postings_plan plan;

	if (!postings_plan_make(ip, ctx, matchers, a, &plan, err))
		return false;
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&plan, a, NULL, NULL);
	struct postings_feed feed auto_done(postings_feed_done);

	postings_feed_init(&feed, answer, a);
	return read_lists(index, ctx, &plan, &feed, a, err) &&
	       postings_answer_end(answer, out, err);
}
