#include "codec/json.h"

#include "base/float_text.h"

#include <stdio.h>

/* What errors need to know of the whole. */
struct json_document {
	struct str text;
};

/* --- building ------------------------------------------------------------------------------- */

struct builder {
	struct json_reader reader;
	const struct json_document *document;
};

static bool build(struct builder *b, struct json *node);

static bool build_value(struct builder *b, struct json *parent, struct json ***tail, struct str key)
{
	struct json *node = ARENA_NEW(b->reader.arena, struct json);
	*node = (struct json){
	    .key = key, .index = parent->n++, .parent = parent, .document = b->document};
	**tail = node;
	*tail = &node->next;
	return build(b, node);
}

static bool build_object(struct builder *b, struct json *node)
{
	struct json **tail = &node->first;
	struct str key;
	json_read_object(&b->reader);
	while (json_next_key(&b->reader, &key))
		build_value(b, node, &tail, key);
	return b->reader.err.code == ERR_OK;
}

static bool build_array(struct builder *b, struct json *node)
{
	struct json **tail = &node->first;
	json_read_array(&b->reader);
	while (json_next_item(&b->reader))
		build_value(b, node, &tail, (struct str){0});
	return b->reader.err.code == ERR_OK;
}

/* Recursion is as deep as the text is nested, at most JSON_MAX_DEPTH. */
static bool build(struct builder *b, struct json *node)
{
	node->type = json_peek(&b->reader);
	node->offset = b->reader.at;
	switch (node->type) {
	case JSON_OBJECT:
		return build_object(b, node);
	case JSON_ARRAY:
		return build_array(b, node);
	case JSON_STRING:
		return json_read_str(&b->reader, &node->text);
	case JSON_NUMBER:
		return json_read_number(&b->reader, &node->text);
	case JSON_BOOL:
		return json_read_bool(&b->reader, &node->boolean);
	case JSON_NULL:
	case JSON_INVALID:
		break;
	}
	return json_skip(&b->reader); /* which says what is wrong with no value */
}

bool json_parse(struct str text, struct arena *arena, const struct json **out, struct err *err)
{
	struct json_document *document = ARENA_NEW(arena, struct json_document);
	struct json *root = ARENA_NEW(arena, struct json);
	struct builder b = {.document = document};

	document->text = text;
	root->document = document;
	json_reader_init(&b.reader, text, arena);
	build(&b, root);
	if (!json_reader_end(&b.reader, err))
		return false;
	*out = root;
	return true;
}

/* --- errors --------------------------------------------------------------------------------- */

static void path_append(struct buf *out, const struct json *node)
{
	if (!node->parent)
		return;
	path_append(out, node->parent);
	if (node->parent->type == JSON_OBJECT)
		buf_printf(out, ".%.*s", STR_FMT(node->key));
	else
		buf_printf(out, "[%zu]", node->index);
}

bool json_fail(const struct json *node, struct err *err, enum err_code code, const char *fmt, ...)
{
	struct buf path auto_done(buf_done) = BUF_INIT(256);
	path_append(&path, node);
	if (path.n)
		buf_puts(&path, ": ");

	char what[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	struct json_position at = json_position(node->document->text, node->offset);
	return err_set(err, code, "line %zu, column %zu: %s%s", at.line, at.column, buf_cstr(&path),
		       what);
}

bool json_is(const struct json *node, enum json_type type, struct err *err)
{
	if (!node || node->type == type)
		return true;
	return json_fail(node, err, ERR_INVALID, "want %s, found %s", json_type_name(type),
			 json_type_name(node->type));
}

/* --- members -------------------------------------------------------------------------------- */

const struct json *json_get_str(const struct json *object, struct str key)
{
	const struct json *found = NULL;
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *v = object->first; v; v = v->next)
		if (str_eq(v->key, key))
			found = v;
	return found && found->type != JSON_NULL ? found : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return json_get_str(object, str_of(key));
}

bool json_require(const struct json *object, const char *key, const struct json **out,
		  struct err *err)
{
	const struct json *found = json_get(object, key);
	if (!found)
		return json_fail(object, err, ERR_INVALID, "\"%s\" is missing", key);
	*out = found;
	return true;
}

static bool is_listed(struct str key, const char *const *keys)
{
	for (; *keys; keys++)
		if (str_is(key, *keys))
			return true;
	return false;
}

bool json_only_keys(const struct json *object, const char *const *keys, struct err *err)
{
	for (const struct json *v = object->first; v; v = v->next)
		if (!is_listed(v->key, keys))
			return json_fail(v, err, ERR_INVALID, "unknown field \"%.*s\"",
					 STR_FMT(v->key));
	return true;
}

/* --- scalars -------------------------------------------------------------------------------- */

/* Nothing to convert: absent or null. */
static bool is_absent(const struct json *node)
{
	return !node || node->type == JSON_NULL;
}

static bool fail_number(const struct json *node, const char *want, struct err *err)
{
	return json_fail(node, err, ERR_INVALID, "want %s, found %.*s", want, STR_FMT(node->text));
}

bool json_to_i64(const struct json *node, int64_t *out, struct err *err)
{
	if (is_absent(node))
		return true;
	return json_is(node, JSON_NUMBER, err) &&
	       (str_to_i64(node->text, out) || fail_number(node, JSON_WANT_I64, err));
}

bool json_to_u64(const struct json *node, uint64_t *out, struct err *err)
{
	if (is_absent(node))
		return true;
	return json_is(node, JSON_NUMBER, err) &&
	       (str_to_u64(node->text, out) || fail_number(node, JSON_WANT_U64, err));
}

bool json_to_f64(const struct json *node, double *out, struct err *err)
{
	if (is_absent(node))
		return true;
	return json_is(node, JSON_NUMBER, err) &&
	       (float_parse(node->text, out) || fail_number(node, JSON_WANT_F64, err));
}

bool json_to_bool(const struct json *node, bool *out, struct err *err)
{
	if (is_absent(node))
		return true;
	if (!json_is(node, JSON_BOOL, err))
		return false;
	*out = node->boolean;
	return true;
}

bool json_to_str(const struct json *node, struct str *out, struct err *err)
{
	if (is_absent(node))
		return true;
	if (!json_is(node, JSON_STRING, err))
		return false;
	*out = node->text;
	return true;
}
