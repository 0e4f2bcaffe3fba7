#include "tests/lib/golden_block.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fs.h"
#include "tests/lib/expect.h"

#include <inttypes.h>

static void put_file(struct bucket *b, const char *name, const char *path)
{
	struct err err = ERR_INIT;
	expect_ok(bucket_put_file(b, NULL, str_of(name), path, &err), err);
}

static int64_t file_size(const char *path)
{
	struct fs_info info;
	struct err err = ERR_INIT;
	expect_ok(fs_stat(path, &info, &err), err);
	return info.size_bytes;
}

void golden_block_put(struct bucket *b, const struct golden_block *block)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const char *golden = block->golden ? block->golden : "plain";
	char *dir = arena_printf(a, TEST_DATA_DIR "/blocks/%s", golden);
	char *index = arena_printf(a, "%s/index", dir);
	bool as_it_is = block->min_t_ms == 0 && block->max_t_ms == 0;
	struct err err = ERR_INIT;

	put_file(b, arena_printf(a, "%s/index", block->ulid), index);
	put_file(b, arena_printf(a, "%s/chunks/000001", block->ulid),
		 arena_printf(a, "%s/chunks/000001", dir));
	char *meta = arena_printf(
	    a,
	    "{\"ulid\":\"%s\",\"minTime\":%" PRId64 ",\"maxTime\":%" PRId64
	    ",\"compaction\":{\"level\":1,\"sources\":[\"%s\"]},\"version\":1,\"thanos\":{"
	    "\"labels\":%s,\"downsample\":{\"resolution\":%" PRId64
	    "},\"source\":\"test\",\"files\":[{\"rel_path\":\"chunks/000001\"},{\"rel_path\":"
	    "\"index\",\"size_bytes\":%" PRId64 "}]}}",
	    block->ulid, as_it_is ? GOLDEN_PLAIN_MIN_T_MS : block->min_t_ms,
	    as_it_is ? GOLDEN_PLAIN_MAX_T_MS : block->max_t_ms, block->ulid,
	    block->labels ? block->labels : "{\"cluster\":\"eu\"}", block->resolution_ms,
	    file_size(index));
	expect_ok(bucket_put_bytes(b, NULL, str_of(arena_printf(a, "%s/meta.json", block->ulid)),
				   str_of(meta), PUT_REPLACE, &err),
		  err);
}
