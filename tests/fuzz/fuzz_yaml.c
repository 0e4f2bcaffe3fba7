/* fuzz_yaml.c - any text is parsed or refused in bounded memory, and every scalar has a meaning for
 * each type or an error that names its line.
 */
#include "base/tracker.h"
#include "codec/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(bool ok, const struct err *err)
{
	if (!ok && strncmp(err->msg, "line ", 5) != 0)
		abort();
}

static void read_scalar(const struct yaml_node *node)
{
	struct err err = ERR_INIT;
	struct str s;
	bool b;
	int64_t i;
	uint64_t u;
	double f;

	check_error(yaml_to_str(node, &s, &err), &err);
	check_error(yaml_to_bool(node, &b, &err), &err);
	bool has_f = yaml_to_f64(node, &f, &err);
	check_error(has_f, &err);
	bool has_i = yaml_to_i64(node, &i, &err);
	bool has_u = yaml_to_u64(node, &u, &err);
	if ((has_i || has_u) && !has_f) /* every integer is a float too */
		abort();
}

/* Aliases are visited as often as they are used: the cap on their expansion bounds this walk. */
static size_t walk(const struct yaml_node *node, unsigned depth)
{
	size_t n = 1;
	if (node->line == 0 || depth > YAML_MAX_DEPTH)
		abort();
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == YAML_LIST)
			n += walk(node->items[i], depth + 1);
		else
			n += 1 + walk(node->entries[i].value, depth + 1);
	}
	if (node->kind == YAML_SCALAR)
		read_scalar(node);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct err err = ERR_INIT;
	struct yaml_node *root;

	bool ok = yaml_parse(str_from(data, size), a, &root, &err);
	check_error(ok, &err);
	if (ok &&
	    (walk(root, 0) != root->n_expanded || root->n_expanded > 2 * (size_t)YAML_MAX_NODES))
		abort();
	arena_free(a);
	return 0;
}
