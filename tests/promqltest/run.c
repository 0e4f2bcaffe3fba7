#include "tests/promqltest/run.h"

#include "base/buf.h"
#include "tests/promqltest/comparison.h"
#include "tests/promqltest/demands.h"

#include <stdlib.h>

enum { MINUTE_MS = 60000 };

/* Where a query is evaluated, and what came of it when it was not what was expected. */
struct runner {
	const struct eval *e;
	const struct source *src;
	struct buf *got;
};

static bool check_outcome(struct runner *r, const struct answer *answer, bool ok,
			  const struct err *failure, struct err *err)
{
	if (!ok)
		return demands_check_failure(r->e, failure, err);
	if (eval_demands(r->e, DEMAND_FAIL))
		return err_set(err, ERR_EXECUTION, "did not fail");
	return demands_check_notes(r->e, &answer->notes, err) && answer_check(r->e, answer, err);
}

static void show(struct runner *r, const struct answer *answer, bool ok, const struct err *failure)
{
	if (ok)
		answer_format(r->got, answer, GOT_INDENT);
	else
		buf_printf(r->got, GOT_INDENT "error: %s\n", failure->msg);
}

static bool check_run(struct runner *r, struct str expr, struct query_time time, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct answer answer auto_done(answer_done);
	struct err failure = ERR_INIT;

	bool ok = answer_get(a, expr, time, r->src, &answer, &failure);
	if (check_outcome(r, &answer, ok, &failure, err))
		return true;
	show(r, &answer, ok, &failure);
	return false;
}

/* --- the variants of an instant query --------------------------------------------------------- */

/* The same as a range query of three steps, of which the middle one counts. */
static bool check_as_range(struct runner *r, struct str expr, int64_t t_ms, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_time time = {t_ms - MINUTE_MS, t_ms + MINUTE_MS, MINUTE_MS};
	struct answer answer auto_done(answer_done);
	struct err failure = ERR_INIT;

	bool ok = answer_get(a, expr, time, r->src, &answer, &failure);
	if (ok && (r->e->is_ordered || answer_check_at(r->e, &answer, t_ms, err)))
		return true;
	if (!ok)
		err_set(err, ERR_EXECUTION, "failed");
	show(r, &answer, ok, &failure);
	return err_wrap(err, "as a range");
}

static bool contains_call(struct str expr)
{
	static const char *const names[] = {"start()", "end()", "range()", "step()"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_find(expr, str_of(names[i])) < expr.n)
			return true;
	return false;
}

static bool check_at(struct runner *r, struct str expr, int64_t t_ms, struct err *err)
{
	const struct eval *e = r->e;

	if (!check_run(r, expr, query_instant(t_ms), err))
		return false;
	if (eval_demands(e, DEMAND_FAIL) || e->has_string || e->has_range_vector ||
	    contains_call(expr))
		return true;
	return check_as_range(r, expr, t_ms, err);
}

static bool depends_on_time(const struct expr *e)
{
	static const enum function_id ids[] = {
	    FUNCTION_DAYS_IN_MONTH, FUNCTION_DAY_OF_MONTH, FUNCTION_DAY_OF_WEEK,
	    FUNCTION_DAY_OF_YEAR,   FUNCTION_END,          FUNCTION_HOUR,
	    FUNCTION_MINUTE,        FUNCTION_MONTH,        FUNCTION_YEAR,
	    FUNCTION_TIMESTAMP,     FUNCTION_TIME,         FUNCTION_PREDICT_LINEAR,
	    FUNCTION_RANGE,         FUNCTION_START,        FUNCTION_STEP};

	for (size_t i = 0; e->kind == EXPR_CALL && i < sizeof(ids) / sizeof(ids[0]); i++)
		if (e->call.function->id == ids[i])
			return true;
	for (size_t i = 0; expr_child(e, i); i++)
		if (depends_on_time(expr_child(e, i)))
			return true;
	return false;
}

/* Parts of a text that give way to an @: empty ones behind selectors, and @ start() and @ end(). */
struct places {
	struct text_range *v;
	size_t n, cap;
};

/* Behind an offset in parentheses the range of an expression, as Prometheus has it, may take in the
 * parenthesis of a call around it. */
static uint32_t end_of(struct str text, const struct expr *e)
{
	uint32_t end = e->where.end;
	int open = 0;

	for (uint32_t i = e->where.start; i < end; i++)
		open += (text.p[i] == '(') - (text.p[i] == ')');
	for (; open < 0; end--)
		open += text.p[end - 1] == ')';
	return end;
}

/* No @ comes behind that of the expression itself. */
static struct text_range place_of(struct str text, const struct expr *e, enum at_kind kind)
{
	uint32_t end = end_of(text, e), from = end;

	if (kind == AT_NONE)
		return (struct text_range){end, end};
	while (text.p[from - 1] != '@')
		from--;
	end = from + (uint32_t)str_find_char(str_skip(text, from), ')') + 1;
	return (struct text_range){from - 1, end};
}

static void find_places(struct arena *a, struct str text, const struct expr *e, struct places *out)
{
	const struct expr *vs = e->kind == EXPR_MATRIX_SELECTOR ? e->matrix.selector : e;

	if (vs->kind == EXPR_VECTOR_SELECTOR || e->kind == EXPR_SUBQUERY) {
		enum at_kind kind =
		    e->kind == EXPR_SUBQUERY ? e->subquery.at.kind : vs->vector.at.kind;
		if (kind != AT_TIMESTAMP)
			ARENA_PUSH(a, out, place_of(text, e, kind));
		return; /* what is within a subquery stays as it is */
	}
	for (size_t i = 0; expr_child(e, i); i++)
		find_places(a, text, expr_child(e, i), out);
}

static int cmp_places(const void *a, const void *b)
{
	uint32_t x = ((const struct text_range *)a)->start;
	uint32_t y = ((const struct text_range *)b)->start;
	return (x > y) - (x < y);
}

/* Everything pinned to t_ms. Empty when the query has no such variant. */
static bool pin(struct arena *a, struct str expr, int64_t t_ms, struct buf *out, struct err *err)
{
	struct places places = {0};
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(expr, &options, NULL, err);

	if (!query)
		return false;
	if (depends_on_time(query->root))
		return true;
	find_places(a, expr, query->root, &places);
	if (places.n)
		qsort(places.v, places.n, sizeof(*places.v), cmp_places);
	uint32_t from = 0;
	for (size_t i = 0; i < places.n; i++) {
		buf_append(out, expr.p + from, places.v[i].start - from);
		buf_printf(out, " @ %.3f", (double)t_ms / 1000);
		from = places.v[i].end;
	}
	buf_append(out, expr.p + from, expr.n - from);
	return true;
}

static bool check_pinned(struct runner *r, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf pinned auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	int64_t t_ms = r->e->start_ms;
	int64_t times_ms[] = {-10 * t_ms, 0, t_ms / 5, t_ms, 10 * t_ms};
	size_t n = 5;

	if (t_ms == 0) {
		times_ms[0] = -1000;
		times_ms[2] = 1000;
		n = 3;
	}
	if (!pin(a, r->e->expr, t_ms, &pinned, err))
		return false;
	for (size_t i = 0; i < n && pinned.n; i++)
		if (!check_at(r, buf_str(&pinned), times_ms[i], err))
			return err_wrap(err, "%.*s at %gs", STR_FMT(buf_str(&pinned)),
					(double)times_ms[i] / 1000);
	return true;
}

bool eval_run(const struct eval *e, const struct source *src, struct buf *got, struct err *err)
{
	struct runner r = {.e = e, .src = src, .got = got};
	struct query_time time = {e->start_ms, e->end_ms, e->step_ms};

	if (e->is_range)
		return check_run(&r, e->expr, time, err);
	return check_at(&r, e->expr, e->start_ms, err) && check_pinned(&r, err);
}
