#include "tests/lib/query_cases.h"

#include "base/quote.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static struct str read_file(struct arena *a, const char *file)
{
	char path[4096];
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	snprintf(path, sizeof(path), "%s/promql/%s", TEST_DATA_DIR, file);
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	for (int c; (c = getc(f)) != EOF;)
		buf_putc(&text, (char)c);
	fclose(f);
	return arena_str(a, buf_str(&text));
}

static struct str unquoted(struct arena *a, struct str quoted)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	expect_ok(unquote_append(&text, quoted, UNQUOTE_GO, &err), err);
	return arena_str(a, buf_str(&text));
}

static void add_line_of_layout(struct arena *a, struct query_case *c, struct str line)
{
	c->outcome = QUERY_LAID_OUT;
	if (!c->want.p)
		c->want = line;
	else
		c->want = str_of(arena_printf(a, "%.*s\n%.*s", STR_FMT(c->want), STR_FMT(line)));
}

struct query_cases query_cases_read(struct arena *a, const char *file)
{
	struct query_cases cases = {0};
	struct str text = read_file(a, file), line;

	for (size_t n = 1; text.n > 0; n++) {
		text = str_split(text, '\n', &line);
		if (str_starts(line, STR(">> ")))
			ARENA_PUSH(a, &cases,
				   (struct query_case){
				       .line = n,
				       .query = unquoted(a, str_skip(line, 3)),
				   });
		else if (str_starts(line, STR("> ")))
			ARENA_PUSH(a, &cases,
				   (struct query_case){.line = n, .query = str_skip(line, 2)});
		if (cases.n == 0)
			continue;
		struct query_case *last = &cases.v[cases.n - 1];
		if (str_is(line, "="))
			last->want = last->query;
		else if (str_starts(line, STR("= ")))
			last->want = str_skip(line, 2);
		else if (str_starts(line, STR("| ")))
			add_line_of_layout(a, last, str_skip(line, 2));
		else if (str_starts(line, STR("! "))) {
			last->want = str_skip(line, 2);
			last->outcome = QUERY_REFUSED;
		}
	}
	assert_true(cases.n > 0);
	return cases;
}
