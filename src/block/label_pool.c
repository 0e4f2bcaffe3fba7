#include "block/label_pool.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

struct label_pool {
	struct mutex mu;
	struct map sets; /* guarded by mu: labels_key() -> struct shared_labels */
};

struct shared_labels *shared_labels_ref(struct shared_labels *s)
{
	s->n_refs++;
	return s;
}

void shared_labels_unref(struct shared_labels *s)
{
	if (!s || --s->n_refs > 0)
		return;
	free(s);
}

struct label_pool *label_pool_new(void)
{
	struct label_pool *p = NEW(struct label_pool);

	mutex_init(&p->mu, RANK_LEAF);
	return p;
}

void label_pool_free(struct label_pool *p)
{
	if (!p)
		return;
	for (struct map_entry *e = map_next(&p->sets, NULL); e; e = map_next(&p->sets, e))
		shared_labels_unref(e->value);
	map_done(&p->sets);
	mutex_done(&p->mu);
	free(p);
}

static struct str put_str(char **to, struct str s)
{
	struct str copy = {*to, s.n};

	if (s.n)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return copy;
}

/* In one piece of memory of exactly its size. */
static struct shared_labels *pack(struct labels ls, struct str key)
{
	size_t bytes = ls.n * sizeof(*ls.v) + key.n;

	for (size_t i = 0; i < ls.n; i++)
		bytes += ls.v[i].name.n + ls.v[i].value.n;
	struct shared_labels *s = xmalloc(sizeof(*s) + bytes);
	struct label *v = (struct label *)s->data;
	char *to = (char *)(v + ls.n);
	for (size_t i = 0; i < ls.n; i++) {
		v[i].name = put_str(&to, ls.v[i].name);
		v[i].value = put_str(&to, ls.v[i].value);
	}
	s->labels = (struct labels){v, ls.n};
	s->key = put_str(&to, key);
	s->n_refs = 1;
	return s;
}

struct shared_labels *label_pool_get(struct label_pool *p, struct labels ls)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str key = labels_key(a, ls);

	MUTEX_HOLD(&p->mu);
	struct shared_labels *s = map_get(&p->sets, key);
	if (!s) {
		s = pack(ls, key);
		map_put(&p->sets, s->key, s);
	}
	return shared_labels_ref(s);
}

void label_pool_sweep(struct label_pool *p)
{
	struct map kept = {0};

	MUTEX_HOLD(&p->mu);
	for (struct map_entry *e = map_next(&p->sets, NULL); e; e = map_next(&p->sets, e)) {
		struct shared_labels *s = e->value;
		if (s->n_refs > 1)
			map_put(&kept, e->key, s);
		else
			shared_labels_unref(s);
	}
	map_done(&p->sets);
	p->sets = kept;
}

size_t label_pool_count(struct label_pool *p)
{
	MUTEX_HOLD(&p->mu);
	return p->sets.n;
}
