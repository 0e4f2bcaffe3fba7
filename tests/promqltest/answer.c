#include "tests/promqltest/answer.h"

#include "base/float_text.h"
#include "base/quote.h"
#include "model/histogram.h"

enum { LINES_MAX = 40, VALUES_MAX = 40 };

static bool read_all(struct arena *a, struct promql_result *r, struct answer *out, struct err *err)
{
	struct kept_answer answer;

	if (!kept_answer_read(a, r, &answer, err))
		return false;
	out->type = answer.type;
	out->scalar = answer.scalar.v;
	out->string = answer.string;
	out->series = answer.series;
	return true;
}

static const struct promql_engine_opts engine = {
    .parser = PARSER_OPTIONS_ALL,
    .delayed_name_removal = true,
    .use_start_timestamps = true,
    .note_positions = true,
};

static bool ask_database(struct arena *a, struct str expr, struct query_time time,
			 struct queryable *q, struct answer *out, struct err *err)
{
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(expr, &engine, time, err);
	if (!plan)
		return false;
	struct promql_result *r auto_free(promql_result_free) =
	    promql_execute(plan, q, NULL, NULL, &out->notes, err);
	if (!r)
		return false;
	return read_all(a, r, out, err);
}

static bool ask_stores(struct arena *a, struct str expr, struct query_time time,
		       const struct source *src, struct answer *out, struct err *err)
{
	struct evaluator evaluator = *src->evaluator;
	struct query_request request = {
	    .text = expr,
	    .start_ms = time.start_ms,
	    .end_ms = time.end_ms,
	    .step_ms = time.step_ms,
	    .is_range = time.step_ms > 0,
	    .timeout_ms = INT64_MAX,
	    .dedup = src->dedup != DEDUP_NONE,
	    .partial_response = src->partial_response,
	};
	struct evaluation e auto_done(evaluation_done);

	evaluator.engine = engine;
	evaluator.dedup = src->dedup;
	evaluation_init(&e, &evaluator, &request);
	return evaluation_prepare(&e, false, err) && evaluation_start(&e, NULL, &out->notes, err) &&
	       read_all(a, e.result, out, err);
}

bool answer_get(struct arena *a, struct str expr, struct query_time time, const struct source *src,
		struct answer *out, struct err *err)
{
	*out = (struct answer){0};
	notes_init(&out->notes);
	if (src->database)
		return ask_database(a, expr, time, src->database, out, err);
	return ask_stores(a, expr, time, src, out, err);
}

void answer_done(struct answer *answer)
{
	notes_done(&answer->notes);
}

/* --- as text ---------------------------------------------------------------------------------- */

static void format_value(struct buf *out, double v)
{
	char text[FLOAT_TEXT_MAX];

	buf_append(out, text, float_json(text, v));
}

/* {{schema:0 count:10 sum:3 ...}} would hide empty buckets and gaps; this names every bucket. */
static void format_histogram(struct buf *out, const struct histogram *h)
{
	static const char *const hints[] = {
	    [HISTOGRAM_UNKNOWN] = "unknown",
	    [HISTOGRAM_RESET] = "reset",
	    [HISTOGRAM_NOT_RESET] = "not_reset",
	    [HISTOGRAM_GAUGE] = "gauge",
	};

	buf_printf(out, "schema:%d hint:%s ", h->schema, hints[h->hint]);
	histogram_format(out, h);
}

static void format_series(struct buf *out, const struct answer_series *s, bool has_times)
{
	char seconds[FLOAT_TEXT_MAX];

	labels_format(out, s->labels);
	for (size_t i = 0; i < s->n && i < VALUES_MAX; i++) {
		buf_putc(out, ' ');
		if (s->hist && s->hist[i])
			format_histogram(out, s->hist[i]);
		else
			format_value(out, s->v[i]);
		if (has_times)
			buf_printf(out, "@%.*s", (int)float_json_seconds(seconds, s->t_ms[i]),
				   seconds);
	}
	if (s->n > VALUES_MAX)
		buf_printf(out, " and %zu more", s->n - VALUES_MAX);
}

static void format_all_series(struct buf *out, const struct answer *answer, const char *indent)
{
	size_t n = answer->series.n;

	for (size_t i = 0; i < n && i < LINES_MAX; i++) {
		buf_puts(out, indent);
		format_series(out, &answer->series.v[i], answer->type == VALUE_MATRIX);
		buf_putc(out, '\n');
	}
	if (n > LINES_MAX)
		buf_printf(out, "%sand %zu more series\n", indent, n - LINES_MAX);
	if (n == 0)
		buf_printf(out, "%sno series\n", indent);
}

void answer_format(struct buf *out, const struct answer *answer, const char *indent)
{
	if (answer->type == VALUE_SCALAR || answer->type == VALUE_STRING) {
		buf_puts(out, indent);
		if (answer->type == VALUE_SCALAR)
			format_value(out, answer->scalar);
		else
			quote_append(out, answer->string);
		buf_putc(out, '\n');
	} else {
		format_all_series(out, answer, indent);
	}
	for (size_t i = 0; i < answer->notes.n && i < LINES_MAX; i++)
		buf_printf(out, "%s%s\n", indent, answer->notes.v[i].text);
}
