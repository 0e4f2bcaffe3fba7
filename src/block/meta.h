/* meta.h - a block's meta.json: what Prometheus writes, and the `thanos` section beside it.
 *
 * Format: docs/formats/meta.md. What is written is, byte for byte, what Thanos would write for the
 * same contents. Members that neither Prometheus nor Thanos knows are not kept; `extensions` and
 * `rewrites` are kept as they are.
 */
#ifndef BLOCK_META_H
#define BLOCK_META_H

#include "base/buf.h"
#include "model/labels.h"
#include "model/ulid.h"

#define META_FILENAME "meta.json"

enum { META_MAX_BYTES = 64 << 20 };

/* meta.json says when it was uploaded only since Thanos 0.36 or so. */
#define META_NO_UPLOAD_TIME INT64_MIN

#define META_SOURCE_SIDECAR          "sidecar"
#define META_SOURCE_RECEIVE          "receive"
#define META_SOURCE_COMPACTOR        "compactor"
#define META_SOURCE_COMPACTOR_REPAIR "compactor.repair"
#define META_SOURCE_RULER            "ruler"
#define META_SOURCE_BUCKET_REPAIR    "bucket.repair"
#define META_SOURCE_BUCKET_REWRITE   "bucket.rewrite"
#define META_SOURCE_BUCKET_UPLOAD    "bucket.upload"

struct meta_stats {
	uint64_t n_samples;
	uint64_t n_float_samples;
	uint64_t n_histogram_samples;
	uint64_t n_series;
	uint64_t n_chunks;
	uint64_t n_tombstones;
};

struct meta_parent {
	struct ulid id;
	int64_t min_t_ms;
	int64_t max_t_ms;
};

struct meta_compaction {
	int64_t level;
	struct ulid *sources; /* the blocks of level 1 that went into it, itself at level 1 */
	size_t n_sources;
	bool is_deletable;
	struct meta_parent *parents;
	size_t n_parents;
	bool has_failed;
	struct str *hints;
	size_t n_hints;
};

struct meta_file {
	struct str path;      /* below the block's folder: "chunks/000001" */
	int64_t size_bytes;   /* 0 for meta.json */
	struct str hash_func; /* "SHA256", or empty without a hash */
	struct str hash;      /* hexadecimal */
};

/* Plain data; what it points to lives in an arena, or with meta_new() in the same piece of memory.
 */
struct meta {
	struct ulid id;
	int64_t min_t_ms; /* inclusive */
	int64_t max_t_ms; /* exclusive */
	struct meta_stats stats;
	struct meta_compaction compaction;

	/* The section `thanos`; empty in a block that no Thanos has seen. */
	int64_t thanos_version; /* 0 or 1 */
	struct labels labels;   /* external labels */
	int64_t resolution_ms;  /* 0: raw */
	struct str source;      /* META_SOURCE_* */
	struct str *segment_files;
	size_t n_segment_files;
	struct meta_file *files; /* ascending by path */
	size_t n_files;
	struct str rewrites;      /* JSON, or empty */
	int64_t series_max_bytes; /* 0: not known */
	int64_t chunk_max_bytes;
	struct str extensions;  /* JSON, or empty */
	struct str upload_time; /* as it was written; empty: not known */
	int64_t upload_time_ms; /* META_NO_UPLOAD_TIME: not known */
};

/* In memory of `a`; `json` may go. Fails with ERR_CORRUPT when the bytes are no meta.json, and with
 * ERR_UNSUPPORTED on a version other than 1. */
bool meta_parse(struct str json, struct arena *a, struct meta *out, struct err *err);
void meta_write(const struct meta *m, struct buf *out);

/* The file <dir>/meta.json. It is replaced, never written in place, so that hard links to it keep
 * what they have. */
bool meta_read_file(const char *dir, struct arena *a, struct meta *out, struct err *err);
bool meta_write_file(const struct meta *m, const char *dir, struct err *err);

/* An upload at this time. */
void meta_set_upload_time(struct meta *m, struct arena *a, int64_t now_ms);

/* The size of a file by its path, or -1 when `files` does not tell. */
int64_t meta_file_size(const struct meta *m, struct str path);

/* Blocks of one group hold series that may be compacted together: "<resolution>@<hash of labels>".
 */
struct str meta_group_key(const struct meta *m, struct arena *a);

/* Forget what a block that is only read needs not: its files but the index, parents, hints, and
 * what other programs wrote. */
void meta_drop_details(struct meta *m);

/* A deep copy in one piece of memory, for keeping many of them. Threads: never changes. */
struct meta *meta_new(const struct meta *m);
/* The same, without labels of its own; takes the reference. */
struct shared_labels;
struct meta *meta_new_shared(const struct meta *m, struct shared_labels *labels);
struct meta *meta_ref(struct meta *m);
void meta_unref(struct meta *m); /* NULL is fine */
CLEANUP_DEFINE(struct meta, meta_unref)

#endif
