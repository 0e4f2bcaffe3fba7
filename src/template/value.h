/* value.h - what templates work on: data of any shape, printed as Go prints it.
 *
 * Values borrow what they point to.
 */
#ifndef TEMPLATE_VALUE_H
#define TEMPLATE_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum template_kind {
	TEMPLATE_MISSING = 0, /* of a map; printed as <no value> */
	TEMPLATE_NIL,
	TEMPLATE_BOOL,
	TEMPLATE_INT,
	TEMPLATE_UINT,
	TEMPLATE_FLOAT,
	TEMPLATE_STRING,
	TEMPLATE_LIST,
	TEMPLATE_MAP,    /* fields ascend by name */
	TEMPLATE_STRUCT, /* a field that is not there is an error */
};

struct template_field;

struct template_value {
	enum template_kind kind;
	const char *type_name; /* Go's, for errors; NULL: the kind's own */
	const char *text;      /* of a struct that has its own way to be printed; NULL: {1 2} */
	union {
		bool is_true;
		int64_t i64;
		uint64_t u64;
		double f64;
		struct str str;
		struct {
			const struct template_value *v;
			size_t n;
		} list;
		struct {
			const struct template_field *v;
			size_t n;
		} fields; /* of a map or struct */
	};
};

struct template_field {
	struct str name;
	bool is_embedded; /* its own fields are the struct's too */
	struct template_value value;
};

static inline struct template_value template_string(struct str s)
{
	return (struct template_value){.kind = TEMPLATE_STRING, .str = s};
}

static inline struct template_value template_int(int64_t i)
{
	return (struct template_value){.kind = TEMPLATE_INT, .i64 = i};
}

static inline struct template_value template_uint(uint64_t u)
{
	return (struct template_value){.kind = TEMPLATE_UINT, .u64 = u};
}

static inline struct template_value template_bool(bool is_true)
{
	return (struct template_value){.kind = TEMPLATE_BOOL, .is_true = is_true};
}

/* "int", "string", "metadata.Meta", ... */
const char *template_type_name(const struct template_value *v);

/* The field of a struct or the entry of a map; NULL when there is none. */
const struct template_value *template_field_of(const struct template_value *v, struct str name);

/* Not false, zero, empty or absent. */
bool template_is_true(const struct template_value *v);

/* As Go's fmt.Print does: %v. */
void template_print(const struct template_value *v, struct buf *out);

#endif
