#include "store/window_budget.h"

/* As much as this part of what is left is given at once, so that most windows are whole. */
enum { WHOLE_PART = 4 };

static int64_t least_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t left_in(const struct window_budget *b, int64_t taken_bytes)
{
	int64_t left = b->limit_bytes - taken_bytes;

	if (b->memory && b->memory->limit_bytes > 0)
		left = least_of(left, (b->memory->limit_bytes - b->memory->used_bytes) / 2);
	return left > 0 ? left : 0;
}

/* Of `left_bytes`. One share more than there are blocks leaves something to the next request. */
static int64_t granted(int64_t left_bytes, int64_t wanted_bytes, int64_t least_bytes,
		       size_t n_sharing)
{
	int64_t share = left_bytes / (int64_t)(n_sharing + 1);

	if (wanted_bytes <= left_bytes / WHOLE_PART)
		return wanted_bytes;
	return least_of(wanted_bytes, share > least_bytes ? share : least_bytes);
}

int64_t window_budget_take(struct window_budget *b, int64_t wanted_bytes, int64_t least_bytes,
			   size_t n_sharing)
{
	if (!b)
		return least_of(wanted_bytes, least_bytes);

	int64_t taken = b->taken_bytes, bytes;
	do {
		bytes = granted(left_in(b, taken), wanted_bytes, least_bytes, n_sharing);
	} while (!atomic_compare_exchange_weak(&b->taken_bytes, &taken, taken + bytes));
	return bytes;
}

void window_budget_give_back(struct window_budget *b, int64_t bytes)
{
	if (b)
		atomic_fetch_sub(&b->taken_bytes, bytes);
}
