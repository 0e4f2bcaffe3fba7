/* yaml.h - YAML documents as a tree with line numbers, and tables that decode it into structs.
 *
 *	static const struct yaml_field s3_fields[] = {
 *		YAML_FIELD(struct s3_config, "bucket", bucket, YAML_STR),
 *		YAML_FIELD(struct s3_config, "insecure", insecure, YAML_BOOL),
 *		YAML_FIELD_SUB(struct s3_config, "sse_config", sse, &sse_table),
 *		YAML_FIELD_LIST(struct s3_config, "hosts", hosts, n_hosts, YAML_STR),
 *	};
 *	static const struct yaml_table s3_table = YAML_TABLE("s3.Config", struct s3_config,
 *s3_fields);
 *
 *	if (!yaml_parse(text, arena, &root, err) || !yaml_decode(root, &s3_table, arena, &cfg, err))
 *		return false;
 *
 * Scalars follow Go's yaml.v2, as do the error texts: `line 3: field foo not found in type
 * s3.Config`, `line 4: key "a" already set in map`, "line 5: cannot unmarshal !!str `x` into int".
 * What a document does not mention, or sets to null, leaves its target alone: defaults are set
 * before decoding. Like Go's, the reader stops after the first document.
 */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

enum {
	YAML_MAX_DEPTH = 100,
	YAML_MAX_BYTES = 32 << 20,
	YAML_MAX_NODES = 4000000, /* counted after the expansion of aliases */
};

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP,
};

struct yaml_node {
	enum yaml_kind kind;
	bool is_plain; /* a scalar without quotes, whose text decides its type */
	unsigned line, column;
	struct str text; /* of a scalar, with a NUL behind it */
	struct str tag;  /* written in the document, or empty */
	struct yaml_node **items;
	struct yaml_entry *entries; /* in document order, with `<<` merged in */
	size_t n;                   /* of items or entries */
	size_t n_expanded;          /* nodes below, aliases counted as often as they are used */
	unsigned depth;             /* levels below, aliases followed: at most YAML_MAX_DEPTH */
};

struct yaml_entry {
	struct yaml_node *key;
	struct yaml_node *value;
};

/* The first document of `text`; an empty one is a null scalar. Lives in `arena`. */
bool yaml_parse(struct str text, struct arena *arena, struct yaml_node **out, struct err *err);

/* The value of a map's key, or NULL when absent or `map` is no map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
bool yaml_is_null(const struct yaml_node *node); /* NULL too */

/* One scalar by Go's rules; null leaves *out alone. */
bool yaml_to_str(const struct yaml_node *node, struct str *out, struct err *err);
bool yaml_to_bool(const struct yaml_node *node, bool *out, struct err *err);
bool yaml_to_i64(const struct yaml_node *node, int64_t *out, struct err *err);
bool yaml_to_u64(const struct yaml_node *node, uint64_t *out, struct err *err);
bool yaml_to_f64(const struct yaml_node *node, double *out, struct err *err);

enum yaml_type {
	YAML_STR,     /* struct str, with a NUL behind it */
	YAML_BOOL,    /* bool */
	YAML_I64,     /* int64_t */
	YAML_U64,     /* uint64_t */
	YAML_F64,     /* double */
	YAML_PAIRS,   /* struct yaml_pair *, a map of scalars; with a count */
	YAML_NODE,    /* struct yaml_node *, left for the caller: `config:` below `type:` */
	YAML_STRUCT,  /* the struct of `sub` */
	YAML_DECODED, /* whatever `decode` makes of it */
	YAML_IGNORED, /* known, and without meaning here */
};

struct yaml_pair {
	struct str name;
	struct str value;
};

/* `out` is the field itself. */
typedef bool yaml_decode_fn(const struct yaml_node *node, struct arena *arena, void *out,
			    struct err *err);

struct yaml_field {
	const char *name; /* "" takes the fields of `sub` as if they stood here */
	enum yaml_type type;
	bool is_list; /* the field is a pointer to an array, its length is at n_offset */
	size_t offset;
	size_t n_offset; /* of the size_t that counts a list or YAML_PAIRS */
	size_t size;     /* of one element */
	const struct yaml_table *sub;
	yaml_decode_fn *decode;
};

enum yaml_unknown {
	YAML_UNKNOWN_REFUSED,
	YAML_UNKNOWN_IGNORED,
};

struct yaml_table {
	const char *type_name; /* in errors, as Go has it: "s3.Config" */
	size_t size;
	const struct yaml_field *fields;
	size_t n_fields;
	enum yaml_unknown unknown;
	/* Both may be NULL. Defaults are set before decoding, those of inner structs first, also
	 * where the document does not mention them; checks run where it does, inner ones first. */
	void (*set_defaults)(void *out);
	bool (*validate)(const struct yaml_node *node, void *out, struct err *err);
};

/* A null document decodes as an empty map. Strings and arrays live in `arena`. Without
 * set_defaults the caller has initialised *out. */
bool yaml_decode(const struct yaml_node *node, const struct yaml_table *table, struct arena *arena,
		 void *out, struct err *err);
/* The first key that the table does not know, or NULL: for a warning where they are ignored. */
const struct yaml_node *yaml_unknown_key(const struct yaml_node *node,
					 const struct yaml_table *table);

/* For YAML_FIELD_DECODED of an int64_t: a time.Duration in nanoseconds, 500ms or 1h30m, where a
 * bare number counts nanoseconds; a size in bytes with units to the base of two, 1MiB, as
 * model.Bytes has it. */
bool yaml_decode_duration(const struct yaml_node *node, struct arena *arena, void *out,
			  struct err *err);
bool yaml_decode_byte_size(const struct yaml_node *node, struct arena *arena, void *out,
			   struct err *err);

/* Fail at this node, with its line before the message. Always returns false. */
bool yaml_fail(const struct yaml_node *node, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Further members may follow: .unknown, .set_defaults, .validate. */
#define YAML_TABLE(go_type, ctype, field_array, ...)                                               \
	{                                                                                          \
		.type_name = (go_type), .size = sizeof(ctype), .fields = (field_array),            \
		.n_fields = sizeof(field_array) / sizeof((field_array)[0]), __VA_ARGS__            \
	}
#define YAML_FIELD(ctype, yaml_name, member, yaml_type_)                                           \
	{                                                                                          \
		.name = (yaml_name), .type = (yaml_type_), .offset = offsetof(ctype, member),      \
		.size = sizeof(((ctype *)0)->member),                                              \
	}
#define YAML_FIELD_SUB(ctype, yaml_name, member, table)                                            \
	{                                                                                          \
		.name = (yaml_name), .type = YAML_STRUCT, .offset = offsetof(ctype, member),       \
		.size = sizeof(((ctype *)0)->member), .sub = (table),                              \
	}
#define YAML_FIELD_DECODED(ctype, yaml_name, member, fn)                                           \
	{                                                                                          \
		.name = (yaml_name), .type = YAML_DECODED, .offset = offsetof(ctype, member),      \
		.size = sizeof(((ctype *)0)->member), .decode = (fn),                              \
	}
#define YAML_FIELD_LIST(ctype, yaml_name, member, n_member, yaml_type_)                            \
	{                                                                                          \
		.name = (yaml_name), .type = (yaml_type_), .is_list = true,                        \
		.offset = offsetof(ctype, member), .n_offset = offsetof(ctype, n_member),          \
		.size = sizeof(*((ctype *)0)->member),                                             \
	}
#define YAML_FIELD_LIST_OF(ctype, yaml_name, member, n_member, table)                              \
	{                                                                                          \
		.name = (yaml_name), .type = YAML_STRUCT, .is_list = true,                         \
		.offset = offsetof(ctype, member), .n_offset = offsetof(ctype, n_member),          \
		.size = sizeof(*((ctype *)0)->member), .sub = (table),                             \
	}
#define YAML_FIELD_PAIRS(ctype, yaml_name, member, n_member)                                       \
	{                                                                                          \
		.name = (yaml_name), .type = YAML_PAIRS, .offset = offsetof(ctype, member),        \
		.n_offset = offsetof(ctype, n_member), .size = sizeof(struct yaml_pair),           \
	}

#endif
