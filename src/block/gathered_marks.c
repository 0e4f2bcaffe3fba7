#include "block/gathered_marks.h"

#include "base/lock.h"
#include "block/workers.h"

#include <stdlib.h>

struct gathering {
	struct gathered_marks *marks;
	struct ctx *ctx;
	struct block_view *view;
	_Atomic size_t next;
	struct mutex mu; /* guards marks->ids and err */
	struct err err;  /* the first failure */
};

static void add_mark(struct gathering *g, struct ulid id)
{
	MUTEX_HOLD(&g->mu);
	vec_push(&g->marks->ids, id);
}

static void fail(struct gathering *g, const struct err *err)
{
	MUTEX_HOLD(&g->mu);
	if (g->err.code == ERR_OK)
		g->err = *err;
	g->next = g->view->metas.n;
}

static void look_at(struct gathering *g, struct ulid id)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct gathered_marks *m = g->marks;
	struct err err = ERR_INIT;
	struct block_mark mark;

	if (mark_read(m->bucket, g->ctx, m->kind, id, a, &mark, &err))
		add_mark(g, id);
	else if (err.code == ERR_CORRUPT)
		log_warn(m->logger, "a mark cannot be read and is ignored", LOG_ERR(&err));
	else if (err.code != ERR_NOT_FOUND)
		fail(g, &err);
}

static void look_at_blocks(void *arg)
{
	struct gathering *g = arg;

	for (size_t i; (i = g->next++) < g->view->metas.n;)
		look_at(g, g->view->metas.v[i]->id);
}

static int compare_ids(const void *a, const void *b)
{
	return ulid_cmp(*(const struct ulid *)a, *(const struct ulid *)b);
}

static bool gather(struct block_filter *base, struct ctx *ctx, struct block_view *view,
		   struct err *err)
{
	struct gathered_marks *m = (struct gathered_marks *)base;
	struct gathering g = {.marks = m, .ctx = ctx, .view = view};

	vec_clear(&m->ids);
	mutex_init(&g.mu, RANK_LEAF);
	block_workers_run(m->concurrency, view->metas.n, look_at_blocks, &g);
	mutex_done(&g.mu);
	if (g.err.code != ERR_OK) {
		*err = g.err;
		return false;
	}
	if (m->ids.n)
		qsort(m->ids.v, m->ids.n, sizeof(*m->ids.v), compare_ids);
	if (m->kind == MARK_NO_COMPACT)
		view->n_in_state[BLOCK_MARKED_FOR_NO_COMPACT] = m->ids.n;
	return true;
}

void gathered_marks_init(struct gathered_marks *g, struct bucket *bucket, enum mark_kind kind,
			 unsigned concurrency, struct logger *logger)
{
	*g = (struct gathered_marks){
	    .base.apply = gather,
	    .bucket = bucket,
	    .kind = kind,
	    .concurrency = concurrency,
	    .logger = logger,
	};
}

void gathered_marks_done(struct gathered_marks *g)
{
	vec_done(&g->ids);
}

bool gathered_marks_has(const struct gathered_marks *g, struct ulid id)
{
	return g->ids.n && bsearch(&id, g->ids.v, g->ids.n, sizeof(*g->ids.v), compare_ids) != NULL;
}
