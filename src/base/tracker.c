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

void tracker_done(struct tracker *t)
{
	if (t->parent)
		tracker_release(t->parent, atomic_load(&t->used_bytes));
	atomic_store(&t->used_bytes, 0);
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
	for (; t; t = t->parent)
		raise_peak(t, atomic_fetch_add(&t->used_bytes, bytes) + bytes);
}

void tracker_release(struct tracker *t, int64_t bytes)
{
	assert(bytes >= 0);
	for (; t; t = t->parent) {
		int64_t before = atomic_fetch_sub(&t->used_bytes, bytes);
		assert(before >= bytes);
	}
}

static bool fits(const struct tracker *t, int64_t more_bytes, struct err *err)
{
	for (; t; t = t->parent) {
		int64_t used = atomic_load_explicit(&t->used_bytes, memory_order_relaxed);
		if (t->limit_bytes > 0 && used + more_bytes > t->limit_bytes)
			return err_set(err, ERR_LIMIT,
				       "%s needs more than the %lld bytes of memory that %s allows",
				       t->name, (long long)t->limit_bytes, t->limit_name);
	}
	return true;
}

bool tracker_check(const struct tracker *t, struct err *err)
{
	return fits(t, 0, err);
}

bool tracker_reserve(struct tracker *t, int64_t bytes, struct err *err)
{
	if (!fits(t, bytes, err))
		return false;
	tracker_charge(t, bytes);
	return true;
}
