#include "api/result_json.h"

#include "base/duration.h"
#include "base/float_text.h"
#include "model/histogram.h"

void labels_json(struct json_writer *w, struct labels ls)
{
	enum json_escape escape = w->escape;

	w->escape = JSON_ESCAPE_LEAST;
	json_begin_object(w);
	for (size_t i = 0; i < ls.n; i++) {
		json_key_str(w, ls.v[i].name);
		json_put_str(w, ls.v[i].value);
	}
	json_end_object(w);
	w->escape = escape;
}

static void put_sample(struct json_writer *w, int64_t t_ms, double v)
{
	json_begin_array(w);
	json_put_time_ms(w, t_ms);
	json_put_sample(w, v);
	json_end_array(w);
}

static void put_bucket(struct json_writer *w, const struct histogram_bucket *b)
{
	int bounds = b->has_lower ? (b->has_upper ? 3 : 1) : (b->has_upper ? 0 : 2);

	json_begin_array(w);
	json_put_i64(w, bounds);
	json_put_sample(w, b->lower);
	json_put_sample(w, b->upper);
	json_put_sample(w, b->count);
	json_end_array(w);
}

static void put_buckets(struct json_writer *w, const struct histogram *h)
{
	bool has_any = false;

	for (size_t i = 0; i < histogram_num_buckets(h); i++) {
		struct histogram_bucket b = histogram_bucket_at(h, i);
		if (b.count == 0)
			continue;
		if (!has_any) {
			json_key(w, "buckets");
			json_begin_array(w);
		}
		has_any = true;
		put_bucket(w, &b);
	}
	if (has_any)
		json_end_array(w);
}

static void put_histogram(struct json_writer *w, int64_t t_ms, const struct histogram *h)
{
	json_begin_array(w);
	json_put_time_ms(w, t_ms);
	json_begin_object(w);
	json_key(w, "count");
	json_put_sample(w, h->count);
	json_key(w, "sum");
	json_put_sample(w, h->sum);
	put_buckets(w, h);
	json_end_object(w);
	json_end_array(w);
}

static void put_vector_series(struct json_writer *w, const struct result_series *s)
{
	json_begin_object(w);
	json_key(w, "metric");
	labels_json(w, s->labels);
	if (s->hist && s->hist[0]) {
		json_key(w, "histogram");
		put_histogram(w, s->t_ms[0], s->hist[0]);
	} else {
		json_key(w, "value");
		put_sample(w, s->t_ms[0], s->v[0]);
	}
	json_end_object(w);
}

static void put_floats(struct json_writer *w, const struct result_series *s)
{
	json_key(w, "values");
	json_begin_array(w);
	for (size_t i = 0; i < s->n; i++)
		if (!s->hist || !s->hist[i])
			put_sample(w, s->t_ms[i], s->v[i]);
	json_end_array(w);
}

/* Either list only if there is anything in it. */
static void put_mixed_samples(struct json_writer *w, const struct result_series *s)
{
	size_t n_histograms = 0;

	for (size_t i = 0; i < s->n; i++)
		n_histograms += s->hist[i] != NULL;
	if (n_histograms < s->n)
		put_floats(w, s);
	if (n_histograms == 0)
		return;
	json_key(w, "histograms");
	json_begin_array(w);
	for (size_t i = 0; i < s->n; i++)
		if (s->hist[i])
			put_histogram(w, s->t_ms[i], s->hist[i]);
	json_end_array(w);
}

static void put_matrix_series(struct json_writer *w, const struct result_series *s)
{
	json_begin_object(w);
	json_key(w, "metric");
	labels_json(w, s->labels);
	if (s->hist)
		put_mixed_samples(w, s);
	else
		put_floats(w, s);
	json_end_object(w);
}

static bool is_series(enum value_type type)
{
	return type == VALUE_VECTOR || type == VALUE_MATRIX;
}

bool result_json_init(struct result_json *j, struct promql_result *result, struct err *err)
{
	*j = (struct result_json){.result = result, .max_series = UINT64_MAX};
	if (!is_series(promql_result_type(result)))
		return true;
	enum iter_result r = promql_result_next(result, &j->first, err);
	j->has_first = r == ITER_VALUE;
	j->at_end = r == ITER_END;
	return r != ITER_ERROR;
}

static enum iter_result next(struct result_json *j, struct result_series *out, struct err *err)
{
	if (j->at_end)
		return ITER_END;
	if (!j->has_first)
		return promql_result_next(j->result, out, err);
	j->has_first = false;
	*out = j->first;
	return ITER_VALUE;
}

static bool write_series(struct result_json *j, struct json_writer *w, struct err *err)
{
	bool is_vector = promql_result_type(j->result) == VALUE_VECTOR;
	struct result_series s;
	enum iter_result r;

	json_begin_array(w);
	while ((r = next(j, &s, err)) == ITER_VALUE && j->max_series > 0) {
		j->max_series--;
		if (is_vector)
			put_vector_series(w, &s);
		else
			put_matrix_series(w, &s);
	}
	json_end_array(w);
	j->is_truncated = r == ITER_VALUE;
	return r != ITER_ERROR;
}

/* Scalars and strings are left to Go's own encoder by Prometheus: times are plain numbers, 1.5 and
 * not 1.500, and values never have an exponent. */
static void put_plain_time(struct json_writer *w, int64_t t_ms)
{
	json_put_f64(w, (double)t_ms / MS_PER_S);
}

static bool write_scalar(struct promql_result *result, struct json_writer *w, struct err *err)
{
	struct result_scalar s;
	char text[FLOAT_TEXT_MAX];

	if (!promql_result_scalar(result, &s, err))
		return false;
	json_begin_array(w);
	put_plain_time(w, s.t_ms);
	json_put_str(w, str_from(text, float_format(text, s.v, FLOAT_F)));
	json_end_array(w);
	return true;
}

static bool write_string(struct promql_result *result, struct json_writer *w, struct err *err)
{
	struct result_string s;

	if (!promql_result_string(result, &s, err))
		return false;
	json_begin_array(w);
	put_plain_time(w, s.t_ms);
	json_put_str(w, s.s);
	json_end_array(w);
	return true;
}

bool result_json_put_value(struct promql_result *result, struct json_writer *w, struct err *err)
{
	return promql_result_type(result) == VALUE_SCALAR ? write_scalar(result, w, err)
							  : write_string(result, w, err);
}

bool result_json_write(struct result_json *j, struct json_writer *w, struct err *err)
{
	enum value_type type = promql_result_type(j->result);

	json_key(w, "resultType");
	json_put_cstr(w, value_type_name(type));
	json_key(w, "result");
	if (is_series(type))
		return write_series(j, w, err);
	return result_json_put_value(j->result, w, err);
}
