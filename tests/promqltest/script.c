#include "tests/promqltest/script.h"

#include "base/duration.h"
#include "base/float_text.h"
#include "base/quote.h"
#include "base/regex.h"
#include "promql/parser.h"
#include "promql/series_notation.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

struct lines {
	struct str rest;
	size_t n; /* of the current line, from 1 */
};

static struct str next_line(struct lines *l)
{
	struct str line;

	l->rest = str_split(l->rest, '\n', &line);
	l->n++;
	line = str_trim(line, " \t\r");
	return line.n && line.p[0] == '#' ? (struct str){0} : line;
}

static struct str next_word(struct str *rest)
{
	size_t n = 0;

	*rest = str_trim(*rest, " \t");
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	struct str word = str_from(rest->p, n);
	*rest = str_trim(str_skip(*rest, n), " \t");
	return word;
}

static struct str to_lower(struct arena *a, struct str word)
{
	char *lower = arena_cstr(a, word);

	for (size_t i = 0; i < word.n; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	return str_from(lower, word.n);
}

bool eval_demands(const struct eval *e, enum demand_kind kind)
{
	for (size_t i = 0; i < e->demands.n; i++)
		if (e->demands.v[i].kind == kind)
			return true;
	return false;
}

/* --- load ------------------------------------------------------------------------------------- */

/* load_store a{replica="1"} 30s: the name of the store, its external labels, the step. */
static bool parse_store_head(struct arena *a, struct str *rest, struct load *out, struct err *err)
{
	size_t n = rest->n;
	struct labels labels;

	while (n > 0 && rest->p[n - 1] != ' ' && rest->p[n - 1] != '\t')
		n--;
	if (!series_notation_parse_labels(a, str_trim(str_from(rest->p, n), " \t"), &labels, err))
		return false;
	*rest = str_skip(*rest, n);
	out->store = labels_get(labels, STR(LABEL_NAME));
	out->external_labels = labels_without(a, labels, &(struct str)STR(LABEL_NAME), 1);
	return out->store.n || err_set(err, ERR_INVALID, "load_store needs the name of a store");
}

static bool parse_load_head(struct arena *a, struct str word, struct str rest, struct load *out,
			    struct err *err)
{
	bool is_store = str_is(word, "load_store");

	out->with_custom_buckets = str_is(word, "load_with_nhcb");
	if (!is_store && !out->with_custom_buckets && !str_is(word, "load"))
		return err_set(err, ERR_INVALID, "unknown command %.*s", STR_FMT(word));
	if (is_store && !parse_store_head(a, &rest, out, err))
		return false;
	if (!model_duration_parse(rest, &out->step_ms, err))
		return false;
	return out->step_ms || err_set(err, ERR_INVALID, "load needs a step");
}

static bool parse_load(struct arena *a, struct lines *l, struct str word, struct str rest,
		       struct load *out, struct err *err)
{
	if (!parse_load_head(a, word, rest, out, err))
		return false;
	for (struct str line = next_line(l); line.n; line = next_line(l)) {
		struct start_times starts;
		struct series_line s;
		if (start_times_is_line(line)) {
			if (!start_times_parse(a, line, &starts, err))
				return false;
			ARENA_PUSH(a, &out->starts, starts);
			continue;
		}
		if (!series_line_parse(a, line, &s, err))
			return false;
		ARENA_PUSH(a, &out->lines, s);
	}
	return true;
}

/* --- stores ----------------------------------------------------------------------------------- */

static bool parse_order(struct str rest, struct store_order *out, struct err *err)
{
	static const char *const verbs[STORE_VERB_N] = {
	    [STORE_ANSWERS] = "answers",
	    [STORE_FAILS] = "fails",
	    [STORE_BREAKS] = "breaks",
	    [STORE_WARNS] = "warns",
	};

	out->store = next_word(&rest);
	struct str word = next_word(&rest);
	out->text = rest;
	for (int verb = 0; verb < STORE_VERB_N; verb++) {
		out->verb = (enum store_verb)verb;
		if (str_is(word, verbs[verb]))
			return true;
	}
	return err_set(err, ERR_INVALID, "a store that %.*s", STR_FMT(word));
}

static bool parse_dedup(struct str rest, enum dedup_function *out, struct err *err)
{
	static const char *const names[] = {
	    [DEDUP_NONE] = "off", [DEDUP_PENALTY] = "penalty", [DEDUP_CHAIN] = "chain"};

	for (int i = 0; i <= DEDUP_CHAIN; i++) {
		*out = (enum dedup_function)i;
		if (str_is(rest, names[i]))
			return true;
	}
	return err_set(err, ERR_INVALID, "dedup %.*s", STR_FMT(rest));
}

static bool parse_switch(struct str rest, bool *out, struct err *err)
{
	*out = str_is(rest, "on");
	return *out || str_is(rest, "off") ||
	       err_set(err, ERR_INVALID, "got \"%.*s\", want on or off", STR_FMT(rest));
}

/* --- eval ------------------------------------------------------------------------------------- */

static bool take_word(struct str *rest, const char *word, struct err *err)
{
	struct str got = next_word(rest);

	if (str_is(got, word))
		return true;
	return err_set(err, ERR_INVALID, "got \"%.*s\", want \"%s\"", STR_FMT(got), word);
}

static bool take_duration(struct str *rest, int64_t *ms, struct err *err)
{
	return model_duration_parse(next_word(rest), ms, err);
}

static bool parse_eval_head(struct str rest, struct eval *e, struct err *err)
{
	struct str kind = next_word(&rest);

	e->is_range = str_is(kind, "range");
	if (!e->is_range && !str_is(kind, "instant"))
		return err_set(err, ERR_INVALID, "eval %.*s", STR_FMT(kind));
	if (!take_word(&rest, e->is_range ? "from" : "at", err) ||
	    !take_duration(&rest, &e->start_ms, err))
		return false;
	e->end_ms = e->start_ms;
	if (e->is_range &&
	    (!take_word(&rest, "to", err) || !take_duration(&rest, &e->end_ms, err) ||
	     !take_word(&rest, "step", err) || !take_duration(&rest, &e->step_ms, err)))
		return false;
	if (e->end_ms < e->start_ms)
		return err_set(err, ERR_INVALID, "the range ends before it starts");
	if (e->is_range && e->step_ms == 0)
		return err_set(err, ERR_INVALID, "the range has no step");
	e->expr = rest;
	e->points_start_ms = e->start_ms;
	e->points_step_ms = e->step_ms;
	return true;
}

/* What is no PromQL at all cannot be expected to fail. */
static bool check_syntax(struct str expr, struct err *err)
{
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(expr, &options, NULL, err);

	return query != NULL;
}

static const char *const demand_words[DEMAND_N] = {
    [DEMAND_FAIL] = "fail", [DEMAND_WARN] = "warn",       [DEMAND_NO_WARN] = "no_warn",
    [DEMAND_INFO] = "info", [DEMAND_NO_INFO] = "no_info",
};

static void add_demand(struct arena *a, struct eval *e, enum demand_kind kind,
		       enum demand_match match, struct str text)
{
	ARENA_PUSH(a, &e->demands, (struct demand){kind, match, text});
}

/* warn and no_warn do not go together, nor do two ways to fail. */
static bool check_demands(const struct eval *e, struct err *err)
{
	size_t n_fail = 0;

	for (size_t i = 0; i < e->demands.n; i++)
		n_fail += e->demands.v[i].kind == DEMAND_FAIL;
	if ((eval_demands(e, DEMAND_WARN) && eval_demands(e, DEMAND_NO_WARN)) ||
	    (eval_demands(e, DEMAND_INFO) && eval_demands(e, DEMAND_NO_INFO)) || n_fail > 1)
		return err_set(err, ERR_INVALID, "expectations that exclude each other");
	return true;
}

/* Values are at steps of the query, of which an instant query has one. */
static bool check_positions(const struct eval *e, struct err *err)
{
	int64_t end_ms = e->has_range_vector ? e->start_ms : e->end_ms;

	for (size_t i = 0; i < e->series.n; i++) {
		int64_t n = (int64_t)e->series.v[i].points.n;
		bool is_matrix = e->is_range || e->has_range_vector;
		if (n > 1 &&
		    (!is_matrix || e->points_start_ms + (n - 1) * e->points_step_ms > end_ms))
			return err_set(err, ERR_INVALID, "values are expected beyond the end");
	}
	return true;
}

static bool parse_range_vector(struct str rest, struct eval *e, struct err *err)
{
	e->has_range_vector = true;
	return take_word(&rest, "vector", err) && take_word(&rest, "from", err) &&
	       take_duration(&rest, &e->points_start_ms, err) && take_word(&rest, "to", err) &&
	       take_duration(&rest, &e->start_ms, err) && take_word(&rest, "step", err) &&
	       take_duration(&rest, &e->points_step_ms, err);
}

static bool parse_expect(struct arena *a, struct str rest, struct eval *e, struct err *err)
{
	struct str word = next_word(&rest);
	enum demand_match match = DEMAND_ANYTHING;

	if (str_is(word, "ordered")) {
		e->is_ordered = true;
		return true;
	}
	if (str_is(word, "range"))
		return parse_range_vector(rest, e, err);
	if (str_is(word, "string")) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		e->has_string = true;
		if (!unquote_append(&text, rest, UNQUOTE_GO, err))
			return false;
		e->string = arena_str(a, buf_str(&text));
		return true;
	}
	if (str_starts(rest, STR("msg:")))
		match = DEMAND_TEXT;
	if (str_starts(rest, STR("regex:")))
		match = DEMAND_REGEX;
	rest = str_trim(str_skip(rest, match == DEMAND_TEXT    ? 4
				       : match == DEMAND_REGEX ? 6
							       : 0),
			" \t");
	for (int kind = 0; kind < DEMAND_N; kind++) {
		if (!str_is(word, demand_words[kind]))
			continue;
		add_demand(a, e, (enum demand_kind)kind, match, rest);
		return true;
	}
	return err_set(err, ERR_INVALID, "expect %.*s", STR_FMT(word));
}

/* 31, 0x1f, 037, or a float. */
static bool parse_number(struct arena *a, struct str word, double *out)
{
	char *text = arena_cstr(a, word), *end;

	errno = 0;
	long long whole = strtoll(text, &end, 0);
	if (end == text || *end || errno)
		return float_parse(word, out);
	*out = (double)whole;
	return true;
}

static bool parse_eval_line(struct arena *a, struct str line, struct eval *e, bool *is_end,
			    struct err *err)
{
	struct str rest = line;
	struct str word = next_word(&rest);
	struct series_line s;

	if (str_is(word, "expected_fail_message") || str_is(word, "expected_fail_regexp")) {
		add_demand(a, e, DEMAND_FAIL,
			   str_is(word, "expected_fail_message") ? DEMAND_TEXT : DEMAND_REGEX,
			   rest);
		*is_end = true;
		return true;
	}
	if (str_is(word, "expect"))
		return parse_expect(a, rest, e, err);
	if (rest.n == 0 && parse_number(a, word, &e->scalar)) {
		e->has_scalar = true;
		*is_end = true;
		return true;
	}
	if (!series_line_parse(a, line, &s, err))
		return false;
	ARENA_PUSH(a, &e->series, s);
	return true;
}

static bool parse_eval(struct arena *a, struct lines *l, struct str word, struct str rest,
		       struct eval *e, struct err *err)
{
	bool is_end = false;

	e->is_ordered = str_ends(word, STR("_ordered"));
	if (str_ends(word, STR("_fail")))
		add_demand(a, e, DEMAND_FAIL, DEMAND_ANYTHING, (struct str){0});
	if (str_ends(word, STR("_warn")))
		add_demand(a, e, DEMAND_WARN, DEMAND_ANYTHING, (struct str){0});
	if (str_ends(word, STR("_info")))
		add_demand(a, e, DEMAND_INFO, DEMAND_ANYTHING, (struct str){0});
	if (!parse_eval_head(rest, e, err) || !check_syntax(e->expr, err))
		return false;
	e->body.p = l->rest.p;
	for (struct str line = next_line(l); line.n; line = next_line(l)) {
		if (!parse_eval_line(a, line, e, &is_end, err))
			return false;
		e->body.n = (size_t)(line.p + line.n - e->body.p);
		if (is_end)
			break;
	}
	if (e->is_ordered && e->is_range)
		return err_set(err, ERR_INVALID, "a range query has no order of its own");
	return check_demands(e, err) && check_positions(e, err);
}

static bool parse_command(struct arena *a, struct lines *l, struct str line, struct command *c,
			  struct err *err)
{
	struct str rest = line;
	struct str word = to_lower(a, next_word(&rest));

	if (str_is(word, "clear")) {
		c->kind = COMMAND_CLEAR;
		return true;
	}
	if (str_is(word, "store")) {
		c->kind = COMMAND_STORE;
		return parse_order(rest, &c->order, err);
	}
	if (str_is(word, "dedup")) {
		c->kind = COMMAND_DEDUP;
		return parse_dedup(rest, &c->dedup, err);
	}
	if (str_is(word, "partial_response")) {
		c->kind = COMMAND_PARTIAL_RESPONSE;
		return parse_switch(rest, &c->partial_response, err);
	}
	if (str_starts(word, STR("load"))) {
		c->kind = COMMAND_LOAD;
		return parse_load(a, l, word, rest, &c->load, err);
	}
	if (str_starts(word, STR("eval"))) {
		c->kind = COMMAND_EVAL;
		c->eval.head = line;
		return parse_eval(a, l, word, rest, &c->eval, err);
	}
	return err_set(err, ERR_INVALID, "unknown command %.*s", STR_FMT(word));
}

bool script_parse(struct arena *a, struct str text, struct script *out, struct err *err)
{
	struct lines l = {.rest = text};

	while (l.rest.n) {
		struct str line = next_line(&l);
		struct command c = {.line = l.n};
		if (line.n == 0)
			continue;
		if (!parse_command(a, &l, line, &c, err))
			return err_wrap(err, "line %zu", l.n);
		ARENA_PUSH(a, out, c);
	}
	return true;
}
