#include "tests/promqltest/run.h"

#include "base/buf.h"
#include "base/regex.h"
#include "model/histogram.h"
#include "promql/engine.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MINUTE_MS = 60000 };

/* --- answers ---------------------------------------------------------------------------------- */

struct answer_series {
	struct labels labels;
	size_t n;
	int64_t *t_ms;
	double *v;
	struct histogram **hist; /* NULL, or NULL for a float */
};

struct answer {
	enum value_type type;
	struct result_scalar scalar;
	struct str string;
	struct {
		struct answer_series *v;
		size_t n, cap;
	} series;
	struct notes notes;
};

static void keep_series(struct arena *a, struct answer *out, const struct result_series *s)
{
	struct answer_series copy = {
	    .labels = labels_copy(a, s->labels),
	    .n = s->n,
	    .t_ms = arena_alloc(a, s->n * sizeof(*copy.t_ms)),
	    .v = arena_alloc(a, s->n * sizeof(*copy.v)),
	};

	memcpy(copy.t_ms, s->t_ms, s->n * sizeof(*copy.t_ms));
	memcpy(copy.v, s->v, s->n * sizeof(*copy.v));
	if (s->hist) {
		copy.hist = ARENA_ARRAY(a, struct histogram *, s->n);
		for (size_t i = 0; i < s->n; i++)
			copy.hist[i] = s->hist[i] ? histogram_copy(a, s->hist[i]) : NULL;
	}
	ARENA_PUSH(a, &out->series, copy);
}

static bool read_answer(struct arena *a, struct promql_result *r, struct answer *out,
			struct err *err)
{
	struct result_string string;
	struct result_series s;
	enum iter_result result;

	out->type = promql_result_type(r);
	if (out->type == VALUE_SCALAR)
		return promql_result_scalar(r, &out->scalar, err);
	if (out->type == VALUE_STRING) {
		bool ok = promql_result_string(r, &string, err);
		out->string = ok ? arena_str(a, string.s) : (struct str){0};
		return ok;
	}
	while ((result = promql_result_next(r, &s, err)) == ITER_VALUE)
		keep_series(a, out, &s);
	return result == ITER_END;
}

static bool run(struct arena *a, struct str expr, struct query_time time, struct queryable *q,
		struct answer *out, struct err *err)
{
	struct promql_engine_opts opts = {
	    .parser = PARSER_OPTIONS_ALL,
	    .max_samples = 0,
	    .delayed_name_removal = true,
	    .use_start_timestamps = true,
	    .note_positions = true,
	};

	*out = (struct answer){0};
	notes_init(&out->notes);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(expr, &opts, time, err);
	if (!plan)
		return false;
	struct promql_result *r auto_free(promql_result_free) =
	    promql_execute(plan, q, NULL, NULL, &out->notes, err);
	if (!r)
		return false;
	return read_answer(a, r, out, err);
}

/* --- comparison ------------------------------------------------------------------------------- */

static bool same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static bool almost_equal(double a, double b)
{
	if (is_stale_nan(a) || is_stale_nan(b))
		return same_bits(a, b);
	if (isnan(a) && isnan(b))
		return true;
	if (a == b)
		return true;
	double sum = fabs(a) + fabs(b), diff = fabs(a - b);
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return diff < 1e-6 * DBL_MIN;
	return diff / fmin(sum, DBL_MAX) < 1e-6;
}

static bool fail_series(struct err *err, struct labels ls, const char *fmt, ...)
{
	struct buf text = BUF_INIT(4096);
	char what[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	labels_format(&text, ls);
	err_set(err, ERR_EXECUTION, "%.*s: %s", STR_FMT(buf_str(&text)), what);
	buf_done(&text);
	return false;
}

static bool almost_equal_all(const double *a, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!almost_equal(a[i], b[i]))
			return false;
	return true;
}

static bool same_side(const struct histogram_side *a, const struct histogram_side *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->index, b->index, a->n * sizeof(*a->index)) == 0) &&
	       almost_equal_all(a->count, b->count, a->n);
}

static bool same_bounds(const struct histogram *a, const struct histogram *b)
{
	return a->n_bounds == b->n_bounds &&
	       (a->n_bounds == 0 ||
		memcmp(a->bounds, b->bounds, a->n_bounds * sizeof(*a->bounds)) == 0);
}

static bool same_histogram(const struct point *point, const struct histogram *got)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *want = histogram_copy(a, point->histogram);
	struct histogram *g = histogram_copy(a, got);

	histogram_compact(a, want);
	histogram_compact(a, g);
	return want->schema == g->schema && almost_equal(want->count, g->count) &&
	       almost_equal(want->sum, g->sum) &&
	       (!histogram_is_custom(want) || same_bounds(want, g)) &&
	       want->zero_threshold == g->zero_threshold &&
	       almost_equal(want->zero_count, g->zero_count) &&
	       same_side(&want->positive, &g->positive) &&
	       same_side(&want->negative, &g->negative) &&
	       (!point->has_reset_hint || want->hint == g->hint);
}

static bool fail_histogram(const struct point *want, const struct histogram *got, struct labels ls,
			   struct err *err)
{
	struct buf w auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf g auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	histogram_format(&w, want->histogram);
	histogram_format(&g, got);
	return fail_series(err, ls, "got schema %d hint %d %s, want schema %d hint %d %s",
			   got->schema, got->hint, buf_cstr(&g), want->histogram->schema,
			   want->histogram->hint, buf_cstr(&w));
}

/* A sample, be it a float or a histogram. */
static bool check_point(const struct point *want, double v, const struct histogram *h,
			struct labels ls, struct err *err)
{
	if (want->kind == POINT_HISTOGRAM) {
		if (!h)
			return fail_series(err, ls, "got %.17g, want a histogram", v);
		return same_histogram(want, h) || fail_histogram(want, h, ls, err);
	}
	if (h)
		return fail_series(err, ls, "got a histogram, want %.17g", want->v);
	return almost_equal(want->v, v) ||
	       fail_series(err, ls, "got %.17g, want %.17g", v, want->v);
}

static const struct answer_series *answer_find(const struct answer *got, struct labels ls)
{
	for (size_t i = 0; i < got->series.n; i++)
		if (labels_eq(got->series.v[i].labels, ls))
			return &got->series.v[i];
	return NULL;
}

static bool expects(const struct eval *e, struct labels ls)
{
	for (size_t i = 0; i < e->series.n; i++)
		if (labels_eq(e->series.v[i].labels, ls))
			return true;
	return false;
}

static bool check_points(const struct eval *e, const struct series_line *want,
			 const struct answer_series *got, struct err *err)
{
	size_t k = 0;

	for (size_t i = 0; i < want->points.n; i++) {
		int64_t t_ms = e->points_start_ms + (int64_t)i * e->points_step_ms;
		if (want->points.v[i].kind == POINT_NONE)
			continue;
		if (k == got->n || got->t_ms[k] != t_ms)
			return fail_series(err, want->labels, "no sample at %lld", (long long)t_ms);
		if (!check_point(&want->points.v[i], got->v[k], got->hist ? got->hist[k] : NULL,
				 want->labels, err))
			return err_wrap(err, "at %lld", (long long)t_ms);
		k++;
	}
	if (k != got->n)
		return fail_series(err, want->labels, "unexpected sample %.17g at %lld", got->v[k],
				   (long long)got->t_ms[k]);
	return true;
}

static bool check_sorted(const struct answer *got, struct err *err)
{
	for (size_t i = 1; i < got->series.n; i++)
		if (labels_cmp(got->series.v[i - 1].labels, got->series.v[i].labels) >= 0)
			return fail_series(err, got->series.v[i].labels, "not in order");
	return true;
}

/* What is expected of the same labels twice is what is expected last. */
static bool is_overridden(const struct eval *e, size_t i)
{
	for (size_t k = i + 1; k < e->series.n; k++)
		if (labels_eq(e->series.v[i].labels, e->series.v[k].labels))
			return true;
	return false;
}

static bool check_matrix(const struct eval *e, const struct answer *got, struct err *err)
{
	if (!check_sorted(got, err))
		return false;
	for (size_t i = 0; i < got->series.n; i++)
		if (!expects(e, got->series.v[i].labels))
			return fail_series(err, got->series.v[i].labels, "unexpected");
	for (size_t i = 0; i < e->series.n; i++) {
		const struct series_line *want = &e->series.v[i];
		const struct answer_series *s = answer_find(got, want->labels);
		if (is_overridden(e, i))
			continue;
		if (!s)
			return fail_series(err, want->labels, "missing");
		if (!check_points(e, want, s, err))
			return false;
	}
	return true;
}

/* One value each: the one at t_ms of a matrix, or that of a vector. */
static bool value_at(const struct answer_series *s, int64_t t_ms, bool is_matrix, double *out,
		     const struct histogram **h)
{
	for (size_t i = 0; i < s->n; i++) {
		if (is_matrix && s->t_ms[i] != t_ms)
			continue;
		*out = s->v[i];
		*h = s->hist ? s->hist[i] : NULL;
		return true;
	}
	return false;
}

static bool check_vector(const struct eval *e, const struct answer *got, int64_t t_ms,
			 bool is_matrix, struct err *err)
{
	const struct point zero = {.kind = POINT_FLOAT};
	const struct histogram *h = NULL;
	double v = 0;

	for (size_t i = 0; i < got->series.n; i++)
		if (value_at(&got->series.v[i], t_ms, is_matrix, &v, &h) &&
		    !expects(e, got->series.v[i].labels))
			return fail_series(err, got->series.v[i].labels, "unexpected: %.17g", v);
	for (size_t i = 0; i < e->series.n; i++) {
		const struct series_line *want = &e->series.v[i];
		const struct answer_series *s = answer_find(got, want->labels);
		if (is_overridden(e, i))
			continue;
		if (!s || !value_at(s, t_ms, is_matrix, &v, &h))
			return fail_series(err, want->labels, "missing");
		if (!check_point(want->points.n ? &want->points.v[0] : &zero, v, h, want->labels,
				 err))
			return false;
		if (e->is_ordered && !is_matrix && (size_t)(s - got->series.v) != i)
			return fail_series(err, want->labels, "is number %zu, want %zu",
					   (size_t)(s - got->series.v), i);
	}
	return true;
}

static bool check_scalar(const struct eval *e, double v, struct err *err)
{
	if (!e->has_scalar)
		return err_set(err, ERR_EXECUTION, "got the scalar %.17g", v);
	if (!almost_equal(e->scalar, v))
		return err_set(err, ERR_EXECUTION, "got the scalar %.17g, want %.17g", v,
			       e->scalar);
	return true;
}

static bool check_answer(const struct eval *e, const struct answer *got, struct err *err)
{
	if (got->type == VALUE_STRING)
		return (e->has_string && str_eq(e->string, got->string)) ||
		       err_set(err, ERR_EXECUTION, "got the string %.*s", STR_FMT(got->string));
	if (got->type == VALUE_SCALAR)
		return check_scalar(e, got->scalar.v, err);
	if (e->has_scalar)
		return err_set(err, ERR_EXECUTION, "got series, want a scalar");
	if (got->type == VALUE_MATRIX)
		return check_matrix(e, got, err);
	return check_vector(e, got, 0, false, err);
}

/* --- annotations and errors ------------------------------------------------------------------- */

static bool demand_fits(const struct demand *d, const char *text)
{
	struct err err = ERR_INIT;

	if (d->match == DEMAND_ANYTHING)
		return true;
	if (d->match == DEMAND_TEXT)
		return str_is(d->text, text);
	struct regex *re auto_free(regex_free) = regex_new(d->text, REGEX_SEARCH, &err);
	return re && regex_match(re, str_of(text));
}

static bool check_note(const struct eval *e, enum demand_kind kind, const struct note *note,
		       struct err *err)
{
	if (!eval_demands(e, kind))
		return true;
	for (size_t i = 0; i < e->demands.n; i++)
		if (e->demands.v[i].kind == kind && demand_fits(&e->demands.v[i], note->text))
			return true;
	return err_set(err, ERR_EXECUTION, "unexpected annotation: %s", note->text);
}

static bool check_demand(const struct demand *d, const struct notes *notes, struct err *err)
{
	enum note_kind kind = d->kind == DEMAND_WARN || d->kind == DEMAND_NO_WARN
				  ? NOTE_PROMQL_WARNING
				  : NOTE_PROMQL_INFO;
	bool none = d->kind == DEMAND_NO_WARN || d->kind == DEMAND_NO_INFO;

	if (d->kind == DEMAND_FAIL)
		return true;
	for (size_t i = 0; i < notes->n; i++) {
		if (notes->v[i].kind != kind)
			continue;
		if (none)
			return err_set(err, ERR_EXECUTION, "unexpected annotation: %s",
				       notes->v[i].text);
		if (demand_fits(d, notes->v[i].text))
			return true;
	}
	return none || err_set(err, ERR_EXECUTION, "missing annotation: %.*s", STR_FMT(d->text));
}

static bool check_notes(const struct eval *e, const struct notes *notes, struct err *err)
{
	for (size_t i = 0; i < notes->n; i++) {
		enum demand_kind kind =
		    notes->v[i].kind == NOTE_PROMQL_INFO ? DEMAND_INFO : DEMAND_WARN;
		if (!check_note(e, kind, &notes->v[i], err))
			return false;
	}
	for (size_t i = 0; i < e->demands.n; i++)
		if (!check_demand(&e->demands.v[i], notes, err))
			return false;
	return true;
}

/* The query failed, as it should have or not. */
static bool check_failure(const struct eval *e, struct err *err)
{
	struct err got = *err;

	if (!eval_demands(e, DEMAND_FAIL) || got.code == ERR_UNSUPPORTED)
		return false;
	for (size_t i = 0; i < e->demands.n; i++)
		if (e->demands.v[i].kind == DEMAND_FAIL && !demand_fits(&e->demands.v[i], got.msg))
			return err_set(err, ERR_EXECUTION, "failed with \"%s\", want \"%.*s\"",
				       got.msg, STR_FMT(e->demands.v[i].text));
	return true;
}

static bool check_run(const struct eval *e, struct str expr, struct query_time time,
		      struct queryable *q, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct answer got;

	bool ok = run(a, expr, time, q, &got, err);
	if (!ok)
		ok = check_failure(e, err);
	else if (eval_demands(e, DEMAND_FAIL))
		ok = err_set(err, ERR_EXECUTION, "did not fail");
	else
		ok = check_notes(e, &got.notes, err) && check_answer(e, &got, err);
	notes_done(&got.notes);
	return ok;
}

/* --- the variants of an instant query --------------------------------------------------------- */

/* The same as a range query of three steps, of which the middle one counts. */
static bool check_as_range(const struct eval *e, struct str expr, int64_t t_ms, struct queryable *q,
			   struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_time time = {t_ms - MINUTE_MS, t_ms + MINUTE_MS, MINUTE_MS};
	struct answer got;

	bool ok = run(a, expr, time, q, &got, err);
	if (ok && !e->is_ordered) {
		const struct histogram *h = NULL;
		double v = NAN;
		ok = check_sorted(&got, err);
		if (ok && e->has_scalar)
			ok = got.series.n && value_at(&got.series.v[0], t_ms, true, &v, &h) &&
			     check_scalar(e, v, err);
		else if (ok)
			ok = check_vector(e, &got, t_ms, true, err);
	}
	notes_done(&got.notes);
	return ok || err_wrap(err, "as a range");
}

static bool contains_call(struct str expr)
{
	static const char *const names[] = {"start()", "end()", "range()", "step()"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_find(expr, str_of(names[i])) < expr.n)
			return true;
	return false;
}

static bool check_at(const struct eval *e, struct str expr, int64_t t_ms, struct queryable *q,
		     struct err *err)
{
	if (!check_run(e, expr, query_instant(t_ms), q, err))
		return false;
	if (eval_demands(e, DEMAND_FAIL) || e->has_string || e->has_range_vector ||
	    contains_call(expr))
		return true;
	return check_as_range(e, expr, t_ms, q, err);
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

struct insertions {
	uint32_t *v;
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

/* Where in the text an @ is to go. */
static void find_insertions(struct arena *a, struct str text, const struct expr *e,
			    struct insertions *out)
{
	if (e->kind == EXPR_VECTOR_SELECTOR || e->kind == EXPR_MATRIX_SELECTOR) {
		const struct expr *vs = e->kind == EXPR_MATRIX_SELECTOR ? e->matrix.selector : e;
		if (vs->vector.at.kind == AT_NONE)
			ARENA_PUSH(a, out, end_of(text, e));
		return;
	}
	if (e->kind == EXPR_SUBQUERY) {
		if (e->subquery.at.kind == AT_NONE)
			ARENA_PUSH(a, out, end_of(text, e));
		return;
	}
	for (size_t i = 0; expr_child(e, i); i++)
		find_insertions(a, text, expr_child(e, i), out);
}

static int cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Everything pinned to t_ms. Empty when the query has no such variant. */
static bool pin(struct arena *a, struct str expr, int64_t t_ms, struct buf *out, struct err *err)
{
	struct insertions at = {0};
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(expr, &options, NULL, err);

	if (!query)
		return false;
	if (depends_on_time(query->root))
		return true;
	find_insertions(a, expr, query->root, &at);
	if (at.n)
		qsort(at.v, at.n, sizeof(*at.v), cmp_u32);
	uint32_t from = 0;
	for (size_t i = 0; i < at.n; i++) {
		buf_append(out, expr.p + from, at.v[i] - from);
		buf_printf(out, " @ %.3f", (double)t_ms / 1000);
		from = at.v[i];
	}
	buf_append(out, expr.p + from, expr.n - from);
	return true;
}

static bool check_pinned(const struct eval *e, struct queryable *q, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf pinned auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	int64_t t_ms = e->start_ms;
	int64_t times_ms[] = {-10 * t_ms, 0, t_ms / 5, t_ms, 10 * t_ms};
	size_t n = 5;

	if (t_ms == 0) {
		times_ms[0] = -1000;
		times_ms[2] = 1000;
		n = 3;
	}
	if (!pin(a, e->expr, t_ms, &pinned, err))
		return false;
	for (size_t i = 0; i < n && pinned.n; i++)
		if (!check_at(e, buf_str(&pinned), times_ms[i], q, err))
			return err_wrap(err, "pinned, at %lld", (long long)times_ms[i]);
	return true;
}

bool eval_run(const struct eval *e, struct queryable *q, struct err *err)
{
	if (e->is_range)
		return check_run(e, e->expr,
				 (struct query_time){e->start_ms, e->end_ms, e->step_ms}, q, err);
	return check_at(e, e->expr, e->start_ms, q, err) && check_pinned(e, q, err);
}
