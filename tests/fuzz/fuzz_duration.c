/* fuzz_duration.c - durations, moments and sizes: what is read and printed reads the same again. */
#include "base/byte_size.h"
#include "base/duration.h"
#include "base/time_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool same)
{
	if (!same)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_from(data, size);
	struct err err = ERR_INIT;
	struct time_or_duration when;
	int64_t v, again;

	if (duration_parse(s, &v, &err))
		check(duration_parse(str_of(duration_str(v)), &again, &err) && again == v);
	if (duration_parse_long(s, &v, &err))
		check(duration_parse(str_of(duration_str(v)), &again, &err) && again == v);
	if (model_duration_parse(s, &v, &err))
		check(model_duration_parse(str_of(model_duration_str(v)), &again, &err) &&
		      again == v);
	if (time_parse(s, &v, &err) && v >= INT64_C(-62167219200000) &&
	    v <= INT64_C(253402300799999))
		check(time_parse(str_of(time_str_ms(v)), &again, &err) && again == v);
	if (time_or_duration_parse(s, &when, &err))
		check(when.relative || time_or_duration_at(when, 5) == when.ms);
	if (byte_size_parse(s, &v, &err))
		check(byte_size_parse(str_of(byte_size_str(v)), &again, &err) &&
		      (again == v || v > INT64_C(1) << 53)); /* sums are floating point numbers */
	return 0;
}
