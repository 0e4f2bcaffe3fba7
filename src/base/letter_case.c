#include "base/letter_case.h"

#include "base/utf8.h"

struct case_run {
	uint32_t first, last;
	uint32_t step;
	int32_t way; /* from a letter to its other case */
};

#include "base/letter_case.inc"

#define N_RUNS(runs) (sizeof(runs) / sizeof((runs)[0]))

static uint32_t map_rune(const struct case_run *runs, size_t n, uint32_t rune)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rune > runs[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == n || rune < runs[low].first || (rune - runs[low].first) % runs[low].step != 0)
		return rune;
	return (uint32_t)((int32_t)rune + runs[low].way);
}

uint32_t rune_to_lower(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= 'A' && rune <= 'Z' ? rune + ('a' - 'A') : rune;
	return map_rune(to_lower_runs, N_RUNS(to_lower_runs), rune);
}

uint32_t rune_to_upper(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= 'a' && rune <= 'z' ? rune - ('a' - 'A') : rune;
	return map_rune(to_upper_runs, N_RUNS(to_upper_runs), rune);
}

static bool map_str(struct str s, uint32_t (*map)(uint32_t), struct buf *out)
{
	char bytes[4];

	for (size_t n; s.n > 0; s = str_skip(s, n)) {
		uint32_t rune = map(utf8_decode(s, &n));
		buf_append(out, bytes, utf8_encode(bytes, rune));
	}
	return !out->overflowed;
}

bool str_to_lower(struct str s, struct buf *out)
{
	return map_str(s, rune_to_lower, out);
}

bool str_to_upper(struct str s, struct buf *out)
{
	return map_str(s, rune_to_upper, out);
}
