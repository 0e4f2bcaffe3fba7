/* json_tree.h - JSON that is carried along without being understood. */
#ifndef BLOCK_JSON_TREE_H
#define BLOCK_JSON_TREE_H

#include "codec/json.h"
#include "codec/json_writer.h"

enum json_tree_form {
	JSON_TREE_AS_IT_IS,
	JSON_TREE_AS_GO_MAP, /* as Go writes a decoded `any`: keys ascending, numbers as doubles */
};

/* Compact text in `a`. */
struct str json_tree_text(const struct json *node, enum json_tree_form form, struct arena *a);

/* Such a text as the next value of a writer, indented as it is. */
void json_tree_put(struct json_writer *w, struct str text);

#endif
