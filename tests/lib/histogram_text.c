#include "tests/lib/histogram_text.h"

#include "promql/notation_values.h"
#include "tests/lib/expect.h"

struct histogram *histogram_of(struct arena *a, const char *text)
{
	struct series_notation notation;
	struct err err = ERR_INIT;
	struct str line = str_of(arena_printf(a, "m %s", text));

	expect_ok(series_notation_parse(a, line, &notation, &err), err);
	assert_int_equal(notation.n_runs, 1);
	assert_int_equal(notation.runs[0].kind, NOTATION_HISTOGRAM);
	return notation_histogram_value(a, notation.runs[0].histogram);
}

void expect_histogram(struct arena *a, const struct histogram *got, const char *want)
{
	const struct histogram *w = histogram_of(a, want);

	if (histogram_equal(got, w) && got->hint == w->hint)
		return;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	histogram_format(&text, got);
	fail_msg("got schema %d, hint %d, %s\n        want hint %d, %s", got->schema, got->hint,
		 buf_cstr(&text), w->hint, want);
}
