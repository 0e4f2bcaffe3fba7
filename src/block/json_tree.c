#include "block/json_tree.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
	return str_cmp((*(const struct json *const *)a)->key,
		       (*(const struct json *const *)b)->key);
}

static void put_node(struct json_writer *w, const struct json *node, enum json_tree_form form,
		     struct arena *a);

/* Of a name that occurs twice, the last one counts; a null is a value. */
static void put_sorted(struct json_writer *w, const struct json *node, struct arena *a)
{
	const struct json **sorted = ARENA_ARRAY(a, const struct json *, node->n);

	for (const struct json *v = node->first; v; v = v->next)
		sorted[v->index] = v;
	if (node->n)
		qsort(sorted, node->n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < node->n; i++) {
		if (i + 1 < node->n && str_eq(sorted[i]->key, sorted[i + 1]->key))
			continue;
		json_key_str(w, sorted[i]->key);
		put_node(w, sorted[i], JSON_TREE_AS_GO_MAP, a);
	}
}

static void put_object(struct json_writer *w, const struct json *node, enum json_tree_form form,
		       struct arena *a)
{
	json_begin_object(w);
	if (form == JSON_TREE_AS_GO_MAP) {
		put_sorted(w, node, a);
	} else {
		for (const struct json *v = node->first; v; v = v->next) {
			json_key_str(w, v->key);
			put_node(w, v, form, a);
		}
	}
	json_end_object(w);
}

static void put_number(struct json_writer *w, const struct json *node, enum json_tree_form form)
{
	struct err err = ERR_INIT;
	double v;

	if (form == JSON_TREE_AS_GO_MAP && json_to_f64(node, &v, &err))
		json_put_f64(w, v);
	else
		json_put_raw(w, node->text);
}

static void put_node(struct json_writer *w, const struct json *node, enum json_tree_form form,
		     struct arena *a)
{
	switch (node->type) {
	case JSON_OBJECT:
		put_object(w, node, form, a);
		break;
	case JSON_ARRAY:
		json_begin_array(w);
		for (const struct json *v = node->first; v; v = v->next)
			put_node(w, v, form, a);
		json_end_array(w);
		break;
	case JSON_STRING:
		json_put_str(w, node->text);
		break;
	case JSON_NUMBER:
		put_number(w, node, form);
		break;
	case JSON_BOOL:
		json_put_bool(w, node->boolean);
		break;
	case JSON_NULL:
	case JSON_INVALID:
		json_put_null(w);
		break;
	}
}

struct str json_tree_text(const struct json *node, enum json_tree_form form, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct json_writer w;

	json_writer_init(&w, &text, JSON_ESCAPE_HTML);
	put_node(&w, node, form, scratch);
	return arena_str(a, buf_str(&text));
}

void json_tree_put(struct json_writer *w, struct str text)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root;
	struct err err = ERR_INIT;

	if (json_parse(text, a, &root, &err))
		put_node(w, root, JSON_TREE_AS_IT_IS, a);
	else
		json_put_null(w);
}
