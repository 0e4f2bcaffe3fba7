/* json.h - small JSON documents as a tree: meta.json, marks, hashrings, lists of targets.
 *
 *	if (!json_parse(text, arena, &root, err) ||
 *	    !json_to_i64(json_get(root, "version"), &meta.version, err))
 *		return false;
 *
 * As in Go, what is absent or null leaves its target alone, and a member that occurs twice counts
 * the last time. json_require() and json_only_keys() are for who is stricter.
 * Errors name line, column and path, as json_reader.h's do.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "codec/json_reader.h"

struct json {
	enum json_type type;
	bool boolean;
	size_t offset;      /* in the text */
	struct str text;    /* of a string, or a number's digits */
	struct str key;     /* of this member, in an object */
	size_t index;       /* among the parent's values */
	struct json *first; /* value of an object or array, NULL when it has none */
	struct json *next;  /* value of the same parent */
	const struct json *parent;
	const struct json_document *document;
	size_t n; /* values of an object or array */
};

/* The tree lives in `arena` and borrows from `text`. Walk an object or array by
 * `for (v = node->first; v; v = v->next)`. */
bool json_parse(struct str text, struct arena *arena, const struct json **out, struct err *err);

/* The member, or NULL when absent, when it is null, or when `object` is NULL or no object. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_get_str(const struct json *object, struct str key);

/* With `node` NULL they succeed and leave *out alone. */
bool json_to_i64(const struct json *node, int64_t *out, struct err *err);
bool json_to_u64(const struct json *node, uint64_t *out, struct err *err);
bool json_to_f64(const struct json *node, double *out, struct err *err);
bool json_to_bool(const struct json *node, bool *out, struct err *err);
bool json_to_str(const struct json *node, struct str *out, struct err *err);
/* Succeeds, for NULL too, unless the value is of another type: before walking it. */
bool json_is(const struct json *node, enum json_type type, struct err *err);

/* Fails when the member is absent or null. */
bool json_require(const struct json *object, const char *key, const struct json **out,
		  struct err *err);
/* Fails at the first member that is not among the NULL-terminated `keys`. */
bool json_only_keys(const struct json *object, const char *const *keys, struct err *err);

/* Fail at this node, with line, column and path before the message. Always returns false. */
bool json_fail(const struct json *node, struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
