/* flags.h - the command line, as tables: one entry is the parser, the default, the help text and
 * the documentation. Behaves as kingpin does, which Thanos uses.
 *
 *	struct query_flags {
 *		int64_t timeout_ms;
 *		struct flag_list replica_labels;
 *	};
 *	static const struct flag_spec query_specs[] = {
 *		{.name = "query.timeout", FLAG_MODEL_DURATION(struct query_flags, timeout_ms),
 *		 .default_text = "2m", .help = "Maximum time to process query by query node."},
 *		{.name = "query.replica-label", FLAG_STRINGS(struct query_flags, replica_labels),
 *		 .help = "..."},
 *	};
 *
 * Several tables, each with its own struct, are parsed together (struct flag_group).
 */
#ifndef BASE_FLAGS_H
#define BASE_FLAGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/time_text.h"

/* --- values ---------------------------------------------------------------------------------- */

struct flag_list { /* of a repeatable flag, in the order given */
	const char **v;
	size_t n, cap;
};

struct flag_pair { /* name="value" */
	struct str name, value;
};

struct flag_pairs {
	struct flag_pair *v;
	size_t n, cap;
};

/* A configuration given as --x=<text> or --x-file=<path>. The file is read anew by each load. */
struct flag_content {
	const char *name; /* of the flag: "objstore.config" */
	const char *text; /* NULL when not given */
	const char *path; /* NULL when not given */
	bool expand_env;  /* replace $(NAME) by the environment's value */
	bool required;    /* loading nothing fails */
};

enum { FLAG_CONTENT_MAX_BYTES = 16 << 20 };

static inline bool flag_content_is_set(const struct flag_content *c)
{
	return (c->text && *c->text) || (c->path && *c->path);
}

/* The text, with the environment in place; empty when neither flag was given. Fails when both
 * were. */
bool flag_content_load(const struct flag_content *c, struct arena *a, struct str *out,
		       struct err *err);

/* --- tables ---------------------------------------------------------------------------------- */

enum flag_type {
	FLAG_TYPE_STRING,   /* const char *, never NULL */
	FLAG_TYPE_STRINGS,  /* struct flag_list; repeatable */
	FLAG_TYPE_INT,      /* int64_t */
	FLAG_TYPE_UINT,     /* uint64_t */
	FLAG_TYPE_FLOAT,    /* double */
	FLAG_TYPE_BOOL,     /* bool; --x and --no-x */
	FLAG_TYPE_DURATION, /* int64_t, milliseconds; in Go's dialect, and with days and weeks */
	FLAG_TYPE_MODEL_DURATION, /* int64_t, milliseconds; written in Prometheus' dialect */
	FLAG_TYPE_TIME,           /* struct time_or_duration */
	FLAG_TYPE_BYTES,          /* int64_t */
	FLAG_TYPE_ENUM,           /* int: the index into `choices` */
	FLAG_TYPE_ENUMS,          /* struct flag_list; repeatable */
	FLAG_TYPE_PAIRS,          /* struct flag_pairs; repeatable */
	FLAG_TYPE_CONTENT,        /* struct flag_content; stands for --x and --x-file */
};

enum flag_attr {
	FLAG_HIDDEN = 1 << 0,      /* not in --help */
	FLAG_REQUIRED = 1 << 1,    /* of a content pair: one of the two */
	FLAG_UNSUPPORTED = 1 << 2, /* known to Thanos, not here: giving it is refused clearly */
	FLAG_NO_ENV = 1 << 3,      /* of a content pair: $(NAME) stays as it is */
	FLAG_SECRET = 1 << 4,      /* redacted where flags are shown; content pairs always are */
};

struct flag_spec {
	const char *name;
	char short_name; /* 0: none */
	enum flag_type type;
	size_t offset;            /* of the value in the group's struct */
	const char *default_text; /* NULL: the type's zero; parsed as if given */
	const char *help;
	const char *placeholder;    /* in the help: --name=PLACEHOLDER; NULL: kingpin's choice */
	const char *const *choices; /* of an enum; NULL-terminated */
	unsigned attrs;             /* of enum flag_attr */
};

#define FLAG_FIELD_(kind, ctype, owner, field)                                                     \
	.type = (kind),                                                                            \
	.offset =                                                                                  \
	    offsetof(owner, field) +                                                               \
	    0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((owner *)0)->field), ctype)   \
				? 1                                                                \
				: -1])

#define FLAG_STRING(owner, field)      FLAG_FIELD_(FLAG_TYPE_STRING, const char *, owner, field)
#define FLAG_STRINGS(owner, field)     FLAG_FIELD_(FLAG_TYPE_STRINGS, struct flag_list, owner, field)
#define FLAG_INT(owner, field)         FLAG_FIELD_(FLAG_TYPE_INT, int64_t, owner, field)
#define FLAG_UINT(owner, field)        FLAG_FIELD_(FLAG_TYPE_UINT, uint64_t, owner, field)
#define FLAG_FLOAT(owner, field)       FLAG_FIELD_(FLAG_TYPE_FLOAT, double, owner, field)
#define FLAG_BOOL(owner, field)        FLAG_FIELD_(FLAG_TYPE_BOOL, bool, owner, field)
#define FLAG_DURATION(owner, field_ms) FLAG_FIELD_(FLAG_TYPE_DURATION, int64_t, owner, field_ms)
#define FLAG_MODEL_DURATION(owner, field_ms)                                                       \
	FLAG_FIELD_(FLAG_TYPE_MODEL_DURATION, int64_t, owner, field_ms)
#define FLAG_TIME(owner, field)        FLAG_FIELD_(FLAG_TYPE_TIME, struct time_or_duration, owner, field)
#define FLAG_BYTES(owner, field_bytes) FLAG_FIELD_(FLAG_TYPE_BYTES, int64_t, owner, field_bytes)
#define FLAG_ENUM(owner, field)        FLAG_FIELD_(FLAG_TYPE_ENUM, int, owner, field)
#define FLAG_ENUMS(owner, field)       FLAG_FIELD_(FLAG_TYPE_ENUMS, struct flag_list, owner, field)
#define FLAG_PAIRS(owner, field)       FLAG_FIELD_(FLAG_TYPE_PAIRS, struct flag_pairs, owner, field)
#define FLAG_CONTENT(owner, field)     FLAG_FIELD_(FLAG_TYPE_CONTENT, struct flag_content, owner, field)
#define FLAG_CHOICES(...)              ((const char *const[]){__VA_ARGS__, NULL})

/* One table and where its values go. */
struct flag_group {
	const struct flag_spec *specs;
	size_t n;
	void *values;
};

#define FLAG_GROUP(table, values_ptr)                                                              \
	{                                                                                          \
		.specs = (table), .n = sizeof(table) / sizeof(*(table)), .values = (values_ptr)    \
	}

/* --- parsing --------------------------------------------------------------------------------- */

/* The command line with every @file replaced by the file's lines, without empty ones and those that
 * begin with #. */
bool flags_expand_args(const char *const *args, size_t n_args, struct arena *a,
		       struct flag_list *out, struct err *err);

/* The index of the first word that is neither a flag of these tables nor a flag's value: a command.
 * args->n when there is none, or when something unknown stands before it. */
size_t flags_find_word(const struct flag_group *groups, size_t n_groups,
		       const struct flag_list *args);

struct flags; /* a parsed command line; owns every text that the values point to */

/* Reads which flags are given, and no values yet: --help counts even beside a bad value. `args` are
 * without the command's name. Fails with ERR_INVALID and kingpin's wording on an unknown flag, a
 * missing argument or more than `n_words_max` words. The tables and `args` outlive the result. */
struct flags *flags_parse(const struct flag_group *groups, size_t n_groups,
			  const struct flag_list *args, size_t n_words_max, struct err *err);
void flags_free(struct flags *f); /* NULL is fine */
CLEANUP_DEFINE(struct flags, flags_free)

/* Sets all values, given or default. Fails with ERR_INVALID on a bad, repeated or missing one, and
 * with ERR_UNSUPPORTED on a flag marked so. */
bool flags_assign(struct flags *f, struct err *err);

/* Whether the command line gave it; a content pair has two names here. */
bool flags_is_set(const struct flags *f, const char *name);
/* What is left when the flags are taken out. */
const struct flag_list *flags_words(const struct flags *f);

/* Every flag with its value as text, ascending by name; secrets as <REDACTED>. Borrowed from `f`,
 * after flags_assign(). */
struct flag_text {
	const char *name;
	const char *value;
	size_t group; /* index of its table */
	bool is_set;
};
const struct flag_text *flags_texts(struct flags *f, size_t *n);

/* --- help ------------------------------------------------------------------------------------- */

/* Two columns as kingpin lays them out, for a terminal `width` characters wide. Hidden flags are
 * left out. */
void flags_help(struct buf *out, const struct flag_group *groups, size_t n_groups, unsigned width);
/* "--req=REQ [<flags>]": what stands behind a command in its usage line. */
void flags_summary(struct buf *out, const struct flag_group *groups, size_t n_groups);
/* The text in lines of at most `width` characters, each behind `indent` spaces. Lines are filled
 * evenly and rather end with a sentence or a clause. */
void flags_wrap(struct buf *out, const char *text, unsigned indent, unsigned width);

#endif
