#include "base/tracker.h"

#include "base/assert.h"

void tracker_init(struct tracker *t, struct tracker *parent, const char *name,
		  const char *limit_name, int64_t limit_bytes)
{
	*t = (struct tracker){
	    .parent = parent,
	    .name = name,
	    .limit_name = limit_name,
	    .limit_bytes = limit_bytes,
	};
}

static void raise_peak(struct tracker *t, int64_t used)
{
	int64_t peak = atomic_load_explicit(&t->peak_bytes, memory_order_relaxed);
	while (used > peak && !atomic_compare_exchange_weak(&t->peak_bytes, &peak, used))
		;
}

void tracker_charge(struct tracker *t, int64_t bytes)
{
	assert(bytes >= 0);
	if (!t || bytes == 0)
		return;
	atomic_fetch_add(&t->own_bytes, bytes);
	for (; t; t = t->parent) {
		int64_t before = atomic_fetch_add(&t->used_bytes, bytes);
		raise_peak(t, before + bytes);
		if (before == 0 && t->parent)
			atomic_fetch_add(&t->parent->n_users, 1);
	}
}

void tracker_release(struct tracker *t, int64_t bytes)
{
	assert(bytes >= 0);
	if (!t || bytes == 0)
		return;
	atomic_fetch_sub(&t->own_bytes, bytes);
	for (; t; t = t->parent) {
		int64_t before = atomic_fetch_sub(&t->used_bytes, bytes);
		assert(before >= bytes);
		if (before == bytes && t->parent)
			atomic_fetch_sub(&t->parent->n_users, 1);
	}
}

void tracker_done(struct tracker *t)
{
	tracker_release(t, atomic_load(&t->used_bytes));
}

static int64_t used_by(const struct tracker *t)
{
	return atomic_load_explicit(&t->used_bytes, memory_order_relaxed);
}

static int64_t share_of(const struct tracker *t)
{
	int64_t n = atomic_load_explicit(&t->n_users, memory_order_relaxed);
	int64_t left = t->limit_bytes - atomic_load_explicit(&t->own_bytes, memory_order_relaxed);

	return left > 0 ? left / (n > 1 ? n : 1) : 0;
}

static bool fits(const struct tracker *t, int64_t more_bytes, struct err *err)
{
	const struct tracker *user = NULL; /* below t */

	for (; t; user = t, t = t->parent) {
		if (t->limit_bytes <= 0 || used_by(t) + more_bytes <= t->limit_bytes)
			continue;
		if (!user)
			return err_set(err, ERR_LIMIT,
				       "%s needs more than the %lld bytes of memory that %s allows",
				       t->name, (long long)t->limit_bytes, t->limit_name);
		if (used_by(user) + more_bytes > share_of(t))
			return err_set(err, ERR_LIMIT,
				       "%s needs more than the %lld bytes of memory that %s "
				       "allows, and %s more than its share of %lld bytes",
				       t->name, (long long)t->limit_bytes, t->limit_name,
				       user->name, (long long)share_of(t));
	}
	return true;
}

bool tracker_check(const struct tracker *t, struct err *err)
{
	return fits(t, 0, err);
}

bool tracker_room(const struct tracker *t, int64_t bytes, struct err *err)
{
	return fits(t, bytes, err);
}

bool tracker_reserve(struct tracker *t, int64_t bytes, struct err *err)
{
	if (!fits(t, bytes, err))
		return false;
	tracker_charge(t, bytes);
	return true;
}
