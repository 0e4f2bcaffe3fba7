/* Whatever is read as a meta.json is written in a form that is read and written again as it is. */
#include "base/assert.h"
#include "block/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_and_write(struct str text, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct meta m;

	if (!meta_parse(text, a, &m, &err))
		return false;
	struct meta *kept auto_free(meta_unref) = meta_new(&m);
	meta_write(kept, out);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct buf twice auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);

	if (!read_and_write(str_from(data, size), &once))
		return 0;
	assert(read_and_write(buf_str(&once), &twice));
	assert(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
