#include "tests/lib/local_block.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/meta.h"
#include "tests/lib/expect.h"

#include <inttypes.h>

static void put_file(const char *path, struct str bytes)
{
	struct err err = ERR_INIT;
	expect_ok(fs_write_atomic(path, bytes, 0644, &err), err);
}

void local_block_make(const char *dir, const struct local_block *block)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *path = arena_printf(a, "%s/%s", dir, block->ulid);
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(arena_printf(a, "%s/chunks", path), &err), err);
	for (int i = 1; i <= (block->n_segments ? block->n_segments : 1); i++) {
		char *text = arena_printf(a, "chunks %d of %s", i, block->ulid);
		put_file(arena_printf(a, "%s/chunks/%06d", path, i), str_of(text));
	}
	put_file(arena_printf(a, "%s/index", path),
		 str_of(arena_printf(a, "index of %s", block->ulid)));
	char *meta = arena_printf(
	    a,
	    "{\"ulid\": \"%s\", \"minTime\": %" PRId64 ", \"maxTime\": %" PRId64
	    ", \"stats\": {\"numSamples\": %d}, \"compaction\": {\"level\": %d, \"sources\": "
	    "[\"%s\"]}, \"version\": 1%s%s%s}",
	    block->ulid, block->min_t_ms, block->max_t_ms, block->is_empty ? 0 : 12,
	    block->level ? block->level : 1, block->ulid, block->thanos ? ", \"thanos\": {" : "",
	    block->thanos ? block->thanos : "", block->thanos ? "}" : "");
	put_file(arena_printf(a, "%s/meta.json", path), str_of(meta));
}

struct dump {
	struct bucket *bucket;
	struct buf *out;
};

static bool dump_object(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct dump *d = arg;

	buf_printf(d->out, "%.*s ", STR_FMT(entry->name));
	if (!bucket_get_bytes(d->bucket, NULL, entry->name, 0, BUCKET_TO_END, d->out, err))
		return false;
	buf_puts(d->out, "\n");
	return true;
}

void bucket_dump(struct bucket *b, struct buf *out)
{
	struct dump d = {b, out};
	struct err err = ERR_INIT;

	expect_ok(bucket_list(b, NULL, STR(""), LIST_RECURSIVE, dump_object, &d, &err), err);
}

struct check {
	struct bucket *bucket;
	size_t n_blocks;
};

static bool check_block(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct check *check = arg;
	struct object_attrs attrs;
	struct ulid id;
	struct meta m;

	if (!block_id_of(entry->name, &id))
		return true;
	if (!bucket_get_bytes(check->bucket, NULL, block_object(id, META_FILENAME), 0,
			      BUCKET_TO_END, &text, err))
		return err->code == ERR_NOT_FOUND;
	expect_ok(meta_parse(buf_str(&text), a, &m, err), *err);
	assert_true(m.n_files >= 2);
	for (size_t i = 0; i < m.n_files; i++) {
		char *name = arena_printf(a, "%s/%.*s", ulid_str(id), STR_FMT(m.files[i].path));
		expect_ok(bucket_attrs(check->bucket, NULL, str_of(name), &attrs, err), *err);
		if (m.files[i].size_bytes)
			assert_int_equal(attrs.size_bytes, m.files[i].size_bytes);
	}
	check->n_blocks++;
	return true;
}

size_t bucket_check_blocks(struct bucket *b)
{
	struct check check = {.bucket = b};
	struct err err = ERR_INIT;

	expect_ok(bucket_list(b, NULL, STR(""), LIST_DIRECTORY, check_block, &check, &err), err);
	return check.n_blocks;
}
