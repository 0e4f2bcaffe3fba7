#include "base/rune_width.h"

#include "base/rune_range.h"
#include "base/utf8.h"

#include "base/rune_width.inc"

unsigned rune_width(uint32_t rune)
{
	if (rune < 0x300) /* the first combining mark */
		return 1;
	if (rune_is_in(rune, wide, sizeof(wide) / sizeof(wide[0])))
		return 2;
	return !rune_is_in(rune, combining, sizeof(combining) / sizeof(combining[0]));
}

size_t str_width(struct str s)
{
	size_t width = 0, n;

	for (; s.n > 0; s = str_skip(s, n))
		width += rune_width(utf8_decode(s, &n));
	return width;
}
