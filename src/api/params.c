#include "api/params.h"

#include "base/duration.h"
#include "base/float_text.h"
#include "base/quote.h"
#include "base/time_text.h"

/* What Prometheus takes for "always": the times that its time type can express. */
static const struct time_range ALL_TIME = {INT64_C(-9223309901257974000),
					   INT64_C(9223309901257974999)};

static bool cannot_parse(struct str text, const char *what, struct err *err)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	quote_append(&quoted, text);
	return err_set(err, ERR_INVALID, "cannot parse %s to a valid %s", buf_cstr(&quoted), what);
}

static bool fits_i64(double v)
{
	return v >= -0x1p63 && v < 0x1p63;
}

bool param_required_time(const struct http_request *r, const char *name, int64_t *out_ms,
			 struct err *err)
{
	struct str text = http_request_param(r, name);

	return time_or_seconds_parse(text, out_ms, err) || cannot_parse(text, "timestamp", err);
}

bool param_time(const struct http_request *r, const char *name, int64_t *out_ms, struct err *err)
{
	return http_request_param(r, name).n == 0 || param_required_time(r, name, out_ms, err) ||
	       err_wrap(err, "Invalid time value for '%s'", name);
}

bool param_duration(const struct http_request *r, const char *name, int64_t *out_ms,
		    struct err *err)
{
	struct str text = http_request_param(r, name);
	double seconds;

	if (text.n == 0)
		return true;
	if (float_parse(text, &seconds)) {
		if (!fits_i64(seconds * 1e9)) {
			cannot_parse(text, "duration", err);
			return err_set(err, ERR_INVALID, "%s. It overflows int64", err->msg);
		}
		/* By way of nanoseconds, so that what is cut off is what Go cuts off. */
		*out_ms = (int64_t)(seconds * 1e9) / NS_PER_MS;
		return true;
	}
	return model_duration_parse(text, out_ms, err) || cannot_parse(text, "duration", err);
}

static const struct {
	const char *text;
	bool value;
} BOOLS[] = {
    {"1", true},  {"t", true},  {"T", true},  {"true", true},   {"TRUE", true},   {"True", true},
    {"0", false}, {"f", false}, {"F", false}, {"false", false}, {"FALSE", false}, {"False", false},
};

bool param_bool(const struct http_request *r, const char *name, bool *out, struct err *err)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str text = http_request_param(r, name);

	for (size_t i = 0; i < sizeof(BOOLS) / sizeof(*BOOLS); i++) {
		if (str_is(text, BOOLS[i].text)) {
			*out = BOOLS[i].value;
			return true;
		}
	}
	if (text.n == 0)
		return true;
	quote_append(&quoted, text);
	return err_set(err, ERR_INVALID,
		       "'%s' parameter: strconv.ParseBool: parsing %s: invalid syntax", name,
		       buf_cstr(&quoted));
}

bool param_limit(const struct http_request *r, int64_t *out, struct err *err)
{
	struct str text = http_request_param(r, "limit");

	if (text.n == 0)
		return true;
	if (!str_to_i64(text, out))
		return cannot_parse(text, "limit", err);
	if (*out < 0)
		return err_set(err, ERR_INVALID, "limit must be non-negative");
	return true;
}

bool param_metadata_range(const struct http_request *r, int64_t default_ms, int64_t now_ms,
			  struct time_range *out, struct err *err)
{
	*out = default_ms > 0 ? (struct time_range){now_ms - default_ms, now_ms} : ALL_TIME;
	/* With the kind of the error in its text, as Thanos has it. */
	if (!param_time(r, "start", &out->min_t_ms, err) ||
	    !param_time(r, "end", &out->max_t_ms, err))
		return err_wrap(err, "bad_data");
	if (out->max_t_ms < out->min_t_ms)
		return err_set(err, ERR_INVALID,
			       "bad_data: end timestamp must not be before start time");
	return true;
}

struct param_values params_all(const struct http_request *r, const char *name)
{
	struct param_values values = {0};

	for (size_t i = 0; i < r->form.n; i++)
		if (str_is(r->form.v[i].name, name))
			ARENA_PUSH(r->arena, &values, r->form.v[i].value);
	return values;
}
