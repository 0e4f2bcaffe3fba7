/* rune_range.h - whether a character is in one of many ranges: what tables made from Unicode's data
 * are asked.
 */
#ifndef BASE_RUNE_RANGE_H
#define BASE_RUNE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rune_range {
	uint32_t first, last;
};

/* The ranges ascend and do not touch. */
static inline bool rune_is_in(uint32_t rune, const struct rune_range *ranges, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rune > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && rune >= ranges[low].first;
}

#endif
