/* labels.h - what names a series: name-value pairs, ascending by name, each name once.
 *
 * A label set is a borrowed array of borrowed strings, so that the symbols of an index and the
 * bytes of a message can be used where they lie. Whoever keeps one copies it into an arena.
 */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define LABEL_NAME     "__name__"
#define LABEL_BLOCK_ID "__block_id"

struct label {
	struct str name;
	struct str value;
};

struct labels {
	const struct label *v;
	size_t n;
};

/* Names or values: ascending, each once; in the arena given to whoever makes it. */
struct str_list {
	struct str *v;
	size_t n;
	size_t cap;
};

/* Prometheus' order: pairwise by name, then value; a shorter prefix first. */
int labels_cmp(struct labels a, struct labels b);
bool labels_eq(struct labels a, struct labels b);

/* The value, or an empty str where the name is absent (PromQL does not tell the two apart). */
struct str labels_get(struct labels ls, struct str name);
bool labels_has(struct labels ls, struct str name);

/* xxhash64 over name 0xff value 0xff ..., as Prometheus' labels.Hash: group keys and shards of
 * other programs depend on it. */
uint64_t labels_hash(struct labels ls);
/* The same over the listed names only (`names` ascending), and over all but the listed names and
 * __name__, as vector matching and grouping use it. */
uint64_t labels_hash_for(struct labels ls, const struct str *names, size_t n_names);
uint64_t labels_hash_without(struct labels ls, const struct str *names, size_t n_names);

/* Deep copy. */
struct labels labels_copy(struct arena *a, struct labels ls);
/* `over` wins over `ls`; a label with an empty value in `over` removes it. Shallow. */
struct labels labels_merge(struct arena *a, struct labels ls, struct labels over);
/* Without the listed names, in any order. Shallow; `ls` itself when nothing is dropped. */
struct labels labels_without(struct arena *a, struct labels ls, const struct str *names,
			     size_t n_names);
/* Only the listed names, in any order. Shallow. */
struct labels labels_only(struct arena *a, struct labels ls, const struct str *names,
			  size_t n_names);
/* Sort pairs by name in place. False when a name occurs twice. */
bool labels_sort(struct label *v, size_t n);

/* Bytes that memcmp() orders as labels_cmp() orders the sets, for merging many streams: a label
 * set's key is compared far more often than it is made. Comparing keys of different length: the
 * shorter one is smaller when it is a prefix. Never decoded. Lives in `a`. */
struct str labels_key(struct arena *a, struct labels ls);

/* [a-zA-Z_][a-zA-Z0-9_]*: what needs no quotes where it is written. */
bool label_name_is_identifier(struct str name);
/* The name, in quotes where it is no identifier. */
void label_name_format(struct buf *out, struct str name);
/* {a="1", b="2"}, with Go's quoting, and names that are not identifiers quoted too. */
void labels_format(struct buf *out, struct labels ls);

#define LABELS(...)                                                                                \
	((struct labels){                                                                          \
	    .v = (struct label[]){__VA_ARGS__},                                                    \
	    .n = sizeof((struct label[]){__VA_ARGS__}) / sizeof(struct label),                     \
	})
/* One of two literals; constant, so that arrays of them may be static. */
#define LABEL(literal_name, literal_value)                                                         \
	{                                                                                          \
		.name = {"" literal_name "", sizeof(literal_name) - 1},                            \
		.value = {"" literal_value "", sizeof(literal_value) - 1},                         \
	}

#endif
