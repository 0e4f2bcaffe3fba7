#include "tests/lib/answer_text.h"

#include "tests/lib/expect.h"

struct query_answer answer_of(const char *type, const char *result, struct arena *a)
{
	const char *json = arena_printf(
	    a, "{\"status\":\"success\",\"data\":{\"resultType\":\"%s\",\"result\":%s}}", type,
	    result);
	struct query_answer answer;
	struct err err = ERR_INIT;

	expect_ok(query_answer_read(&answer, str_of(json), a, NULL, &err), err);
	return answer;
}

const char *answer_values(const char *labels, int64_t step_s, const char *values, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str rest = str_of(values), value;
	const char *comma = "";

	buf_printf(&out, "{\"metric\":{%s},\"values\":[", labels);
	for (int64_t t_s = 0; rest.n > 0; t_s += step_s) {
		rest = str_split(rest, ' ', &value);
		if (str_is(value, "_"))
			continue;
		buf_printf(&out, "%s[%lld,\"%.*s\"]", comma, (long long)t_s, STR_FMT(value));
		comma = ",";
	}
	buf_puts(&out, "]}");
	return arena_cstr(a, buf_str(&out));
}
