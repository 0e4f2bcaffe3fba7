#include "block/meta.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/time_text.h"
#include "block/json_tree.h"
#include "codec/json.h"
#include "codec/json_writer.h"

#include <inttypes.h>
#define NO_TIME "0001-01-01T00:00:00Z" /* Go's zero */

/* --- reading ------------------------------------------------------------------------------- */

static bool read_ulid(const struct json *node, struct ulid *out, struct err *err)
{
	struct str text = {0};

	if (!node)
		return true;
	if (!json_to_str(node, &text, err))
		return false;
	if (!ulid_parse(text, out))
		return json_fail(node, err, ERR_CORRUPT, "\"%.*s\" is no ULID", STR_FMT(text));
	return true;
}

static bool read_ulids(const struct json *list, struct arena *a, struct ulid **out, size_t *n,
		       struct err *err)
{
	if (!json_is(list, JSON_ARRAY, err))
		return false;
	*n = list ? list->n : 0;
	*out = ARENA_ARRAY(a, struct ulid, *n);
	for (const struct json *v = list ? list->first : NULL; v; v = v->next)
		if (!read_ulid(v, &(*out)[v->index], err))
			return false;
	return true;
}

static bool read_str(const struct json *node, struct arena *a, struct str *out, struct err *err)
{
	struct str text = {0};

	if (!json_to_str(node, &text, err))
		return false;
	*out = arena_str(a, text);
	return true;
}

static bool read_strs(const struct json *list, struct arena *a, struct str **out, size_t *n,
		      struct err *err)
{
	if (!json_is(list, JSON_ARRAY, err))
		return false;
	*n = list ? list->n : 0;
	*out = ARENA_ARRAY(a, struct str, *n);
	for (const struct json *v = list ? list->first : NULL; v; v = v->next)
		if (!read_str(v, a, &(*out)[v->index], err))
			return false;
	return true;
}

static bool read_stats(const struct json *stats, struct meta_stats *out, struct err *err)
{
	return json_is(stats, JSON_OBJECT, err) &&
	       json_to_u64(json_get(stats, "numSamples"), &out->n_samples, err) &&
	       json_to_u64(json_get(stats, "numFloatSamples"), &out->n_float_samples, err) &&
	       json_to_u64(json_get(stats, "numHistogramSamples"), &out->n_histogram_samples,
			   err) &&
	       json_to_u64(json_get(stats, "numSeries"), &out->n_series, err) &&
	       json_to_u64(json_get(stats, "numChunks"), &out->n_chunks, err) &&
	       json_to_u64(json_get(stats, "numTombstones"), &out->n_tombstones, err);
}

static bool read_parents(const struct json *list, struct arena *a, struct meta_compaction *out,
			 struct err *err)
{
	if (!json_is(list, JSON_ARRAY, err))
		return false;
	out->n_parents = list ? list->n : 0;
	out->parents = ARENA_ARRAY(a, struct meta_parent, out->n_parents);
	for (const struct json *v = list ? list->first : NULL; v; v = v->next) {
		struct meta_parent *p = &out->parents[v->index];
		if (!json_is(v, JSON_OBJECT, err) || !read_ulid(json_get(v, "ulid"), &p->id, err) ||
		    !json_to_i64(json_get(v, "minTime"), &p->min_t_ms, err) ||
		    !json_to_i64(json_get(v, "maxTime"), &p->max_t_ms, err))
			return false;
	}
	return true;
}

static bool read_compaction(const struct json *c, struct arena *a, struct meta_compaction *out,
			    struct err *err)
{
	return json_is(c, JSON_OBJECT, err) &&
	       json_to_i64(json_get(c, "level"), &out->level, err) &&
	       read_ulids(json_get(c, "sources"), a, &out->sources, &out->n_sources, err) &&
	       json_to_bool(json_get(c, "deletable"), &out->is_deletable, err) &&
	       read_parents(json_get(c, "parents"), a, out, err) &&
	       json_to_bool(json_get(c, "failed"), &out->has_failed, err) &&
	       read_strs(json_get(c, "hints"), a, &out->hints, &out->n_hints, err);
}

static bool has_later_namesake(const struct json *member)
{
	for (const struct json *v = member->next; v; v = v->next)
		if (str_eq(v->key, member->key))
			return true;
	return false;
}

/* As in a Go map, the last value of a name counts. */
static bool read_labels(const struct json *map, struct arena *a, struct labels *out,
			struct err *err)
{
	if (!json_is(map, JSON_OBJECT, err))
		return false;

	size_t n = 0;
	struct label *labels = ARENA_ARRAY(a, struct label, map ? map->n : 0);
	for (const struct json *v = map ? map->first : NULL; v; v = v->next) {
		if (has_later_namesake(v))
			continue;
		labels[n].name = arena_str(a, v->key);
		if (v->type != JSON_NULL && !read_str(v, a, &labels[n].value, err))
			return false;
		n++;
	}
	if (!labels_sort(labels, n))
		return json_fail(map, err, ERR_CORRUPT, "a label occurs twice");
	*out = (struct labels){labels, n};
	return true;
}

static bool read_file(const struct json *node, struct arena *a, struct meta_file *out,
		      struct err *err)
{
	const struct json *hash = json_get(node, "hash");

	return json_is(node, JSON_OBJECT, err) &&
	       read_str(json_get(node, "rel_path"), a, &out->path, err) &&
	       json_to_i64(json_get(node, "size_bytes"), &out->size_bytes, err) &&
	       json_is(hash, JSON_OBJECT, err) &&
	       read_str(json_get(hash, "hashFunc"), a, &out->hash_func, err) &&
	       read_str(json_get(hash, "value"), a, &out->hash, err);
}

static bool read_files(const struct json *list, struct arena *a, struct meta *out, struct err *err)
{
	if (!json_is(list, JSON_ARRAY, err))
		return false;
	out->n_files = list ? list->n : 0;
	out->files = ARENA_ARRAY(a, struct meta_file, out->n_files);
	for (const struct json *v = list ? list->first : NULL; v; v = v->next)
		if (!read_file(v, a, &out->files[v->index], err))
			return false;
	return true;
}

static bool read_upload_time(const struct json *node, struct arena *a, struct meta *out,
			     struct err *err)
{
	struct err why = ERR_INIT;

	out->upload_time_ms = META_NO_UPLOAD_TIME;
	if (!read_str(node, a, &out->upload_time, err) || out->upload_time.n == 0)
		return node == NULL || out->upload_time.n > 0 ||
		       json_fail(node, err, ERR_CORRUPT, "\"\" is no time");
	if (str_is(out->upload_time, NO_TIME)) {
		out->upload_time = (struct str){0};
		return true;
	}
	if (!time_parse(out->upload_time, &out->upload_time_ms, &why))
		return json_fail(node, err, ERR_CORRUPT, "%s", why.msg);
	return true;
}

static bool read_thanos(const struct json *t, struct arena *a, struct meta *out, struct err *err)
{
	const struct json *downsample = json_get(t, "downsample");
	const struct json *index_stats = json_get(t, "index_stats");
	const struct json *rewrites = json_get(t, "rewrites");

	if (!json_is(t, JSON_OBJECT, err) ||
	    !json_to_i64(json_get(t, "version"), &out->thanos_version, err) ||
	    !read_labels(json_get(t, "labels"), a, &out->labels, err) ||
	    !json_is(downsample, JSON_OBJECT, err) ||
	    !json_to_i64(json_get(downsample, "resolution"), &out->resolution_ms, err) ||
	    !read_str(json_get(t, "source"), a, &out->source, err) ||
	    !read_strs(json_get(t, "segment_files"), a, &out->segment_files, &out->n_segment_files,
		       err) ||
	    !read_files(json_get(t, "files"), a, out, err) || !json_is(rewrites, JSON_ARRAY, err) ||
	    !json_is(index_stats, JSON_OBJECT, err) ||
	    !json_to_i64(json_get(index_stats, "series_max_size"), &out->series_max_bytes, err) ||
	    !json_to_i64(json_get(index_stats, "chunk_max_size"), &out->chunk_max_bytes, err) ||
	    !read_upload_time(json_get(t, "upload_time"), a, out, err))
		return false;
	if (rewrites && rewrites->n)
		out->rewrites = json_tree_text(rewrites, JSON_TREE_AS_IT_IS, a);
	if (json_get(t, "extensions"))
		out->extensions = json_tree_text(json_get(t, "extensions"), JSON_TREE_AS_GO_MAP, a);
	return true;
}

static bool check_version(const char *what, int64_t version, struct err *err)
{
	if (version == 1)
		return true;
	return err_set(err, ERR_UNSUPPORTED, "unexpected %s version %" PRId64 ", want 1", what,
		       version);
}

bool meta_parse(struct str text, struct arena *a, struct meta *out, struct err *err)
{
	struct arena *tree auto_free(arena_free) = arena_new(arena_tracker(a));
	const struct json *root;
	struct meta m = {0};
	int64_t version = 0;

	if (!json_parse(text, tree, &root, err) || !json_is(root, JSON_OBJECT, err) ||
	    !read_ulid(json_get(root, "ulid"), &m.id, err) ||
	    !json_to_i64(json_get(root, "minTime"), &m.min_t_ms, err) ||
	    !json_to_i64(json_get(root, "maxTime"), &m.max_t_ms, err) ||
	    !read_stats(json_get(root, "stats"), &m.stats, err) ||
	    !read_compaction(json_get(root, "compaction"), a, &m.compaction, err) ||
	    !json_to_i64(json_get(root, "version"), &version, err) ||
	    !read_thanos(json_get(root, "thanos"), a, &m, err)) {
		err->code = ERR_CORRUPT;
		return false;
	}
	if (!check_version("meta file", version, err) ||
	    (m.thanos_version && !check_version("meta file Thanos section", m.thanos_version, err)))
		return false;
	*out = m;
	return true;
}

/* --- writing ------------------------------------------------------------------------------- */

static void put_ulid(struct json_writer *w, struct ulid id)
{
	json_put_cstr(w, ulid_str(id));
}

static void key_i64(struct json_writer *w, const char *key, int64_t v)
{
	json_key(w, key);
	json_put_i64(w, v);
}

static void key_str(struct json_writer *w, const char *key, struct str v)
{
	json_key(w, key);
	json_put_str(w, v);
}

/* Members that Go leaves out when they are zero: `omitempty`. */
static void key_count(struct json_writer *w, const char *key, uint64_t v)
{
	if (v == 0)
		return;
	json_key(w, key);
	json_put_u64(w, v);
}

static void key_flag(struct json_writer *w, const char *key, bool v)
{
	if (!v)
		return;
	json_key(w, key);
	json_put_bool(w, true);
}

static void key_strs(struct json_writer *w, const char *key, const struct str *v, size_t n)
{
	if (n == 0)
		return;
	json_key(w, key);
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		json_put_str(w, v[i]);
	json_end_array(w);
}

static void key_json(struct json_writer *w, const char *key, struct str json)
{
	if (json.n == 0)
		return;
	json_key(w, key);
	json_tree_put(w, json);
}

static void put_stats(struct json_writer *w, const struct meta_stats *s)
{
	json_begin_object(w);
	key_count(w, "numSamples", s->n_samples);
	key_count(w, "numFloatSamples", s->n_float_samples);
	key_count(w, "numHistogramSamples", s->n_histogram_samples);
	key_count(w, "numSeries", s->n_series);
	key_count(w, "numChunks", s->n_chunks);
	key_count(w, "numTombstones", s->n_tombstones);
	json_end_object(w);
}

static void put_parent(struct json_writer *w, const struct meta_parent *p)
{
	json_begin_object(w);
	json_key(w, "ulid");
	put_ulid(w, p->id);
	key_i64(w, "minTime", p->min_t_ms);
	key_i64(w, "maxTime", p->max_t_ms);
	json_end_object(w);
}

static void put_compaction(struct json_writer *w, const struct meta_compaction *c)
{
	json_begin_object(w);
	key_i64(w, "level", c->level);
	if (c->n_sources) {
		json_key(w, "sources");
		json_begin_array(w);
		for (size_t i = 0; i < c->n_sources; i++)
			put_ulid(w, c->sources[i]);
		json_end_array(w);
	}
	key_flag(w, "deletable", c->is_deletable);
	if (c->n_parents) {
		json_key(w, "parents");
		json_begin_array(w);
		for (size_t i = 0; i < c->n_parents; i++)
			put_parent(w, &c->parents[i]);
		json_end_array(w);
	}
	key_flag(w, "failed", c->has_failed);
	key_strs(w, "hints", c->hints, c->n_hints);
	json_end_object(w);
}

static void put_file(struct json_writer *w, const struct meta_file *f)
{
	json_begin_object(w);
	key_str(w, "rel_path", f->path);
	if (f->size_bytes)
		key_i64(w, "size_bytes", f->size_bytes);
	if (f->hash_func.n || f->hash.n) {
		json_key(w, "hash");
		json_begin_object(w);
		key_str(w, "hashFunc", f->hash_func);
		key_str(w, "value", f->hash);
		json_end_object(w);
	}
	json_end_object(w);
}

static void put_files(struct json_writer *w, const struct meta *m)
{
	if (m->n_files == 0)
		return;
	json_key(w, "files");
	json_begin_array(w);
	for (size_t i = 0; i < m->n_files; i++)
		put_file(w, &m->files[i]);
	json_end_array(w);
}

static void put_labels(struct json_writer *w, struct labels ls)
{
	json_begin_object(w);
	for (size_t i = 0; i < ls.n; i++) {
		json_key_str(w, ls.v[i].name);
		json_put_str(w, ls.v[i].value);
	}
	json_end_object(w);
}

/* `index_stats` and `upload_time` are always there: to Go, a struct is never empty. */
static void put_thanos(struct json_writer *w, const struct meta *m)
{
	json_begin_object(w);
	if (m->thanos_version)
		key_i64(w, "version", m->thanos_version);
	json_key(w, "labels");
	put_labels(w, m->labels);
	json_key(w, "downsample");
	json_begin_object(w);
	key_i64(w, "resolution", m->resolution_ms);
	json_end_object(w);
	key_str(w, "source", m->source);
	key_strs(w, "segment_files", m->segment_files, m->n_segment_files);
	put_files(w, m);
	key_json(w, "rewrites", m->rewrites);
	json_key(w, "index_stats");
	json_begin_object(w);
	if (m->series_max_bytes)
		key_i64(w, "series_max_size", m->series_max_bytes);
	if (m->chunk_max_bytes)
		key_i64(w, "chunk_max_size", m->chunk_max_bytes);
	json_end_object(w);
	key_json(w, "extensions", m->extensions);
	key_str(w, "upload_time", m->upload_time.n ? m->upload_time : STR(NO_TIME));
	json_end_object(w);
}

void meta_write(const struct meta *m, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_ESCAPE_HTML);
	json_writer_set_indent(&w, "\t");
	json_begin_object(&w);
	json_key(&w, "ulid");
	put_ulid(&w, m->id);
	key_i64(&w, "minTime", m->min_t_ms);
	key_i64(&w, "maxTime", m->max_t_ms);
	json_key(&w, "stats");
	put_stats(&w, &m->stats);
	json_key(&w, "compaction");
	put_compaction(&w, &m->compaction);
	key_i64(&w, "version", 1);
	json_key(&w, "thanos");
	put_thanos(&w, m);
	json_end_object(&w);
	buf_putc(out, '\n');
}

/* --- files --------------------------------------------------------------------------------- */

bool meta_read_file(const char *dir, struct arena *a, struct meta *out, struct err *err)
{
	char *path auto_free(mem_free) = xasprintf("%s/" META_FILENAME, dir);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);

	if (!fs_read(path, &text, err))
		return false;
	return meta_parse(buf_str(&text), a, out, err) || err_wrap(err, "%s", path);
}

bool meta_write_file(const struct meta *m, const char *dir, struct err *err)
{
	char *path auto_free(mem_free) = xasprintf("%s/" META_FILENAME, dir);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);

	meta_write(m, &text);
	if (text.overflowed)
		return err_set(err, ERR_LIMIT, "%s: more than %d bytes", path, META_MAX_BYTES);
	return fs_write_atomic(path, buf_str(&text), 0644, err);
}

void meta_set_upload_time(struct meta *m, struct arena *a, int64_t now_ms)
{
	m->upload_time_ms = now_ms;
	m->upload_time = arena_str(a, str_of(time_str_ms(now_ms)));
}

int64_t meta_file_size(const struct meta *m, struct str path)
{
	for (size_t i = 0; i < m->n_files; i++)
		if (str_eq(m->files[i].path, path))
			return m->files[i].size_bytes;
	return -1;
}

struct str meta_group_key(const struct meta *m, struct arena *a)
{
	return str_of(
	    arena_printf(a, "%" PRId64 "@%" PRIu64, m->resolution_ms, labels_hash(m->labels)));
}
