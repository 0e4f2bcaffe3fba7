#include "block/shipper_state.h"

#include "base/fs.h"
#include "codec/json.h"
#include "codec/json_writer.h"

#include <inttypes.h>

enum { STATE_MAX_BYTES = 64 << 20 };

void shipper_state_done(struct shipper_state *state)
{
	vec_done(&state->uploaded);
}

bool shipper_state_has(const struct shipper_state *state, struct ulid id)
{
	for (size_t i = 0; i < state->uploaded.n; i++)
		if (ulid_cmp(state->uploaded.v[i], id) == 0)
			return true;
	return false;
}

static bool read_ids(const struct json *list, struct shipper_state *out, struct err *err)
{
	struct str text;
	struct ulid id;

	if (!json_is(list, JSON_ARRAY, err))
		return false;
	for (const struct json *v = list ? list->first : NULL; v; v = v->next) {
		if (!json_is(v, JSON_STRING, err) || !json_to_str(v, &text, err))
			return false;
		if (!ulid_parse(text, &id))
			return json_fail(v, err, ERR_CORRUPT, "\"%.*s\" is no ULID", STR_FMT(text));
		vec_push(&out->uploaded, id);
	}
	return true;
}

static bool parse(struct str text, struct shipper_state *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root;
	int64_t version = 0;

	if (!json_parse(text, a, &root, err) || !json_is(root, JSON_OBJECT, err) ||
	    !json_to_i64(json_get(root, "version"), &version, err) ||
	    !read_ids(json_get(root, "uploaded"), out, err)) {
		err->code = ERR_CORRUPT;
		return false;
	}
	if (version != 1)
		return err_set(err, ERR_UNSUPPORTED, "unexpected version %" PRId64 ", want 1",
			       version);
	return true;
}

bool shipper_state_read(const char *path, struct shipper_state *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(STATE_MAX_BYTES);

	if (!fs_read(path, &text, err))
		return false;
	if (parse(buf_str(&text), out, err))
		return true;
	vec_clear(&out->uploaded);
	return err_wrap(err, "%s", path);
}

bool shipper_state_write(const char *path, const struct shipper_state *state, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(STATE_MAX_BYTES);
	struct json_writer w;

	json_writer_init(&w, &text, JSON_ESCAPE_HTML);
	json_writer_set_indent(&w, "\t");
	json_begin_object(&w);
	json_key(&w, "version");
	json_put_i64(&w, 1);
	json_key(&w, "uploaded");
	if (state->uploaded.n == 0) {
		json_put_null(&w); /* Go's nil slice */
	} else {
		json_begin_array(&w);
		for (size_t i = 0; i < state->uploaded.n; i++)
			json_put_cstr(&w, ulid_str(state->uploaded.v[i]));
		json_end_array(&w);
	}
	json_end_object(&w);
	buf_putc(&text, '\n');
	if (text.overflowed)
		return err_set(err, ERR_LIMIT, "%s: more than %d bytes", path, STATE_MAX_BYTES);
	return fs_write_atomic(path, buf_str(&text), 0644, err);
}
