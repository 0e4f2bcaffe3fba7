/* query_answer_json.c - the answer of another server, from its JSON.
 *
 * Members may come in any order, so `result` is read when its type is known: its text is kept until
 * the end.
 */
#include "base/float_text.h"
#include "base/tracker.h"
#include "codec/json_reader.h"
#include "tools/query_answer.h"

#include <math.h>
#include <stdlib.h>

struct envelope {
	struct str status, error_type, error;
	struct str result_type, result;
};

struct reading {
	struct query_answer *out;
	struct json_reader *json;
	struct arena *a;
};

/* --- values ----------------------------------------------------------------------------------- */

/* A value in quotes, as all numbers of samples are written. */
static bool read_number(struct json_reader *json, double *out)
{
	struct str text;

	return json_read_str(json, &text) &&
	       (float_parse(text, out) ||
		json_reader_fail(json, ERR_CORRUPT, "\"%.*s\" is no number", STR_FMT(text)));
}

static bool read_time(struct json_reader *json, int64_t *out_ms)
{
	double seconds;

	if (!json_read_f64(json, &seconds))
		return false;
	if (!(fabs(seconds) < 9e15))
		return json_reader_fail(json, ERR_CORRUPT, "a time out of range");
	*out_ms = (int64_t)llround(seconds * 1000);
	return true;
}

static void append_number(struct buf *out, struct str text)
{
	char digits[FLOAT_TEXT_MAX];
	double v = 0;

	float_parse(text, &v);
	buf_append(out, digits, float_format(digits, v, FLOAT_G));
}

/* [bounds, lower, upper, count] as ", (lower,upper]:count". */
static void read_bucket(struct json_reader *json, struct buf *out)
{
	static const char *const opening[] = {"(", "[", "(", "["};
	static const char *const closing[] = {"]", ")", ")", "]"};
	struct str parts[3] = {0};
	int64_t bounds = 0;
	size_t n = 0;

	json_read_array(json);
	if (!json_next_item(json) || !json_read_i64(json, &bounds))
		return;
	while (n <= 3 && json_next_item(json))
		if (n++ < 3)
			json_read_str(json, &parts[n - 1]);
	if (n != 3 || bounds < 0 || bounds > 3) {
		json_reader_fail(json, ERR_CORRUPT, "want [0..3, \"lower\", \"upper\", \"count\"]");
		return;
	}
	buf_printf(out, ", %s", opening[bounds]);
	append_number(out, parts[0]);
	buf_putc(out, ',');
	append_number(out, parts[1]);
	buf_printf(out, "%s:", closing[bounds]);
	append_number(out, parts[2]);
}

/* {"count": "3", "sum": "4.5", "buckets": [...]} */
static struct str read_histogram(struct json_reader *json, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf buckets auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str key, count = {0}, sum = {0};

	json_read_object(json);
	while (json_next_key(json, &key)) {
		if (str_is(key, "count")) {
			json_read_str(json, &count);
		} else if (str_is(key, "sum")) {
			json_read_str(json, &sum);
		} else if (str_is(key, "buckets")) {
			json_read_array(json);
			while (json_next_item(json))
				read_bucket(json, &buckets);
		} else {
			json_skip(json);
		}
	}
	buf_puts(&text, "{count:");
	append_number(&text, count);
	buf_puts(&text, ", sum:");
	append_number(&text, sum);
	buf_append_str(&text, buf_str(&buckets));
	buf_putc(&text, '}');
	return arena_str(a, buf_str(&text));
}

enum sample_kind { SAMPLE_NUMBER, SAMPLE_STRING, SAMPLE_HISTOGRAM };

/* [time, value] */
static void read_sample(struct reading *r, enum sample_kind kind, struct answer_series *series)
{
	struct answer_sample sample = {0};
	bool has_value = false;

	json_read_array(r->json);
	if (!json_next_item(r->json) || !read_time(r->json, &sample.t_ms))
		return;
	while (json_next_item(r->json)) {
		has_value = true;
		if (kind == SAMPLE_HISTOGRAM)
			sample.text = read_histogram(r->json, r->a);
		else if (kind == SAMPLE_STRING)
			json_read_str(r->json, &sample.text);
		else
			read_number(r->json, &sample.v);
	}
	if (has_value)
		ARENA_PUSH(r->a, series, sample);
	else
		json_reader_fail(r->json, ERR_CORRUPT, "a sample without a value");
}

static void read_samples(struct reading *r, enum sample_kind kind, struct answer_series *series)
{
	json_read_array(r->json);
	while (json_next_item(r->json))
		read_sample(r, kind, series);
}

/* --- series ----------------------------------------------------------------------------------- */

static struct labels read_labels(struct reading *r)
{
	struct {
		struct label *v;
		size_t n, cap;
	} labels = {0};
	struct label label;

	json_read_object(r->json);
	while (json_next_key(r->json, &label.name))
		if (json_read_str(r->json, &label.value))
			ARENA_PUSH(r->a, &labels, label);
	if (!labels_sort(labels.v, labels.n))
		json_reader_fail(r->json, ERR_CORRUPT, "a label that is there twice");
	return (struct labels){labels.v, labels.n};
}

static int sample_order(const void *a, const void *b)
{
	const struct answer_sample *x = a, *y = b;

	return (x->t_ms > y->t_ms) - (x->t_ms < y->t_ms);
}

static void read_series(struct reading *r)
{
	struct answer_series series = {0};
	struct str key;

	json_read_object(r->json);
	while (json_next_key(r->json, &key)) {
		if (str_is(key, "metric"))
			series.labels = read_labels(r);
		else if (str_is(key, "value"))
			read_sample(r, SAMPLE_NUMBER, &series);
		else if (str_is(key, "histogram"))
			read_sample(r, SAMPLE_HISTOGRAM, &series);
		else if (str_is(key, "values"))
			read_samples(r, SAMPLE_NUMBER, &series);
		else if (str_is(key, "histograms"))
			read_samples(r, SAMPLE_HISTOGRAM, &series);
		else
			json_skip(r->json);
	}
	if (series.n > 0)
		qsort(series.v, series.n, sizeof(*series.v), sample_order);
	ARENA_PUSH(r->a, r->out, series);
}

static bool read_result(struct reading *r, struct str result, struct err *err)
{
	struct answer_series one = {0};

	json_reader_init(r->json, result, r->a);
	if (r->out->type == VALUE_VECTOR || r->out->type == VALUE_MATRIX) {
		json_read_array(r->json);
		while (json_next_item(r->json) && tracker_check(arena_tracker(r->a), err))
			read_series(r);
	} else {
		read_sample(r, r->out->type == VALUE_STRING ? SAMPLE_STRING : SAMPLE_NUMBER, &one);
		ARENA_PUSH(r->a, r->out, one);
	}
	return tracker_check(arena_tracker(r->a), err) &&
	       (json_reader_end(r->json, err) || err_wrap(err, "data.result"));
}

/* --- the envelope ----------------------------------------------------------------------------- */

static void read_data(struct json_reader *json, struct envelope *e)
{
	struct str key;

	json_read_object(json);
	while (json_next_key(json, &key)) {
		if (str_is(key, "resultType"))
			json_read_str(json, &e->result_type);
		else if (str_is(key, "result"))
			json_read_raw(json, &e->result);
		else
			json_skip(json);
	}
}

static void read_notes(struct json_reader *json, enum note_kind kind, struct notes *notes)
{
	struct str text;

	if (json_peek(json) == JSON_NULL) {
		json_skip(json);
		return;
	}
	json_read_array(json);
	while (json_next_item(json) && json_read_str(json, &text))
		notes_add(notes, kind, "%.*s", STR_FMT(text));
}

static void read_envelope(struct json_reader *json, struct envelope *e, struct notes *notes)
{
	struct str key;

	json_read_object(json);
	while (json_next_key(json, &key)) {
		if (str_is(key, "status"))
			json_read_str(json, &e->status);
		else if (str_is(key, "errorType"))
			json_read_str(json, &e->error_type);
		else if (str_is(key, "error"))
			json_read_str(json, &e->error);
		else if (str_is(key, "warnings"))
			read_notes(json, NOTE_WARNING, notes);
		else if (str_is(key, "infos"))
			read_notes(json, NOTE_PROMQL_INFO, notes);
		else if (str_is(key, "data") && json_peek(json) == JSON_OBJECT)
			read_data(json, e);
		else
			json_skip(json);
	}
}

static bool check_envelope(const struct envelope *e, enum value_type *type, struct err *err)
{
	if (str_is(e->status, "error"))
		return err_set(err, ERR_EXECUTION, "%.*s: %.*s", STR_FMT(e->error_type),
			       STR_FMT(e->error));
	if (!str_is(e->status, "success"))
		return err_set(err, ERR_CORRUPT,
			       "want status \"success\" or \"error\", found \"%.*s\"",
			       STR_FMT(e->status));
	for (int t = VALUE_SCALAR; t <= VALUE_MATRIX; t++) {
		if (str_is(e->result_type, value_type_name((enum value_type)t))) {
			*type = (enum value_type)t;
			return true;
		}
	}
	return err_set(err, ERR_CORRUPT, "unknown resultType \"%.*s\"", STR_FMT(e->result_type));
}

bool query_answer_read(struct query_answer *out, struct str text, struct arena *a,
		       struct notes *notes, struct err *err)
{
	struct json_reader *json = ARENA_NEW(a, struct json_reader);
	struct reading r = {out, json, a};
	struct envelope e = {0};

	*out = (struct query_answer){0};
	json_reader_init(json, text, a);
	read_envelope(json, &e, notes);
	return json_reader_end(json, err) && check_envelope(&e, &out->type, err) &&
	       read_result(&r, e.result, err);
}
