/* Whatever is read as a mark is written in a form that is read and written again as it is. */
#include "base/arena.h"
#include "base/assert.h"
#include "block/markers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_and_write(enum mark_kind kind, struct str text, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_mark mark;
	struct err err = ERR_INIT;

	if (!mark_parse(kind, text, a, &mark, &err))
		return false;
	mark_format(kind, &mark, out);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum mark_kind kind = MARK_DELETION; kind <= MARK_NO_DOWNSAMPLE; kind++) {
		struct buf once auto_done(buf_done) = BUF_INIT(MARK_MAX_BYTES * 8);
		struct buf twice auto_done(buf_done) = BUF_INIT(MARK_MAX_BYTES * 8);
		if (!read_and_write(kind, str_from(data, size), &once))
			continue;
		assert(read_and_write(kind, buf_str(&once), &twice));
		assert(str_eq(buf_str(&once), buf_str(&twice)));
	}
	return 0;
}
