#include "tests/lib/kept_answer.h"

#include "model/histogram.h"

static void keep_series(struct arena *a, struct kept_answer *out, const struct result_series *s)
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

bool kept_answer_read(struct arena *a, struct promql_result *r, struct kept_answer *out,
		      struct err *err)
{
	struct result_string string;
	struct result_series s;
	enum iter_result result;

	*out = (struct kept_answer){.type = promql_result_type(r)};
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

static bool fail_series(struct labels ls, const char *what, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, ls);
	return err_set(err, ERR_INTERNAL, "%.*s: %s", STR_FMT(buf_str(&text)), what);
}

static bool check_labels(struct labels ls, struct err *err)
{
	for (size_t i = 0; i < ls.n; i++)
		if (ls.v[i].value.n == 0 || (i > 0 && str_cmp(ls.v[i - 1].name, ls.v[i].name) >= 0))
			return fail_series(ls, "a label is empty or out of order", err);
	return true;
}

static bool is_step(struct query_time time, int64_t t_ms)
{
	if (time.step_ms == 0)
		return true; /* of a range selector: the times of its samples */
	return t_ms >= time.start_ms && t_ms <= time.end_ms &&
	       (t_ms - time.start_ms) % time.step_ms == 0;
}

static bool check_times(const struct kept_answer *answer, const struct answer_series *s,
			struct query_time time, struct err *err)
{
	if (s->n == 0)
		return fail_series(s->labels, "has no samples", err);
	if (answer->type == VALUE_VECTOR && (s->n != 1 || s->t_ms[0] != time.start_ms))
		return fail_series(s->labels, "is not one sample at the time of the query", err);
	for (size_t i = 0; i < s->n; i++) {
		if (!is_step(time, s->t_ms[i]))
			return fail_series(s->labels, "a time is no step of the query", err);
		if (i > 0 && s->t_ms[i - 1] >= s->t_ms[i])
			return fail_series(s->labels, "times do not ascend", err);
	}
	return true;
}

bool kept_answer_is_well_formed(const struct kept_answer *answer, struct query_time time,
				struct err *err)
{
	for (size_t i = 0; i < answer->series.n; i++) {
		const struct answer_series *s = &answer->series.v[i];
		if (!check_labels(s->labels, err) || !check_times(answer, s, time, err))
			return false;
		if (kept_answer_find(answer, s->labels) != s)
			return fail_series(s->labels, "occurs twice", err);
		if (answer->type == VALUE_MATRIX && i > 0 &&
		    labels_cmp(answer->series.v[i - 1].labels, s->labels) >= 0)
			return fail_series(s->labels, "is not in order", err);
	}
	return true;
}

const struct answer_series *kept_answer_find(const struct kept_answer *answer, struct labels labels)
{
	for (size_t i = 0; i < answer->series.n; i++)
		if (labels_eq(answer->series.v[i].labels, labels))
			return &answer->series.v[i];
	return NULL;
}
