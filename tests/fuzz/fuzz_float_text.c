/* fuzz_float_text.c - a number that is read and printed in any style reads as the same number, also
 * by the C library; and so do the bytes of the input taken for a number.
 */
#include "base/float_text.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(double v)
{
	char text[FLOAT_TEXT_MAX + 1];
	double again;

	for (enum float_style style = FLOAT_F; style <= FLOAT_G; style++) {
		size_t n = float_format(text, v, style);
		if (n > FLOAT_TEXT_MAX || !float_parse(str_from(text, n), &again))
			abort();
		text[n] = '\0';
		if (!isnan(v) && (memcmp(&again, &v, sizeof(v)) != 0 || strtod(text, NULL) != v))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	double v;

	if (float_parse(str_from(data, size), &v))
		check(v);
	if (size == sizeof(v)) {
		memcpy(&v, data, sizeof(v));
		check(v);
	}
	return 0;
}
