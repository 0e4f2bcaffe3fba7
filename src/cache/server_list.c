#include "cache/server_list.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/natural_order.h"
#include "base/vec.h"
#include "cache/jump_hash.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { ILL_AT_LEAST_MS = 5000 };

struct cache_server {
	_Atomic size_t n_refs;
	struct wire_address address;
	struct server_options options;
	_Atomic int64_t ill_since_ns; /* 0: it is well */
	struct mutex mu;
	VEC(struct wire *) idle; /* the one used last is last; guarded by mu */
};

struct server_list {
	_Atomic size_t n_refs;
	size_t n;
	struct cache_server **servers;
};

/* --- one server ------------------------------------------------------------------------------- */

static struct cache_server *server_new(const struct wire_address *address,
				       const struct server_options *options)
{
	struct cache_server *s = NEW(struct cache_server);

	s->n_refs = 1;
	s->address = *address;
	s->options = *options;
	mutex_init(&s->mu, RANK_LEAF);
	return s;
}

static void server_unref(struct cache_server *s)
{
	if (atomic_fetch_sub(&s->n_refs, 1) > 1)
		return;
	for (size_t i = 0; i < s->idle.n; i++)
		wire_close(s->idle.v[i]);
	vec_done(&s->idle);
	mutex_done(&s->mu);
	free(s);
}

const char *cache_server_address(const struct cache_server *s)
{
	return s->address.text;
}

bool cache_server_falls_ill(struct cache_server *s)
{
	int64_t well = 0;

	return atomic_compare_exchange_strong(&s->ill_since_ns, &well,
					      clock_monotonic_ns(&clock_system));
}

bool cache_server_recovers(struct cache_server *s)
{
	int64_t since_ns = atomic_load(&s->ill_since_ns);

	return since_ns &&
	       clock_monotonic_ns(&clock_system) - since_ns >= ILL_AT_LEAST_MS * NS_PER_MS &&
	       atomic_compare_exchange_strong(&s->ill_since_ns, &since_ns, 0);
}

static struct wire *take_idle(struct cache_server *s)
{
	MUTEX_HOLD(&s->mu);
	return s->idle.n ? vec_pop(&s->idle) : NULL;
}

struct wire *cache_server_take(struct cache_server *s, struct err *err)
{
	for (struct wire *w; (w = take_idle(s));) {
		if (wire_is_quiet(w))
			return w;
		wire_close(w);
	}
	return wire_open(&s->address, s->options.tls, err);
}

void cache_server_give(struct cache_server *s, struct wire *w)
{
	mutex_lock(&s->mu);
	bool is_kept = s->idle.n < s->options.max_idle;
	if (is_kept)
		vec_push(&s->idle, w);
	mutex_unlock(&s->mu);
	if (!is_kept)
		wire_close(w);
}

/* --- lists ------------------------------------------------------------------------------------ */

static bool is_same(const struct wire_address *a, const struct wire_address *b)
{
	return a->size == b->size && memcmp(&a->sa, &b->sa, a->size) == 0 &&
	       strcmp(a->text, b->text) == 0;
}

/* From the list before, or a new one; with a reference of its own. */
static struct cache_server *find_or_make(const struct wire_address *address,
					 const struct server_options *options,
					 struct server_list *before)
{
	for (size_t i = 0; before && i < before->n; i++) {
		struct cache_server *s = before->servers[i];
		if (is_same(&s->address, address)) {
			atomic_fetch_add(&s->n_refs, 1);
			return s;
		}
	}
	return server_new(address, options);
}

static int by_nature(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_eq(*x, *y) ? 0 : natural_less(*x, *y) ? -1 : 1;
}

struct server_list *server_list_new(const struct str *texts, size_t n,
				    const struct server_options *options,
				    struct server_list *before, struct err *err)
{
	struct str *sorted auto_free(mem_free) = xcalloc(n + 1, sizeof(*sorted));
	struct server_list *l = NEW(struct server_list);
	struct wire_address address;

	l->n_refs = 1;
	l->servers = xcalloc(n + 1, sizeof(struct cache_server *));
	if (n)
		memcpy(sorted, texts, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_nature);
	for (size_t i = 0; i < n; i++) {
		if (!wire_address_resolve(sorted[i], &address, err)) {
			server_list_unref(l);
			return NULL;
		}
		l->servers[l->n++] = find_or_make(&address, options, before);
	}
	return l;
}

struct server_list *server_list_ref(struct server_list *l)
{
	atomic_fetch_add(&l->n_refs, 1);
	return l;
}

void server_list_unref(struct server_list *l)
{
	if (!l || atomic_fetch_sub(&l->n_refs, 1) > 1)
		return;
	for (size_t i = 0; i < l->n; i++)
		server_unref(l->servers[i]);
	free(l->servers);
	free(l);
}

size_t server_list_length(const struct server_list *l)
{
	return l->n;
}

struct cache_server *server_list_at(const struct server_list *l, size_t i)
{
	return l->servers[i];
}

size_t server_list_pick(const struct server_list *l, struct str key)
{
	return l->n > 1 ? jump_hash(hash_xx64(key), l->n) : 0;
}
