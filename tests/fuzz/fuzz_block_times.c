/* Any bytes: either refused, or what is written for them reads back the same. */
#include "base/assert.h"
#include "block/block_times.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct block_times t = BLOCK_TIMES_INIT, again = BLOCK_TIMES_INIT;
	struct err err = ERR_INIT;

	if (!block_times_parse(str_from(data, size), &t, &err)) {
		assert(err.code == ERR_CORRUPT);
		return 0;
	}
	block_times_format(&t, &text);
	assert(block_times_parse(buf_str(&text), &again, &err));
	assert(again.v.n == t.v.n && again.at_ms == t.at_ms);
	for (size_t i = 0; i < t.v.n; i++)
		assert(ulid_cmp(again.v.v[i].id, t.v.v[i].id) == 0 &&
		       again.v.v[i].ms == t.v.v[i].ms);
	block_times_done(&t);
	block_times_done(&again);
	return 0;
}
