#include "tools/query_answer.h"

#include "base/float_text.h"
#include "base/tracker.h"
#include "model/histogram.h"

#include <stdlib.h>

/* --- from the engine -------------------------------------------------------------------------- */

static struct str histogram_text(const struct histogram *h, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	histogram_format(&text, h);
	return arena_str(a, buf_str(&text));
}

static void take_series(struct query_answer *out, const struct result_series *s, struct arena *a)
{
	struct answer_series series = {
	    .labels = labels_copy(a, s->labels),
	    .v = ARENA_ARRAY(a, struct answer_sample, s->n),
	    .n = s->n,
	    .cap = s->n,
	};

	for (size_t i = 0; i < s->n; i++) {
		series.v[i].t_ms = s->t_ms[i];
		if (s->hist && s->hist[i])
			series.v[i].text = histogram_text(s->hist[i], a);
		else
			series.v[i].v = s->v[i];
	}
	ARENA_PUSH(a, out, series);
}

static void take_one(struct query_answer *out, struct answer_sample sample, struct arena *a)
{
	struct answer_series series = {0};

	ARENA_PUSH(a, &series, sample);
	ARENA_PUSH(a, out, series);
}

static bool take_all_series(struct query_answer *out, struct promql_result *result, struct arena *a,
			    struct err *err)
{
	struct result_series s;
	enum iter_result r;

	while ((r = promql_result_next(result, &s, err)) == ITER_VALUE) {
		take_series(out, &s, a);
		if (!tracker_check(arena_tracker(a), err))
			return false;
	}
	return r == ITER_END;
}

bool query_answer_take(struct query_answer *out, struct promql_result *result, struct arena *a,
		       struct err *err)
{
	struct result_scalar scalar;
	struct result_string string;

	*out = (struct query_answer){.type = promql_result_type(result)};
	switch ((int)out->type) {
	case VALUE_SCALAR:
		if (!promql_result_scalar(result, &scalar, err))
			return false;
		take_one(out, (struct answer_sample){.t_ms = scalar.t_ms, .v = scalar.v}, a);
		return true;
	case VALUE_STRING:
		if (!promql_result_string(result, &string, err))
			return false;
		take_one(
		    out,
		    (struct answer_sample){.t_ms = string.t_ms, .text = arena_str(a, string.s)}, a);
		return true;
	default:
		return take_all_series(out, result, a, err);
	}
}

/* --- parts ------------------------------------------------------------------------------------ */

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str_list query_answer_label_names(const struct query_answer *answer, struct arena *a)
{
	struct str_list names = {0};
	size_t n = 0;

	for (size_t i = 0; i < answer->n; i++)
		for (size_t k = 0; k < answer->v[i].labels.n; k++)
			ARENA_PUSH(a, &names, answer->v[i].labels.v[k].name);
	if (names.n > 0)
		qsort(names.v, names.n, sizeof(*names.v), str_order);
	for (size_t i = 0; i < names.n; i++)
		if (n == 0 || !str_eq(names.v[n - 1], names.v[i]))
			names.v[n++] = names.v[i];
	names.n = n;
	return names;
}

struct str answer_sample_text(const struct answer_sample *s, struct arena *a)
{
	char digits[FLOAT_TEXT_MAX];

	return s->text.p ? s->text : arena_str(a, str_from(digits, float_json(digits, s->v)));
}
