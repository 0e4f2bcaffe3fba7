/* yaml_decode.c - from nodes to structs, by tables. */
#include "codec/yaml_internal.h"

#include <stdio.h>

static const struct yaml_field *find_field(const struct yaml_table *table, struct str name,
					   size_t *base)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct yaml_field *f = &table->fields[i];
		if (f->name[0] && str_is(name, f->name))
			return f;
		if (f->name[0] || !f->sub)
			continue;
		const struct yaml_field *inner = find_field(f->sub, name, base);
		if (inner) {
			*base += f->offset;
			return inner;
		}
	}
	return NULL;
}

const struct yaml_node *yaml_unknown_key(const struct yaml_node *node,
					 const struct yaml_table *table)
{
	size_t base = 0;

	for (size_t i = 0; node && node->kind == YAML_MAP && i < node->n; i++)
		if (!find_field(table, node->entries[i].key->text, &base))
			return node->entries[i].key;
	return NULL;
}

static bool decode_pairs(const struct yaml_node *node, struct arena *arena, void *out, size_t *n,
			 struct err *err)
{
	if (node->kind != YAML_MAP)
		return yaml_fail_type(node, "map[string]string", err);

	struct yaml_pair *pairs = ARENA_ARRAY(arena, struct yaml_pair, node->n);
	for (size_t i = 0; i < node->n; i++) {
		pairs[i].name = node->entries[i].key->text;
		if (!yaml_to_str(node->entries[i].value, &pairs[i].value, err))
			return false;
	}
	memcpy(out, &pairs, sizeof(pairs));
	*n = node->n;
	return true;
}

static bool decode_struct(const struct yaml_node *node, const struct yaml_table *table,
			  struct arena *arena, void *out, struct err *err);

/* One value into the place for it. */
static bool decode_value(const struct yaml_node *node, const struct yaml_field *f,
			 struct arena *arena, void *out, struct err *err)
{
	switch (f->type) {
	case YAML_STR:
		return yaml_to_str(node, out, err);
	case YAML_BOOL:
		return yaml_to_bool(node, out, err);
	case YAML_I64:
		return yaml_to_i64(node, out, err);
	case YAML_U64:
		return yaml_to_u64(node, out, err);
	case YAML_F64:
		return yaml_to_f64(node, out, err);
	case YAML_NODE:
		memcpy(out, &node, sizeof(node));
		return true;
	case YAML_STRUCT:
		return decode_struct(node, f->sub, arena, out, err);
	case YAML_DECODED:
		return f->decode(node, arena, out, err);
	case YAML_IGNORED:
	case YAML_PAIRS: /* has a count, see decode_field() */
		break;
	}
	return true;
}

static const char *go_type_of(const struct yaml_field *f)
{
	static const char *const names[] = {
	    [YAML_STR] = "string", [YAML_BOOL] = "bool",   [YAML_I64] = "int",
	    [YAML_U64] = "uint",   [YAML_F64] = "float64", [YAML_NODE] = "interface {}",
	};
	if (f->sub)
		return f->sub->type_name;
	return f->type < sizeof(names) / sizeof(names[0]) && names[f->type] ? names[f->type]
									    : f->name;
}

static bool decode_list(const struct yaml_node *node, const struct yaml_field *f,
			struct arena *arena, void *out, size_t *n, struct err *err)
{
	if (node->kind != YAML_LIST) {
		char go_type[128];
		snprintf(go_type, sizeof(go_type), "[]%s", go_type_of(f));
		return yaml_fail_type(node, go_type, err);
	}
	char *items = arena_calloc(arena, node->n, f->size);
	bool ok = true;
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *item = node->items[i];
		void *slot = items + i * f->size;
		if (f->type == YAML_STRUCT)
			ok = yaml_decode(item, f->sub, arena, slot, err);
		else if (!yaml_is_null(item)) /* null leaves it zero */
			ok = decode_value(item, f, arena, slot, err);
		if (!ok)
			return false;
	}
	memcpy(out, &items, sizeof(items));
	*n = node->n;
	return true;
}

static bool decode_field(const struct yaml_node *node, const struct yaml_field *f,
			 struct arena *arena, char *base, struct err *err)
{
	if (yaml_is_null(node))
		return true;
	void *out = base + f->offset;
	size_t *n = (size_t *)(void *)(base + f->n_offset);
	if (f->is_list)
		return decode_list(node, f, arena, out, n, err);
	if (f->type == YAML_PAIRS)
		return decode_pairs(node, arena, out, n, err);
	return decode_value(node, f, arena, out, err);
}

static bool decode_fields(const struct yaml_node *node, const struct yaml_table *table,
			  struct arena *arena, char *out, struct err *err)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *key = node->entries[i].key;
		size_t base = 0;
		const struct yaml_field *f = find_field(table, key->text, &base);
		if (f) {
			if (!decode_field(node->entries[i].value, f, arena, out + base, err))
				return false;
		} else if (table->unknown == YAML_UNKNOWN_REFUSED) {
			return yaml_fail(key, err, "field %.*s not found in type %s",
					 STR_FMT(key->text), table->type_name);
		}
	}
	return true;
}

/* The struct's defaults are set. */
static bool decode_struct(const struct yaml_node *node, const struct yaml_table *table,
			  struct arena *arena, void *out, struct err *err)
{
	if (!yaml_is_null(node)) {
		if (node->kind != YAML_MAP)
			return yaml_fail_type(node, table->type_name, err);
		if (!decode_fields(node, table, arena, out, err))
			return false;
	}
	return !table->validate || table->validate(node, out, err);
}

static void set_defaults(const struct yaml_table *table, char *out)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct yaml_field *f = &table->fields[i];
		if (f->type == YAML_STRUCT && !f->is_list)
			set_defaults(f->sub, out + f->offset);
	}
	if (table->set_defaults)
		table->set_defaults(out);
}

bool yaml_decode(const struct yaml_node *node, const struct yaml_table *table, struct arena *arena,
		 void *out, struct err *err)
{
	set_defaults(table, out);
	return decode_struct(node, table, arena, out, err);
}
