/* fuzz_matcher.c - a pattern, a newline, and a text: the short cuts of a matcher agree with the
 * engine on what is valid and what matches; so do finding and matching; and a match begins with the
 * matcher's prefix and is in its set.
 */
#include "base/regex.h"
#include "base/utf8.h"
#include "model/matcher.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_in_set(const struct matcher *m, struct str text)
{
	size_t n;
	const struct str *set = matcher_set(m, &n);

	for (size_t i = 0; set && i < n; i++)
		if (str_eq(set[i], text))
			return true;
	return set == NULL;
}

static void check_match(const struct matcher *m, const struct regex *re, struct str text)
{
	struct str whole;
	bool matches = regex_match(re, text);

	check(matcher_matches(m, text) == matches);
	check(!matches || str_starts(text, matcher_prefix(m)));
	check(!matches || is_in_set(m, text));
	if (utf8_valid(text))
		check(regex_find(re, text, &whole, 1) == matches);
}

static void check_search(struct str pattern, struct str text)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct regex *re auto_free(regex_free) = regex_new(pattern, REGEX_SEARCH, &err);

	if (re)
		regex_replace_all(re, text, STR("<${1}$0>"), &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str pattern, text;
	struct err err = ERR_INIT, engine_err = ERR_INIT;

	if (size > 4096)
		return 0;
	text = str_split(str_from(data, size), '\n', &pattern);
	struct matcher *m auto_free(matcher_unref) = matcher_new(MATCH_RE, STR("l"), pattern, &err);
	struct regex *re auto_free(regex_free) = regex_new(pattern, REGEX_MATCHER, &engine_err);
	check((m != NULL) == (re != NULL));
	check(m || (err.code == engine_err.code && err.code != ERR_OK));
	if (m) {
		check_match(m, re, text);
		check_match(m, re, pattern);
	}
	check_search(pattern, text);
	return 0;
}
