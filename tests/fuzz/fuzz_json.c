/* fuzz_json.c - what the tree accepts, written again and parsed again, is the same tree; and the
 * pull parser accepts the same texts as the tree does.
 */
#include "codec/json.h"
#include "codec/json_writer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct json_writer *w, const struct json *node)
{
	switch (node->type) {
	case JSON_OBJECT:
		json_begin_object(w);
		for (const struct json *v = node->first; v; v = v->next) {
			json_key_str(w, v->key);
			write_value(w, v);
		}
		json_end_object(w);
		break;
	case JSON_ARRAY:
		json_begin_array(w);
		for (const struct json *v = node->first; v; v = v->next)
			write_value(w, v);
		json_end_array(w);
		break;
	case JSON_STRING:
		json_put_str(w, node->text);
		break;
	case JSON_NUMBER:
		json_put_raw(w, node->text);
		break;
	case JSON_BOOL:
		json_put_bool(w, node->boolean);
		break;
	case JSON_NULL:
		json_put_null(w);
		break;
	case JSON_INVALID:
		abort();
	}
}

static bool same(const struct json *a, const struct json *b)
{
	if (a->type != b->type || a->n != b->n || a->boolean != b->boolean ||
	    !str_eq(a->text, b->text) || !str_eq(a->key, b->key))
		return false;
	const struct json *y = b->first;
	for (const struct json *x = a->first; x; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return true;
}

static bool is_valid(struct str text, struct arena *a)
{
	struct json_reader r;
	struct err err = ERR_INIT;
	json_reader_init(&r, text, a);
	json_skip(&r);
	return json_reader_end(&r, &err);
}

static void round_trip(const struct json *root, struct arena *a, const char *indent)
{
	struct buf text = BUF_INIT(BUF_TEXT_MAX);
	struct json_writer w;
	struct err err = ERR_INIT;
	const struct json *again;

	json_writer_init(&w, &text, indent ? JSON_ESCAPE_PLAIN : JSON_ESCAPE_HTML);
	json_writer_set_indent(&w, indent);
	write_value(&w, root);
	if (!json_parse(buf_str(&text), a, &again, &err) || !same(root, again))
		abort();
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct str text = str_from(data, size);
	struct err err = ERR_INIT;
	const struct json *root;

	bool ok = json_parse(text, a, &root, &err);
	if (ok != is_valid(text, a))
		abort();
	if (ok) {
		round_trip(root, a, NULL);
		round_trip(root, a, "\t");
	}
	arena_free(a);
	return 0;
}
