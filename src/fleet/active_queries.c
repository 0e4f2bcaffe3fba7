#include "fleet/active_queries.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/lock.h"

#include <stdlib.h>

struct active_queries {
	struct clock *clock;
	struct active_query_file *file; /* owned; may be NULL */
	struct mutex mu;
	uint64_t last_id;                   /* guarded by mu, as the rest */
	struct active_query *first, **last; /* in the order they came */
};

struct active_queries *active_queries_new(struct clock *clock, struct active_query_file *file)
{
	struct active_queries *q = NEW(struct active_queries);

	q->clock = clock;
	q->file = file;
	q->last = &q->first;
	mutex_init(&q->mu, RANK_FLEET);
	return q;
}

void active_queries_free(struct active_queries *q)
{
	if (!q)
		return;
	assert(!q->first);
	active_query_file_close(q->file);
	mutex_done(&q->mu);
	free(q);
}

void active_queries_add(struct active_queries *q, struct active_query *entry,
			const struct query_request *req, struct ctx *ctx)
{
	if (!q)
		return;
	*entry = (struct active_query){
	    .info =
		{
		    .text = req->text,
		    .tenant = req->tenant,
		    .is_range = req->is_range,
		    .start_ms = req->start_ms,
		    .end_ms = req->end_ms,
		    .step_ms = req->step_ms,
		    .asked_ms = clock_wall_ms(q->clock),
		    .is_waiting = true,
		},
	    .ctx = ctx,
	    .asked_ns = clock_monotonic_ns(q->clock),
	    .slot = ACTIVE_QUERY_NO_SLOT,
	};
	MUTEX_HOLD(&q->mu);
	entry->info.id = ++q->last_id;
	entry->link = q->last;
	*q->last = entry;
	q->last = &entry->next;
}

void active_queries_start(struct active_queries *q, struct active_query *entry)
{
	if (!q)
		return;
	MUTEX_HOLD(&q->mu);
	entry->info.is_waiting = false;
	entry->slot =
	    active_query_file_put(q->file, entry->info.text, clock_wall_ms(q->clock) / 1000);
}

void active_queries_remove(struct active_queries *q, struct active_query *entry)
{
	if (!q || !entry->link)
		return;
	MUTEX_HOLD(&q->mu);
	active_query_file_clear(q->file, entry->slot);
	*entry->link = entry->next;
	if (entry->next)
		entry->next->link = entry->link;
	else
		q->last = entry->link;
	entry->link = NULL;
}

static bool is_visible(const struct active_query *entry, struct str tenant)
{
	return tenant.n == 0 || str_eq(entry->info.tenant, tenant);
}

struct active_query_list active_queries_list(struct active_queries *q, struct str tenant,
					     struct arena *a)
{
	int64_t now_ns = clock_monotonic_ns(q->clock);
	struct active_query_list list = {0};

	MUTEX_HOLD(&q->mu);
	for (const struct active_query *e = q->first; e; e = e->next) {
		if (!is_visible(e, tenant))
			continue;
		struct active_query_info info = e->info;
		info.text = arena_str(a, info.text);
		info.tenant = arena_str(a, info.tenant);
		info.duration_ns = now_ns - e->asked_ns;
		ARENA_PUSH(a, &list, info);
	}
	return list;
}

bool active_queries_cancel(struct active_queries *q, uint64_t id, struct str tenant,
			   struct err *err)
{
	/* Held, so that the query cannot end meanwhile. */
	MUTEX_HOLD(&q->mu);
	for (struct active_query *e = q->first; e; e = e->next) {
		if (e->info.id != id || !is_visible(e, tenant))
			continue;
		ctx_cancel(e->ctx, ERR_CANCELED, "the query was canceled on request");
		return true;
	}
	return err_set(err, ERR_NOT_FOUND, "no active query has the id %llu",
		       (unsigned long long)id);
}
