#include "tests/lib/query_rig.h"

#include "base/buf.h"
#include "model/histogram.h"
#include "tests/lib/expect.h"
#include "tests/lib/series_line.h"
#include "tests/lib/stored_samples.h"

void query_rig_init(struct query_rig *rig)
{
	*rig = (struct query_rig){.data = memory_queryable_new(), .arena = arena_new(NULL)};
	notes_init(&rig->notes);
}

void query_rig_done(struct query_rig *rig)
{
	memory_queryable_free(rig->data);
	notes_done(&rig->notes);
	arena_free(rig->arena);
}

static void load_line(struct query_rig *rig, int64_t step_ms, struct str text)
{
	struct series_line line;
	struct samples s = {0};

	expect_ok(series_line_parse(rig->arena, text, &line, &rig->err), rig->err);
	samples_of_points(rig->arena, &line, step_ms, &s);
	assert_true(memory_queryable_add(rig->data, line.labels, &s));
}

void query_rig_load(struct query_rig *rig, int64_t step_ms, const char *lines)
{
	struct str rest = str_of(lines);

	while (rest.n) {
		struct str line;
		rest = str_split(rest, '\n', &line);
		line = str_trim(line, " \t");
		if (line.n)
			load_line(rig, step_ms, line);
	}
}

static void write_value(struct query_rig *rig, struct buf *out, const struct result_series *s,
			size_t i)
{
	if (s->hist && s->hist[i])
		histogram_format(out, s->hist[i]);
	else
		buf_printf(out, "%.*g", rig->all_digits ? 17 : 6, s->v[i]);
}

static void write_series(struct query_rig *rig, struct buf *out, const struct result_series *s,
			 bool is_matrix)
{
	if (out->n)
		buf_putc(out, '\n');
	labels_format(out, s->labels);
	for (size_t i = 0; i < s->n; i++) {
		buf_putc(out, ' ');
		if (is_matrix)
			buf_printf(out, "%g:", (double)s->t_ms[i] / 1000);
		write_value(rig, out, s, i);
	}
}

static bool write_answer(struct query_rig *rig, const char *query, struct query_time time,
			 struct buf *out)
{
	struct result_scalar scalar;
	struct result_string string;
	struct result_series s;
	enum iter_result r;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &rig->opts, time, &rig->err);
	if (!plan)
		return false;
	struct promql_result *result auto_free(promql_result_free) = promql_execute(
	    plan, memory_queryable(rig->data), rig->ctx, rig->tracker, &rig->notes, &rig->err);
	if (!result)
		return false;
	switch (promql_result_type(result)) {
	case VALUE_SCALAR:
		return promql_result_scalar(result, &scalar, &rig->err) &&
		       buf_printf(out, "scalar %g", scalar.v);
	case VALUE_STRING:
		return promql_result_string(result, &string, &rig->err) &&
		       buf_printf(out, "string %.*s", STR_FMT(string.s));
	case VALUE_NONE:
	case VALUE_VECTOR:
	case VALUE_MATRIX:
		break;
	}
	while ((r = promql_result_next(result, &s, &rig->err)) == ITER_VALUE)
		write_series(rig, out, &s, promql_result_type(result) == VALUE_MATRIX);
	return r == ITER_END;
}

const char *query_rig_answer(struct query_rig *rig, const char *query, struct query_time time)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	notes_done(&rig->notes);
	notes_init(&rig->notes);
	rig->err = ERR_INIT;
	if (!write_answer(rig, query, time, &out))
		return arena_printf(rig->arena, "error: %s", rig->err.msg);
	return arena_cstr(rig->arena, buf_str(&out));
}
