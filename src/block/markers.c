#include "block/markers.h"

#include "block/block_id.h"
#include "codec/json.h"
#include "codec/json_writer.h"

#include <inttypes.h>

struct kind {
	const char *filename;
	const char *time_key;
	bool has_reason;
};

static const struct kind kinds[] = {
    [MARK_DELETION] = {"deletion-mark.json", "deletion_time", false},
    [MARK_NO_COMPACT] = {"no-compact-mark.json", "no_compact_time", true},
    [MARK_NO_DOWNSAMPLE] = {"no-downsample-mark.json", "no_downsample_time", true},
};

const char *mark_filename(enum mark_kind kind)
{
	return kinds[kind].filename;
}

static bool parse_members(enum mark_kind kind, const struct json *root, struct block_mark *out,
			  int64_t *version, struct err *err)
{
	const struct json *id = json_get(root, "id");
	struct str text = {0};

	if (!json_is(root, JSON_OBJECT, err) || !json_to_str(id, &text, err) ||
	    !json_to_i64(json_get(root, "version"), version, err) ||
	    !json_to_str(json_get(root, "details"), &out->details, err) ||
	    !json_to_i64(json_get(root, kinds[kind].time_key), &out->time_s, err))
		return false;
	if (kinds[kind].has_reason && !json_to_str(json_get(root, "reason"), &out->reason, err))
		return false;
	if (id && !ulid_parse(text, &out->id))
		return json_fail(id, err, ERR_CORRUPT, "\"%.*s\" is no ULID", STR_FMT(text));
	return true;
}

bool mark_parse(enum mark_kind kind, struct str json, struct arena *a, struct block_mark *out,
		struct err *err)
{
	struct arena *tree auto_free(arena_free) = arena_new(arena_tracker(a));
	struct block_mark mark = {0};
	const struct json *root;
	int64_t version = 0;

	if (!json_parse(json, tree, &root, err) ||
	    !parse_members(kind, root, &mark, &version, err)) {
		err->code = ERR_CORRUPT;
		return err_wrap(err, "%s", kinds[kind].filename);
	}
	if (version != 1)
		return err_set(err, ERR_UNSUPPORTED, "%s: unexpected version %" PRId64 ", want 1",
			       kinds[kind].filename, version);
	mark.details = arena_str(a, mark.details);
	mark.reason = arena_str(a, mark.reason);
	*out = mark;
	return true;
}

void mark_format(enum mark_kind kind, const struct block_mark *mark, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	json_key(&w, "id");
	json_put_cstr(&w, ulid_str(mark->id));
	json_key(&w, "version");
	json_put_i64(&w, 1);
	if (mark->details.n) {
		json_key(&w, "details");
		json_put_str(&w, mark->details);
	}
	json_key(&w, kinds[kind].time_key);
	json_put_i64(&w, mark->time_s);
	if (kinds[kind].has_reason) {
		json_key(&w, "reason");
		json_put_str(&w, mark->reason);
	}
	json_end_object(&w);
}

bool mark_read(struct bucket *b, struct ctx *ctx, enum mark_kind kind, struct ulid id,
	       struct arena *a, struct block_mark *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(MARK_MAX_BYTES);

	return bucket_get_bytes(b, ctx, block_object(id, mark_filename(kind)), 0, BUCKET_TO_END,
				&text, err) &&
	       (mark_parse(kind, buf_str(&text), a, out, err) ||
		err_wrap(err, "block %s", ulid_str(id)));
}

bool mark_write(struct bucket *b, struct ctx *ctx, enum mark_kind kind,
		const struct block_mark *mark, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(MARK_MAX_BYTES);

	mark_format(kind, mark, &text);
	if (text.overflowed)
		return err_set(err, ERR_LIMIT, "%s of block %s: more than %d bytes",
			       mark_filename(kind), ulid_str(mark->id), MARK_MAX_BYTES);
	return bucket_put_bytes(b, ctx, block_object(mark->id, mark_filename(kind)), buf_str(&text),
				PUT_IF_ABSENT, err);
}

bool mark_remove(struct bucket *b, struct ctx *ctx, enum mark_kind kind, struct ulid id,
		 struct err *err)
{
	return bucket_remove(b, ctx, block_object(id, mark_filename(kind)), err);
}
