#include "compaction/meta_merge.h"

#include "block/json_tree.h"

#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
	return ulid_cmp(*(const struct ulid *)a, *(const struct ulid *)b);
}

static size_t count_sources(const struct meta *const *metas, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += metas[i]->compaction.n_sources;
	return count;
}

/* Ascending, each once. */
static void merge_sources(const struct meta *const *metas, size_t n, struct arena *a,
			  struct meta_compaction *out)
{
	struct ulid *all = ARENA_ARRAY(a, struct ulid, count_sources(metas, n));
	size_t n_all = 0, n_out = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < metas[i]->compaction.n_sources; k++)
			all[n_all++] = metas[i]->compaction.sources[k];
	if (n_all)
		qsort(all, n_all, sizeof(*all), compare_ids);
	for (size_t i = 0; i < n_all; i++)
		if (i == 0 || ulid_cmp(all[i], all[n_out - 1]) != 0)
			all[n_out++] = all[i];
	out->sources = all;
	out->n_sources = n_out;
}

static void merge_parents(const struct meta *const *metas, size_t n, struct arena *a,
			  struct meta_compaction *out)
{
	out->parents = ARENA_ARRAY(a, struct meta_parent, n);
	out->n_parents = n;
	for (size_t i = 0; i < n; i++)
		out->parents[i] =
		    (struct meta_parent){metas[i]->id, metas[i]->min_t_ms, metas[i]->max_t_ms};
}

/* --- extensions ------------------------------------------------------------------------------- */

/* The object that a block's meta.json has there, or NULL. */
static const struct json *extensions_of(const struct meta *m, struct arena *a)
{
	const struct json *root = NULL;
	struct err ignored;

	if (m->extensions.n == 0 || !json_parse(m->extensions, a, &root, &ignored))
		return NULL;
	return root->type == JSON_OBJECT ? root : NULL;
}

static bool has_member(const struct json *object, struct str key)
{
	for (const struct json *v = object->first; v; v = v->next)
		if (str_eq(v->key, key))
			return true;
	return false;
}

static bool all_have(const struct json *const *objects, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (!has_member(objects[i], key))
			return false;
	return true;
}

struct str extensions_merge(const struct meta *const *metas, size_t n, struct arena *a)
{
	const struct json **objects = ARENA_ARRAY(a, const struct json *, n);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct json_writer w;
	size_t n_objects = 0;

	for (size_t i = 0; i < n; i++) {
		const struct json *object = extensions_of(metas[i], a);
		if (object)
			objects[n_objects++] = object;
	}
	if (n_objects == 0)
		return (struct str){0};
	json_writer_init(&w, &text, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	for (const struct json *v = objects[0]->first; v; v = v->next) {
		if (!all_have(objects + 1, n_objects - 1, v->key))
			continue;
		json_key_str(&w, v->key);
		json_tree_put(&w, json_tree_text(v, JSON_TREE_AS_IT_IS, a));
	}
	json_end_object(&w);
	return arena_str(a, buf_str(&text));
}

struct meta meta_merge(const struct meta *const *sources, size_t n, struct arena *a)
{
	struct meta out = {.min_t_ms = INT64_MAX, .max_t_ms = INT64_MIN};

	for (size_t i = 0; i < n; i++) {
		const struct meta *m = sources[i];
		out.min_t_ms = m->min_t_ms < out.min_t_ms ? m->min_t_ms : out.min_t_ms;
		out.max_t_ms = m->max_t_ms > out.max_t_ms ? m->max_t_ms : out.max_t_ms;
		if (m->compaction.level > out.compaction.level)
			out.compaction.level = m->compaction.level;
	}
	out.compaction.level++;
	merge_sources(sources, n, a, &out.compaction);
	merge_parents(sources, n, a, &out.compaction);
	out.upload_time_ms = META_NO_UPLOAD_TIME;
	return out;
}
