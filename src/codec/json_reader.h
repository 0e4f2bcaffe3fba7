/* json_reader.h - reads JSON from memory, value by value, without building it first.
 *
 *	json_reader_init(&r, text, arena);
 *	json_read_object(&r);
 *	while (json_next_key(&r, &key)) {
 *		if (str_is(key, "name"))
 *			json_read_str(&r, &out->name);
 *		else
 *			json_skip(&r);
 *	}
 *	return json_reader_end(&r, err);
 *
 * Strict (RFC 8259): no comments, no trailing commas, no NaN, UTF-8 only, one value and nothing
 * behind it. An error sticks: after the first one every call returns false and leaves its outputs
 * alone, loops end, and json_reader_end() tells it, with line, column and path:
 * `line 7, column 12: .thanos.downsample.resolution: want a number, found a string`.
 */
#ifndef CODEC_JSON_READER_H
#define CODEC_JSON_READER_H

#include "base/arena.h"
#include "base/err.h"

enum { JSON_MAX_DEPTH = 512 };

enum json_type {
	JSON_INVALID = 0, /* at the end, or at what is no value */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_frame {
	struct str key; /* of the member being read; in an object */
	size_t index;   /* of the item being read, plus one; in an array */
	bool is_object;
};

struct json_reader {
	struct str text; /* borrowed */
	size_t at;
	struct arena *arena;
	unsigned depth;
	struct err err;
	struct json_frame frames[JSON_MAX_DEPTH]; /* the first `depth` are set */
};

/* Strings without escapes are handed out as slices of `text`, all others live in `arena`. */
void json_reader_init(struct json_reader *r, struct str text, struct arena *arena);
/* Nothing may follow but white space. Fails with the first error there was. */
bool json_reader_end(struct json_reader *r, struct err *err);

/* What the next value is, without reading it. */
enum json_type json_peek(struct json_reader *r);

/* Enter an object or array; json_next_*() leaves it when it returns false. */
bool json_read_object(struct json_reader *r);
bool json_next_key(struct json_reader *r, struct str *key);
bool json_read_array(struct json_reader *r);
bool json_next_item(struct json_reader *r);

bool json_read_str(struct json_reader *r, struct str *out);
bool json_read_i64(struct json_reader *r, int64_t *out); /* integral: no fraction, no exponent */
bool json_read_u64(struct json_reader *r, uint64_t *out);
bool json_read_f64(struct json_reader *r, double *out);
bool json_read_number(struct json_reader *r, struct str *out); /* its text */
bool json_read_bool(struct json_reader *r, bool *out);
bool json_read_null(struct json_reader *r);
/* The text of the next value, whatever it is: validated, borrowed from the input. */
bool json_read_raw(struct json_reader *r, struct str *out);
bool json_skip(struct json_reader *r);

/* Fail here, with line, column and path before the message. Always returns false. */
bool json_reader_fail(struct json_reader *r, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Where an offset is, both from 1. */
struct json_position {
	size_t line, column;
};
struct json_position json_position(struct str text, size_t offset);

/* How errors word what a number should have been. */
#define JSON_WANT_I64 "a whole number of 64 bits"
#define JSON_WANT_U64 "a whole number of 64 bits, not negative"
#define JSON_WANT_F64 "a number that a double can hold"

/* The type's name with an article: "a string". */
const char *json_type_name(enum json_type type);

#endif
