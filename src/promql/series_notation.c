#include "promql/series_notation.h"

#include "base/quote.h"
#include "model/samples.h"
#include "promql/lexer.h"
#include "promql/notation_histogram.h"
#include "promql/notation_reader.h"
#include "promql/number_lexer.h"
#include "promql/parser.h"

/* --- labels -------------------------------------------------------------------------------- */

struct label_list {
	struct label *v;
	size_t n, cap;
};

/* Labels between tokens of the query language. */
struct label_reader {
	struct notation_reader *r;
	struct lexer lexer;
	struct token ahead;
};

static enum token_kind advance(struct label_reader *l)
{
	l->ahead = lexer_next(&l->lexer);
	return l->ahead.kind;
}

static bool unexpected(struct label_reader *l, const char *expected)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	l->r->pos = l->ahead.where.start;
	if (l->ahead.kind == TOKEN_ERROR)
		return notation_fail(l->r, "%.*s", STR_FMT(l->lexer.error));
	token_describe(&text, &l->ahead);
	return notation_fail(l->r, "unexpected %.*s in label set, expected %s",
			     STR_FMT(buf_str(&text)), expected);
}

static bool unquoted(struct label_reader *l, struct str *out)
{
	struct buf text auto_done(buf_done) = BUF_INIT(QUERY_MAX_BYTES);

	if (!unquote_append(&text, l->ahead.text, UNQUOTE_PROMQL, l->r->err))
		return false;
	*out = arena_str(l->r->arena, buf_str(&text));
	return true;
}

/* name="value", "name"="value" or "metric", of which the first token was read. */
static bool read_label(struct label_reader *l, struct label_list *list)
{
	struct label label = {.name = l->ahead.text};
	bool quoted = l->ahead.kind == TOKEN_STRING;

	if (!quoted && l->ahead.kind != TOKEN_IDENTIFIER)
		return unexpected(l, "identifier or \"}\"");
	if (quoted && !unquoted(l, &label.name))
		return false;
	if (advance(l) == TOKEN_EQUAL) {
		if (advance(l) != TOKEN_STRING)
			return unexpected(l, "string");
		if (!unquoted(l, &label.value))
			return false;
		advance(l);
	} else if (quoted) {
		label = (struct label){.name = STR(LABEL_NAME), .value = label.name};
	} else {
		return unexpected(l, "\"=\"");
	}
	ARENA_PUSH(l->r->arena, list, label);
	return true;
}

/* Behind the left brace. */
static bool read_label_list(struct label_reader *l, struct label_list *list)
{
	while (advance(l) != TOKEN_RIGHT_BRACE) {
		if (!read_label(l, list))
			return false;
		if (l->ahead.kind == TOKEN_RIGHT_BRACE)
			break;
		if (l->ahead.kind != TOKEN_COMMA)
			return unexpected(l, "\",\" or \"}\"");
	}
	return true;
}

static void drop_empty_and_name(struct label_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].value.n > 0 && !str_is(list->v[i].name, LABEL_NAME))
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

/* A name in front of the braces replaces one inside, and makes labels without a value vanish. */
static bool read_metric(struct label_reader *l, struct label_list *list)
{
	struct str name = {0};

	if (token_is_metric_name(advance(l))) {
		name = l->ahead.text;
		if (!notation_at(l->r, l->lexer.pos, '{')) {
			ARENA_PUSH(l->r->arena, list, (struct label){STR(LABEL_NAME), name});
			return true;
		}
		advance(l);
	}
	if (l->ahead.kind != TOKEN_LEFT_BRACE) {
		l->r->pos = l->ahead.where.start;
		return notation_fail(l->r, "expected a metric name or \"{\"");
	}
	if (!read_label_list(l, list))
		return false;
	if (name.n > 0) {
		drop_empty_and_name(list);
		ARENA_PUSH(l->r->arena, list, (struct label){STR(LABEL_NAME), name});
	}
	return true;
}

static bool read_labels(struct notation_reader *r, struct labels *out)
{
	struct label_list list = {0};
	struct label_reader l = {.r = r};

	lexer_init(&l.lexer, r->text, r->arena);
	if (!read_metric(&l, &list))
		return false;
	if (!labels_sort(list.v, list.n))
		return notation_fail(r, "a label is set twice");
	*out = (struct labels){.v = list.v, .n = list.n};
	r->pos = l.lexer.pos;
	return true;
}

/* --- values -------------------------------------------------------------------------------- */

struct run_list {
	struct notation_run *v;
	size_t n, cap;
};

/* x4, if it is there. */
static bool read_repetition(struct notation_reader *r, bool *found, uint64_t *n)
{
	struct str digits;

	*found = notation_accept(r, 'x');
	if (!*found)
		return true;
	size_t start = r->pos;
	while (!notation_at_end(r) && r->text.p[r->pos] >= '0' && r->text.p[r->pos] <= '9')
		r->pos++;
	digits = str_from(r->text.p + start, r->pos - start);
	return str_to_u64(digits, n) || notation_fail(r, "invalid repetition in series values");
}

static bool read_absent(struct notation_reader *r, struct notation_run *run)
{
	bool repeated;

	*run = (struct notation_run){.kind = NOTATION_ABSENT, .n = 1};
	r->pos++;
	return read_repetition(r, &repeated, &run->n);
}

static bool read_run_length(struct notation_reader *r, struct notation_run *run)
{
	bool repeated;
	uint64_t n = 0;

	if (!read_repetition(r, &repeated, &n))
		return false;
	if (run->direction != NOTATION_SAME && !repeated)
		return notation_fail(r, "a change needs a repetition behind it");
	if (n >= NOTATION_MAX_POSITIONS)
		return notation_too_long(r);
	run->n = n + 1;
	return true;
}

static bool read_histograms(struct notation_reader *r, struct notation_run *run)
{
	*run = (struct notation_run){.kind = NOTATION_HISTOGRAM};
	if (!notation_histogram_read(r, &run->histogram))
		return false;
	if (notation_accept(r, '+'))
		run->direction = NOTATION_RISING;
	else if (notation_accept(r, '-'))
		run->direction = NOTATION_FALLING;
	if (run->direction != NOTATION_SAME && !notation_histogram_read(r, &run->histogram_change))
		return false;
	if (!read_run_length(r, run))
		return false;
	if (run->direction != NOTATION_SAME &&
	    run->histogram->schema > run->histogram_change->schema && run->n > 1)
		return notation_fail(
		    r, "error combining histograms: cannot merge from schema %d to %d",
		    run->histogram_change->schema, run->histogram->schema);
	return true;
}

static double stale_marker(void)
{
	uint64_t bits = STALE_NAN_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static bool read_floats(struct notation_reader *r, struct notation_run *run)
{
	*run = (struct notation_run){.kind = NOTATION_FLOAT, .n = 1};
	if (notation_at(r, r->pos, 's') && notation_accept_word(r, "stale")) {
		run->value = stale_marker();
		return true;
	}
	if (!notation_number(r, &run->value))
		return false;
	if (notation_at(r, r->pos, '+') || notation_at(r, r->pos, '-')) {
		run->direction = NOTATION_RISING;
		if (!notation_number(r, &run->change))
			return false;
	}
	return read_run_length(r, run);
}

static bool read_run(struct notation_reader *r, struct notation_run *run)
{
	if (notation_at(r, r->pos, '{'))
		return read_histograms(r, run);
	if (notation_at(r, r->pos, '_'))
		return read_absent(r, run);
	return read_floats(r, run);
}

static bool read_values(struct notation_reader *r, struct series_notation *out)
{
	struct run_list runs = {0};

	while (!notation_at_end(r)) {
		struct notation_run run;
		if (!notation_skip_blanks(r))
			return notation_fail(r, "expected a blank between two values");
		if (notation_at_end(r))
			break;
		if (!read_run(r, &run))
			return false;
		if (run.n > NOTATION_MAX_POSITIONS - out->n_positions)
			return notation_too_long(r);
		out->n_positions += run.n;
		ARENA_PUSH(r->arena, &runs, run);
	}
	out->runs = runs.v;
	out->n_runs = runs.n;
	return true;
}

bool series_notation_parse(struct arena *a, struct str text, struct series_notation *out,
			   struct err *err)
{
	struct notation_reader r = {.arena = a, .text = arena_str(a, text), .err = err};
	struct series_notation notation = {0};

	if (!read_labels(&r, &notation.labels) || !read_values(&r, &notation))
		return false;
	*out = notation;
	return true;
}

bool series_notation_parse_labels(struct arena *a, struct str text, struct labels *out,
				  struct err *err)
{
	struct notation_reader r = {.arena = a, .text = arena_str(a, text), .err = err};

	if (!read_labels(&r, out))
		return false;
	notation_skip_blanks(&r);
	return notation_at_end(&r) || notation_fail(&r, "expected nothing behind the labels");
}
