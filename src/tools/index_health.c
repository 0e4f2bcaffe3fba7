#include "tools/index_health.h"

#include "tsdb/postings_answer.h"

enum { LOOKUP_SERIES = 4096 };

struct examination {
	struct index_reader *ix;
	struct ctx *ctx;
	int64_t min_t_ms, max_t_ms;
	struct index_health *health;
	struct arena *symbols; /* of the lookup, which is made anew now and then */
	struct symbol_lookup *lookup;
	struct arena *turns[2]; /* one of them holds the series before */
	struct labels previous;
};

/* --- one series ------------------------------------------------------------------------------ */

static void examine_chunk(struct examination *e, const struct chunk_meta *c)
{
	struct index_health *h = e->health;

	h->n_chunks++;
	if (c->min_t_ms >= e->min_t_ms && c->max_t_ms <= e->max_t_ms)
		return;
	h->n_outside_chunks++;
	if (c->min_t_ms > e->max_t_ms || c->max_t_ms < e->min_t_ms)
		h->n_complete_outside_chunks++;
	else if (c->min_t_ms == e->max_t_ms)
		h->n_issue_347_chunks++;
}

static void examine_chunks(struct examination *e, const struct index_series *s)
{
	size_t n_out_of_order = 0;

	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct chunk_meta *c = &s->chunks[i], *before = c - 1;
		examine_chunk(e, c);
		if (i == 0 || c->min_t_ms > before->max_t_ms)
			continue;
		if (c->min_t_ms == before->min_t_ms && c->max_t_ms == before->max_t_ms)
			e->health->n_duplicated_chunks++;
		else
			n_out_of_order++;
	}
	e->health->n_out_of_order_series += n_out_of_order > 0;
	e->health->n_out_of_order_chunks += n_out_of_order;
}

static bool fail_order(const struct examination *e, struct labels ls, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&text, "series ");
	labels_format(&text, ls);
	buf_puts(&text, " out of order; previous ");
	labels_format(&text, e->previous);
	return err_set(err, ERR_CORRUPT, "%s", buf_cstr(&text));
}

static bool examine_series(struct examination *e, uint32_t ref, struct arena *a, struct err *err)
{
	struct index_series s;
	struct labels ls;

	if (!index_series_read(e->ix->src, e->ctx, ref, e->ix->toc.version, a, &s, err) ||
	    !index_series_labels(&s, e->lookup, a, &ls, err))
		return err_wrap(err, "read series %u", ref);
	if (ls.n == 0)
		return err_set(err, ERR_CORRUPT, "empty label set detected for series %u", ref);
	if (e->health->n_series > 0 && labels_cmp(e->previous, ls) >= 0)
		return fail_order(e, ls, err);
	if (s.n_chunks == 0)
		return err_set(err, ERR_CORRUPT, "empty chunks for series %u", ref);
	examine_chunks(e, &s);
	e->health->n_series++;
	e->previous = labels_copy(a, ls);
	return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool examine_all(struct examination *e, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings all;

	if (!postings_for_matchers(e->ix->src, e->ix->postings, e->ctx, (struct matchers){0}, a,
				   &all, err))
		return err_wrap(err, "get all postings");
	struct postings_cursor c = postings_walk(all);
	for (size_t i = 0; postings_next(&c); i++) {
		struct arena *turn = e->turns[i % 2];
		arena_clear(turn);
		if (i % LOOKUP_SERIES == 0) {
			arena_clear(e->symbols);
			e->lookup = symbol_lookup_new(e->ix->symbols, e->ctx, e->symbols);
		}
		if (!ctx_check(e->ctx, err) || !examine_series(e, c.ref, turn, err))
			return false;
	}
	return true;
}

bool index_health_read(struct index_reader *ix, struct ctx *ctx, int64_t min_t_ms, int64_t max_t_ms,
		       struct index_health *out, struct err *err)
{
	struct index_health health = {0};
	struct examination e = {.ix = ix,
				.ctx = ctx,
				.min_t_ms = min_t_ms,
				.max_t_ms = max_t_ms,
				.health = &health,
				.symbols = arena_new(NULL),
				.turns = {arena_new(NULL), arena_new(NULL)}};
	bool ok = examine_all(&e, err);

	arena_free(e.symbols);
	arena_free(e.turns[0]);
	arena_free(e.turns[1]);
	if (ok)
		*out = health;
	return ok;
}

/* --- in words -------------------------------------------------------------------------------- */

static void begin_problem(struct buf *out)
{
	if (out->n > 0)
		buf_puts(out, ", ");
}

static void tell_outside(const struct index_health *h, struct buf *out)
{
	size_t known = h->n_complete_outside_chunks + h->n_issue_347_chunks;

	if (h->n_outside_chunks > known) {
		begin_problem(out);
		buf_printf(out, "found %zu chunks non-completely outside the block time range",
			   h->n_outside_chunks - known);
	}
	if (h->n_complete_outside_chunks > 0) {
		begin_problem(out);
		buf_printf(out, "found %zu chunks completely outside the block time range",
			   h->n_complete_outside_chunks);
	}
	if (h->n_issue_347_chunks > 0) {
		begin_problem(out);
		buf_printf(out,
			   "found %zu chunks outside the block time range introduced by "
			   "https://github.com/prometheus/tsdb/issues/347",
			   h->n_issue_347_chunks);
	}
}

static void tell_out_of_order(const struct index_health *h, struct buf *out)
{
	if (h->n_out_of_order_chunks == 0)
		return;
	begin_problem(out);
	buf_printf(out,
		   "%zu/%zu series have an average of %.3f out-of-order chunks: %.3f of these are "
		   "exact duplicates (in terms of data and time range)",
		   h->n_out_of_order_series, h->n_series,
		   (double)h->n_out_of_order_chunks / (double)h->n_out_of_order_series,
		   (double)h->n_duplicated_chunks / (double)h->n_out_of_order_chunks);
}

bool index_health_problems(const struct index_health *h, struct buf *out)
{
	tell_outside(h, out);
	tell_out_of_order(h, out);
	return out->n > 0;
}
