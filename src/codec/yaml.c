#include "codec/yaml.h"

#include "base/map.h"

#include <stdio.h>
#include <yaml.h>

/* --- the loader: libyaml's events become nodes ------------------------------------------------ */

/* A list or map that is being read. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *key; /* of a map, waiting for its value */
	struct str anchor;
	struct {
		struct yaml_node **v;
		size_t n, cap;
	} items;
	struct {
		struct yaml_entry *v;
		size_t n, cap;
	} entries;
};

struct loader {
	yaml_parser_t parser;
	struct arena *arena;
	struct map anchors; /* name -> node */
	size_t n_nodes;     /* after the expansion of aliases */
	unsigned depth;
	struct frame frames[YAML_MAX_DEPTH];
	struct yaml_node *root;
	struct err *err;
};

/* Keys and values may have line ends in them, a message has none. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

bool yaml_fail(const struct yaml_node *node, struct err *err, const char *fmt, ...)
{
	char what[900];
	va_list args;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	make_one_line(what);
	return err_set(err, ERR_INVALID, "line %u: %s", node->line, what);
}

static bool fail_parser(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	size_t line = p->error == YAML_READER_ERROR ? p->mark.line : p->problem_mark.line;
	return err_set(l->err, ERR_INVALID, "line %zu: %s", line + 1,
		       p->problem ? p->problem : "not YAML");
}

/* Count `n` nodes more; aliases of aliases make a small text stand for a large tree. */
static bool count_nodes(struct loader *l, const struct yaml_node *at, size_t n)
{
	l->n_nodes += n;
	if (l->n_nodes <= YAML_MAX_NODES)
		return true;
	yaml_fail(at, l->err, "document contains excessive aliasing or more than %d values",
		  YAML_MAX_NODES);
	l->err->code = ERR_LIMIT;
	return false;
}

/* `more` levels are about to be added here. */
static bool check_depth(struct loader *l, const struct yaml_node *at, unsigned more)
{
	if (l->depth + more <= YAML_MAX_DEPTH)
		return true;
	yaml_fail(at, l->err, "nested more than %d deep", YAML_MAX_DEPTH);
	l->err->code = ERR_LIMIT;
	return false;
}

static struct str text_of(struct loader *l, const yaml_char_t *s, size_t n)
{
	return s ? arena_str(l->arena, str_from(s, n)) : (struct str){0};
}

static struct str name_of(struct loader *l, const yaml_char_t *s)
{
	return s ? text_of(l, s, strlen((const char *)s)) : (struct str){0};
}

static struct yaml_node *node_new(struct loader *l, const yaml_event_t *e, enum yaml_kind kind)
{
	struct yaml_node *node = ARENA_NEW(l->arena, struct yaml_node);
	node->kind = kind;
	node->line = (unsigned)e->start_mark.line + 1;
	node->column = (unsigned)e->start_mark.column + 1;
	node->n_expanded = 1;
	return node;
}

static bool anchor_set(struct loader *l, struct str name, struct yaml_node *node)
{
	if (name.n)
		map_put(&l->anchors, name, node);
	return true;
}

/* --- maps: keys once, merges resolved --------------------------------------------------------- */

static bool is_merge(const struct yaml_entry *e)
{
	return e->key->is_plain && str_is(e->key->text, "<<");
}

static bool check_duplicates(struct loader *l, const struct frame *f)
{
	struct map seen auto_done(map_done) = {0};

	for (size_t i = 0; i < f->entries.n; i++) {
		struct yaml_node *key = f->entries.v[i].key;
		if (map_put(&seen, key->text, key))
			return yaml_fail(key, l->err, "key \"%.*s\" already set in map",
					 STR_FMT(key->text));
	}
	return true;
}

/* Add the entries of `from` whose keys are not there yet. */
static bool merge_map(struct loader *l, struct frame *f, struct map *seen, struct yaml_node *from,
		      const struct yaml_node *at)
{
	if (from->kind != YAML_MAP)
		return yaml_fail(at, l->err,
				 "map merge requires map or sequence of maps as the value");
	if (!count_nodes(l, at, from->n_expanded))
		return false;
	for (size_t i = 0; i < from->n; i++) {
		void **slot = map_slot(seen, from->entries[i].key->text);
		if (*slot)
			continue;
		*slot = from->entries[i].key;
		ARENA_PUSH(l->arena, &f->entries, from->entries[i]);
	}
	return true;
}

static bool merge_value(struct loader *l, struct frame *f, struct map *seen,
			struct yaml_node *value)
{
	if (value->kind != YAML_LIST)
		return merge_map(l, f, seen, value, value);
	for (size_t i = 0; i < value->n; i++)
		if (!merge_map(l, f, seen, value->items[i], value))
			return false;
	return true;
}

/* Replace `<<: *defaults` by the entries that it stands for. What the map says itself wins over
 * them, and an earlier merged map over a later one. */
static bool resolve_merges(struct loader *l, struct frame *f)
{
	size_t merge = 0;
	while (merge < f->entries.n && !is_merge(&f->entries.v[merge]))
		merge++;
	if (merge == f->entries.n)
		return true;

	struct yaml_node *value = f->entries.v[merge].value;
	f->entries.n--;
	memmove(&f->entries.v[merge], &f->entries.v[merge + 1],
		(f->entries.n - merge) * sizeof(*f->entries.v));
	struct map seen auto_done(map_done) = {0};
	for (size_t i = 0; i < f->entries.n; i++)
		map_put(&seen, f->entries.v[i].key->text, f->entries.v[i].key);
	return merge_value(l, f, &seen, value);
}

static void add_weight(struct yaml_node *node, const struct yaml_node *below)
{
	node->n_expanded += below->n_expanded;
	if (node->depth < below->depth + 1)
		node->depth = below->depth + 1;
}

static bool end_map(struct loader *l, struct frame *f)
{
	if (!check_duplicates(l, f) || !resolve_merges(l, f))
		return false;
	f->node->entries = f->entries.v;
	f->node->n = f->entries.n;
	for (size_t i = 0; i < f->node->n; i++) {
		f->node->n_expanded++; /* the key */
		add_weight(f->node, f->node->entries[i].value);
	}
	return true;
}

static bool end_list(struct frame *f)
{
	f->node->items = f->items.v;
	f->node->n = f->items.n;
	for (size_t i = 0; i < f->node->n; i++)
		add_weight(f->node, f->node->items[i]);
	return true;
}

/* --- events ----------------------------------------------------------------------------------- */

/* A value is complete: into the list or map that is open. */
static bool add(struct loader *l, struct yaml_node *node, const struct yaml_node *at)
{
	if (l->depth == 0) {
		l->root = node;
		return true;
	}
	struct frame *f = &l->frames[l->depth - 1];
	if (f->node->kind == YAML_LIST) {
		ARENA_PUSH(l->arena, &f->items, node);
	} else if (f->key) {
		ARENA_PUSH(l->arena, &f->entries, (struct yaml_entry){take(f->key), node});
	} else if (node->kind == YAML_SCALAR) {
		f->key = node;
	} else {
		return yaml_fail(at, l->err, "invalid map key: want a scalar");
	}
	return true;
}

static bool begin(struct loader *l, const yaml_event_t *e, enum yaml_kind kind,
		  const yaml_char_t *anchor)
{
	struct yaml_node *node = node_new(l, e, kind);
	if (!count_nodes(l, node, 1))
		return false;
	if (!check_depth(l, node, 1))
		return false;
	l->frames[l->depth++] = (struct frame){.node = node, .anchor = name_of(l, anchor)};
	return true;
}

static bool end(struct loader *l)
{
	struct frame *f = &l->frames[l->depth - 1];
	if (!(f->node->kind == YAML_MAP ? end_map(l, f) : end_list(f)))
		return false;
	l->depth--;
	return anchor_set(l, f->anchor, f->node) && add(l, f->node, f->node);
}

static bool add_scalar(struct loader *l, const yaml_event_t *e)
{
	struct yaml_node *node = node_new(l, e, YAML_SCALAR);
	node->text = text_of(l, e->data.scalar.value, e->data.scalar.length);
	node->tag = name_of(l, e->data.scalar.tag);
	node->is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return count_nodes(l, node, 1) && anchor_set(l, name_of(l, e->data.scalar.anchor), node) &&
	       add(l, node, node);
}

static bool add_alias(struct loader *l, const yaml_event_t *e)
{
	struct yaml_node *at = node_new(l, e, YAML_SCALAR);
	struct str name = name_of(l, e->data.alias.anchor);
	struct yaml_node *node = map_get(&l->anchors, name);
	if (!node)
		return yaml_fail(at, l->err, "unknown anchor '%.*s' referenced", STR_FMT(name));
	return check_depth(l, at, node->depth) && count_nodes(l, at, node->n_expanded) &&
	       add(l, node, at);
}

static bool take_event(struct loader *l, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(l, e);
	case YAML_ALIAS_EVENT:
		return add_alias(l, e);
	case YAML_SEQUENCE_START_EVENT:
		return begin(l, e, YAML_LIST, e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return begin(l, e, YAML_MAP, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(l);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

/* The depth is checked event by event: libyaml alone needs quadratic time for a long row of
 * brackets (55 s for 200 KB), but never reads far ahead of the events it gives. */
static bool load(struct loader *l)
{
	for (;;) {
		yaml_event_t e;
		if (!yaml_parser_parse(&l->parser, &e))
			return fail_parser(l);
		enum yaml_event_type_e type = e.type;
		bool ok = take_event(l, &e);
		yaml_event_delete(&e);
		if (!ok || type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT)
			return ok;
	}
}

bool yaml_parse(struct str text, struct arena *arena, struct yaml_node **out, struct err *err)
{
	if (text.n > YAML_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "%zu bytes of YAML, at most %d are read", text.n,
			       YAML_MAX_BYTES);

	struct loader l = {.arena = arena, .err = err};
	if (!yaml_parser_initialize(&l.parser))
		return err_set(err, ERR_INTERNAL, "libyaml: no memory");
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)(text.n ? text.p : ""),
				     text.n);
	bool ok = load(&l);
	yaml_parser_delete(&l.parser);
	map_done(&l.anchors);
	if (!ok)
		return false;
	if (!l.root) { /* no document at all */
		l.root = ARENA_NEW(arena, struct yaml_node);
		*l.root =
		    (struct yaml_node){.is_plain = true, .line = 1, .column = 1, .n_expanded = 1};
	}
	*out = l.root;
	return true;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (str_is(map->entries[i].key->text, key))
			return map->entries[i].value;
	return NULL;
}
