#include "tests/lib/web_rig.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

void web_rig_init(struct web_rig *rig)
{
	struct err err = ERR_INIT;

	*rig = (struct web_rig){
	    .loops = loops_start(2, &err),
	    .pool = pool_new(
		&(struct pool_options){.name = "http", .max_threads = 8, .max_backlog = 100}),
	    .router = http_router_new(),
	    .arena = arena_new(NULL),
	};
	if (!rig->loops)
		fail_msg("%s", err.msg);
}

void web_rig_start(struct web_rig *rig)
{
	struct err err = ERR_INIT;

	rig->server = http_server_start(rig->loops,
					&(struct http_server_options){.address = "127.0.0.1:0",
								      .router = rig->router,
								      .pool = rig->pool},
					&err);
	if (!rig->server)
		fail_msg("%s", err.msg);
	rig->client =
	    http_client_new(loops_get(rig->loops, 1), &(struct http_client_options){0}, &err);
	if (!rig->client)
		fail_msg("%s", err.msg);
}

void web_rig_stop(struct web_rig *rig)
{
	http_client_free(rig->client);
	http_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	http_router_free(rig->router);
	arena_free(rig->arena);
}

const char *web_rig_url(struct web_rig *rig)
{
	return arena_printf(rig->arena, "http://%s", http_server_address(rig->server));
}

static struct http_headers copy_headers(struct arena *a, const struct http_headers *from)
{
	struct http_headers to = {0};

	for (size_t i = 0; i < from->n; i++) {
		struct http_header h = {arena_str(a, from->v[i].name),
					arena_str(a, from->v[i].value)};
		ARENA_PUSH(a, &to, h);
	}
	return to;
}

static struct web_answer call(struct web_rig *rig, const struct http_call_request *request)
{
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct http_call_response got;
	struct err err = ERR_INIT;
	struct str piece;
	enum iter_result r;
	struct http_call *c auto_free(http_call_close) =
	    http_call_start(rig->client, NULL, request, &err);

	assert_non_null(c);
	expect_ok(http_call_response(c, &got, &err), err);
	while ((r = http_call_read(c, &piece, &err)) == ITER_VALUE)
		buf_append_str(&body, piece);
	return (struct web_answer){
	    .status = got.status,
	    .headers = copy_headers(rig->arena, &got.headers),
	    .body = arena_cstr(rig->arena, buf_str(&body)),
	    .bytes = arena_str(rig->arena, buf_str(&body)),
	    .is_broken = r == ITER_ERROR,
	};
}

struct web_answer web_ask(struct web_rig *rig, const char *method, const char *path)
{
	const char *url = arena_printf(rig->arena, "%s%s", web_rig_url(rig), path);

	return call(rig, &(struct http_call_request){.method = method, .url = url});
}

struct web_answer web_get(struct web_rig *rig, const char *path)
{
	return web_ask(rig, "GET", path);
}

struct web_answer web_get_as(struct web_rig *rig, const char *path, const char *accept)
{
	const struct http_header header = {STR("Accept"), str_of(accept)};
	const char *url = arena_printf(rig->arena, "%s%s", web_rig_url(rig), path);

	return call(rig, &(struct http_call_request){
			     .method = "GET", .url = url, .headers = &header, .n_headers = 1});
}

struct web_answer web_post(struct web_rig *rig, const char *path, const char *form)
{
	static const struct http_header type[] = {
	    HTTP_HEADER("Content-Type", "application/x-www-form-urlencoded"),
	};
	const char *url = arena_printf(rig->arena, "%s%s", web_rig_url(rig), path);

	return call(rig, &(struct http_call_request){.method = "POST",
						     .url = url,
						     .headers = type,
						     .n_headers = 1,
						     .body = str_of(form)});
}

const char *web_header(struct web_rig *rig, const struct web_answer *answer, const char *name)
{
	return arena_cstr(rig->arena, http_header_value(&answer->headers, name));
}
