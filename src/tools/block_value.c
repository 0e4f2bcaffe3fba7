#include "tools/block_value.h"

#include "base/time_text.h"

#include <inttypes.h>

#define FIELD(field_name, ...)                                                                     \
	{                                                                                          \
		.name = STR(field_name), .value = __VA_ARGS__                                      \
	}

#define STRUCT(a, go_type, ...)                                                                    \
	struct_of((a), (go_type), (const struct template_field[]){__VA_ARGS__},                    \
		  sizeof((const struct template_field[]){__VA_ARGS__}) /                           \
		      sizeof(struct template_field))

static struct template_value struct_of(struct arena *a, const char *go_type,
				       const struct template_field *fields, size_t n)
{
	struct template_field *copy = ARENA_ARRAY(a, struct template_field, n);

	memcpy(copy, fields, n * sizeof(*copy));
	return (struct template_value){
	    .kind = TEMPLATE_STRUCT, .type_name = go_type, .fields = {copy, n}};
}

static struct template_value list_of(const char *go_type, const struct template_value *v, size_t n)
{
	return (struct template_value){.kind = TEMPLATE_LIST, .type_name = go_type, .list = {v, n}};
}

static struct template_value int64_of(int64_t i)
{
	return (struct template_value){.kind = TEMPLATE_INT, .type_name = "int64", .i64 = i};
}

static struct template_value id_of(struct arena *a, struct ulid id)
{
	struct template_value v = template_string(arena_str(a, str_of(ulid_str(id))));

	v.type_name = "ulid.ULID";
	return v;
}

static struct template_value strings_of(struct arena *a, const struct str *s, size_t n)
{
	struct template_value *v = ARENA_ARRAY(a, struct template_value, n);

	for (size_t i = 0; i < n; i++)
		v[i] = template_string(s[i]);
	return list_of("[]string", v, n);
}

/* --- what Prometheus writes ------------------------------------------------------------------ */

static struct template_value stats_of(struct arena *a, const struct meta_stats *s)
{
	return STRUCT(a, "tsdb.BlockStats", FIELD("NumSamples", template_uint(s->n_samples)),
		      FIELD("NumFloatSamples", template_uint(s->n_float_samples)),
		      FIELD("NumHistogramSamples", template_uint(s->n_histogram_samples)),
		      FIELD("NumSeries", template_uint(s->n_series)),
		      FIELD("NumChunks", template_uint(s->n_chunks)),
		      FIELD("NumTombstones", template_uint(s->n_tombstones)));
}

static struct template_value sources_of(struct arena *a, const struct meta_compaction *c)
{
	struct template_value *v = ARENA_ARRAY(a, struct template_value, c->n_sources);

	for (size_t i = 0; i < c->n_sources; i++)
		v[i] = id_of(a, c->sources[i]);
	return list_of("[]ulid.ULID", v, c->n_sources);
}

static struct template_value parents_of(struct arena *a, const struct meta_compaction *c)
{
	struct template_value *v = ARENA_ARRAY(a, struct template_value, c->n_parents);

	for (size_t i = 0; i < c->n_parents; i++)
		v[i] = STRUCT(a, "tsdb.BlockDesc", FIELD("ULID", id_of(a, c->parents[i].id)),
			      FIELD("MinTime", int64_of(c->parents[i].min_t_ms)),
			      FIELD("MaxTime", int64_of(c->parents[i].max_t_ms)));
	return list_of("[]tsdb.BlockDesc", v, c->n_parents);
}

static struct template_value compaction_of(struct arena *a, const struct meta_compaction *c)
{
	return STRUCT(
	    a, "tsdb.BlockMetaCompaction", FIELD("Level", template_int(c->level)),
	    FIELD("Sources", sources_of(a, c)), FIELD("Deletable", template_bool(c->is_deletable)),
	    FIELD("Parents", parents_of(a, c)), FIELD("Failed", template_bool(c->has_failed)),
	    FIELD("Hints", strings_of(a, c->hints, c->n_hints)));
}

static struct template_value prometheus_of(struct arena *a, const struct meta *m)
{
	return STRUCT(a, "tsdb.BlockMeta", FIELD("ULID", id_of(a, m->id)),
		      FIELD("MinTime", int64_of(m->min_t_ms)),
		      FIELD("MaxTime", int64_of(m->max_t_ms)),
		      FIELD("Stats", stats_of(a, &m->stats)),
		      FIELD("Compaction", compaction_of(a, &m->compaction)),
		      FIELD("Version", template_int(1)));
}

/* --- what Thanos writes ---------------------------------------------------------------------- */

static struct template_value labels_of(struct arena *a, struct labels ls)
{
	struct template_field *fields = ARENA_ARRAY(a, struct template_field, ls.n);

	for (size_t i = 0; i < ls.n; i++)
		fields[i] = (struct template_field){.name = ls.v[i].name,
						    .value = template_string(ls.v[i].value)};
	return (struct template_value){
	    .kind = TEMPLATE_MAP, .type_name = "map[string]string", .fields = {fields, ls.n}};
}

static struct template_value hash_of(struct arena *a, const struct meta_file *f)
{
	if (f->hash.n == 0)
		return (struct template_value){.kind = TEMPLATE_NIL};
	return STRUCT(a, "*metadata.ObjectHash", FIELD("Func", template_string(f->hash_func)),
		      FIELD("Value", template_string(f->hash)));
}

static struct template_value files_of(struct arena *a, const struct meta *m)
{
	struct template_value *v = ARENA_ARRAY(a, struct template_value, m->n_files);

	for (size_t i = 0; i < m->n_files; i++)
		v[i] =
		    STRUCT(a, "metadata.File", FIELD("RelPath", template_string(m->files[i].path)),
			   FIELD("SizeBytes", int64_of(m->files[i].size_bytes)),
			   FIELD("Hash", hash_of(a, &m->files[i])));
	return list_of("[]metadata.File", v, m->n_files);
}

/* 2024-01-02 03:04:05.5 +0000 UTC */
static struct template_value time_of(struct arena *a, int64_t t_ms)
{
	const char *text = "0001-01-01 00:00:00 +0000 UTC";

	if (t_ms != META_NO_UPLOAD_TIME) {
		struct time_text t = time_text_ms(t_ms);
		struct str rest = str_split(str_of(t.s), 'T', &(struct str){0});
		text = arena_printf(a, "%.10s %.*s +0000 UTC", t.s, (int)rest.n - 1, rest.p);
	}
	return (struct template_value){
	    .kind = TEMPLATE_STRUCT, .type_name = "time.Time", .text = text};
}

static struct template_value json_of(struct str json, struct template_value absent)
{
	return json.n > 0 ? template_string(json) : absent;
}

static struct template_value thanos_of(struct arena *a, const struct meta *m)
{
	struct template_value nil = {.kind = TEMPLATE_NIL};
	struct template_value resolution =
	    STRUCT(a, "metadata.ThanosDownsample", FIELD("Resolution", int64_of(m->resolution_ms)));
	struct template_value index_stats =
	    STRUCT(a, "metadata.IndexStats", FIELD("SeriesMaxSize", int64_of(m->series_max_bytes)),
		   FIELD("ChunkMaxSize", int64_of(m->chunk_max_bytes)));

	return STRUCT(
	    a, "metadata.Thanos", FIELD("Version", template_int(m->thanos_version)),
	    FIELD("Labels", labels_of(a, m->labels)), FIELD("Downsample", resolution),
	    FIELD("Source", template_string(m->source)),
	    FIELD("SegmentFiles", strings_of(a, m->segment_files, m->n_segment_files)),
	    FIELD("Files", files_of(a, m)),
	    FIELD("Rewrites", json_of(m->rewrites, list_of("[]metadata.Rewrite", NULL, 0))),
	    FIELD("IndexStats", index_stats), FIELD("Extensions", json_of(m->extensions, nil)),
	    FIELD("UploadTime", time_of(a, m->upload_time_ms)));
}

struct template_value block_value(const struct meta *m, struct arena *a)
{
	struct template_value prometheus = prometheus_of(a, m), thanos = thanos_of(a, m);
	struct template_value v =
	    STRUCT(a, "**metadata.Meta",
		   {.name = STR("BlockMeta"), .is_embedded = true, .value = prometheus},
		   FIELD("Thanos", thanos));

	v.text = arena_printf(a, "%s (min time: %" PRId64 ", max time: %" PRId64 ")",
			      ulid_str(m->id), m->min_t_ms, m->max_t_ms);
	return v;
}
