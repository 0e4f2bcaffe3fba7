/* fuzz_quote.c - any bytes, quoted, read back the same; what reads as a literal at all reads the
 * same after it was quoted again.
 */
#include "base/quote.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(struct str s)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf back auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	quote_append(&quoted, s);
	if (!unquote_append(&back, buf_str(&quoted), UNQUOTE_GO, &err) ||
	    !str_eq(buf_str(&back), s))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_from(data, size);

	check_round_trip(s);
	for (enum unquote_mode mode = UNQUOTE_GO; mode <= UNQUOTE_PROMQL; mode++) {
		struct buf value auto_done(buf_done) = BUF_INIT(size);
		struct err err = ERR_INIT;
		if (unquote_append(&value, s, mode, &err))
			check_round_trip(buf_str(&value));
		else if (err.code != ERR_INVALID && err.code != ERR_LIMIT)
			abort();
	}
	return 0;
}
