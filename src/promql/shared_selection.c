#include "promql/shared_selection.h"

#include "base/alloc.h"
#include "promql/operator.h"

#include <stdlib.h>

enum { PAGE_SERIES = 64, KEPT_MAX_BYTES_DEFAULT = 32 << 20 };

/* Some series that were found one after the other. */
struct page {
	struct page *next;
	struct arena *arena; /* of the copies */
	size_t n_readers;    /* that are not beyond it */
	size_t kept_bytes;
	struct series v[PAGE_SERIES];
	size_t n;
};

/* What some selectors have in common. */
struct shared {
	struct series_iter *it; /* NULL before the first reader */
	struct reader *readers; /* that read from here, begun or not */
	size_t n_readers;
	struct page *first, *last;
	size_t kept_bytes;
	bool has_ended, has_failed;
	struct err err; /* why */
	bool has_begun; /* who comes later is left to itself */
};

struct shared_selections {
	struct shared *v; /* by plan_node.shared - 1 */
	size_t n;
};

struct reader {
	struct series_iter base; /* first, so that the two pointers convert */
	struct execution *x;
	const struct plan_node *selector;
	struct shared *shared; /* NULL: it is left to itself */
	struct reader *link;
	struct series_iter *own; /* what it asked for itself */
	struct page *page;       /* NULL: it has not begun */
	size_t next;             /* in the page */
};

struct shared_selections *shared_selections_new(const struct promql_plan *plan)
{
	if (plan->n_shared == 0)
		return NULL;
	struct shared_selections *all = NEW(struct shared_selections);
	all->n = plan->n_shared;
	all->v = xcalloc(all->n, sizeof(*all->v));
	return all;
}

void shared_selections_free(struct shared_selections *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++) {
		assert(!all->v[i].readers && !all->v[i].first);
		series_iter_close(all->v[i].it);
	}
	free(all->v);
	free(all);
}

/* --- pages ------------------------------------------------------------------------------------ */

static struct page *page_add(struct shared *s, struct tracker *tracker)
{
	struct page *page = NEW(struct page);

	page->arena = arena_new(tracker);
	page->n_readers = s->n_readers;
	if (s->last)
		s->last->next = page;
	else
		s->first = page;
	s->last = page;
	return page;
}

/* Nobody will come back to the pages before the first that has readers. */
static void drop_pages(struct shared *s)
{
	while (s->first && s->first->n_readers == 0) {
		struct page *page = s->first;
		s->first = page->next;
		if (!s->first)
			s->last = NULL;
		s->kept_bytes -= page->kept_bytes;
		arena_free(page->arena);
		free(page);
	}
}

/* --- readers ---------------------------------------------------------------------------------- */

/* It reads from here no more. */
static void leave(struct reader *r)
{
	struct shared *s = r->shared;
	struct reader **at = &s->readers;

	for (struct page *page = r->page ? r->page : s->first; page; page = page->next)
		page->n_readers--;
	while (*at != r)
		at = &(*at)->link;
	*at = r->link;
	s->n_readers--;
	r->shared = NULL;
	r->page = NULL;
	drop_pages(s);
}

/* Too much is kept for those who have not begun. */
static void turn_away(struct shared *s)
{
	struct reader *next;

	for (struct reader *r = s->readers; r; r = next) {
		next = r->link;
		if (!r->page)
			leave(r);
	}
}

static enum iter_result find(struct shared *s, struct series *out, struct err *err)
{
	if (!s->has_ended) {
		enum iter_result r = series_iter_next(s->it, out, &s->err);
		if (r == ITER_VALUE)
			return r;
		s->has_ended = true;
		s->has_failed = r == ITER_ERROR;
	}
	if (s->has_failed)
		*err = s->err;
	return s->has_failed ? ITER_ERROR : ITER_END;
}

/* In the last page. */
static void keep(struct shared *s, const struct series *found, struct tracker *tracker)
{
	struct page *page = s->last && s->last->n < PAGE_SERIES ? s->last : page_add(s, tracker);
	size_t bytes = series_size_bytes(found);

	page->v[page->n++] = series_copy(page->arena, found);
	page->kept_bytes += bytes;
	s->kept_bytes += bytes;
}

/* The page in which r->next is, if it was found. */
static void turn_pages(struct reader *r)
{
	struct shared *s = r->shared;

	if (!r->page)
		r->page = s->first;
	while (r->page && r->next == PAGE_SERIES && r->page->next) {
		r->page->n_readers--;
		r->page = r->page->next;
		r->next = 0;
	}
	drop_pages(s);
}

static size_t max_kept_bytes(const struct execution *x)
{
	int64_t max_bytes = x->plan->opts.max_shared_bytes;

	return max_bytes > 0 ? (size_t)max_bytes : KEPT_MAX_BYTES_DEFAULT;
}

static enum iter_result read_own(struct reader *r, struct series *out, struct err *err)
{
	struct execution *x = r->x;

	if (!r->own)
		r->own = queryable_select(x->queryable, x->ctx, r->selector->matchers,
					  &r->selector->hints, x->notes, x->tracker, err);
	return r->own ? series_iter_next(r->own, out, err) : ITER_ERROR;
}

static enum iter_result reader_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct reader *r = (struct reader *)base;
	struct shared *s = r->shared;

	if (!s)
		return read_own(r, out, err);
	s->has_begun = true;
	turn_pages(r);
	if (!r->page || r->next == r->page->n) {
		enum iter_result result = find(s, out, err);
		if (result != ITER_VALUE || s->n_readers == 1)
			return result;
		keep(s, out, r->x->tracker);
		turn_pages(r);
		if (s->kept_bytes > max_kept_bytes(r->x))
			turn_away(s);
	}
	*out = r->page->v[r->next++];
	return ITER_VALUE;
}

static void reader_close(struct series_iter *base)
{
	struct reader *r = (struct reader *)base;

	if (r->shared)
		leave(r);
	series_iter_close(r->own);
	free(r);
}

static const struct series_iter_ops reader_ops = {reader_next, reader_close};

static void join(struct reader *r, struct shared *s)
{
	if (s->has_begun)
		return;
	r->shared = s;
	r->link = s->readers;
	s->readers = r;
	s->n_readers++;
}

struct series_iter *shared_selection_open(struct execution *x, const struct plan_node *selector,
					  struct err *err)
{
	struct shared *s = &x->shared->v[selector->shared - 1];
	struct reader *r = NEW(struct reader);

	*r = (struct reader){{&reader_ops}, .x = x, .selector = selector};
	join(r, s);
	if (!r->shared || s->it)
		return &r->base;
	s->it = queryable_select(x->queryable, x->ctx, selector->matchers, &selector->hints,
				 x->notes, x->tracker, err);
	if (s->it)
		return &r->base;
	reader_close(&r->base);
	return NULL;
}
