#include "base/flags.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/flags_internal.h"
#include "base/fs.h"

#include <stdlib.h>

struct flags {
	struct arena *a;
	struct flag_entry *entries;
	size_t n_entries;
	struct flag_list words;
};

/* --- tables ------------------------------------------------------------------------------------
 */

struct flag_entry *flag_entries(const struct flag_group *groups, size_t n_groups, struct arena *a,
				size_t *n)
{
	struct {
		struct flag_entry *v;
		size_t n, cap;
	} all = {0};

	for (size_t g = 0; g < n_groups; g++) {
		for (size_t i = 0; i < groups[g].n; i++) {
			const struct flag_spec *spec = &groups[g].specs[i];
			struct flag_entry e = {
			    .spec = spec,
			    .name = spec->name,
			    .value = (char *)groups[g].values + spec->offset,
			    .group = g,
			};
			if (spec->type == FLAG_TYPE_CONTENT) {
				e.part = FLAG_PART_PATH;
				e.name = arena_printf(a, "%s-file", spec->name);
				ARENA_PUSH(a, &all, e);
				e.part = FLAG_PART_TEXT;
				e.name = spec->name;
			}
			ARENA_PUSH(a, &all, e);
		}
	}
	*n = all.n;
	return all.v;
}

bool flag_is_repeatable(const struct flag_spec *spec)
{
	return spec->type == FLAG_TYPE_STRINGS || spec->type == FLAG_TYPE_ENUMS ||
	       spec->type == FLAG_TYPE_PAIRS;
}

static struct flag_entry *find_long(struct flag_entry *entries, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, entries[i].name))
			return &entries[i];
	return NULL;
}

static struct flag_entry *find_short(struct flag_entry *entries, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		if (c && entries[i].spec->short_name == c)
			return &entries[i];
	return NULL;
}

/* --- @file ---------------------------------------------------------------------------------------
 */

enum { ARGS_FILE_MAX_BYTES = 1 << 20 };

static bool expand_file(const char *path, struct arena *a, struct flag_list *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(ARGS_FILE_MAX_BYTES);

	if (!*path)
		return err_set(err, ERR_INVALID, "expected @ file to expand arguments from");
	if (!fs_read(path, &text, err)) {
		err->code = ERR_INVALID;
		return err_wrap(err, "failed to open arguments file \"%s\"", path);
	}
	for (struct str left = buf_str(&text), line; left.n;) {
		left = str_split(left, '\n', &line);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (str_trim(line, " \t\r").n == 0 || line.p[0] == '#')
			continue;
		ARENA_PUSH(a, out, arena_cstr(a, line));
	}
	return true;
}

bool flags_expand_args(const char *const *args, size_t n_args, struct arena *a,
		       struct flag_list *out, struct err *err)
{
	bool words_only = false;

	*out = (struct flag_list){0};
	for (size_t i = 0; i < n_args; i++) {
		words_only |= strcmp(args[i], "--") == 0;
		if (args[i][0] != '@' || words_only)
			ARENA_PUSH(a, out, args[i]);
		else if (!expand_file(args[i] + 1, a, out, err))
			return false;
	}
	return true;
}

/* --- reading the command line
 * --------------------------------------------------------------------- */

struct reader {
	struct arena *a;
	struct flag_entry *entries;
	size_t n_entries;
	const struct flag_list *args;
	size_t at;
	bool words_only;
};

static bool is_flag(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* The next argument, as a flag's value. */
static bool take_value(struct reader *r, const char *shown, const char **value, struct err *err)
{
	if (r->at == r->args->n || is_flag(r->args->v[r->at]))
		return err_set(err, ERR_INVALID, "expected argument for flag '%s'", shown);
	*value = r->args->v[r->at++];
	return true;
}

static bool give(struct reader *r, struct flag_entry *e, const char *value)
{
	ARENA_PUSH(r->a, &e->given, value);
	return true;
}

static bool unexpected(const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID, "unexpected %s", text);
}

static bool read_long(struct reader *r, const char *arg, struct err *err)
{
	struct str name = {0};
	struct str behind = str_split(str_of(arg + 2), '=', &name);
	const char *value = behind.p;
	const char *shown = arena_printf(r->a, "--%.*s", STR_FMT(name));

	struct flag_entry *e = find_long(r->entries, r->n_entries, name);
	bool inverted = !e && str_starts(name, STR("no-"));
	if (inverted)
		e = find_long(r->entries, r->n_entries, str_skip(name, 3));
	if (!e || (inverted && e->spec->type != FLAG_TYPE_BOOL))
		return err_set(err, ERR_INVALID, "unknown long flag '%s'", shown);

	if (e->spec->type != FLAG_TYPE_BOOL)
		return (value || take_value(r, shown, &value, err)) && give(r, e, value);
	if (!value)
		return give(r, e, inverted ? "false" : "true");
	/* kingpin takes no value here; these two are clear enough to be let in. */
	if (!inverted && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
		return give(r, e, value);
	return unexpected(value, err);
}

/* -hv, -fvalue, -f value. */
static bool read_short(struct reader *r, const char *arg, struct err *err)
{
	for (const char *at = arg + 1; *at; at++) {
		const char *shown = arena_printf(r->a, "-%c", *at);
		struct flag_entry *e = find_short(r->entries, r->n_entries, *at);
		const char *value = at + 1;
		if (!e)
			return err_set(err, ERR_INVALID, "unknown short flag '%s'", shown);
		if (e->spec->type == FLAG_TYPE_BOOL) {
			give(r, e, "true");
			continue;
		}
		return (*value || take_value(r, shown, &value, err)) && give(r, e, value);
	}
	return true;
}

enum read_result { READ_FLAG, READ_WORD, READ_END, READ_BAD };

/* One flag with its value, or one word. */
static enum read_result read_next(struct reader *r, const char **word, struct err *err)
{
	if (!r->words_only && r->at < r->args->n && strcmp(r->args->v[r->at], "--") == 0) {
		r->words_only = true;
		r->at++;
	}
	if (r->at == r->args->n)
		return READ_END;
	const char *arg = r->args->v[r->at++];
	if (r->words_only || !is_flag(arg)) {
		*word = arg;
		return READ_WORD;
	}
	bool ok = arg[1] == '-' ? read_long(r, arg, err) : read_short(r, arg, err);
	return ok ? READ_FLAG : READ_BAD;
}

size_t flags_find_word(const struct flag_group *groups, size_t n_groups,
		       const struct flag_list *args)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct reader r = {.a = a, .args = args};
	enum read_result result;
	const char *word;
	struct err err;

	r.entries = flag_entries(groups, n_groups, a, &r.n_entries);
	do
		result = read_next(&r, &word, &err);
	while (result == READ_FLAG);
	return result == READ_WORD ? r.at - 1 : args->n;
}

static bool read_all(struct reader *r, size_t n_words_max, struct flag_list *words, struct err *err)
{
	for (;;) {
		const char *word;
		switch (read_next(r, &word, err)) {
		case READ_FLAG:
			break;
		case READ_WORD:
			if (words->n == n_words_max)
				return unexpected(word, err);
			ARENA_PUSH(r->a, words, word);
			break;
		case READ_END:
			return true;
		case READ_BAD:
			return false;
		}
	}
}

struct flags *flags_parse(const struct flag_group *groups, size_t n_groups,
			  const struct flag_list *args, size_t n_words_max, struct err *err)
{
	struct flags *f = NEW(struct flags);
	f->a = arena_new(NULL);
	f->entries = flag_entries(groups, n_groups, f->a, &f->n_entries);

	struct reader r = {
	    .a = f->a,
	    .entries = f->entries,
	    .n_entries = f->n_entries,
	    .args = args,
	};
	if (!read_all(&r, n_words_max, &f->words, err)) {
		flags_free(f);
		return NULL;
	}
	return f;
}

void flags_free(struct flags *f)
{
	if (!f)
		return;
	arena_free(f->a);
	free(f);
}

/* --- values --------------------------------------------------------------------------------------
 */

static bool check_given(const struct flags *f, struct err *err)
{
	for (size_t i = 0; i < f->n_entries; i++) {
		const struct flag_entry *e = &f->entries[i];
		if (e->given.n && (e->spec->attrs & FLAG_UNSUPPORTED))
			return err_set(err, ERR_UNSUPPORTED,
				       "flag '--%s' is one of Thanos that this version of Athanor "
				       "does not support",
				       e->name);
		if (e->given.n > 1 && !flag_is_repeatable(e->spec))
			return err_set(err, ERR_INVALID, "flag '%s' cannot be repeated", e->name);
	}
	return true;
}

/* A required content pair is checked where it is loaded, as an empty file counts as missing too. */
static bool check_required(const struct flags *f, struct err *err)
{
	struct buf missing auto_done(buf_done) = BUF_INIT(sizeof(err->msg));

	for (size_t i = 0; i < f->n_entries; i++) {
		const struct flag_entry *e = &f->entries[i];
		if ((e->spec->attrs & FLAG_REQUIRED) && e->part == FLAG_PART_WHOLE && !e->given.n)
			buf_printf(&missing, "%s'--%s'", missing.n ? ", " : "", e->name);
	}
	return missing.n == 0 ||
	       err_set(err, ERR_INVALID, "required flag(s) %s not provided", buf_cstr(&missing));
}

bool flags_assign(struct flags *f, struct err *err)
{
	if (!check_given(f, err))
		return false;
	for (size_t i = 0; i < f->n_entries; i++)
		if (!flag_value_assign(&f->entries[i], f->a, err))
			return false;
	return check_required(f, err);
}

bool flags_is_set(const struct flags *f, const char *name)
{
	const struct flag_entry *e = find_long(f->entries, f->n_entries, str_of(name));
	assert(e);
	return e->given.n > 0;
}

const struct flag_list *flags_words(const struct flags *f)
{
	return &f->words;
}

static int text_order(const void *a, const void *b)
{
	return strcmp(((const struct flag_text *)a)->name, ((const struct flag_text *)b)->name);
}

const struct flag_text *flags_texts(struct flags *f, size_t *n)
{
	struct flag_text *texts = ARENA_ARRAY(f->a, struct flag_text, f->n_entries);

	for (size_t i = 0; i < f->n_entries; i++) {
		const struct flag_entry *e = &f->entries[i];
		bool secret = e->part != FLAG_PART_WHOLE || (e->spec->attrs & FLAG_SECRET);
		texts[i] = (struct flag_text){
		    .name = e->name,
		    .value = secret ? "<REDACTED>" : flag_value_text(e, f->a),
		    .group = e->group,
		    .is_set = e->given.n > 0,
		};
	}
	qsort(texts, f->n_entries, sizeof(*texts), text_order);
	*n = f->n_entries;
	return texts;
}
