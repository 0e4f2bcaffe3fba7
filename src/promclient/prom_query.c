#include "promclient/prom_query.h"

#include "base/alloc.h"
#include "base/err_table.h"
#include "base/float_text.h"
#include "codec/json_reader.h"
#include "net/http_client.h"

enum { FORM_MAX_BYTES = 8 << 20 };

static void put_param(struct buf *form, const char *name, struct str value)
{
	buf_printf(form, "%s%s=", form->n ? "&" : "", name);
	http_percent_encode(value, form);
}

static void put_seconds(struct buf *form, const char *name, int64_t ms)
{
	char digits[FLOAT_TEXT_MAX];

	put_param(form, name, str_from(digits, float_json_seconds(digits, ms)));
}

static void put_positive_seconds(struct buf *form, const char *name, int64_t ms)
{
	if (ms > 0)
		put_seconds(form, name, ms);
}

static void put_form(struct buf *form, const struct query_request *q)
{
	put_param(form, "query", q->text);
	if (q->is_range) {
		put_seconds(form, "start", q->start_ms);
		put_seconds(form, "end", q->end_ms);
		put_seconds(form, "step", q->step_ms);
	} else {
		put_seconds(form, "time", q->start_ms);
	}
	if (q->timeout_ms < INT64_MAX)
		put_seconds(form, "timeout", q->timeout_ms);
	put_positive_seconds(form, "lookback_delta", q->lookback_ms);
	put_positive_seconds(form, "max_source_resolution", q->max_resolution_ms);
	if (!q->dedup)
		put_param(form, "dedup", STR("false"));
	if (!q->partial_response)
		put_param(form, "partial_response", STR("false"));
	for (size_t i = 0; i < q->n_replica_labels; i++)
		put_param(form, "replicaLabels[]", q->replica_labels[i]);
}

/* {"status":"error","errorType":"bad_data","error":"..."}; false when it is something else. */
static bool read_error(struct str body, struct arena *a, struct str *type, struct str *text)
{
	struct json_reader *json = ARENA_NEW(a, struct json_reader);
	struct err ignored = ERR_INIT;
	struct str key;

	*type = *text = STR("");
	json_reader_init(json, body, a);
	json_read_object(json);
	while (json_next_key(json, &key)) {
		if (str_is(key, "errorType"))
			json_read_str(json, type);
		else if (str_is(key, "error"))
			json_read_str(json, text);
		else
			json_skip(json);
	}
	return json_reader_end(json, &ignored) && text->n > 0;
}

static bool check_status(int status, struct str body, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	enum { QUOTED_MAX_BYTES = 200 };
	struct str type, text;

	if (status / 100 == 2)
		return true;
	if (read_error(body, a, &type, &text))
		return err_set(err, err_of_http_status(status), "%.*s: %.*s", STR_FMT(type),
			       STR_FMT(text));
	body = str_trim(body, " \r\n");
	body.n = body.n < QUOTED_MAX_BYTES ? body.n : QUOTED_MAX_BYTES;
	return err_set(err, err_of_http_status(status), "HTTP status %d: %.*s", status,
		       STR_FMT(body));
}

bool prom_ask(struct prom_client *c, struct ctx *ctx, const struct query_request *query,
	      struct buf *body, struct err *err)
{
	const char *path = query->is_range ? "/api/v1/query_range" : "/api/v1/query";
	char *url auto_free(mem_free) = xasprintf("%s%s", prom_client_url(c), path);
	struct buf form auto_done(buf_done) = BUF_INIT(FORM_MAX_BYTES);
	struct http_header type = {STR("Content-Type"), STR("application/x-www-form-urlencoded")};
	int status = 0;

	put_form(&form, query);
	if (form.overflowed)
		return err_set(err, ERR_LIMIT, "a query of more than %d bytes", FORM_MAX_BYTES);
	struct http_call_request request = {
	    .method = "POST",
	    .url = url,
	    .headers = &type,
	    .n_headers = 1,
	    .body = buf_str(&form),
	};
	return (http_fetch(prom_client_http(c), ctx, &request, &status, body, err) &&
		check_status(status, buf_str(body), err)) ||
	       err_wrap(err, "%s", prom_client_url(c));
}
