#include "head/isolation.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>
#include <string.h>

struct isolation {
	struct mutex mu;
	/* Guarded by mu. */
	uint64_t last_id;
	struct append_ticket *oldest_append, *newest_append;
	struct read_view *oldest_read, *newest_read;
	size_t n_appends;
};

struct isolation *isolation_new(void)
{
	struct isolation *s = NEW(struct isolation);

	mutex_init(&s->mu, RANK_LEAF);
	return s;
}

void isolation_free(struct isolation *s)
{
	if (!s)
		return;
	mutex_done(&s->mu);
	free(s);
}

/* To the newer end of a list; and out of it. */
#define LINK(oldest, newest, x)                                                                    \
	do {                                                                                       \
		(x)->older = (newest);                                                             \
		(x)->newer = NULL;                                                                 \
		*((newest) ? &(newest)->newer : &(oldest)) = (x);                                  \
		(newest) = (x);                                                                    \
	} while (0)
#define UNLINK(oldest, newest, x)                                                                  \
	do {                                                                                       \
		*((x)->older ? &(x)->older->newer : &(oldest)) = (x)->newer;                       \
		*((x)->newer ? &(x)->newer->older : &(newest)) = (x)->older;                       \
	} while (0)

void isolation_begin_append(struct isolation *s, struct append_ticket *t)
{
	MUTEX_HOLD(&s->mu);

	t->id = ++s->last_id;
	LINK(s->oldest_append, s->newest_append, t);
	s->n_appends++;
}

void isolation_end_append(struct isolation *s, struct append_ticket *t)
{
	MUTEX_HOLD(&s->mu);

	UNLINK(s->oldest_append, s->newest_append, t);
	s->n_appends--;
}

/* --- readers ---------------------------------------------------------------------------------- */

void isolation_begin_read(struct isolation *s, struct read_view *v)
{
	MUTEX_HOLD(&s->mu);

	*v = (struct read_view){.max_id = s->last_id, .oldest_id = s->last_id + 1};
	if (s->n_appends) {
		v->oldest_id = s->oldest_append->id;
		v->hidden = xreallocarray(NULL, s->n_appends, sizeof(*v->hidden));
	}
	for (const struct append_ticket *t = s->oldest_append; t; t = t->newer)
		v->hidden[v->n_hidden++] = t->id;
	LINK(s->oldest_read, s->newest_read, v);
}

void isolation_end_read(struct isolation *s, struct read_view *v)
{
	MUTEX_HOLD(&s->mu);

	UNLINK(s->oldest_read, s->newest_read, v);
	free(v->hidden);
	v->hidden = NULL;
}

bool read_view_sees(const struct read_view *v, uint64_t id)
{
	if (id < v->oldest_id)
		return true;
	if (id > v->max_id)
		return false;
	for (size_t i = 0; i < v->n_hidden && v->hidden[i] <= id; i++)
		if (v->hidden[i] == id)
			return false;
	return true;
}

uint64_t isolation_settled(struct isolation *s)
{
	MUTEX_HOLD(&s->mu);
	/* Readers and appends are in the order in which they began, and so are their oldest. */
	uint64_t id = s->oldest_append ? s->oldest_append->id : s->last_id + 1;

	return s->oldest_read && s->oldest_read->oldest_id < id ? s->oldest_read->oldest_id : id;
}

/* --- numbers of samples ----------------------------------------------------------------------- */

static uint64_t *slot(const struct append_ids *ids, uint32_t i)
{
	return &ids->v[(ids->first + i) & (ids->cap - 1)];
}

static void grow(struct append_ids *ids)
{
	uint32_t cap = ids->cap ? ids->cap * 2 : 4;
	uint64_t *v = xreallocarray(NULL, cap, sizeof(*v));

	for (uint32_t i = 0; i < ids->n; i++)
		v[i] = *slot(ids, i);
	free(ids->v);
	*ids = (struct append_ids){.v = v, .n = ids->n, .cap = cap};
}

void append_ids_add(struct append_ids *ids, uint64_t id)
{
	if (ids->n == ids->cap)
		grow(ids);
	*slot(ids, ids->n++) = id;
}

void append_ids_forget(struct append_ids *ids, uint64_t settled)
{
	while (ids->n > 0 && *slot(ids, 0) < settled) {
		ids->first = (ids->first + 1) & (ids->cap - 1);
		ids->n--;
	}
}

void append_ids_done(struct append_ids *ids)
{
	free(ids->v);
	*ids = (struct append_ids){0};
}

size_t append_ids_count_hidden(const struct append_ids *ids, const struct read_view *v)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (!read_view_sees(v, *slot(ids, i)))
			return ids->n - i;
	return 0;
}
