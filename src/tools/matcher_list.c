#include "tools/matcher_list.h"

#include "base/utf8.h"

#define WHITE_SPACE " \t\n\f\r"

/* --- one of them ----------------------------------------------------------------------------- */

static bool is_name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (!first && c >= '0' && c <= '9');
}

static struct str take_name(struct str *rest)
{
	size_t n = 0;

	*rest = str_trim(*rest, WHITE_SPACE);
	while (n < rest->n && is_name_byte(rest->p[n], n == 0))
		n++;
	struct str name = {rest->p, n};
	*rest = str_trim(str_skip(*rest, n), WHITE_SPACE);
	return name;
}

static bool take_operator(struct str *rest, enum matcher_type *type)
{
	/* =~ before =, of which it would be the beginning */
	static const struct {
		const char *text;
		enum matcher_type type;
	} operators[] = {{"=~", MATCH_RE}, {"!~", MATCH_NRE}, {"!=", MATCH_NEQ}, {"=", MATCH_EQ}};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (!str_starts(*rest, str_of(operators[i].text)))
			continue;
		*type = operators[i].type;
		*rest = str_trim(str_skip(*rest, strlen(operators[i].text)), WHITE_SPACE);
		return true;
	}
	return false;
}

/* How many bytes of `raw` the next character takes, and what it stands for. */
static size_t take_character(struct str raw, struct str *out)
{
	static const struct str line_feed = {"\n", 1};
	bool escapes = raw.n > 1 && raw.p[0] == '\\';

	if (escapes && raw.p[1] == 'n') {
		*out = line_feed;
		return 2;
	}
	if (escapes && (raw.p[1] == '"' || raw.p[1] == '\\')) {
		*out = str_from(raw.p + 1, 1);
		return 2;
	}
	*out = str_from(raw.p, 1);
	return 1;
}

static bool unquote(struct str raw, struct buf *out, struct err *err)
{
	bool is_open = raw.n > 0 && raw.p[0] == '"';
	struct str rest = str_skip(raw, is_open), part;

	while (rest.n > 0) {
		if (rest.p[0] == '"') {
			if (!is_open || rest.n > 1)
				break;
			is_open = false;
			rest = str_skip(rest, 1);
			continue;
		}
		rest = str_skip(rest, take_character(rest, &part));
		buf_append_str(out, part);
	}
	return (rest.n == 0 && !is_open) ||
	       err_set(err, ERR_INVALID, "matcher value contains unescaped double quote: %.*s",
		       STR_FMT(raw));
}

static struct matcher *parse_one(struct str text, struct err *err)
{
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str rest = text, name = take_name(&rest);
	enum matcher_type type;

	if (name.n == 0 || !take_operator(&rest, &type)) {
		err_set(err, ERR_INVALID, "bad matcher format: %.*s", STR_FMT(text));
		return NULL;
	}
	if (!utf8_valid(rest)) {
		err_set(err, ERR_INVALID, "matcher value not valid UTF-8: %.*s", STR_FMT(rest));
		return NULL;
	}
	return unquote(rest, &value, err) ? matcher_new(type, name, buf_str(&value), err) : NULL;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* The length of the first condition, which a comma outside of quotes ends. */
static size_t condition_length(struct str text)
{
	bool is_quoted = false, is_escaped = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == ',' && !is_quoted)
			return i;
		if (c == '"' && !is_escaped)
			is_quoted = !is_quoted;
		is_escaped = c == '\\' && !is_escaped;
	}
	return text.n;
}

bool matcher_list_parse(struct str text, struct arena *a, struct matcher_list *out, struct err *err)
{
	if (str_starts(text, STR("{")))
		text = str_skip(text, 1);
	if (str_ends(text, STR("}")))
		text.n--;
	while (str_trim(text, WHITE_SPACE).n > 0) {
		size_t n = condition_length(text);
		struct matcher *m = parse_one(str_from(text.p, n), err);
		if (!m)
			return false;
		ARENA_PUSH(a, out, m);
		text = str_skip(text, n + 1);
	}
	return true;
}

void matcher_list_done(struct matcher_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		matcher_unref(list->v[i]);
	list->n = 0;
}
