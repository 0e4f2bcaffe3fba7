/* flags_content.c - a configuration given as a flag's text or as a file. */
#include "base/alloc.h"
#include "base/flags.h"
#include "base/fs.h"

#include <stdlib.h>

/* The NAME of a $(NAME) at the front, and the length of all of it; 0 when there is none. */
static size_t take_reference(struct str s, struct str *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t n = 0;

	if (!str_starts(s, STR("$(")))
		return 0;
	while (n + 2 < s.n && s.p[n + 2] && strchr(letters, s.p[n + 2]))
		n++;
	if (n == 0 || n + 2 == s.n || s.p[n + 2] != ')')
		return 0;
	*name = str_from(s.p + 2, n);
	return n + 3;
}

static bool append_variable(struct buf *out, struct str name, struct err *err)
{
	char *copy auto_free(mem_free) = str_dup(name);
	const char *value = getenv(copy);

	if (!value)
		return err_set(err, ERR_INVALID,
			       "found reference to unset environment variable \"%s\"", copy);
	buf_puts(out, value);
	return true;
}

static bool expand(struct str s, struct buf *out, struct err *err)
{
	struct str name;

	while (s.n) {
		size_t plain = str_find_char(s, '$');
		buf_append(out, s.p, plain);
		s = str_skip(s, plain);
		size_t n = take_reference(s, &name);
		if (n && !append_variable(out, name, err))
			return false;
		if (!n && s.n)
			buf_putc(out, '$');
		s = str_skip(s, n ? n : 1);
	}
	return true;
}

static bool is_given(const char *text)
{
	return text && *text;
}

bool flag_content_load(const struct flag_content *c, struct arena *a, struct str *out,
		       struct err *err)
{
	struct buf raw auto_done(buf_done) = BUF_INIT(FLAG_CONTENT_MAX_BYTES);
	struct buf expanded auto_done(buf_done) = BUF_INIT(FLAG_CONTENT_MAX_BYTES);

	if (is_given(c->path) && is_given(c->text))
		return err_set(err, ERR_INVALID, "both %s-file and %s flags set.", c->name,
			       c->name);
	if (is_given(c->path) && !fs_read(c->path, &raw, err))
		return err_wrap(err, "loading file %s for %s-file", c->path, c->name);
	if (is_given(c->text))
		buf_puts(&raw, c->text);
	if (raw.n == 0 && c->required)
		return err_set(err, ERR_INVALID,
			       "flag %s-file or %s is required for running this command and "
			       "content cannot be empty.",
			       c->name, c->name);
	if (c->expand_env && !expand(buf_str(&raw), &expanded, err))
		return false;
	if (raw.overflowed || expanded.overflowed)
		return err_set(err, ERR_LIMIT, "%s: more than the %d bytes allowed", c->name,
			       FLAG_CONTENT_MAX_BYTES);
	*out = arena_str(a, buf_str(c->expand_env ? &expanded : &raw));
	return true;
}
