#include "api/syntax_api.h"

#include "api/ast_json.h"
#include "promql/printer.h"

/* Indentation multiplies what nested queries take. */
enum { FORMATTED_MAX_BYTES = 16 << 20 };

static struct promql_query *read_query(const struct query_api *api, const struct http_request *r,
				       struct err *err)
{
	if (r->form_err) {
		*err = *r->form_err;
		err_wrap(err, "parse form");
		return NULL;
	}
	struct promql_query *query =
	    promql_parse(http_request_param(r, "query"), &api->evaluator.engine.parser,
			 api->evaluator.tracker, err);
	if (!query)
		err_wrap(err, "invalid parameter \"query\"");
	return query;
}

static bool put_formatted(struct json_writer *w, const struct promql_query *query,
			  struct tracker *tracker, struct err *err)
{
	struct buf text auto_done(buf_done);

	buf_init(&text, FORMATTED_MAX_BYTES, tracker);
	expr_pretty_print(&text, query->root);
	if (text.overflowed)
		return err_set(err, ERR_LIMIT, "the formatted query is larger than %d bytes",
			       FORMATTED_MAX_BYTES);
	json_put_str(w, buf_str(&text));
	return true;
}

typedef bool put_fn(struct json_writer *w, const struct promql_query *query,
		    struct tracker *tracker, struct err *err);

static bool put_tree(struct json_writer *w, const struct promql_query *query,
		     struct tracker *tracker, struct err *err)
{
	(void)tracker, (void)err;
	expr_json(w, query->root);
	return true;
}

static void serve(put_fn *put, struct http_request *r, struct http_response *response,
		  const struct query_api *api)
{
	struct api_answer answer auto_done(api_answer_done);
	struct err err = ERR_INIT;

	api_answer_init(&answer, response, &api->api);
	struct promql_query *query auto_free(promql_query_free) = read_query(api, r, &err);
	if (query && put(api_data(&answer), query, api->evaluator.tracker, &err))
		api_end(&answer);
	else
		api_fail(&answer, API_BAD_DATA, &err);
}

void syntax_api_parse(struct http_request *r, struct http_response *response, void *arg)
{
	serve(put_tree, r, response, arg);
}

void syntax_api_format(struct http_request *r, struct http_response *response, void *arg)
{
	serve(put_formatted, r, response, arg);
}
